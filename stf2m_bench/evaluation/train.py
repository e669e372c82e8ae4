"""Training every fold of a task into a folder that `evaluate` and others can take."""

from __future__ import annotations

from pathlib import Path

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.errors import UsageError
from stf2m_bench.evaluation.fit import fit_into
from stf2m_bench.models.base.lift import NamedModel
from stf2m_bench.progress import Progress, silent


def train_folds(
    named: NamedModel,
    views: TaskViews,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = silent,
    half: bool = False,
) -> None:
    """Fit and save `out/fold-0`, `out/fold-1` ...; each appears whole or not at all, those that are there are kept.

    Raises:
        UsageError: a model that `config.json` cannot rebuild.
    """
    if named.source != "built-in":
        raise UsageError(f"'{named.name}' is not a built-in or installed model; only those can be saved and loaded.")
    for fold in range(len(views.task.protocol.folds)):
        fit_into(out / f"fold-{fold}", named, TrainingSides(views, fold, seed=seed, device=device), progress, half=half)
