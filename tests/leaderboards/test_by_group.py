"""Scores by group of people and over coarse emotions are on the board and in `results show`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from toy_boards import result_of
from toy_results import frozen_toy, toy_clips

from stf2m_bench.cli import cli
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.by_group import group_cells, group_in_words
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.scoring.result import Result, read_result
from stf2m_bench.tasks.task import Task

RESULTS = Path(__file__).parents[2] / "leaderboards/results"
FINE = ("amusement", "annoyance", "anger", "fear", "happiness", "sadness")


@pytest.fixture(scope="module")
def task() -> Task:
    return frozen_toy()


def page_of(task: Task, *results: Result) -> str:
    return to_markdown(board(results, task), task)


def section(page: str, title: str) -> str:
    return page.partition(f"## {title}")[2].partition("\n## ")[0]


def test_each_models_groups_and_its_worst_one_stand_on_the_page(task: Task) -> None:
    result = result_of(task, "good_one", 1.0)
    retracted = result_of(task, "bad", 2.0, 3).model_copy(update={"state": "retracted", "reason": "leak"})
    probe = result_of(task, "probe.length", 0.1, 4, source="probe", reference=True)
    told = section(page_of(task, result, retracted, probe), "By group, 5-shot")
    five = result.figures.shots[5]
    assert "| model | age young (12) | sex f (6) | sex m (6) | worst group |" in told
    figures = " | ".join(f"{five.groups[name]:.1f}" for name in ("age=young", "sex=f", "sex=m"))
    assert f"| good\\_one | {figures} | {group_in_words(five.worst_group)} |" in told
    assert five.groups[five.worst_group] == min(five.groups.values())
    assert "bad" not in told
    assert "probe" not in told


def test_where_all_groups_are_alike_none_is_the_worst() -> None:
    chance = read_result(RESULTS / "ravdess-a12-new-subjects/chance.json").figures.shots[5]
    assert group_cells(chance, ["sex=female", "sex=male"]) == ["20.0", "20.0", ""]


def test_a_task_without_groups_has_no_such_section(task: Task) -> None:
    bare = Task(task.protocol, replace(toy_clips(), group=[""] * len(toy_clips())))
    assert "## By group" not in page_of(bare, result_of(bare, "good", 1.0))
    assert "## By group" not in page_of(task)


def test_coarse_scores_stand_where_fine_emotions_have_fewer_parents(task: Task) -> None:
    assert "## Coarse" not in page_of(task, result_of(task, "good", 1.0))
    fine = frozen_toy(emotions=FINE)
    result = result_of(fine, "good", 1.0)
    five = result.figures.shots[5]
    assert five.coarse
    assert five.coarse.uar != five.uar
    told = section(page_of(fine, result), "Coarse emotions, 5-shot")
    assert f"| good | {five.uar:.1f} | {five.coarse.uar:.1f} |" in told


def test_a_group_that_a_corpus_does_not_tell_is_called_so() -> None:
    assert group_in_words("age=nan") == "age not told"
    assert group_in_words("age=under 30") == "age under 30"


@pytest.mark.parametrize("name", ["ravdess-to-emodb/ridge", "goemotions-new-emotions/ridge"])
def test_results_show_tells_them_at_every_shot(name: str) -> None:
    path = RESULTS / f"{name}.json"
    shown = CliRunner().invoke(cli, ["results", "show", str(path)]).stdout
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if "│" in line]
    for shot, one in read_result(path).figures.shots.items():
        if one.groups:
            groups = [f"{one.groups[group]:.1f}" for group in sorted(one.groups)]
            assert [str(shot), *groups, group_in_words(one.worst_group)] in rows
        if one.coarse:
            assert [str(shot), f"{one.coarse.uar:.1f}"] in rows
    assert ("coarse" in shown) is name.startswith("goemotions")
