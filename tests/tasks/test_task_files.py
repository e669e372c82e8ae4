"""Task files: what is refused, how it is told, what their hash covers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toys import EMOTIONS, PEOPLE, clip_list, make_task, toy_clips, toy_folds, toy_protocol

from stf2m_bench.errors import BenchError, FaultsError, InputError, UnknownNameError
from stf2m_bench.tasks.clips import read_clips
from stf2m_bench.tasks.make import write_task
from stf2m_bench.tasks.protocol import Fold, as_protocol
from stf2m_bench.tasks.task import Task, load_task, task_folder, task_names


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The toy task, written."""
    task = make_task(freeze=True)
    return write_task(task.protocol, task.clips, tmp_path)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("name", task_names())
def test_a_committed_task_loads_by_name_and_by_path(name: str) -> None:
    task = load_task(name)
    assert load_task(task_folder() / f"{name}.toml").hash == task.hash
    assert task.name == name


def test_an_unknown_task_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no task called 'ravdess-personal'; did you mean ravdess-a12-personal"):
        load_task("ravdess-personal")


def test_a_task_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no task file .*/mine\.toml; give the path"):
        load_task(tmp_path / "mine.toml")


def test_a_written_task_reads_back_as_it_was(path: Path) -> None:
    task, again = make_task(freeze=True), load_task(path)
    assert again.protocol == task.protocol
    assert again.clips == task.clips
    assert again.hash == task.hash


def test_all_wrong_keys_of_a_task_file_are_told_at_once(path: Path) -> None:
    change(path, "ways = 3", 'ways = 1\nspeed = "fast"')
    change(path, "queries = 2\n", "")
    change(path, 'track = "new-subjects"', 'track = "new-people"')
    with pytest.raises(FaultsError) as error:
        load_task(path)
    assert str(path) in str(error.value)
    assert sorted(error.value.faults) == [
        "queries: missing key",
        "speed: unknown key",
        "track: Input should be 'new-subjects', 'personal', 'new-corpus', 'new-emotions' or 'new-stimuli'",
        "ways: Input should be greater than or equal to 2",
    ]


def test_an_unknown_key_of_a_fold_is_told_with_its_place(path: Path) -> None:
    change(path, 'meta_val = ["p08"', 'meta_dev = ["p08"')
    with pytest.raises(FaultsError) as error:
        load_task(path)
    assert sorted(error.value.faults) == ["folds.1.meta_dev: unknown key", "folds.1.meta_val: missing key"]


@pytest.mark.parametrize("text", ["name = ", "name = 'a'\nname = 'b'", "\xff"])
def test_what_is_no_toml_is_told_with_the_path(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"toy\.toml is not valid TOML"):
        load_task(path)


def test_a_file_that_calls_itself_otherwise_is_refused(path: Path) -> None:
    for suffix in (".toml", ".clips.csv"):
        shutil.copy(path.with_suffix(suffix), path.with_name(f"other{suffix}"))
    with pytest.raises(InputError, match="calls itself 'toy'; file and name must agree"):
        load_task(path.with_name("other.toml"))


# ---- contradictions ----


def folds_with(**sides: tuple[str, ...]) -> tuple[Fold, ...]:
    return (toy_folds()[0].model_copy(update=sides),)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"folds": folds_with(meta_train=("p00", "p08"))}, "fold 0: subject 'p00' is in meta_train and in meta_test"),
        ({"folds": folds_with(meta_val=("p07",))}, "fold 0: subject 'p07' is in meta_train and in meta_val"),
        ({"folds": folds_with(meta_val=("p99",))}, "fold 0: subject 'p99' of meta_val has no clip in the clip list"),
        ({"ways": 5}, "ways = 5, but only 4 emotions are listed"),
        ({"emotions": (*EMOTIONS, "disgust")}, "emotion 'disgust' has no clip in the clip list"),
        ({"emotions": ("fear", "fear", "anger")}, "an emotion is listed twice"),
        ({"support_people": {"1": 1}}, "support_people lacks the number of people for 5 shots"),
    ],
)
def test_a_task_that_contradicts_itself_is_refused_with_the_contradiction(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(FaultsError, match="The task 'toy' has 1 fault; mend the task file or its clip list") as error:
        make_task(**changes)
    assert error.value.faults == [fault]


def test_a_person_listed_twice_on_one_side_is_a_fault() -> None:
    with pytest.raises(FaultsError, match="'p00' is in meta_test and in meta_test"):
        make_task(folds=folds_with(meta_test=("p00", "p00", "p01")))


# ---- the clip list ----


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda p: p.unlink(), r"The clip list .* is missing; it lies beside its task file"),
        (lambda p: change(p, "clip_id,subject", "clip,subject"), r"has the columns clip, subject.*expected clip_id"),
        (lambda p: change(p, "p00-fear-0,p00", "p00-fear-0,extra,p00"), r"row 10: 8 values instead of 7"),
        (lambda p: change(p, "p00-fear-0", "p00-fear-1"), "is not sorted by clip_id without repeats"),
        (lambda p: p.write_bytes(b"\xff\xfe"), "is not a CSV file in UTF-8"),
        (lambda p: p.write_text(""), "has the columns ; expected clip_id"),
    ],
)
def test_a_broken_clip_list_is_one_sentence_with_its_path(
    path: Path, harm: Callable[[Path], Any], message: str
) -> None:
    clips = path.with_suffix(".clips.csv")
    harm(clips)
    with pytest.raises(InputError, match=message) as error:
        load_task(path)
    assert str(clips) in str(error.value)


def test_a_clip_list_survives_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    rows = [{"clip_id": 'a "b", c\nd', "subject": "ü", "emotion": "fear", "stimulus": "x;y,z"}]
    clips = clip_list(rows)
    (tmp_path / "x.clips.csv").write_text(clips.to_csv(), newline="")
    assert read_clips(tmp_path / "x.clips.csv") == clips


# ---- the hash ----


@pytest.mark.parametrize(
    "outside", [{"title": "other"}, {"frozen": "f" * 64}, {"ranked": False}, {"superseded_by": "toy-2"}]
)
def test_the_hash_does_not_cover_what_is_no_protocol(outside: dict[str, Any]) -> None:
    assert make_task(**outside).hash == make_task().hash


@pytest.mark.parametrize(
    "inside",
    [{"version": 2}, {"seed": 1}, {"queries": 1}, {"episodes": 31}, {"emotions": EMOTIONS[::-1]}, {"ways": 2},
     {"views": ("audio.logmel",)}, {"folds": toy_folds()[::-1]}, {"clips": toy_clips(9)}],
)  # fmt: skip
def test_the_hash_covers_every_key_of_the_protocol_and_the_clip_list(inside: dict[str, Any]) -> None:
    assert make_task(**inside).hash != make_task().hash


def test_any_changed_value_of_the_clip_list_changes_the_hash() -> None:
    hashes = {make_task().hash}
    for name in ("recording", "stimulus", "group", "duplicate_of"):
        clips = toy_clips()
        getattr(clips, name)[7] = "x"
        hashes.add(Task(toy_protocol(), clips).hash)
    assert len(hashes) == 5


def test_who_is_on_which_side_is_told_in_the_order_of_the_file() -> None:
    assert make_task().people(1, "meta_test") == PEOPLE[4:8]
    with pytest.raises(BenchError, match="it says who supports for K = 1, 5"):
        make_task().support_people(2)
    assert make_task(track="personal").support_people(2) == 1


def test_wrong_keys_from_python_are_told_like_those_of_a_file():
    with pytest.raises(FaultsError, match=r"The task 'My task' has \d+ faults; mend these keys") as error:
        as_protocol({"name": "My task", "version": 1, "wayz": 3}, "The task 'My task'")
    assert any(fault.startswith("name: ") for fault in error.value.faults)
    assert {"wayz: unknown key", "ways: missing key"} <= set(error.value.faults)
