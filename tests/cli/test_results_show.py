"""`results show` and `rescore` for a reader: rough intervals, retraction, seeds, cost, synthetic data, both UAR."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stf2m_bench.scoring.result import read_result

PUBLISHED = Path(__file__).parents[2] / "leaderboards/results"
RIDGE = Path("home/results/mine/ridge.json")


def edit(path: Path, change: Callable[[Any], None]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_seed_and_cost_are_shown_in_units(here: Path, run) -> None:
    cost = {"parameters": 1234567, "flops": 2000000, "peak_memory": 3460000}
    edit(RIDGE, lambda v: v.update(cost=cost | {"seconds_per_problem": 0.01234, "fit_seconds": 71.25}, seeds=[3]))
    out = run("results", "show", RIDGE).out
    assert "Training seed 3" in out
    assert "1,234,567 parameters, 2,000,000 FLOPs a problem, 3.5 MB of memory, 12.34 ms a problem, 71.2 s to fit" in out
    empty = dict.fromkeys((*cost, "seconds_per_problem", "fit_seconds"))
    edit(RIDGE, lambda v: v.update(cost=empty, seeds=[]))
    out = run("results", "show", RIDGE).out
    assert "Training seed not stated" in out
    assert "Cost: not stated" in out


def test_few_people_are_called_rough(here: Path, run) -> None:
    interval = read_result(RIDGE).figures.shots[1].new_people
    assert interval.label == "rough"
    assert f"± {interval.halfwidth:.1f} rough" in run("results", "show", RIDGE).out
    assert "rough" not in run("results", "show", PUBLISHED / "emosynth-personal/ridge.json").out


def test_a_retraction_is_shown_with_its_reason(here: Path, run) -> None:
    assert "Retracted" not in run("results", "show", RIDGE).out
    edit(RIDGE, lambda v: v.update(state="retracted", reason="trained on the\x1b[2J test people"))
    out = run("results", "show", RIDGE).out
    assert "ridge on mine (retracted)" in out
    assert "Retracted: trained on the\ufffd[2J test people" in out


def test_generated_data_are_called_synthetic_where_the_task_is_known(here: Path, run) -> None:
    for task, synthetic in (("emosynth-personal", True), ("ravdess-a12-personal", False)):
        out = run("results", "show", PUBLISHED / task / "ridge.json").out
        assert ("SYNTHETIC data" in out) is synthetic
    assert "SYNTHETIC" not in run("results", "show", RIDGE).out


def test_rescoring_shows_the_stated_uar_beside_the_recomputed(here: Path, run) -> None:
    was = read_result(RIDGE).figures.shots[1].uar
    edit(RIDGE, lambda v: v["figures"]["shots"]["1"].update(uar=99.123456))
    out = run("results", "rescore", RIDGE, "--task", "mine.toml", code=2).out
    (row,) = [line for line in out.splitlines() if line.startswith("│")]
    assert [cell.strip() for cell in row.strip("│").split("│")][1:3] == ["99.123456", str(was)]
