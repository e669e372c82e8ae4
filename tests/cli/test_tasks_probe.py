"""`tasks probe` on a task of one's own: a table, JSON, results beside the others, what was left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def timed(here: Path) -> Path:
    """The clips of `here` lie one after the other in recordings; those of sadness are long."""
    header, *rows = (here / "data/clips.csv").read_text(encoding="utf-8").splitlines()
    longer = [f"{row},{10 * n},{10 * n + (9 if 'sadness' in row else 2 + n % 3)}" for n, row in enumerate(rows)]
    (here / "data/clips.csv").write_text("\n".join([f"{header},start,end", *longer]) + "\n", encoding="utf-8")
    return here


def test_probes_are_scored_shown_and_kept_as_results(timed: Path, run: Callable[..., Any]) -> None:
    found = run("tasks", "probe", "mine.toml", "--json").json
    assert found["task"] == "mine"
    written = {path.stem for path in (timed / "home/results/mine").glob("probe.*.json")}
    assert written == set(found["uar"]) == {"probe.length", "probe.place", "probe.all"}
    assert found["left out"] == ["loudness", "leading_silence", "channel", "time", "stimulus", "presence"]
    assert found["uar"]["probe.length"]["1"] > 55
    shown = run("tasks", "probe", "mine.toml")
    for name, figures in found["uar"].items():
        assert name in shown.out
        assert all(f"{uar:.1f}" in shown.out for uar in figures.values())
    assert "Chance is" in shown.err
    assert "Left out, since unknown or the same for every clip:" in shown.err
    assert all(name in shown.err for name in found["left out"])
    for path in sorted((timed / "home/results/mine").glob("probe.*.json")):
        assert run("results", "check", path, "--task", "mine.toml", "--json").json


def test_a_task_that_is_not_frozen_is_not_probed(here: Path, refused: Callable[..., Any]) -> None:
    text = (here / "mine.toml").read_text(encoding="utf-8")
    frozen = next(line for line in text.split("\n") if line.startswith("frozen"))
    (here / "mine.toml").write_text(text.replace(frozen, 'frozen = ""'), encoding="utf-8")
    refused("tasks", "probe", "mine.toml", says=["is not frozen", "tasks freeze"])
