"""Fitting a model on each fold's training sides, or taking the weights that it comes with."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.errors import BenchError, InputError
from stf2m_bench.files import hash_of
from stf2m_bench.home import home
from stf2m_bench.models.base.lift import NamedModel
from stf2m_bench.models.base.model import WEIGHTS, Model, SavedModel, TrainedOn, load_model, save_model
from stf2m_bench.progress import Progress
from stf2m_bench.tasks.task import Task
from stf2m_bench.training.course import Keeper
from stf2m_bench.training.loop import first_process, fit_model

SHIPPED, SHIPPED_SEED = Path(__file__).parents[1] / "weights", 0


@contextmanager
def answering_for(model: str, when: str) -> Iterator[None]:
    """Whatever the code of a model raises becomes one sentence that names the model.

    Raises:
        InputError: says what was raised and when.
    """
    try:
        yield
    except BenchError:
        raise
    except Exception as error:
        said = " ".join(str(error).split()) or "no message"
        raise InputError(
            f"The model '{model}' raised {type(error).__name__} {when}: {said} (--debug shows where; mend it there)."
        ) from error


@dataclass(frozen=True)
class Fitted:
    """One fitted model a fold.

    Attributes:
        seconds: what fitting them took, now or when they were first fitted; None where a folder does not say.
        shipped: the weights came with this package.
    """

    models: list[Model]
    seconds: float | None
    shipped: bool = False


def fit_folds(
    named: NamedModel,
    views: TaskViews,
    *,
    seed: int,
    device: str,
    progress: Progress,
    kept: bool = True,
    shipped: bool = True,
) -> Fitted:
    """Fit a model on every fold, or take the weights that it comes with.

    Args:
        kept: built-in models are kept in the home, and read from there the next time.
        shipped: take weights that come with this package, where there are such.

    Raises:
        InputError: the model comes with weights that do not fit this task, or that may know the people it tests.
    """
    if named.saved:
        known = [one.trained_on.seconds for one in named.saved if one.trained_on]
        return Fitted(saved_folds(named, views.task), sum(known) if len(known) == len(named.saved) else None)
    sides = [TrainingSides(views, fold, seed=seed, device=device) for fold in range(len(views.task.protocol.folds))]
    if shipped and (found := shipped_weights(named, sides)) is not None:
        return found
    if kept and named.source == "built-in":
        fits = [fit_into(_fit_folder(named, one), named, one, progress) for one in sides]
    else:
        fits = [fit_fold(named, one, progress) for one in sides]
    return Fitted([model for model, _ in fits], sum(seconds for _, seconds in fits))


def shipped_weights(named: NamedModel, sides: list[TrainingSides]) -> Fitted | None:
    """The weights of a built-in model that come with this package for this very task, seed and settings, if any.

    They are written by `make weights`, for built-in tasks on which training anew costs minutes.
    """
    task = sides[0].task
    folder = SHIPPED / task.name / named.key
    if named.source != "built-in" or sides[0].seed != SHIPPED_SEED or not folder.is_dir():
        return None
    saved = [load_model(folder / f"fold-{one.fold}") for one in sides]
    for one, at in zip(saved, sides, strict=True):
        on = one.trained_on
        if one.model.config() != named.model.config() or on is None or (on.task_hash, on.fold) != (task.hash, at.fold):
            return None
    return Fitted([one.model for one in saved], sum(one.trained_on.seconds for one in saved if one.trained_on), True)


def fit_fold(
    named: NamedModel, sides: TrainingSides, progress: Progress, keeper: Keeper | None = None
) -> tuple[Model, float]:
    """A fresh copy, so that no fold learns from another, fitted on one fold; and the seconds since this went on."""
    model = copy.deepcopy(named.model)
    start = time.perf_counter()
    report = progress(f"{sides.task.name}: {named.name} fold {sides.fold}")
    with answering_for(named.name, "in fit"):
        fit_model(model, sides, report=report, keeper=keeper)
    return model, time.perf_counter() - start


def fit_into(
    folder: Path, named: NamedModel, sides: TrainingSides, progress: Progress, *, half: bool = False
) -> tuple[Model, float]:
    """The model that lies in `folder`, or else one fitted on this fold and saved there; seconds of the fit."""
    if (folder / WEIGHTS).exists():
        with suppress(InputError):
            saved = load_model(folder)
            return saved.model, saved.trained_on.seconds if saved.trained_on else 0.0
    task = sides.task
    identity = _fit_identity(named, sides) | {"task": task.hash, "fold": sides.fold}
    keeper = Keeper(folder.with_name(f".{folder.name}.training"), hash_of(identity))
    model, seconds = fit_fold(named, sides, progress, keeper)
    trained_on = TrainedOn(task.name, task.hash, sides.fold, tuple(task.protocol.datasets), round(seconds, 3))
    if first_process():
        save_model(named.key, model, sides.view_specs, folder, trained_on=trained_on, half=half)
        keeper.done()
    return model, seconds


def saved_folds(named: NamedModel, task: Task) -> list[Model]:
    """The models of a folder, one a fold.

    Raises:
        InputError: they are of other folds or views, or were trained on people whom this task may test.
    """
    folds = len(task.protocol.folds)
    if len(named.saved) not in (1, folds):
        raise InputError(
            f"The folder of '{named.name}' holds weights for {len(named.saved)} folds, but '{task.name}' has {folds};"
            " train it on this task."
        )
    saved = list(named.saved) * (folds // len(named.saved))
    for fold, one in enumerate(saved):
        _refuse_unfit(named.name, one, task, fold)
    return [one.model for one in saved]


def _refuse_unfit(name: str, saved: SavedModel, task: Task, fold: int) -> None:
    lacking = [view for view in saved.view_specs if view not in task.protocol.views]
    if lacking:
        raise InputError(
            f"'{name}' was trained on the view '{lacking[0]}', which '{task.name}' lacks; train it on this task."
        )
    on = saved.trained_on
    same = on is not None and (on.task_hash, on.fold) == (task.hash, fold)
    if on is not None and not same and set(on.datasets) & set(task.protocol.datasets):
        raise InputError(
            f"'{name}' was trained on fold {on.fold} of '{on.task}', whose training people may be tested in fold {fold}"
            f" of '{task.name}'; train it on this task."
        )


def training_data(named: NamedModel, task: Task) -> tuple[str, ...]:
    """The datasets that the weights were fitted on; `not stated` where a folder does not say.

    Python code without a `fit` of its own (a function, a torch module) learns nothing here, so that nothing is stated.
    """
    if named.source.partition(":")[0] == "python" and type(named.model).fit is Model.fit:
        return ()
    if not named.saved:
        return tuple(task.protocol.datasets)
    said = {
        dataset for one in named.saved for dataset in (one.trained_on.datasets if one.trained_on else ("not stated",))
    }
    return tuple(sorted(said))


def _fit_folder(named: NamedModel, sides: TrainingSides) -> Path:
    task = f"{sides.task.name}-{sides.task.hash[:8]}"
    identity = hash_of(_fit_identity(named, sides))[:12]
    return home() / "models" / task / f"{named.key}-{identity}" / f"fold-{sides.fold}"


def _fit_identity(named: NamedModel, sides: TrainingSides) -> dict[str, Any]:
    """What the weights of a fold rest on, beside the task and the fold themselves."""
    return {
        "version": metadata.version("stf2m-bench"),
        "code": _code_hash(),
        "config": named.model.config(),
        "stores": sides.store_hashes,
        "seed": sides.seed,
        "threads": torch.get_num_threads(),
        "device": sides.device,
    }


def _code_hash() -> str:
    """SHA-256 over the sources that fitting rests on: weights of an older code are not taken up."""
    top = Path(__file__).parents[1]
    rooms = ("episode", "models", "training")
    files = sorted(path for room in rooms for path in (top / room).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
