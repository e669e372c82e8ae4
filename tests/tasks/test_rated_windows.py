"""Ratings given all the while, cut into the windows that a task asks for."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toys import make_task

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.continuous import rated_windows
from stf2m_bench.datasets.base.corpus_files import corpus_files
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.datasets.ceap_360vr import read_traces
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.tasks.make import as_toml, votes_by
from stf2m_bench.tasks.reading import as_read, class_of

TRACE = "seconds,valence,arousal\n" + "\n".join(
    f"{n / 10},{-0.5 if n < 25 else 0.5},{0.8 if n % 4 else 0.0}" for n in range(60)
)


def own(folder: Path, *rows: str, columns: str = "clip_id,subject,emotion,start,end,ratings") -> Manifest:
    """A table of one's own beside `trace.csv`: six seconds, ten ratings each, valence rises at 2.5 s."""
    (folder / "trace.csv").write_text(TRACE)
    (folder / "clips.csv").write_text("\n".join([columns, *rows]) + "\n")
    return build_manifest("csv", folder)


def column(manifest: Manifest, name: str) -> list[object]:
    return manifest.table[name].tolist()


def test_windows_of_ones_own_ratings_have_ratings_and_classes_of_their_own(tmp_path: Path) -> None:
    whole = own(tmp_path, "a,p1,,0,6,trace.csv")
    cut = as_read(whole, label="valence", window=2)
    assert column(whole, "clip_id") == ["a"]
    assert column(cut, "clip_id") == ["a@000", "a@001", "a@002"]
    assert (column(cut, "start"), column(cut, "end")) == ([0, 2, 4], [2, 4, 6])
    assert column(cut, "valence") == pytest.approx([-0.5, 0.25, 0.5])  # the middle: 5 low, 15 high of 20
    assert column(cut, "emotion") == ["low_valence", "high_valence", "high_valence"]
    assert column(cut, "recording") == ["a"] * 3
    assert column(as_read(whole, label="word", window=2), "emotion") == ["LVHA", "HVHA", "HVHA"]


def test_the_votes_of_time_are_the_share_of_a_window_that_each_class_has(tmp_path: Path) -> None:
    whole = own(tmp_path, "a,p1,,0,6,trace.csv")
    assert votes_by(as_read(whole, label="valence", window=2), "time")[1] == {"high_valence": 0.75, "low_valence": 0.25}
    wide = votes_by(as_read(whole, label="valence", window=2, neutral_band=0.5), "time")
    assert wide == [{"neutral": 1.0}] * 3
    both = votes_by(as_read(whole, label="quadrant_or_neutral", window=2), "time")[1]
    assert both == {"low_valence_high_arousal": 0.15, "high_valence_high_arousal": 0.6, "neutral": 0.25}
    with pytest.raises(InputError, match="no votes 'time'"):
        votes_by(as_read(whole, window=2), "time")  # emotions are no sides of ratings


def test_a_lag_rates_a_window_by_what_is_said_later_and_leaves_its_seconds_alone(tmp_path: Path) -> None:
    whole = own(tmp_path, "a,p1,,0,6,trace.csv")
    late = as_read(whole, label="valence", window=2, lag=1.5)
    assert (column(late, "start"), column(late, "end")) == ([0, 2], [2, 4])
    assert column(late, "valence") == pytest.approx([0.0, 0.5])
    assert len({late.hash, whole.hash, as_read(whole, window=2).hash}) == 3
    labels = ("emotion", "word", "valence", "quadrant")
    assert {as_read(whole, label=label, window=2, lag=1.5).hash for label in labels} == {late.hash}  # of views


def test_windows_lie_within_the_clip_that_is_rated(tmp_path: Path) -> None:
    cut = as_read(own(tmp_path, "a,p1,fear,1,4.5,trace.csv"), window=1)
    assert (column(cut, "start"), set(column(cut, "emotion"))) == ([1, 2, 3], {"fear"})


@pytest.mark.parametrize(("length", "windows"), [(1, 12480), (2, 6240), (4, 3120)])
def test_windows_of_ceap_are_means_of_the_released_ratings_by_another_route(
    lying_beside: Callable[[str], Path], length: float, windows: int
) -> None:
    root = lying_beside("CEAP-360VR")
    cut = as_read(build_manifest("ceap_360vr", root), label="valence", midpoint="high", window=length)
    assert len(cut.table) == windows
    (file,) = corpus_files(root, "3_AnnotationData/Transformed/P1_Annotation_TransData.json")
    told = json.loads(file.read())["ContinuousAnnotation_TransData"][0]["Video_Annotation_TransData"]
    rows = {video["VideoID"]: video["TimeStamp_Valence_Arousal"] for video in told}
    clips = cut.table[cut.table["subject"] == "P1"]
    for clip, votes in zip(clips.to_dict("records"), votes_by(cut, "time"), strict=False):  # P1 is the first
        said = [
            row["Valence"]
            for row in rows[clip["stimulus"]]
            if clip["start"] <= row["TimeStamp"] < clip["start"] + length
        ]
        assert clip["valence"] == pytest.approx((np.mean(said) - 5) / 4)
        assert votes["high_valence"] == pytest.approx(np.mean(np.array(said) >= 5))


def test_windows_of_a_second_have_the_majority_that_was_counted_from_the_frames(
    lying_beside: Callable[[str], Path],
) -> None:
    files = corpus_files(lying_beside("CEAP-360VR"), "3_AnnotationData/Frame/P*.json")
    traces = [trace for file in files for _, *trace in read_traces(file, "Frame")]
    windows = [vars(window) for trace in traces for window in rated_windows(*trace, length=1)]
    sides = [[class_of(window, axis, midpoint="high") for window in windows] for axis in ("valence", "arousal")]
    five = Counter(class_of(window, "quadrant_or_neutral") for window in windows).most_common(1)
    shares = [sum(side.startswith("high") for side in axis) for axis in sides] + [five[0][1]]
    assert [100 * share / 12480 for share in shares] == pytest.approx([63.5, 66.1, 33.4], abs=0.06)


def test_ratings_that_cannot_be_cut_are_refused_by_file_and_clip(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"row 3: no file of ratings; give one to every clip, or to none"):
        as_read(own(tmp_path, "a,p1,fear,0,6,trace.csv", "b,p1,fear,0,6,"), window=2)
    for keys, says in {(9, 0): "of 9 s of 'csv' is rated without", (2, 7): "is rated, 7 s later, without"}.items():
        with pytest.raises(
            InputError, match=rf"{says} a gap of more than half a second; the longest rating lasts 5\.9"
        ):
            as_read(own(tmp_path, "a,p1,fear,0,6,trace.csv"), window=keys[0], lag=keys[1])
    for path in ("../trace.csv", "absent.csv"):
        with pytest.raises(InputError, match=f"ratings '{path}' of clip 'a' are no file inside"):
            as_read(own(tmp_path, f"a,p1,fear,0,6,{path}"), window=2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TRACE + "\n7,0.1,2\n", r"row 62: arousal is 2; ratings go from -1 to 1, so map 1 to 9 by \(x - 5\) / 4"),
        (TRACE + "\n5,0,0\n", r"row 62: 5 s does not come after 5\.9 s; sort, drop double stamps"),
        (TRACE + "\nx,0,0\n", "row 62: seconds is 'x', no number"),
        (TRACE + "\n7,,0\n", "row 62: valence is '', no number; mend or drop the row"),
        (TRACE.replace(",", ";"), "its columns lie between semicolons, not commas"),
        (TRACE.replace("valence", "Valence"), r"no column 'valence' \(it has: seconds, Valence, arousal\)"),
        (
            "seconds,valence,arousal\n1600000000.1,0,0\n1600000000.3,0,0\n",
            "none of them during clip 'a'; they are seconds",
        ),
        ("", "could not be read as a table"),
        ("seconds,valence,arousal\n", "holds no ratings; fill it, or leave the clip out"),
        ("seconds,valence,arousal\n0,0.1,0.2,0.3\n", "its rows have more values than its header"),
        (TRACE + "\ninf,0,0\n", "row 62: seconds is 'inf', no number"),
    ],
)
def test_a_fault_in_a_file_of_ratings_is_told_by_row(text: str, says: str, tmp_path: Path) -> None:
    whole = own(tmp_path, "a,p1,fear,0,6,trace.csv")
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(InputError, match=rf"trace\.csv.*{says}"):
        as_read(whole, window=2)
    (check,) = (check for check in check_dataset("csv", tmp_path) if check.name == "ratings")
    assert (check.passed, bool(re.search(says, check.message))) == (False, True)


def test_ratings_are_checked_and_a_clip_of_which_no_second_is_rated_is_named(tmp_path: Path) -> None:
    own(tmp_path, "a,p1,fear,0,6,trace.csv", "b,p1,fear,,,rare.csv")
    (tmp_path / "rare.csv").write_text("\ufeffseconds, valence, arousal\n0,0,0\n1,0.1,0\n2,0,0\n", encoding="utf-8")
    (check,) = (check for check in check_dataset("csv", tmp_path) if check.name == "ratings")
    assert (check.passed, "clip 'b' has no second rated without a gap" in check.message) == (False, True)
    assert {*as_read(build_manifest("csv", tmp_path), window=2).table["recording"]} == {"a"}


def test_stamps_far_from_the_start_take_no_longer() -> None:
    windows = list(rated_windows([1.6e9, 1.6e9 + 0.4, 1.6e9 + 0.8], [0, 0, 0], [0, 0, 0], length=1))
    assert [window.start for window in windows] == [1.6e9]


def test_no_last_bit_leaves_out_the_last_window(tmp_path: Path) -> None:
    cut = as_read(own(tmp_path, "a,p1,fear,0.1,0.3,trace.csv"), window=0.2)
    assert column(cut, "start") == [0.1]


def test_a_lag_without_ratings_or_without_windows_is_refused(tmp_path: Path) -> None:
    bare = own(tmp_path, "a,p1,fear,0,6", columns="clip_id,subject,emotion,start,end")
    with pytest.raises(InputError, match="Nobody rates 'csv' all the while"):
        as_read(bare, window=2, lag=1)
    with pytest.raises(FaultsError, match="lag belongs to windows of ratings: add the key window"):
        make_task(lag=1.0)


def test_a_lag_stands_in_the_file_the_hash_and_on_the_board() -> None:
    plain, late = make_task(label="valence", window=2.0), make_task(label="valence", window=2.0, lag=0.8)
    assert ("lag" in as_toml(plain.protocol), "lag = 0.8" in as_toml(late.protocol)) == (False, True)
    assert plain.hash != late.hash
    assert "Clips are windows of 2 s, rated 0.8 s later." in to_markdown([], late)
