"""Evaluation: how much of it is the bench's own work (drawing, gathering, log-softmax, scoring), not the model's."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from measures.timing import Row
from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.evaluation.evaluate import predict_all
from stf2m_bench.models.base.model import make_model
from stf2m_bench.models.prototypical import Prototypical
from stf2m_bench.progress import silent
from stf2m_bench.scoring.score import score


@dataclass
class Spent:
    """Wall seconds of one evaluation and of parts of it."""

    total: float = 0.0
    predict: float = 0.0
    encode: float = 0.0
    scoring: float = 0.0
    redrawing: float = 0.0


class Watch:
    """Adds the seconds spent in a model's `predict`, and in the encoders within it, to a `Spent`."""

    def __init__(self, model: Prototypical) -> None:
        self.spent = Spent()
        self._begun = 0.0
        self._predict = model.predict
        model.predict = self.predict  # type: ignore[method-assign]
        for encoder in model.network.children():
            encoder.register_forward_pre_hook(self._before)
            encoder.register_forward_hook(self._after)

    def predict(self, problem: Problem) -> torch.Tensor:
        start = time.perf_counter()
        logits = self._predict(problem)
        self.spent.predict += time.perf_counter() - start
        return logits

    def _before(self, *_: object) -> None:
        self._begun = time.perf_counter()

    def _after(self, *_: object) -> None:
        self.spent.encode += time.perf_counter() - self._begun


def measure(views: TaskViews, repetitions: int) -> list[Row]:
    """The share of time outside `predict`, over all frozen episodes of all shots, and what the encoders cost."""
    task = views.task
    torch.manual_seed(0)
    model = make_model("prototypical")
    if not isinstance(model, Prototypical):
        raise TypeError("the model 'prototypical' is another class")
    model.build(views.specs, task.protocol.emotions)
    model.network.eval()
    watch = Watch(model)
    runs = []
    for _ in range(repetitions + 1):
        watch.spent = Spent()
        runs.append(_evaluate(views, model, watch))
    runs = runs[1:]  # the first one warms up
    total, predict, encode, scoring, redrawing = (
        statistics.median(getattr(run, part) for run in runs)
        for part in ("total", "predict", "encode", "scoring", "redrawing")
    )
    share = statistics.median((run.total - run.predict) / run.total for run in runs)
    episodes = task.protocol.episodes * len(task.protocol.shots)
    return [
        Row(
            what=f"evaluating `prototypical` on {task.name}: share of time outside the model",
            figure=share,
            unit="of the time",
            at_most=0.5,
            clock="wall",
            repetitions=repetitions,
            sides=f"{total - predict:.2f} s, {total:.2f} s",
            note=f"{episodes:,} episodes, K = {' and '.join(map(str, task.protocol.shots))}; the frozen episodes drawn"
            f" anew for the check {redrawing:.2f} s, scoring {scoring:.2f} s; encoders {encode:.2f} s,"
            f" {encode / predict:.0%} of the model's time; untrained weights, {torch.get_num_threads()} threads",
        )
    ]


def _evaluate(views: TaskViews, model: Prototypical, watch: Watch) -> Spent:
    task = views.task
    start = time.perf_counter()
    frozen_hash(task)
    drawn = time.perf_counter()
    predictions, _ = predict_all(
        task, [model] * len(task.protocol.folds), views, "cpu", silent(""), title="prototypical"
    )
    predicted = time.perf_counter()
    score(task, predictions)
    end = time.perf_counter()
    spent = watch.spent
    spent.total, spent.redrawing, spent.scoring = end - start, drawn - start, end - predicted
    return spent
