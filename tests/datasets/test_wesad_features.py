"""WESAD's features of 30 seconds on their own files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of


def test_wesad_features_count_blocks_of_fifteen_people(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("wesad_features").table
    assert Counter(table["emotion"]) == {"neutral": 628, "stress": 355, "amusement": 195}
    ranges = {emotion: set(part.groupby("subject").size()) for emotion, part in table.groupby("emotion")}
    assert ranges["amusement"] == {13}
    assert (min(ranges["neutral"]), max(ranges["neutral"])) == (41, 43)
    assert (min(ranges["stress"]), max(ranges["stress"])) == (22, 26)
    mine = table[table["subject"] == "S2"]
    assert list(dict.fromkeys(mine["emotion"])) == ["neutral", "stress", "amusement"]  # order is a leak
    own = pd.read_csv(root("wesad_features") / "data/subject_feats/S2_feats_4.csv")
    assert own[["0", "1", "2"]].idxmax(axis=1).tolist() == mine["label"].tolist()


def test_wesad_features_are_thirteen_columns_with_a_signal_of_their_own(manifest: Callable[[str], Manifest]) -> None:
    columns = manifest("wesad_features").tables["windows"].columns
    assert len(columns) == 13
    assert {name for name in columns if not name.endswith("_std")} == {"BVP_peak_freq", "TEMP_slope"}
    clips = media_of(manifest("wesad_features"))
    view = make_extractor("imported:windows").extract(clips[1])
    assert view.shape == (1, 13)
    assert view[0, 0] == pytest.approx(0.091882, abs=1e-6)
