"""Commands that show and check: tables and JSON on stdout, the rest on stderr, exit code 2 where a check fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from stf2m_bench.datasets import ROOM as DATASETS
from stf2m_bench.models import ROOM as MODELS
from stf2m_bench.tasks.task import task_names

RESULT = "home/results/mine/ridge.json"
SHOWING = [
    ["datasets", "list"],
    ["datasets", "show", "ravdess"],
    ["datasets", "check", "csv:mine"],
    ["doctor"],
    ["evaluate", "mine.toml", "--model", "ridge"],
    ["leaderboards", "show", "mine.toml", "--folder", "home"],
    ["models", "list"],
    ["models", "show", "prototypical"],
    ["models", "check", "chance"],
    ["prepare", "csv:mine", "--views", "imported:x"],
    ["results", "show", RESULT],
    ["results", "check", RESULT, "--task", "mine.toml"],
    ["results", "rescore", RESULT, "--task", "mine.toml"],
    ["tasks", "list"],
    ["tasks", "show", "ravdess-a12-personal"],
    ["tasks", "check", "mine.toml"],
]


@pytest.mark.parametrize("command", SHOWING, ids=lambda command: " ".join(command[:2]))
def test_a_table_and_its_json_stand_alone_on_stdout(command: list[str], here: Path, run) -> None:
    assert run(*command).out.strip()
    shown = run(*command, "--json")
    assert shown.json
    if command[0] != "evaluate":
        assert shown.err == ""


def test_lists_name_what_there_is(here: Path, run) -> None:
    made = ["emosynth", "emosynth_ambiguous", "emosynth_spatial", "emosynth_temporal"]
    assert [row["dataset"] for row in run("datasets", "list", "--json").json] == DATASETS.keys()
    synthetic = {row["dataset"] for row in run("datasets", "list", "--json").json if row["verified"] == "synthetic"}
    assert synthetic == set(made)
    assert [row["task"] for row in run("tasks", "list", "--json").json] == task_names()
    assert [row["model"] for row in run("models", "list", "--json").json] == MODELS.keys()
    listed = run("tasks", "list").out
    for name in task_names():
        assert name in listed


def test_notes_go_to_stderr_and_the_board_to_stdout(here: Path, run) -> None:
    ran = run("evaluate", "mine.toml", "--model", "ridge")
    assert ran.err.startswith("mine: ridge  1-shot UAR ")
    assert f"Results: {here / 'home/results/mine'}" in ran.err
    assert "nearest_mean" in ran.out
    assert "Results:" not in ran.out


def test_a_model_that_prints_does_not_spoil_the_json(here: Path, run) -> None:
    ran = run("evaluate", "mine.toml", "--model", "own_models:talks", "--json")
    assert "talks" in [row["model"] for row in ran.json["mine"]]
    assert "a stranger's model prints" in ran.err


@pytest.mark.parametrize("name", ["emosynth-new-subjects", "emosynth-personal", "ravdess-a12-new-subjects"])
def test_built_in_tasks_pass_their_checks_without_media(name: str, run) -> None:
    checks = run("tasks", "check", name, "--no-media", "--json").json
    assert {check["passed"] for check in checks} <= {True, None}
    assert sum(check["passed"] is True for check in checks) >= 4


def test_prepare_reads_a_folder_of_ravdess_and_decodes_once(tmp_path: Path, monkeypatch, run) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(0)
    for actor, emotion in (("01", "03"), ("01", "05"), ("02", "04")):
        path = tmp_path / "RAVDESS" / f"Actor_{actor}" / f"03-01-{emotion}-01-01-01-{actor}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(0, 0.1, 8000), 16000)
    command = ["prepare", "ravdess", "--views", "audio.logmel", "--workers", "1", "--json"]
    (first,) = run(*command, "--data", tmp_path / "RAVDESS").json
    assert (first["view"], first["clips"], first["without"]) == ("audio.logmel", 3, 0)
    assert first["rows"] > 3 * 20
    shutil.rmtree(tmp_path / "RAVDESS/Actor_02")
    (again,) = run(*command).json
    assert again["clips"] == 2


def test_export_writes_the_clips_as_parquet(here: Path, run) -> None:
    ran = run("datasets", "export", "csv:mine", "out/mine.parquet")
    assert ran.out == ""
    assert "180 clips" in ran.err
    table = pd.read_parquet("out/mine.parquet")
    assert len(table) == 180
    assert set(table["emotion"]) == {"anger", "happiness", "sadness"}


def test_a_failed_check_ends_with_2_and_says_what_failed(here: Path, run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    checks = run("datasets", "check", "ravdess", "--data", tmp_path / "empty", "--json", code=2).json
    (scan,) = [check for check in checks if check["passed"] is False]
    assert "is not a RAVDESS folder" in scan["message"]
    checks = run("models", "check", "own_models:gives_nan", "--json", code=2).json
    assert any(check["passed"] is False and "NaN" in check["message"] for check in checks)
    assert "FAILED" in run("models", "check", "own_models:wrong_shape", code=2).out


def test_text_from_a_result_is_never_read_as_markup(here: Path, run) -> None:
    predictions = "home/results/mine/ridge.parquet"
    run("evaluate", "mine.toml", "--predictions", predictions, "--name", "[red]me[/red]")
    assert "[red]me[/red]" in run("leaderboards", "show", "mine.toml", "--folder", "home").out
    assert "[red]me[/red]" in run("results", "show", "home/results/mine/red-me-red.json").out
