"""Making tasks of the track new-stimuli: which people and stimuli come to which side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.new_task import Wish, new_task
from stf2m_bench.errors import FaultsError, InputError, UnknownNameError, UsageError
from stf2m_bench.tasks.reading import as_read
from stf2m_bench.tasks.task import Task, load_task

WORDS = ("anger", "fear")
SHOWN = tuple(f"s{n}" for n in range(8))
HALVES = (SHOWN[:4], SHOWN[4:])


def corpus(folder: Path, people: dict[str, tuple[str, ...]], *, recordings: Callable[[str, str], str]) -> Manifest:
    """Two clips of both words under each stimulus that a person saw."""
    rows = [
        f"{person}-{shown}-{word}-{n},{person},{word},{shown},{recordings(person, shown)}"
        for person, stimuli in people.items()
        for shown in stimuli
        for word in WORDS
        for n in range(2)
    ]
    (folder / "clips.csv").write_text("\n".join(["clip_id,subject,emotion,stimulus,recording", *rows]) + "\n")
    return build_manifest("csv", folder)


def made(manifest: Manifest, **keys: Any) -> Task:
    wish: dict[str, Any] = {"ways": 2, "episodes": 24, "stimuli": HALVES, "views": ("imported:x",), "folds": 2}
    return new_task(manifest, {}, Wish("mine", "Mine", "new-stimuli", **wish | keys), duplicates={})


def faults(task: Task) -> list[str]:
    return [check.name for check in check_task(task) if check.passed is False]


@pytest.fixture
def alone(tmp_path: Path) -> Manifest:
    """Twelve people who saw everything, and one who saw but a stimulus of either half."""
    people = {f"p{n:02d}": SHOWN for n in range(12)} | {"poor": ("s0", "s4")}
    return corpus(tmp_path, people, recordings=lambda person, shown: f"{person}-{shown}")


@pytest.fixture
def apart(tmp_path: Path) -> Manifest:
    """Nine people who saw one half, nine who saw the other."""
    people = {f"{half}{n}": HALVES[number] for number, half in enumerate("ab") for n in range(9)}
    return corpus(tmp_path, people, recordings=lambda person, shown: f"{person}-{shown}")


def test_one_person_is_tested_once_each_way_and_who_has_too_little_trains(alone: Manifest) -> None:
    task = made(alone, one_person=True)
    folds = task.protocol.folds
    assert task.protocol.one_person
    assert task.protocol.support_people == {}
    assert [(fold.support_stimuli, fold.query_stimuli) for fold in folds] == [HALVES, HALVES[::-1]] * 2
    assert folds[0].meta_test == folds[1].meta_test
    tested = Counter(person for fold in folds for person in fold.meta_test)
    assert tested == dict.fromkeys((f"p{n:02d}" for n in range(12)), 2)
    assert all(fold.meta_train[-1] == "poor" for fold in folds)
    assert all({*fold.meta_train, *fold.meta_val, *fold.meta_test} == {*task.clips.subject} for fold in folds)
    assert faults(task) == []


def test_one_fold_tests_a_third_and_trains_on_the_others(alone: Manifest) -> None:
    task = made(alone, one_person=True, folds=1)
    assert [len(fold.meta_test) for fold in task.protocol.folds] == [4, 4]
    assert faults(task) == []


def test_other_people_are_asked_all_of_those_who_saw_the_other_half(apart: Manifest) -> None:
    task = made(apart, folds=1)
    for fold, mine, theirs in zip(task.protocol.folds, "ab", "ba", strict=True):
        assert Counter(person[0] for person in fold.meta_test) == {mine: 3, theirs: 9}
        assert {person[0] for person in (*fold.meta_train, *fold.meta_val)} == {mine}
    assert [fold.support_stimuli for fold in task.protocol.folds] == [*HALVES]
    assert not task.protocol.one_person
    assert task.protocol.support_people == {"1": 1, "5": 1}
    assert faults(task) == []


def test_with_as_many_folds_as_groups_everyone_supports_once(apart: Manifest) -> None:
    folds = made(apart, folds=3).protocol.folds
    supporting = [p for f, half in zip(folds, "ab" * 3, strict=True) for p in f.meta_test if p[0] == half]
    assert sorted(supporting) == sorted(f"{half}{n}" for half in "ab" for n in range(9))


def test_where_everyone_saw_everything_tested_people_ask_each_other(alone: Manifest) -> None:
    task = made(alone, folds=2, shots=(1,), queries=1)
    tested = Counter(person for fold in task.protocol.folds for person in fold.meta_test)
    assert set(tested.values()) == {2}
    assert faults(task) == []


def test_supporters_are_as_many_as_the_supported_half_asks_for(apart: Manifest, tmp_path: Path) -> None:
    with pytest.raises(
        FaultsError, match="fold 0, meta_val: not every 2-way 10-shot episode can be drawn from its 2 people"
    ):
        made(apart, shots=(1, 10), queries=1)
    (tmp_path / "many").mkdir()
    people = {f"{half}{n}": HALVES[number] for number, half in enumerate("ab") for n in range(24)}
    many = corpus(tmp_path / "many", people, recordings=lambda person, shown: f"{person}-{shown}")
    assert made(many, shots=(1, 10), queries=1).protocol.support_people == {"1": 1, "10": 2}


def test_what_the_data_cannot_serve_is_told(alone: Manifest, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="There is no stimulus called 's9'; known: s0, s1"):
        made(alone, stimuli=(("s9",), ("s1",)))
    with pytest.raises(UsageError, match="needs two halves of the stimuli"):
        made(alone, stimuli=((), ()))
    with pytest.raises(FaultsError, match="stimulus 's1' is supported and queried"):
        made(alone, stimuli=(("s0", "s1"), ("s1", "s2")), shots=(1,), queries=1)
    with pytest.raises(
        InputError, match="0 people with 14 clips of every emotion in either half of the stimuli are too"
    ):
        made(alone, one_person=True, queries=9)
    (tmp_path / "wide").mkdir()
    wide = corpus(tmp_path / "wide", {f"p{n}": SHOWN for n in range(12)}, recordings=lambda person, _: person)
    with pytest.raises(FaultsError, match="fold 0: recording 'p0'"):
        made(wide, one_person=True)


# ---- the committed tasks ----


def of_task(name: str, folder: Path, **keys: Any) -> tuple[Task, Task]:
    """A committed task, and what is made of its clips, its protocol and its halves."""
    task = load_task(name)
    p = task.protocol
    manifest = as_read(
        build_manifest(p.datasets[0], folder), label=p.label, neutral_band=p.neutral_band, window=p.window
    )
    kept = manifest.table[manifest.table["clip_id"].isin(task.clips.clip_id)].reset_index(drop=True)
    read = p.model_dump(include={"label", "neutral_band", "window"})
    halves = (p.folds[0].support_stimuli, p.folds[0].query_stimuli)
    wish = Wish(name, "", p.track, ways=p.ways, read=read, views=p.views, stimuli=halves, **keys)
    return task, new_task(replace(manifest, table=kept), {}, wish, duplicates={})


def test_the_folds_of_ceap_can_be_made(lying_beside: Callable[[str], Path]) -> None:
    held, again = of_task("ceap-personal-new-stimuli", lying_beside("CEAP-360VR"), one_person=True)
    assert again.clips == held.clips
    pairs = [[(fold.support_stimuli, fold.query_stimuli) for fold in task.protocol.folds] for task in (held, again)]
    assert pairs[0] == pairs[1]
    tested = [Counter(p for fold in task.protocol.folds for p in fold.meta_test) for task in (held, again)]
    assert tested[0] == tested[1] == dict.fromkeys(tested[0], 2)
    assert {*again.protocol.folds[0].meta_train[-3:]} == {*held.protocol.folds[0].meta_train[-3:]}
    assert faults(again) == []


def test_the_folds_of_eevr_can_be_made(lying_beside: Callable[[str], Path]) -> None:
    held, again = of_task("eevr-new-stimuli", lying_beside("EEVR"), folds=1)
    assert again.clips == held.clips
    assert again.protocol.support_people == held.protocol.support_people
    for old, new in zip(held.protocol.folds, again.protocol.folds, strict=True):
        assert (new.support_stimuli, new.query_stimuli) == (old.support_stimuli, old.query_stimuli)
        asked = {*old.meta_test} - {*of_half(held, old.support_stimuli)}
        assert {*new.meta_test} - {*of_half(held, old.support_stimuli)} == asked
        assert len(new.meta_test) - len(asked) in (6, 7)
    assert faults(again) == []


def of_half(task: Task, stimuli: tuple[str, ...]) -> list[str]:
    return [person for person, shown in zip(task.clips.subject, task.clips.stimulus, strict=True) if shown in stimuli]
