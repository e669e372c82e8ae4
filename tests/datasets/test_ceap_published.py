"""CEAP-360VR by published protocols: classes worked out once more from the files, and what the video alone tells."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.tasks.task import Task, load_task

AUTHORS, AROUSAL = "ceap-authors-new-subjects", "ceap-arousal-new-subjects"
EMODSN = "ceap-emodsn-new-subjects"


@pytest.fixture(scope="module")
def windows(lying_beside: Callable[[str], Path]) -> pd.DataFrame:
    """Mean ratings, 1 to 9, in windows of 2 s, by neither our loader nor our rules."""
    parts = []
    with ZipFile(lying_beside("CEAP-360VR") / "participants.zip") as archive:
        for name in archive.namelist():
            if found := re.search(r"Transformed/(P\d+)_Annotation_TransData", name):
                (person,) = json.loads(archive.read(name))["ContinuousAnnotation_TransData"]
                for video in person["Video_Annotation_TransData"]:
                    rows = pd.DataFrame(video["TimeStamp_Valence_Arousal"])
                    parts.append(rows.assign(subject=found[1], stimulus=video["VideoID"]))
    rows = pd.concat(parts)
    rows["number"] = (rows["TimeStamp"] // 2).astype(int)
    means = rows[rows["number"] < 30].groupby(["subject", "stimulus", "number"])[["Valence", "Arousal"]].mean()
    return means.round(9).reset_index()


def authors(windows: pd.DataFrame, axis: str = "Valence") -> pd.Series:
    """Low below 5, otherwise high."""
    return pd.Series(np.where(windows[axis] < 5, f"low_{axis.lower()}", f"high_{axis.lower()}"))


def quadrants_or_neutral(windows: pd.DataFrame) -> pd.Series:
    """Neutral where either is exactly 5."""
    sides = [np.where(windows[axis] > 5, "high_", "low_") + axis.lower() for axis in ("Valence", "Arousal")]
    either = (windows[["Valence", "Arousal"]] == 5).any(axis=1)
    return pd.Series([f"{v}_{a}" for v, a in zip(*sides, strict=True)]).mask(either, "neutral")


RULES = {AUTHORS: authors, AROUSAL: partial(authors, axis="Arousal"), EMODSN: quadrants_or_neutral}


@pytest.mark.parametrize("name", RULES)
def test_every_window_of_everybody_has_the_class_that_the_rule_gives(name: str, windows: pd.DataFrame) -> None:
    ids = windows["subject"] + "-" + windows["stimulus"] + "-" + windows["number"].map("{:02d}".format)
    clips = load_task(name).clips
    assert dict(zip(clips.clip_id, clips.emotion, strict=True)) == dict(zip(ids, RULES[name](windows), strict=True))
    assert (len(clips), set(clips.duplicate_of)) == (26 * 8 * 30, {""})


def test_a_sixth_of_the_windows_lie_at_the_midpoint_which_the_authors_call_high(windows: pd.DataFrame) -> None:
    for name, axis, share in ((AUTHORS, "Valence", 15.7), (AROUSAL, "Arousal", 24.1)):
        middle = windows[axis] == 5
        assert round(100 * middle.mean(), 1) == share
        assert set(authors(windows, axis)[middle]) == {f"high_{axis.lower()}"}
        assert load_task(name).protocol.midpoint == "high"


def test_three_of_26_people_lack_one_of_the_five_classes_so_that_two_people_support(windows: pd.DataFrame) -> None:
    counts = pd.crosstab(windows["subject"], quadrants_or_neutral(windows))
    assert (counts == 0).sum().to_dict() == {
        "high_valence_high_arousal": 1,
        "high_valence_low_arousal": 0,
        "low_valence_high_arousal": 1,
        "low_valence_low_arousal": 1,
        "neutral": 0,
    }
    assert load_task(EMODSN).protocol.support_people == {"1": 2, "5": 2}


def right(windows: pd.DataFrame, classes: pd.Series) -> tuple[float, float]:
    """Percent of all windows: the most frequent class; that of other people's windows of the same video."""
    counts = pd.crosstab([windows["stimulus"], windows["subject"]], classes)
    others = counts.groupby("stimulus").transform("sum") - counts
    hits = sum(counts.loc[row, found] for row, found in others.idxmax(axis=1).items())
    return round(100 * classes.value_counts(normalize=True).max(), 1), round(100 * hits / len(windows), 1)


def test_the_cards_say_what_the_majority_and_the_same_video_in_other_people_tell(windows: pd.DataFrame) -> None:
    assert right(windows, authors(windows)) == (62.1, 80.6)
    assert right(windows, authors(windows, "Arousal")) == (64.3, 67.9)
    assert right(windows, quadrants_or_neutral(windows)) == (28.9, 50.2)
    for name, (majority, video) in {AUTHORS: (62.1, 80.6), AROUSAL: (64.3, 67.9), EMODSN: (28.9, 50.2)}.items():
        protocol = load_task(name).protocol
        assert f"the video alone tells {video} %" in protocol.title
        assert f"the more frequent class alone is right in {majority} %" in protocol.reference[0].protocol


# ---- what the protocols promise ----


@pytest.fixture(params=RULES)
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(request.param)


def test_everybody_is_tested_once_by_models_that_saw_the_same_videos_in_all_others(task: Task) -> None:
    tested = Counter(person for fold in task.protocol.folds for person in fold.meta_test)
    assert tested == dict.fromkeys(task.clips.subject, 1)
    saw: dict[str, set[str]] = {}
    for person, video in zip(task.clips.subject, task.clips.stimulus, strict=True):
        saw.setdefault(person, set()).add(video)
    for fold in task.protocol.folds:
        assert {*fold.meta_train, *fold.meta_val} == set(saw) - set(fold.meta_test)
    assert set(map(frozenset, saw.values())) == {frozenset(f"V{n}" for n in range(1, 9))}


def test_nobody_is_ranked_where_the_video_is_known(task: Task) -> None:
    assert (task.protocol.ranked, task.protocol.track) == (False, "new-subjects")
    assert "a control" in task.protocol.title
