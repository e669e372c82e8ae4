"""`evaluate --sanity`: honest models pass, one that reads the truth fails with code 2, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from own_table import files_in

PEEKING = """
import inspect

import numpy as np
import torch


def peeking(problem):
    frame = inspect.currentframe()
    while "drawn" not in frame.f_locals:
        frame = frame.f_back
    labels = np.stack([episode.query_labels for episode in frame.f_locals["drawn"]])
    return 9 * torch.eye(problem.ways)[torch.from_numpy(labels)]
"""


def test_honest_models_pass_and_nothing_is_written(here: Path, run: Callable[..., Any]) -> None:
    before = files_in(here)
    found = run("evaluate", "mine.toml", "--model", "nearest_mean", "--model", "chance", "--sanity", "--json").json
    assert [check["name"] for check in found] == [
        "mine, nearest_mean: permuted truth, 1 shot",
        "mine, chance: permuted truth, 1 shot",
    ]
    assert all(check["passed"] for check in found)
    after = files_in(here)
    assert {name for name in after if "results/" in name or "models/" in name} == {
        name for name in before if "results/" in name or "models/" in name
    }


def test_a_model_that_reads_the_truth_ends_with_code_2(here: Path, run: Callable[..., Any]) -> None:
    (here / "sly_models.py").write_text(PEEKING, encoding="utf-8")
    shown = run("evaluate", "mine.toml", "--model", "sly_models:peeking", "--sanity", code=2)
    assert "FAILED" in shown.out
    assert "UAR 100.0 with permuted truth, where chance is 33.3" in shown.out


def test_a_predictions_file_cannot_be_tried(here: Path, refused: Callable[..., Any]) -> None:
    file = next((here / "home/results/mine").glob("*.parquet"))
    refused("evaluate", "mine.toml", "--predictions", file, "--name", "x", "--sanity", says=["--sanity fits and runs"])


def test_several_seeds_go_neither_with_permuted_truth_nor_with_a_file(here: Path, refused: Callable[..., Any]) -> None:
    before = files_in(here / "home/results")
    file = next((here / "home/results/mine").glob("*.parquet"))
    says = ["--seeds gives a result for each", "no --predictions and no --sanity"]
    refused("evaluate", "mine.toml", "--model", "ridge", "--sanity", "--seeds", "3", says=says)
    refused("evaluate", "mine.toml", "--predictions", file, "--name", "x", "--seeds", "3", says=says)
    assert files_in(here / "home/results") == before
