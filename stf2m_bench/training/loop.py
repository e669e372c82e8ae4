"""The one training loop: episodes of the training people, validation on frozen meta-val episodes, early stopping."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import InputError
from stf2m_bench.models.base.model import Model, TrainedModel
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.progress import Report
from stf2m_bench.training.course import Course, Keeper


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's random state set to `seed` inside, and put back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def first_process() -> bool:
    """Whether this process is the one that writes: under `accelerate launch` all train, one saves."""
    return int(os.environ.get("RANK", "0")) == 0


def fit_model(
    model: Model,
    sides: TrainingSides,
    *,
    recipe: Recipe | None = None,
    report: Report | None = None,
    keeper: Keeper | None = None,
) -> Model:
    """Fit any model on the training sides: its own `fit`, or the loop below for one that has a network.

    The same bits for the same seed on the CPU, with the same number of threads, interrupted or not.

    Args:
        recipe: in place of the model's own.
        keeper: keeps the training at each check, and it goes on from there.
    """
    with seeded(sides.seed):
        if not isinstance(model, TrainedModel):
            return model.fit(sides)
        model.build(sides.view_specs, sides.emotions)
        model.prepare(sides)
        train(model, sides, recipe or model.recipe, report, keeper)
        model.network.eval()
        model.finish(sides)
    return model


def train(
    model: TrainedModel, sides: TrainingSides, recipe: Recipe, report: Report | None, keeper: Keeper | None = None
) -> Course:
    """Minimise the model's loss on meta-train; leave the weights of the best check on meta-val.

    Under `accelerate launch` every process takes episodes of its own, and their gradients are averaged.
    """
    accelerator = Accelerator(cpu=sides.device == "cpu")
    network = model.network.to(accelerator.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.iterations)
    course = Course()
    if keeper:
        keeper.read(course, network, optimiser, schedule)
    while course.step < recipe.iterations:
        if course.step % recipe.check_every == 0:
            if keeper and course.step and accelerator.is_main_process:
                keeper.write(course, network, optimiser, schedule)
            _check(model, sides, accelerator, course)
            if report:
                report(course.step, recipe.iterations)
            if course.stale() >= recipe.patience:
                break
        problem, labels = _episodes_of(course.step, sides, recipe, accelerator, soft=model.soft_labels)
        network.train()
        optimiser.zero_grad()
        model.loss(problem, labels).backward()  # type: ignore[no-untyped-call]
        _average(network, accelerator)
        nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimiser.step()
        schedule.step()
        course.step += 1
    else:
        _check(model, sides, accelerator, course)
    network.cpu().load_state_dict(course.best_state)
    if report:
        report(recipe.iterations, recipe.iterations)
    return course


def _episodes_of(
    step: int, sides: TrainingSides, recipe: Recipe, accelerator: Accelerator, *, soft: bool
) -> tuple[Problem, Tensor]:
    """The episodes of one step of this process, the Ks in turn: none comes twice."""
    turn, place = divmod(step, len(sides.shots))
    start = (turn * accelerator.num_processes + accelerator.process_index) * recipe.batch
    problem, labels = sides.problem(sides.shots[place], start=start, count=recipe.batch, soft=soft)
    return problem.to(accelerator.device), labels.to(accelerator.device)


def _average(network: nn.Module, accelerator: Accelerator) -> None:
    """Gradients and running statistics become their means over all processes, so that every network stays the same.

    A weight without a gradient here (of a view that was dropped) counts as zero.
    """
    if accelerator.num_processes == 1:
        return
    for parameter in network.parameters():
        own = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        parameter.grad = accelerator.reduce(own, reduction="mean")
    for buffer in network.buffers():
        if buffer.is_floating_point():
            buffer.copy_(accelerator.reduce(buffer.clone(), reduction="mean"))


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
        course.best_state = copy.deepcopy(model.network.state_dict())
