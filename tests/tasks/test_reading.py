"""What a clip is, and what its class is: ratings, own words and windows in place of emotions and whole clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from toys import make_task

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest, open_dataset
from stf2m_bench.episode.corpora import open_manifests
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.scoring.coarse import coarse_emotions
from stf2m_bench.tasks.make import as_toml, make_clip_list
from stf2m_bench.tasks.protocol import as_protocol
from stf2m_bench.tasks.reading import as_read, class_of
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.windows import in_windows

ROWS = """clip_id,subject,emotion,label,recording,start,end,valence,arousal
a,p1,,HVHA,r1,0,5,0.5,0.5
b,p1,fear,LVHA,r1,5,9.5,-0.125,0.125001
c,p2,,HVLA,,0,4,0.1251,-1
d,p2,,Rest,r3,2,6,,0.3
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "clips.csv").write_text(ROWS)
    return build_manifest("csv", tmp_path)


def classes(manifest: Manifest) -> dict[str, str | None]:
    return dict(zip(manifest.table["clip_id"], manifest.table["emotion"], strict=True))


def test_a_class_is_the_emotion_the_corpus_s_word_or_a_side_of_the_ratings(manifest: Manifest) -> None:
    assert as_read(manifest) is manifest
    assert classes(as_read(manifest, label="word")) == {"a": "HVHA", "b": "LVHA", "c": "HVLA", "d": "Rest"}
    valence = {"a": "high_valence", "b": "low_valence", "c": "high_valence", "d": None}
    assert classes(as_read(manifest, label="valence")) == valence
    quadrants = classes(as_read(manifest, label="quadrant"))
    assert quadrants["a"] == "high_valence_high_arousal"
    assert quadrants["c"] == "high_valence_low_arousal"
    assert quadrants["d"] is None


def test_a_rating_at_the_band_has_no_class_and_one_beyond_it_has(manifest: Manifest) -> None:
    at_band = classes(as_read(manifest, label="valence", neutral_band=0.125))
    assert at_band == {"a": "high_valence", "b": None, "c": "high_valence", "d": None}
    assert classes(as_read(manifest, label="arousal", neutral_band=0.125))["b"] == "high_arousal"
    assert class_of({"valence": 0.125 + 1e-12}, "valence", 0.125) is None  # the last bits of a mean
    assert class_of({"valence": 0.0}, "valence") is None


def test_the_midpoint_has_no_class_unless_a_side_is_named_for_it() -> None:
    rest, even = {"valence": 0.0, "arousal": 1e-12}, {"valence": 0.0, "arousal": -0.5}
    sides = [class_of(rest, "valence", midpoint=side) for side in ("neither", "high", "low")]
    assert sides == [None, "high_valence", "low_valence"]
    assert class_of(rest, "arousal", midpoint="high") == "high_arousal"  # the last bits of a mean
    assert class_of(even, "quadrant", midpoint="high") == "high_valence_low_arousal"
    assert class_of({"valence": -1e-8}, "valence", midpoint="high") == "low_valence"
    assert class_of({"valence": None}, "valence", midpoint="high") is None


def test_neutral_is_where_either_rating_is_in_the_band() -> None:
    five = "quadrant_or_neutral"
    assert class_of({"valence": 0.0, "arousal": -0.5}, five) == "neutral"
    assert class_of({"valence": 0.1, "arousal": -0.5}, five) == "high_valence_low_arousal"
    assert class_of({"valence": 0.1, "arousal": -0.5}, five, 0.1) == "neutral"
    assert class_of({"valence": None, "arousal": 0.0}, five) is None


def test_classes_change_no_view_and_windows_do(manifest: Manifest) -> None:
    assert as_read(manifest, label="quadrant").hash == manifest.hash
    assert in_windows(manifest, 2).hash not in (manifest.hash, in_windows(manifest, 1).hash)


def test_clips_are_cut_into_equal_windows_of_their_recording_and_the_rest_is_left_out(manifest: Manifest) -> None:
    table = as_read(manifest, label="word", window=2).table
    assert table["clip_id"].tolist() == ["a@000", "a@001", "b@000", "b@001", "c@000", "c@001", "d@000", "d@001"]
    assert table["start"].tolist() == [0, 2, 5, 7, 0, 2, 2, 4]
    assert set(table["end"] - table["start"]) == {2.0}
    assert table["recording"].tolist() == ["r1"] * 4 + ["c"] * 2 + ["r3"] * 2
    assert table["emotion"].tolist()[::2] == ["HVHA", "LVHA", "HVLA", "Rest"]
    assert table.columns.tolist() == manifest.table.columns.tolist()


def test_clips_without_an_end_or_too_short_are_not_cut(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No clip of 'csv' lasts 9 seconds"):
        in_windows(manifest, 9)
    (tmp_path / "clips.csv").write_text("clip_id,subject,emotion\na,p1,fear\n")
    with pytest.raises(InputError, match="such as 'a', do not say where they start and end"):
        in_windows(build_manifest("csv", tmp_path), 2)


def test_a_task_reads_its_dataset_by_its_own_keys(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text(ROWS)
    open_dataset("csv:rated", data=tmp_path)
    keys = make_task().protocol.model_dump() | {
        "datasets": ("csv:rated",),
        "label": "valence",
        "neutral_band": 0.2,
        "window": 2,
        "ways": 2,
        "emotions": ("high_valence", "low_valence"),
        "folds": [{"meta_train": ["p1"], "meta_val": [], "meta_test": []}],
    }
    clips = make_clip_list(as_read(build_manifest("csv", tmp_path), label="valence", window=2), keys["emotions"], {})
    task = Task(as_protocol(keys, "it"), clips)
    assert classes(open_manifests(task)["csv:rated"])["b@001"] is None
    assert {"label": "valence", "neutral_band": 0.2, "window": 2.0}.items() <= task.protocol.used_keys().items()


def test_tasks_that_read_nothing_their_own_way_are_written_and_hashed_without_these_keys() -> None:
    text = as_toml(make_task().protocol)
    assert not [key for key in ("label", "neutral_band", "window", "one_person", "stimuli", "midpoint") if key in text]


def test_a_band_without_ratings_is_refused() -> None:
    with pytest.raises(FaultsError, match="neutral_band belongs to ratings"):
        make_task(neutral_band=0.1)


@pytest.mark.parametrize(
    "keys", [{}, {"label": "quadrant_or_neutral"}, {"label": "valence", "neutral_band": 0.1}], ids=str
)
def test_a_side_of_the_midpoint_that_would_change_nothing_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(FaultsError, match="midpoint belongs to label = valence, arousal or quadrant without a"):
        make_task(midpoint="high", **keys)
    assert make_task(midpoint="high", label="valence").hash != make_task(label="valence").hash


def test_words_that_are_no_emotions_fold_into_no_coarser_ones() -> None:
    words = ["high_valence", "low_valence", "Stroop Test"]
    assert coarse_emotions(words)[0] == tuple(words)


def test_a_board_says_what_its_classes_and_clips_are() -> None:
    plain = to_markdown([], make_task())
    assert ("2 queries per emotion" in plain, "4 emotions" in plain) == (True, True)
    rated = to_markdown([], make_task(label="quadrant", neutral_band=0.125, window=2.0))
    assert "Classes are sides of the rated valence and arousal (in -1 to 1; no further than 0.125 from 0" in rated
    assert "Clips are windows of 2 s." in rated
    assert "valence (in -1 to 1; exactly 0 is low)" in to_markdown([], make_task(label="valence", midpoint="low"))
    five = to_markdown([], make_task(label="quadrant_or_neutral"))
    assert "quadrants of the rated valence and arousal (in -1 to 1; either exactly 0: neutral)" in five
    assert ("2 queries per class" in five, "4 classes" in five) == (True, True)
    assert "the corpus's own words" in to_markdown([], make_task(label="word"))
