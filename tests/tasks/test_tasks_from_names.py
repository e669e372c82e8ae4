"""The tasks of whole corpora are those that the names of the corpus give, whoever holds the media."""

from __future__ import annotations

import runpy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.tasks.task import Task, load_task


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "tasks_from_names.py"))


def same(made: Task, name: str) -> bool:
    """Clips, protocol and episodes; a title changes once there are results."""
    committed = load_task(name)
    return (made.clips, made.hash, made.protocol.frozen) == (committed.clips, committed.hash, committed.protocol.frozen)


def test_all_of_ravdess_follows_from_its_naming_rule(made: dict[str, Any]) -> None:
    task = load_task("ravdess-new-subjects")
    assert same(made["ravdess"](), task.name)
    assert Counter(task.clips.subject) == {f"{actor:02d}": 60 for actor in range(1, 25)}
    assert len(task.protocol.emotions) == 8
    assert task.protocol.ranked  # once there are results above the shortcuts


def test_the_actors_at_hand_have_the_clips_of_the_whole_corpus(ravdess_root: Path) -> None:
    table = build_manifest("ravdess", ravdess_root).table
    clips = load_task("ravdess-new-subjects").clips
    known = zip(clips.clip_id, clips.subject, clips.emotion, clips.stimulus, strict=True)
    held = set(table["subject"])
    assert {row for row in known if row[1] in held} == set(
        zip(table["clip_id"], table["subject"], table["emotion"], table["stimulus"], strict=True)
    )


def test_known_copies_are_marked_in_the_whole_corpus_too() -> None:
    for clip, first in _marks("ravdess-a12-new-subjects").items():
        assert _marks("ravdess-new-subjects")[clip] == first


def test_all_of_crema_d_follows_from_its_table(made: dict[str, Any], lying_beside: Callable[[str], Path]) -> None:
    assert same(made["crema_d"](lying_beside("CREMA-D")), "crema-d-new-subjects")


def test_crema_d_has_its_people_and_all_takes_but_the_spoilt_ones() -> None:
    task = load_task("crema-d-new-subjects")
    assert len(task.clips) == 7442 - 4
    assert len(set(task.clips.subject)) == 91
    assert {label.split("=")[0] for group in task.clips.group for label in group.split(";")} == {"age", "sex"}
    assert task.protocol.ranked  # once there are results above the shortcuts


def _marks(name: str) -> dict[str, str]:
    clips = load_task(name).clips
    return {clip: first for clip, first in zip(clips.clip_id, clips.duplicate_of, strict=True) if first}
