"""The one training loop: episodes of the training people, validation on frozen meta-val episodes, early stopping."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from accelerate import Accelerator
from torch import Tensor

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import InputError
from stf2m_bench.models.base.model import Model, TrainedModel
from stf2m_bench.progress import Report


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        iterations: at most so many steps; each takes `batch` episodes of one K, the Ks in turn.
        check_every: steps between two validations; after `patience` of them without gain training stops.
    """

    iterations: int = 400
    batch: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    clip: float = 1.0
    check_every: int = 40
    patience: int = 5


@dataclass
class Course:
    """How a training went: the validation loss at each check and the best of them."""

    losses: list[float] = field(default_factory=list)
    best: float = float("inf")
    best_state: dict[str, Tensor] = field(default_factory=dict)

    def stale(self) -> int:
        """Checks since the best one."""
        return len(self.losses) - 1 - self.losses.index(self.best)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's random state set to `seed` inside, and put back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def fit_model(
    model: Model, sides: TrainingSides, *, recipe: Recipe | None = None, report: Report | None = None
) -> Model:
    """Fit any model on the training sides: its own `fit`, or the loop below for one that has a network.

    The same bits for the same seed on the CPU, with the same number of threads.
    """
    with seeded(sides.seed):
        if not isinstance(model, TrainedModel):
            return model.fit(sides)
        model.build(sides.view_specs, sides.emotions)
        model.prepare(sides)
        train(model, sides, recipe or Recipe(), report)
        model.network.eval()
        model.finish(sides)
    return model


def train(model: TrainedModel, sides: TrainingSides, recipe: Recipe, report: Report | None) -> Course:
    """Minimise the model's loss on meta-train; leave the weights of the best check on meta-val."""
    accelerator = Accelerator(cpu=sides.device == "cpu")
    optimiser = torch.optim.AdamW(model.network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.iterations)
    model.network, optimiser = accelerator.prepare(model.network, optimiser)
    streams = [sides.problems(shot, count=recipe.iterations * recipe.batch, batch=recipe.batch) for shot in sides.shots]
    course = Course()
    for step in range(recipe.iterations):
        if step % recipe.check_every == 0:
            _check(model, sides, accelerator, course)
            if report:
                report(step, recipe.iterations)
            if course.stale() >= recipe.patience:
                break
        model.network.train()
        problem, labels = next(streams[step % len(streams)])
        loss = model.loss(problem.to(accelerator.device), labels.to(accelerator.device))
        optimiser.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.network.parameters(), recipe.clip)
        optimiser.step()
        schedule.step()
    else:
        _check(model, sides, accelerator, course)
    model.network = accelerator.unwrap_model(model.network).cpu()
    model.network.load_state_dict(course.best_state)
    if report:
        report(recipe.iterations, recipe.iterations)
    return course


def _check(model: TrainedModel, sides: TrainingSides, accelerator: Accelerator, course: Course) -> None:
    model.network.eval()
    losses = []
    with torch.no_grad():
        for shot in sides.shots:
            for problem, labels in sides.validation(shot):
                losses.append(float(model.loss(problem.to(accelerator.device), labels.to(accelerator.device))))
    loss = sum(losses) / len(losses)
    if not loss < float("inf"):
        raise InputError(f"The validation loss of {type(model).__name__} is {loss}; lower the learning rate.")
    course.losses.append(loss)
    if loss < course.best:
        course.best = loss
        course.best_state = copy.deepcopy(accelerator.unwrap_model(model.network).state_dict())
