"""`results rerun`: the same again within half a point, and new episodes that show a model tuned to the frozen ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.evaluation.rerun import Again, with_seed
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import read_result
from stf2m_bench.tasks.task import load_task

RIDGE = "home/results/mine/ridge.json"


def contents(folder: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_a_built_in_model_gives_the_same_again_and_writes_no_result(here: Path, run) -> None:
    before = contents("home")
    found = run("results", "rerun", RIDGE, "--task", "mine.toml", "--json").json
    assert (found["holds"], found["same_weights"]) == (True, True)
    stated = read_result(Path(RIDGE)).figures.shots
    for shot, one in found["shots"].items():
        assert one["stated"] == stated[int(shot)].uar
        assert one["again"] == pytest.approx(one["stated"], abs=1e-6)
        assert (one["fresh"], one["tuned"]) == (None, False)
    assert contents("home") == before


def test_new_episodes_are_shown_beside_with_the_error_of_the_difference(here: Path, run, refused) -> None:
    command = ["results", "rerun", RIDGE, "--task", "mine.toml", "--fresh", "12345"]
    found = run(*command, "--json").json
    assert found["holds"]
    stated = read_result(Path(RIDGE)).figures.shots
    for shot, one in found["shots"].items():
        assert one["fresh"] != one["stated"]
        assert abs(one["stated"] - one["fresh"]) < 3 * one["error"]
        assert one["error"] == pytest.approx(2**0.5 * stated[int(shot)].these_people.halfwidth, rel=0.25)
    assert "as drawing explains" in run(*command).out
    seed = load_task("mine.toml").protocol.seed
    refused("results", "rerun", RIDGE, "--task", "mine.toml", "--fresh", seed, says=["need another: --fresh SEED"])


def test_figures_that_are_half_a_point_too_high_end_with_2(here: Path, run) -> None:
    value = json.loads(Path(RIDGE).read_text(encoding="utf-8"))
    value["figures"]["shots"]["1"]["uar"] = round(value["figures"]["shots"]["1"]["uar"] + 0.6, 6)
    Path(RIDGE).write_text(json.dumps(value), encoding="utf-8")
    found = run("results", "rerun", RIDGE, "--task", "mine.toml", "--json", code=2).json
    assert {shot: one["reproduced"] for shot, one in found["shots"].items()} == {
        shot: shot != "1" for shot in found["shots"]
    }
    assert "NOT within 0.5 point" in run("results", "rerun", RIDGE, "--task", "mine.toml", code=2).out


def test_a_model_tuned_to_the_frozen_episodes_shows_on_new_ones(here: Path, run) -> None:
    """Predictions that know the frozen truth, handed in under the name of an honest model."""
    task = load_task("mine.toml")
    known = {}
    for shot in task.protocol.shots:
        labels = draw_all(Drawer(task), shot).labels
        known[shot] = from_logits(10.0 * (labels[..., None] == range(task.protocol.ways)), shot=shot)
    Predictions(known).write(Path("known.parquet"))
    run("evaluate", "mine.toml", "--predictions", "known.parquet", "--name", "tuned")
    command = ["results", "rerun", "home/results/mine/tuned.json", "--task", "mine.toml", "--model", "ridge"]
    found = run(*command, "--fresh", "7", "--json", code=2).json
    assert [one["tuned"] for one in found["shots"].values()] == [True] * len(found["shots"])
    assert "better on the frozen episodes than drawing explains" in run(*command, "--fresh", "7", code=2).out


def test_a_model_that_is_not_built_in_has_to_be_handed_in(here: Path, run, refused) -> None:
    run("evaluate", "mine.toml", "--model", "own_models:flat")
    command = ["results", "rerun", "home/results/mine/flat.json", "--task", "mine.toml"]
    refused(*command, says=["'flat' (python:own_models:flat) is no built-in model", "--model"])
    assert run(*command, "--model", "own_models:flat", "--json").json["holds"]
    value = json.loads(Path(RIDGE).read_text(encoding="utf-8"))
    value["model"] |= {"name": "probe.length", "source": "probe"}
    Path("home/results/mine/probe.length.json").write_text(json.dumps(value), encoding="utf-8")
    refused(
        "results",
        "rerun",
        "home/results/mine/probe.length.json",
        "--task",
        "mine.toml",
        says=["stf2m-bench tasks probe"],
    )


def test_new_episodes_are_of_the_same_protocol_and_other_draws(made: Path) -> None:
    task = load_task(made / "mine.toml")
    other = with_seed(task, task.protocol.seed + 1)
    one, two = (draw_all(Drawer(t), 1) for t in (task, other))
    assert one.query.shape == two.query.shape
    assert (one.query != two.query).any()
    assert other.protocol.folds == task.protocol.folds
    assert other.clips is task.clips


@pytest.mark.parametrize(
    ("again", "reproduced", "tuned"),
    [
        (Again(60.0, 60.5), True, False),
        (Again(60.0, 59.49), False, False),
        (Again(60.0, 60.0, fresh=58.9, error=1.0), True, True),
        (Again(60.0, 60.0, fresh=59.1, error=1.0), True, False),
        (Again(60.0, 60.0, fresh=70.0, error=1.0), True, False),
    ],
)
def test_half_a_point_and_the_error_of_drawing_are_the_limits(again: Again, reproduced: bool, tuned: bool) -> None:
    assert (again.reproduced, again.tuned) == (reproduced, tuned)
