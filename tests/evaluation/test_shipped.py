"""Weights that come with the package: of this very task, seed and settings, or none."""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import make_task, make_views

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.evaluation import fit
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.fit import SHIPPED, fit_folds, shipped_weights
from stf2m_bench.evaluation.rerun import rerun
from stf2m_bench.evaluation.train import train_folds
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.model import identity, load_model, make_model
from stf2m_bench.progress import silent
from stf2m_bench.tasks.task import load_task


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The toy task, for which weights of `nearest_mean` are shipped."""
    found = make_views(make_task())
    train_folds(find_model("nearest_mean"), found, tmp_path / found.task.name / "nearest_mean")
    monkeypatch.setattr(fit, "SHIPPED", tmp_path)
    return found


def sides(views, seed=0):
    return [TrainingSides(views, fold, seed=seed) for fold in range(3)]


def test_they_are_taken_in_place_of_training(views) -> None:
    taken = fit_folds(find_model("nearest_mean"), views, seed=0, device="cpu", progress=silent)
    trained = fit_folds(find_model("nearest_mean"), views, seed=0, device="cpu", progress=silent, shipped=False)
    assert (taken.shipped, trained.shipped) == (True, False)
    for one, other in zip(taken.models, trained.models, strict=True):
        assert identity("nearest_mean", one) == identity("nearest_mean", other)


def test_a_rerun_fits_anew_where_they_would_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(fit, "SHIPPED", tmp_path)
    task = make_task(freeze=True)
    found, nearest = make_views(task), find_model("nearest_mean")
    train_folds(nearest, found, tmp_path / task.name / "nearest_mean", half=True)
    shipped = evaluate(task, nearest, views=found)
    again = rerun(shipped.result, task, nearest, stored=shipped.predictions, views=found)
    assert shipped.shipped
    assert again.holds
    assert not again.same_weights


def test_they_are_not_those_of_other_settings_another_seed_another_model_or_another_task(views) -> None:
    other_task = make_views(make_task(seed=1))
    assert shipped_weights(find_model("nearest_mean"), sides(views)) is not None
    assert shipped_weights(find_model("nearest_mean", statistics="support"), sides(views)) is None
    assert shipped_weights(find_model("nearest_mean"), sides(views, seed=1)) is None
    assert shipped_weights(find_model("ridge"), sides(views)) is None
    assert shipped_weights(find_model("nearest_mean"), sides(other_task)) is None


def test_those_in_the_package_are_of_the_tasks_as_they_are_and_of_the_models_as_they_are() -> None:
    folders = sorted(path for path in SHIPPED.glob("*/*/fold-*"))
    assert folders
    for folder in folders:
        task, saved = load_task(folder.parts[-3]), load_model(folder)
        assert saved.trained_on is not None
        assert saved.trained_on.task_hash == task.hash, "make weights"
        assert saved.model.config() == make_model(folder.parts[-2]).config(), "make weights"
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 1_000_000
