"""The human ceiling, worked by hand, and those of CREMA-D and EmoDB."""

from __future__ import annotations

import json
import math
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.datasets.base.native_emotions import canonical_of
from stf2m_bench.datasets.base.votes import ceilings, votes_of
from stf2m_bench.datasets.crema_d import read_votes


def test_a_worked_example() -> None:
    rated = [
        ("anger", {"voice.anger": 3, "voice.fear": 1, "face.anger": 0, "face.fear": 0}),
        ("fear", {"voice.anger": 2, "voice.fear": 2}),
        (None, {"voice.anger": 0, "voice.fear": 1}),
    ]
    found = ceilings(rated)
    assert set(found) == {"voice"}
    voice = found["voice"]
    assert (voice.clips, voice.raters) == (3, 3)
    assert voice.uar == pytest.approx(100 * (3 / 4 + 2 / 4) / 2)
    # Clip 1: each of three angry raters faces 2 : 1 and agrees, the fearful one 3 : 0 and does not: 3/4.
    # Clip 2: each rater faces 1 : 2 and disagrees: 0. Clip 3 has one rater.
    assert voice.agreement == pytest.approx(100 * (3 / 4 + 0) / 2)
    assert voice.majority == pytest.approx(100)
    assert voice.ties == pytest.approx(100 / 3)


def test_where_two_of_the_others_are_first_a_rater_agrees_by_half() -> None:
    found = ceilings([("anger", {"face.anger": 2, "face.fear": 1})])["face"]
    assert found.agreement == pytest.approx(100 * (2 * 0.5 + 0) / 3)


def test_without_emotions_there_is_no_recall() -> None:
    assert math.isnan(ceilings([(None, {"self.anger": 2})])["self"].uar)


def test_both_together_are_read_better_than_the_face_and_the_face_better_than_the_voice(
    lying_beside: Callable[[str], Path],
) -> None:
    votes = read_votes(lying_beside("CREMA-D"))
    found = ceilings((canonical_of("CREMA-D", name.split("_")[2]), counts) for name, counts in votes.items())
    assert found["voice"].clips == 7442
    assert found["voice"].uar < found["face"].uar < found["both"].uar
    # Cao et al. 2014 report 40.9%, 58.2% and 63.6% of the votes for the intended emotion.
    assert [found[name].uar for name in ("voice", "face", "both")] == pytest.approx([40.9, 58.2, 63.6], abs=1)


def test_figures_of_emodbs_listeners_are_those_of_its_own_table(lying_beside: Callable[[str], Path]) -> None:
    script = Path(__file__).parents[2] / "docs/figures/emodb_listeners.py"
    made = runpy.run_path(str(script))["figures"](lying_beside("EmoDB"))
    assert made == json.loads(script.with_suffix(".json").read_text(encoding="utf-8"))
    tried, chosen = made.values()
    assert (tried["takes"], chosen["takes"]) == (816, 259)
    assert (tried["uar"], chosen["uar"]) == (84.9, 92.4)
    assert (tried["least"], chosen["least"]) == (10, 80)  # published takes were chosen by this very test


def test_shares_of_emodbs_listeners_are_no_votes(lying_beside: Callable[[str], Path]) -> None:
    assert list(votes_of(build_manifest("emodb", lying_beside("EmoDB")).table)) == []
