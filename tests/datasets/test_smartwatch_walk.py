"""The smartwatch walks on their own files."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.datasets.base.manifest import Manifest


def load(file: CorpusFile) -> np.ndarray:
    return np.load(io.BytesIO(file.read()), allow_pickle=False)


def test_smartwatch_walks_have_the_counted_windows_and_the_neutral_one_is_second(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    people = table.groupby("subject").size()
    assert (len(people), len(table), people.min(), people.max()) == (11, 13358, 1053, 1369)
    assert Counter(table[table["subject"] == "ew20"]["label"]) == {"-1": 342, "0": 494, "1": 533}
    walks = table.groupby("recording")["emotion"].unique().map(list)
    assert {emotions[0] for name, emotions in walks.items() if str(name).endswith("walk-2")} == {"neutral"}
    assert all(len(emotions) == 1 for emotions in walks)
    told = pd.read_csv(root("smartwatch_walk") / "user_study_encoding.csv").set_index("PARTICIPANT ID")
    assert len(told) == 44
    for person in people.index:
        order = [walks[f"{person}-walk-{n}"][0][0].upper() for n in (1, 2, 3)]
        assert told.loc[str(person).upper(), "CONDITION"].endswith("".join(order))  # SNH, HNS


def test_smartwatch_windows_share_half_of_their_samples_but_not_over_walks(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    for path, clips in table.groupby("signal"):
        windows = load(corpus_file(root("smartwatch_walk"), str(path)))
        shared = (windows[:-1, 12:] == windows[1:, :12]).all(axis=(1, 2))
        recording, start = clips["recording"].to_numpy(), clips["start"].to_numpy(float)
        assert np.array_equal(shared, recording[:-1] == recording[1:])
        assert np.array_equal(np.diff(start), np.where(shared, 0.5, 1.0))


def test_smartwatch_heart_rates_are_missing_or_drop_where_told(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    table = manifest("smartwatch_walk").table
    heart = {
        path: load(corpus_file(root("smartwatch_walk"), path))[..., 6].mean(axis=1) for path in set(table["signal"])
    }
    missing = {person for person, path in zip(table["subject"], table["signal"], strict=True) if not heart[path].any()}
    assert missing == {"ew3"}
    mine = table[table["subject"] == "ew45"]
    rates = pd.Series(heart[mine["signal"].iloc[0]]).groupby(mine["emotion"].to_numpy()).mean().round()
    assert dict(rates) == {"happiness": 65, "neutral": 107, "sadness": 116}
