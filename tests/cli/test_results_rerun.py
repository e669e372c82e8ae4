"""`results rerun`: the same again within half a point, and new episodes that show a model tuned to the frozen ones."""

from __future__ import annotations

import json
import shutil
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
    assert (found["differing"], found["device"]) == ([], "cpu")
    for shot, one in found["shots"].items():
        assert one["stated"] == stated[int(shot)].uar
        assert (one["same_top"], one["moved"]) == (1, 0)
        assert one["again"] == pytest.approx(one["stated"], abs=1e-6)
        assert (one["fresh"], one["tuned"]) == (None, False)
    assert contents("home") == before


def test_other_predictions_than_the_stored_are_not_the_same_run_although_the_uar_is_the_same(here: Path, run) -> None:
    shutil.copy(Path(RIDGE).with_name("nearest_mean.parquet"), Path(RIDGE).with_suffix(".parquet"))
    found = run("results", "rerun", RIDGE, "--task", "mine.toml", "--json", code=2).json
    one = found["shots"]["1"]
    assert one["again"] == pytest.approx(one["stated"], abs=1e-6)
    assert 1 / 3 < one["same_top"] < 0.99
    assert one["moved"] > 0.01
    assert (found["holds"], one["reproduced"], found["same_weights"], found["differing"]) == (False, False, True, [])
    out = run("results", "rerun", RIDGE, "--task", "mine.toml", code=2).out
    assert "NOT 99 % the same top class: another seed or model" in out
    assert f"{100 * one['same_top']:.2f} %" in out


def test_other_bits_of_one_configuration_are_told_to_be_expected_elsewhere(here: Path, run) -> None:
    value = json.loads(Path(RIDGE).read_text(encoding="utf-8"))
    value["model"]["sha256"] = "0" * 64
    value["environment"]["device"] = "cuda"
    Path(RIDGE).write_text(json.dumps(value), encoding="utf-8")
    out = " ".join(run("results", "rerun", RIDGE, "--task", "mine.toml").out.split())
    assert "The configuration is the same, the weights are other bits. Other bits alone are expected on another" in out
    assert "device (the result: cuda, now: cpu)" in out


def test_a_setting_that_differs_is_named(here: Path, run) -> None:
    run("evaluate", "mine.toml", "--model", "ridge", "--name", "mine", "--set", "statistics=support")
    command = ["results", "rerun", "home/results/mine/mine.json", "--task", "mine.toml", "--model", "ridge"]
    says = 'statistics is "support" in the result, "training" now'
    found = run(*command, "--json", code=2).json
    assert (found["differing"], found["same_weights"]) == ([says], False)
    assert f"The configuration differs: {says}." in run(*command, code=2).out


def test_without_stored_predictions_the_uar_alone_is_compared(here: Path, run) -> None:
    Path(RIDGE).with_suffix(".parquet").unlink()
    found = run("results", "rerun", RIDGE, "--task", "mine.toml", "--json").json
    assert [(one["same_top"], one["moved"], one["reproduced"]) for one in found["shots"].values()] == [
        (None, None, True)
    ]
    assert "no predictions" in run("results", "rerun", RIDGE, "--task", "mine.toml").out


def test_a_result_of_another_version_is_refused_in_one_sentence_by_rerun_and_rescore(here: Path, run, refused) -> None:
    text = Path("mine.toml").read_text(encoding="utf-8")
    Path("mine.toml").write_text(text.replace("version = 1", "version = 2"), encoding="utf-8")
    run("tasks", "freeze", "mine.toml")
    for command in ("rerun", "rescore"):
        refused(
            "results", command, RIDGE, "--task", "mine.toml", says=["another task or version ('mine' 1) than 'mine' 2"]
        )
    checks = run("results", "check", RIDGE, "--task", "mine.toml", "--json", code=2).json
    assert [check["name"] for check in checks] == ["schema", "file name", "task"]


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
        (Again(60.0, 60.0, same_top=0.99, moved=0.3), True, False),
        (Again(60.0, 60.0, same_top=0.9899, moved=0.0), False, False),
        (Again(60.0, 59.49, same_top=1.0, moved=0.0), False, False),
        (Again(60.0, 60.0, fresh=58.9, error=1.0), True, True),
        (Again(60.0, 60.0, fresh=59.1, error=1.0), True, False),
        (Again(60.0, 60.0, fresh=70.0, error=1.0), True, False),
    ],
)
def test_half_a_point_and_the_error_of_drawing_are_the_limits(again: Again, reproduced: bool, tuned: bool) -> None:
    assert (again.reproduced, again.tuned) == (reproduced, tuned)
