"""The readings of "meta-recurrent": each makes scores `[B, M, Q, N]` of support, queries and start memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from stf2m_bench.models.stf2m_parts.flat import Flat
from stf2m_bench.models.stf2m_parts.gated_maml import GatedMAML
from stf2m_bench.models.stf2m_parts.memory import Slots, Start
from stf2m_bench.models.stf2m_parts.meta_lstm import MetaLSTM

LEARNERS = ("slots", "none", "flat", "gated_maml", "meta_lstm")
IN_ORDER = ("slots", "flat", "gated_maml")  # those that read one shot after another


def make_learner(width: int, settings: Mapping[str, Any]) -> nn.Module:
    """The learner that `memory` names, for embeddings of this width."""
    match settings["memory"]:
        case "slots":
            return Slots(width, settings["refine"], settings["carry"])
        case "flat":
            return Flat(width)
        case "gated_maml":
            return GatedMAML(width)
        case "meta_lstm":
            return MetaLSTM()
    return Start()
