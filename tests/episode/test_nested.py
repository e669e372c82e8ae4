"""Nested supports: one new person is asked the same at every K, and a few shots begin the more."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from toys import make_task

from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import FaultsError
from stf2m_bench.scoring.result import read_result
from stf2m_bench.tasks.make import as_toml
from stf2m_bench.tasks.protocol import SIDES
from stf2m_bench.tasks.task import Task, load_task, task_names


def nested(**changes: Any) -> Task:
    return make_task(track="personal", shots=(1, 2, 4), nested=True, freeze=True, **changes)


@pytest.mark.parametrize("side", SIDES)
def test_each_support_is_the_beginning_of_the_next_and_queries_are_the_same(side: Any) -> None:
    drawer = Drawer(nested())
    for index in range(30):
        drawn = [drawer.draw(shot, index, fold=1, side=side) for shot in (1, 2, 4)]
        for few, more in pairwise(drawn):
            assert few.emotions == more.emotions
            assert few.query.tolist() == more.query.tolist()
            assert few.query_labels.tolist() == more.query_labels.tolist()
            by_class = more.support.reshape(3, more.shot)
            assert few.support.tolist() == by_class[:, : few.shot].ravel().tolist()


def test_without_the_key_every_shot_is_drawn_for_itself() -> None:
    drawer = Drawer(make_task(track="personal", shots=(1, 2)))
    assert any(drawer.draw(1, i).query.tolist() != drawer.draw(2, i).query.tolist() for i in range(30))


def test_the_check_of_nesting_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    task = nested()
    assert {check.name: check.passed for check in check_task(task)}["supports nested"]
    plain = Drawer.draw

    def turned(self: Drawer, shot: int, index: int, **where: Any) -> Any:
        episode = plain(self, shot, index, **where)
        return replace(episode, query=episode.query[::-1]) if (shot, index) == (2, 7) else episode

    monkeypatch.setattr(Drawer, "draw", turned)
    found = {check.name: check for check in check_task(task)}["supports nested"]
    assert not found.passed
    assert "episode 7 of 2 shots does not go on from that of 1" in found.message
    assert "episode 7 of 4 shots does not go on from that of 2" in found.message


def test_people_who_query_others_have_no_nested_supports() -> None:
    with pytest.raises(FaultsError, match="only the track personal has nested supports"):
        make_task(nested=True)


def test_a_task_without_nesting_says_nothing_of_it() -> None:
    assert "nested" not in as_toml(load_task("emosynth-personal").protocol)


def test_the_committed_curves_are_nested_and_not_ranked() -> None:
    curves = [load_task(name).protocol for name in task_names() if name.endswith("-curve")]
    assert {curve.name: curve.shots for curve in curves} == {
        "emosynth-personal-curve": (1, 2, 4, 8),
        "ravdess-a12-personal-curve": (1, 2, 4),
    }
    assert all(curve.nested and not curve.ranked for curve in curves)


@pytest.mark.parametrize("name", ["emosynth-personal-curve", "ravdess-a12-personal-curve"])
def test_who_sees_no_shots_gets_the_same_at_every_k(name: str) -> None:
    results = Path(__file__).parents[2] / "leaderboards/results" / name
    shots = read_result(results / "names_no_shots.json").figures.shots
    assert len({figures.uar for figures in shots.values()}) == 1
    assert len({figures.uar for figures in read_result(results / "ridge.json").figures.shots.values()}) == len(shots)
