"""Evaluation: fit a model on each fold's training sides, run it over all frozen episodes, score what it predicted."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from stf2m_bench.episode.drawing import Drawer, frozen_hash
from stf2m_bench.episode.problems import Problem, make_problem
from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.evaluation.alarms import refuse_undeclared_transduction
from stf2m_bench.evaluation.cost import problem_cost
from stf2m_bench.evaluation.fit import answering_for, fit_folds, training_data
from stf2m_bench.evaluation.names import require_free_name
from stf2m_bench.files import hash_of
from stf2m_bench.home import results_of
from stf2m_bench.models.base.lift import NamedModel, find_model
from stf2m_bench.models.base.model import Model, declarations, identity
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import Cost, Declarations, Environment, ModelMark, Result, make_result, write_result
from stf2m_bench.tasks.task import Task, load_task

BATCH = 50
ASKED_AGAIN = 10  # episodes of each shot on which a model is asked for the same queries in other company
Scope = Literal["clip", "subject", "dataset"]
SCOPES: tuple[Scope, ...] = ("clip", "subject", "dataset")


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation gave.

    Attributes:
        path: the result file in the home; its predictions lie beside it.
        shipped: the weights came with this package, nothing was trained.
    """

    result: Result
    predictions: Predictions
    path: Path
    shipped: bool = False


def evaluate(
    task: Task | str,
    model: Any = "nearest_mean",
    *,
    name: str | None = None,
    data: Path | None = None,
    views: TaskViews | None = None,
    seed: int = 0,
    device: str = "auto",
    workers: int = 1,
    progress: Progress = silent,
    results: Path | None = None,
    **config: Any,
) -> Evaluation:
    """Score a model on every frozen episode of a task and keep the result.

    Args:
        task: a task or its name.
        model: a built-in key, a folder written by `train`, `pkg.mod:factory`, or an object (a `Model`, a function from
            a problem to logits, a torch module, a scikit-learn classifier, what `hub.pull.pull_model` gives).
        name: what tables call it. data: the dataset's folder, if it was not given before.
        seed: of training. device: `auto`, `cpu`, `cuda`, `mps`.
        results: where results are kept, a folder a task; None is those of the home.
        config: settings of a built-in model.

    Raises:
        UsageError: the name is another model's, see `require_free_name`.
        InputError: the frozen episodes cannot be redrawn; or the model gives wrong shapes, NaN, changes its input, or
            lets queries move each other's predictions without saying so.
    """
    task = load_task(task) if isinstance(task, str) else task
    named = model if isinstance(model, NamedModel) else find_model(model, **config)
    title = name or named.name
    folder = results / task.name if results else results_of(task.name)
    require_free_name(title, folder, source=named.source, key=named.key, seeds=(seed,))
    require_frozen(task)
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    place = pick_device(device)
    fits = fit_folds(named, views, seed=seed, device=place, progress=progress)
    fitted = fits.models
    with answering_for(named.name, "in predict"):
        one_problem = problem_cost(fitted[0], task, views, place)
    if not named.model.transductive:
        _refuse_transduction(fitted[0], task, views, place, title=named.name)
    predictions, seconds = predict_all(
        task, fitted, views, place, progress(f"{task.name}: {named.name}"), title=named.name
    )
    result = make_result(
        task,
        predictions,
        model=_mark(named, title, fitted, task, views),
        view_stores={view: store.hash for view, store in views.stores.items()},
        environment=environment(place),
        cost=Cost(
            parameters=sum(tensor.numel() for tensor in fitted[0].state().values()),
            flops=one_problem.flops,
            seconds_per_problem=seconds,
            fit_seconds=fits.seconds,
            peak_memory=one_problem.peak_memory,
            adaptation_flops=one_problem.adaptation_flops,
        ),
        seeds=(seed,),
    )
    path = write_result(result, predictions, folder)
    return Evaluation(result, predictions, path, shipped=fits.shipped)


def evaluate_predictions(task: Task | str, path: Path, *, name: str) -> Evaluation:
    """Score a predictions file that somebody made elsewhere; its row says that nothing proves how.

    Raises:
        InputError: the file does not hold a prediction for every query of every frozen episode.
        UsageError: the name is another model's.
    """
    task = load_task(task) if isinstance(task, str) else task
    folder = results_of(task.name)
    require_free_name(name, folder, source="predictions")
    require_frozen(task)
    predictions = Predictions.read(path)
    predictions.require(task)
    mark = ModelMark(
        name=name,
        source="predictions",
        sha256=hashlib.sha256(predictions.raw()).hexdigest(),
        training_data=("not stated",),
    )
    result = make_result(
        task, predictions, model=mark, view_stores={}, environment=Environment(), cost=Cost(), seeds=()
    )
    return Evaluation(result, predictions, write_result(result, predictions, folder))


def require_frozen(task: Task) -> None:
    """Make sure that the episodes drawn here are those that the task froze.

    Raises:
        InputError: not frozen, or other episodes.
    """
    if not task.protocol.frozen:
        raise InputError(f"The task '{task.name}' is not frozen; run 'stf2m-bench tasks freeze' on it first.")
    drawn = frozen_hash(task)
    if drawn != task.protocol.frozen:
        raise InputError(
            f"The task '{task.name}' draws episodes with the hash {drawn[:12]}, but was frozen with"
            f" {task.protocol.frozen[:12]}; its file or clip list was changed: restore it, or raise its version and"
            " freeze."
        )


def pick_device(device: str) -> str:
    """`auto` is CUDA where there is one, else the CPU.

    Raises:
        UsageError: torch has no such device here.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(f"There is no device '{device}' here; use auto or cpu.") from error
    return device


def environment(device: str) -> Environment:
    """Versions, device and threads, for the record."""
    packages = ("stf2m-bench", "torch", "numpy", "scikit-learn", "av")
    versions = {name: metadata.version(name) for name in packages}
    return Environment(
        versions={"python": platform.python_version(), **versions}, device=device, threads=torch.get_num_threads()
    )


def predict_all(
    task: Task, models: list[Model], views: TaskViews, device: str, report: Any, *, title: str
) -> tuple[Predictions, float]:
    """Every frozen episode through its fold's model; also the seconds per problem, gathering left out.

    Args:
        title: what messages call the model.
    """
    drawer = Drawer(task)
    shots, total = task.protocol.shots, task.protocol.episodes
    logs: dict[int, NDArray[np.float16]] = {}
    spent, done = 0.0, 0
    for shot in shots:
        shape = (total, task.protocol.ways * task.protocol.queries, task.protocol.ways)
        logs[shot] = np.zeros(shape, dtype=np.float16)
        for fold, numbers in _batches(task):
            drawn = [drawer.draw(shot, i) for i in numbers]
            problem, _ = make_problem(views, drawn)
            start = time.perf_counter()
            logits = guarded_predict(models[fold], problem.to(device), [list(e.emotions) for e in drawn], title)
            spent += time.perf_counter() - start
            logs[shot][numbers] = from_logits(logits, shot=shot, start=numbers[0])
            done += len(numbers)
            report(done, total * len(shots))
    return Predictions(logs), spent / (total * len(shots))


def _refuse_transduction(model: Model, task: Task, views: TaskViews, device: str, *, title: str) -> None:
    """Put the first episodes of each shot to a model that says it takes each query alone; see `alarms`."""
    drawer = Drawer(task)
    _, numbers = next(_batches(task))
    for shot in task.protocol.shots:
        drawn = [drawer.draw(shot, i) for i in numbers[:ASKED_AGAIN]]
        problem, _ = make_problem(views, drawn)
        names = [list(episode.emotions) for episode in drawn]

        def predict(problem: Problem, names: list[list[str]] = names) -> torch.Tensor:
            return torch.from_numpy(guarded_predict(model, problem, names, title))

        refuse_undeclared_transduction(predict, problem.to(device), title)


def _batches(task: Task) -> Iterator[tuple[int, list[int]]]:
    folds = len(task.protocol.folds)
    for fold in range(folds):
        numbers = list(range(fold, task.protocol.episodes, folds))
        for start in range(0, len(numbers), BATCH):
            yield fold, numbers[start : start + BATCH]


def guarded_predict(model: Model, problem: Problem, names: list[list[str]], title: str) -> NDArray[np.float32]:
    """Logits `[B, Q, N]` of one batch.

    Raises:
        InputError: it raised, gave a wrong type, shape or NaN, or changed the problem that it was given.
    """
    problem = problem if model.uses_votes else replace(problem, support_votes=None)
    before = {view: (array, array._version) for view, array in problem.clips.items()}
    with torch.no_grad(), answering_for(title, "in predict"):
        logits = model.predict_named(problem, names) if model.told_names else model.predict(problem)
    expected = (*problem.query_index.shape, problem.ways)
    if not isinstance(logits, torch.Tensor) or tuple(logits.shape) != expected:
        found = f"a tensor {list(logits.shape)}" if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise InputError(f"The model '{title}' returned {found}; expected a tensor {list(expected)}: [B, Q, N].")
    if not torch.isfinite(logits).all():
        raise InputError(f"The model '{title}' returned NaN or infinite logits; mend its predict.")
    if any(problem.clips[view] is not array or array._version != version for view, (array, version) in before.items()):
        raise InputError(f"The model '{title}' changed the views that it was given; let its predict work on a copy.")
    return np.asarray(logits.detach().float().cpu().numpy())


def _mark(named: NamedModel, name: str, fitted: list[Model], task: Task, views: TaskViews) -> ModelMark:
    said = declarations(named.model)
    scopes: list[Scope] = [store.info["scope"] for store in views.stores.values()]
    return ModelMark(
        name=name,
        source=named.source,
        config=named.model.config(),
        sha256=hash_of([identity(named.key, model) for model in fitted]),
        declarations=Declarations(
            transductive=said["transductive"],
            uses_votes=said["uses_votes"],
            told_names=said["told_names"],
            scope=max(scopes, key=SCOPES.index),
            pretrained_on=tuple(said["pretrained_on"]),
        ),
        training_data=training_data(named, task),
        reference=said["reference"],
    )
