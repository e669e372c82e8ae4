"""`evaluate` takes no other model's place: refused before anything is run, and every file stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_table import files_in


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("chance", "'chance' is the name of a built-in model"),
        ("probe.all", "'probe.all' is the name of a shortcut probe"),
        ("mine.seed-1", "'mine.seed-1' ends like the file of a training seed"),
    ],
)
def test_a_name_of_another_model_is_refused(name: str, says: str, here: Path, refused) -> None:
    before = files_in(here)
    own = ["--model", "own_models:flat"]
    for what in (own, ["--model", "ridge"], ["--predictions", "home/results/mine/ridge.parquet"]):
        refused("evaluate", "mine.toml", *what, "--name", name, says=[says, "give another --name"])
    assert files_in(here) == before


def test_the_result_of_another_source_is_kept(here: Path, run, refused) -> None:
    run("evaluate", "mine.toml", "--model", "own_models:flat")
    before = files_in(here / "home/results")
    command = ["evaluate", "mine.toml", "--predictions", "home/results/mine/ridge.parquet", "--name", "flat"]
    refused(*command, says=["flat.json is the result of 'flat' (python:own_models:flat)", "give another --name"])
    assert files_in(here / "home/results") == before
    run("evaluate", "mine.toml", "--model", "own_models:flat")


def test_a_name_that_is_taken_is_told_before_the_first_model_is_run(here: Path, run, refused) -> None:
    run("evaluate", "mine.toml", "--predictions", "home/results/mine/ridge.parquet", "--name", "flat")
    command = ["evaluate", "mine.toml", "--model", "chance", "--model", "own_models:flat"]
    refused(*command, says=["flat.json is the result of 'flat' (predictions)"])
    assert not Path("home/results/mine/chance.json").exists()
