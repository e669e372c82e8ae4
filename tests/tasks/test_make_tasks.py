"""Making tasks: the clip list out of a manifest, duplicates out of views, both files or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toys import EMOTIONS, make_store, make_task

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.errors import CouldNotError, InputError
from stf2m_bench.tasks import make
from stf2m_bench.tasks.make import find_duplicates, make_clip_list, write_task
from stf2m_bench.tasks.task import load_task
from stf2m_bench.views.base.store import Store, prepare_view


def store_of(arrays: dict[str, list[float]], view: str = "audio.logmel") -> Store:
    data = np.array([value for array in arrays.values() for value in array], np.float32).reshape(-1, 1)
    offsets = np.cumsum([0, *map(len, arrays.values())])
    return Store(Path("nowhere"), data, offsets, {"view": view, "clips": list(arrays)})


ONE, OTHER = [*range(5)], [*range(4), 4.001]


def test_clips_with_the_same_numbers_are_duplicates_of_the_first() -> None:
    store = store_of({"a": ONE, "b": [*ONE, 9], "c": ONE, "d": ONE, "e": OTHER})
    assert find_duplicates([store]) == {"c": "a", "d": "a"}


def test_a_coarse_signal_that_is_the_same_in_two_clips_makes_no_duplicates() -> None:
    rate = store_of(
        {"a": [71.0] * 16, "b": [71.0] * 16, "c": [*range(4)] * 2, "d": [*range(4)] * 2}, "signal.window:hr"
    )
    assert find_duplicates([rate]) == {}
    moved = store_of({"a": ONE, "b": ONE, "c": OTHER, "d": [*OTHER, 1]}, "signal.window:acc_x")
    assert find_duplicates([rate, moved]) == {"b": "a"}


def test_absent_views_and_equal_words_are_no_duplicates() -> None:
    assert find_duplicates([store_of({"a": [], "b": [], "c": ONE})]) == {}
    assert find_duplicates([store_of({"a": ONE, "b": ONE}, "text.hashed")]) == {}


def test_one_view_is_enough() -> None:
    voices = store_of({"a": ONE, "b": OTHER})
    faces = store_of({"a": ONE, "b": ONE}, "imported:x")
    assert find_duplicates([voices, faces]) == {"b": "a"}


def test_the_twins_of_ravdess_are_found_in_their_sound(ravdess_root: Path) -> None:
    task = load_task("ravdess-a12-new-subjects")
    manifest = build_manifest("ravdess", ravdess_root)
    found = find_duplicates(prepare_view(manifest, view) for view in task.protocol.views)
    marked = {c: d for c, d in zip(task.clips.clip_id, task.clips.duplicate_of, strict=True) if d}
    assert {clip: first for clip, first in found.items() if clip in task.clips.clip_id} == marked


def test_a_heart_rate_makes_no_twins_of_real_windows(lying_beside: Callable[[str], Path]) -> None:
    manifest = build_manifest("smartwatch_walk", lying_beside("SmartwatchWalk"))
    store = prepare_view(manifest, "signal.window:hr")
    contents = [store.array(clip).tobytes() for clip in store.info["clips"]]
    assert len(set(contents)) < len(contents) / 2
    assert find_duplicates([store]) == {}
    task = load_task("smartwatch-walk-new-subjects")
    assert not any(task.clips.duplicate_of)
    held = make_clip_list(manifest, task.protocol.emotions, {})
    assert set(held.clip_id) <= set(task.clips.clip_id)
    assert not task.protocol.ranked


def test_the_committed_clip_lists_are_those_of_the_real_folder(ravdess_root: Path) -> None:
    manifest = build_manifest("ravdess", ravdess_root)
    for name in ("ravdess-a12-new-subjects", "ravdess-a12-personal"):
        task = load_task(name)
        marked = dict(zip(task.clips.clip_id, task.clips.duplicate_of, strict=True))
        assert make_clip_list(manifest, task.protocol.emotions, marked) == task.clips


def test_the_clip_list_keeps_the_wanted_emotions_with_recordings_and_groups(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text(
        "clip_id,subject,emotion,recording,stimulus,group.sex,group.age\n"
        "b,p1,fear,r1,s1,male,old\na,p2,fear,,,,young\nc,p1,anger,r1,s1,male,old\nd,p1,,r2,s1,male,old\n"
    )
    clips = make_clip_list(build_manifest("csv", tmp_path), ["fear"], {"b": "a"})
    assert clips.clip_id == ["a", "b"]
    assert clips.recording == ["a", "r1"]
    assert clips.stimulus == ["", "s1"]
    assert clips.group == ["age=young", "age=old;sex=male"]
    assert clips.duplicate_of == ["", "a"]


def test_language_is_a_group_where_a_corpus_has_more_than_one(tmp_path: Path) -> None:
    several = "clip_id,subject,emotion,language,group.sex\na,p1,fear,zh,male\nb,p2,fear,en,\nc,p3,fear,,male\n"
    for name, text in (("several", several), ("one", several.replace("zh", "en"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clips.csv").write_text(text)
    clips = make_clip_list(build_manifest("csv", tmp_path / "several"), ["fear"], {})
    assert clips.group == ["sex=male;language=zh", "language=en", "sex=male"]
    assert make_clip_list(build_manifest("csv", tmp_path / "one"), ["fear"], {}).group == ["sex=male", "", "sex=male"]


@pytest.mark.parametrize(
    ("duplicates", "marks"),
    [
        ({"b": "a", "c": "a"}, ["", "a", "a", ""]),
        ({"b": "gone", "d": "gone"}, ["", "", "", "b"]),
        ({"b": "a", "c": "b", "d": "c"}, ["", "a", "a", "a"]),
        ({"a": "d"}, ["d", "", "", ""]),
    ],
)
def test_a_mark_names_the_copy_that_is_in_the_list_and_drawn(
    tmp_path: Path, duplicates: dict[str, str], marks: list[str]
) -> None:
    (tmp_path / "clips.csv").write_text(
        "clip_id,subject,emotion\ngone,p,anger\n" + "".join(f"{c},p,fear\n" for c in "abcd")
    )
    assert make_clip_list(build_manifest("csv", tmp_path), ["fear"], duplicates).duplicate_of == marks


def test_copies_are_looked_for_among_the_clips_of_a_task() -> None:
    """c sounds like b and looks like a; without b it is a copy of a."""
    voices, faces = store_of({"a": OTHER, "b": ONE, "c": ONE}), store_of({"a": ONE, "b": OTHER, "c": ONE}, "imported:x")
    assert find_duplicates([voices, faces]) == {"c": "b"}
    assert find_duplicates([voices, faces], {"a", "c"}) == {"c": "a"}


def test_a_task_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    task = make_task()
    path = write_task(task.protocol, task.clips, tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="exists already; raise its version by hand or choose another name"):
        write_task(task.protocol, task.clips, tmp_path)
    assert path.read_bytes() == before


def test_a_task_whose_second_file_cannot_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = make.write_text

    def fail_on_toml(path: Path, text: str) -> None:
        if path.suffix == ".toml":
            raise CouldNotError("disk full")
        plain(path, text)

    monkeypatch.setattr(make, "write_text", fail_on_toml)
    task = make_task()
    with pytest.raises(CouldNotError):
        write_task(task.protocol, task.clips, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["toy.clips.csv"]


def test_the_toy_views_have_no_duplicates() -> None:
    task = make_task()
    assert find_duplicates(make_store(task, view) for view in task.protocol.views) == {}
    assert set(task.clips.emotion) == set(EMOTIONS)
