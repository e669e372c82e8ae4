"""The committed tasks of body signals: their clip lists out of the real folders, and what their protocols promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.evaluation.probes import _of_corpus
from stf2m_bench.tasks.make import make_clip_list
from stf2m_bench.tasks.reading import as_read, class_of
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of

FOLDERS = {"ceap_360vr": "CEAP-360VR", "eevr": "EEVR", "stress_predict": "Stress-Predict"}


@pytest.fixture(scope="module")
def manifest(lying_beside: Callable[[str], Path]) -> Callable[[str], Manifest]:
    """Of the whole corpus, people in its zip file too."""
    known: dict[str, Manifest] = {}

    def build(dataset: str) -> Manifest:
        if dataset not in known:
            known[dataset] = build_manifest(dataset, lying_beside(FOLDERS[dataset]))
        return known[dataset]

    return build


def read(task: Task, manifest: Manifest) -> Manifest:
    return as_read(manifest, **task.protocol.read)


def listed(task: Task, manifest: Manifest, kept: pd.Series) -> None:
    """The task's clip list is what is kept of the folder; no clip is another's duplicate."""
    part = replace(manifest, table=manifest.table[kept].reset_index(drop=True))
    assert make_clip_list(part, task.protocol.emotions, {}) == task.clips


# ---- CEAP-360VR ----


def test_the_clips_of_ceap_are_windows_from_ten_seconds_on_rated_beyond_half_a_point(
    manifest: Callable[[str], Manifest],
) -> None:
    task = load_task("ceap-personal-new-stimuli")
    clips = read(task, manifest("ceap_360vr"))
    listed(task, clips, clips.table["start"].astype(float) >= 10)
    rated = manifest("ceap_360vr").table.set_index("clip_id").loc[task.clips.clip_id, "valence"].astype(float) * 4 + 5
    high = rated.to_numpy()[[word == "high_valence" for word in task.clips.emotion]]
    low = rated.to_numpy()[[word == "low_valence" for word in task.clips.emotion]]
    assert (high.min() > 5.5, low.max() < 4.5) == (True, True)
    assert set(task.clips.stimulus) == {f"V{n}" for n in range(1, 9)}


def able(task: Task, cells: Counter[tuple[str, str, str]], words: tuple[str, ...]) -> set[str]:
    """People with eight clips, five shots and three queries, of every class in either half of the videos."""
    halves = (task.protocol.folds[0].support_stimuli, task.protocol.folds[0].query_stimuli)
    return {
        person
        for person in task.clips.subject
        if all(sum(cells[person, word, video] for video in half) >= 8 for word in words for half in halves)
    }


def test_everyone_with_eight_windows_a_class_in_both_halves_is_tested_once_each_way() -> None:
    task = load_task("ceap-personal-new-stimuli")
    clips, folds = task.clips, task.protocol.folds
    cells = Counter(zip(clips.subject, clips.emotion, clips.stimulus, strict=True))
    people = able(task, cells, task.protocol.emotions)
    assert (len(people), len(set(clips.subject))) == (23, 26)
    tested = Counter((person, fold.query_stimuli[0]) for fold in folds for person in fold.meta_test)
    assert tested == {(person, video): 1 for person in people for video in ("V1", "V5")}
    for fold in folds:
        assert {len(fold.support_stimuli), len(fold.query_stimuli)} == {4}
        assert set(fold.meta_train) | set(fold.meta_val) == set(clips.subject) - set(fold.meta_test)
    pair = [(folds[n].meta_test, folds[n].support_stimuli) for n in (0, 1)]
    assert pair[0] == (pair[1][0], folds[1].query_stimuli)  # reversed


def test_quadrants_would_leave_two_people_to_test(manifest: Callable[[str], Manifest]) -> None:
    task, table = load_task("ceap-personal-new-stimuli"), manifest("ceap_360vr").table
    table = table[table["start"].astype(float) >= 10]
    quadrants = [class_of(row, "quadrant", 0.125) for row in table.to_dict("records")]
    cells = Counter(zip(table["subject"], quadrants, table["stimulus"], strict=True))
    words = tuple(f"{v}_valence_{a}_arousal" for v in ("high", "low") for a in ("high", "low"))
    assert len(able(task, cells, words)) == 2


def same_video_in_other_people(table: pd.DataFrame, high: pd.Series) -> float:
    """Accuracy of the majority of other people's windows of the same video: no signal at all."""
    seen = pd.DataFrame({"high": high, "subject": table["subject"], "stimulus": table["stimulus"]})
    everyone = seen.groupby("stimulus")["high"].agg(["sum", "size"])
    own = seen.groupby(["subject", "stimulus"])["high"].agg(["sum", "size"])
    others = everyone.reindex(own.index, level="stimulus") - own
    says_high = others["sum"] >= others["size"] / 2
    return float(own["sum"].where(says_high, own["size"] - own["sum"]).sum() / len(seen))


def test_by_the_authors_rule_knowing_the_video_beats_the_published_figures_without_a_signal(
    manifest: Callable[[str], Manifest],
) -> None:
    """Published for a random forest, all windows, below 5 or not: 66.8 % of valence, 64.3 % of arousal."""
    table = manifest("ceap_360vr").table
    found = {}
    for axis in ("valence", "arousal"):
        high = table[axis].astype(float) >= 0
        found[axis] = [round(100 * x, 1) for x in (high.mean(), same_video_in_other_people(table, high))]
    assert found == {"valence": [62.1, 80.6], "arousal": [64.3, 67.9]}  # majority, same video; of 26 of the 32 people


def test_the_probe_of_brightness_has_a_number_of_every_clip(manifest: Callable[[str], Manifest]) -> None:
    task = load_task("ceap-personal-new-stimuli")
    table = _of_corpus(task, {"ceap_360vr": read(task, manifest("ceap_360vr"))})["brightness"]
    assert table.shape == (len(task.clips), 1)
    assert 0 < table.min() < table.max() < 256
    first = [row for row, clip in enumerate(task.clips.clip_id) if clip.endswith("-V5-10")]
    assert len(first) > 10
    assert np.ptp(table[first]) == 0  # the same for everybody


# ---- EEVR ----


def test_the_clips_of_eevr_are_three_equal_windows_of_every_video_and_none_of_the_baseline(
    manifest: Callable[[str], Manifest],
) -> None:
    task = load_task("eevr-new-stimuli")
    clips = read(task, manifest("eevr"))
    listed(task, clips, clips.table["start"].astype(float) < 45)
    assert set(Counter(task.clips.recording).values()) == {3}
    assert len(set(task.clips.recording)) == 8 * 37
    assert "Baseline" not in task.clips.emotion
    # no words: they name the feeling; no table over all people
    assert task.protocol.views == ("signal.eda:EDA", "signal.zscored:eda:EDA")


def test_eevr_asks_the_people_of_other_playlists_about_other_videos() -> None:
    task = load_task("eevr-new-stimuli")
    saw: dict[str, set[str]] = {}
    for person, video in zip(task.clips.subject, task.clips.stimulus, strict=True):
        saw.setdefault(person, set()).add(video)
    for fold, other in zip(task.protocol.folds, task.protocol.folds[::-1], strict=True):
        assert (fold.support_stimuli, fold.query_stimuli) == (other.query_stimuli, other.support_stimuli)
        asked = {person for person in fold.meta_test if saw[person] == set(fold.query_stimuli)}
        assert asked == {person for person in saw if saw[person] == set(fold.query_stimuli)}
        for person in {*fold.meta_train, *fold.meta_val, *fold.meta_test} - asked:
            assert saw[person] == set(fold.support_stimuli)
    assert sorted(len(saw[person]) for person in saw) == [8] * 37


def between(values: np.ndarray, groups: list[str]) -> float:
    """Share of the variance that lies between groups."""
    means = pd.Series(values).groupby(groups).transform("mean")
    return float(means.var() / values.var(ddof=1))


def test_the_level_of_skin_conductance_is_the_person_s_and_hardly_the_video_s(
    manifest: Callable[[str], Manifest],
) -> None:
    task, view = load_task("eevr-new-stimuli"), make_extractor("signal.window:EDA")
    media = {clip.clip_id: clip for clip in media_of(read(task, manifest("eevr")))}
    levels = np.array([view.extract(media[clip]).mean() for clip in task.clips.clip_id], np.float64)
    assert round(between(levels, task.clips.subject), 2) == 0.87
    assert round(between(levels, task.clips.emotion), 3) == 0.003


# ---- Stress-Predict ----


def test_the_clips_of_stress_predict_keep_ten_seconds_from_either_end_of_a_condition(
    manifest: Callable[[str], Manifest],
) -> None:
    task, whole = load_task("stress-predict-conditions"), manifest("stress_predict").table.set_index("clip_id")
    clips = read(task, manifest("stress_predict"))
    of = whole.loc[clips.table["clip_id"].str.partition("@")[0]].reset_index()
    late = clips.table["start"].astype(float) >= of["start"].astype(float) + 10
    listed(task, clips, late & (clips.table["end"].astype(float) <= of["end"].astype(float) - 10))
    assert not task.protocol.ranked  # the order is the same for all: time alone tells
    assert "Relax" not in task.clips.emotion
