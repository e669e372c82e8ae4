"""What a model may learn from: the meta-train and meta-val sides of one fold. The meta-test side is out of reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.problems import Problem, make_problem
from stf2m_bench.episode.views import TaskViews, ViewSpec
from stf2m_bench.errors import UsageError
from stf2m_bench.tasks.protocol import Side
from stf2m_bench.tasks.task import Task

VALIDATION_EPISODES = 200
VALIDATION_BATCH = 50
SEED_STRIDE = 10_000_000  # episodes of one training seed are numbered from here on


@dataclass(frozen=True)
class LabelledClips:
    """All clips of one side, for ordinary supervised learning.

    Attributes:
        clips: view -> float32 `[n, T, ...]`. lengths: view -> int64 `[n]`, 0 = absent.
        labels: int64 `[n]`, places in `TrainingSides.emotions`.
        subjects: int64 `[n]`, people numbered from 0.
    """

    clips: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor]
    labels: Tensor
    subjects: Tensor


class TrainingSides:
    """Both training sides of one fold of a task.

    Attributes:
        emotions: emotions, or words of the task, that labels of `clips` refer to.
        new_emotions: whether the test asks for other emotions than these.
        seed: the one source of randomness for whoever learns from this.
    """

    def __init__(self, views: TaskViews, fold: int, *, seed: int = 0, device: str = "cpu") -> None:
        task = views.task
        tested = np.isin(np.array(task.unit), task.protocol.folds[fold].meta_test)
        hidden = tested | np.isin(np.array(task.clips.stimulus), task.protocol.folds[fold].query_stimuli)
        self._hidden = hidden
        self._views = TaskViews(task, views.stores, hidden)
        self._drawer = Drawer(task)
        self.task: Task = task
        self.fold = fold
        self.seed = seed
        self.device = device
        self.emotions = tuple(dict.fromkeys(task.emotions("meta_train", fold) + task.emotions("meta_val", fold)))
        self.new_emotions = not set(task.emotions("meta_test", fold)) <= set(self.emotions)
        self.shots = task.protocol.shots
        self.store_hashes = {view: store.hash for view, store in views.stores.items()}
        self.view_specs: Mapping[str, ViewSpec] = self._views.specs

    def clips(self, side: Side) -> LabelledClips:
        """Every drawable clip of the people of one training side; in `new-stimuli` none of a stimulus that is queried.

        Raises:
            UsageError: the meta-test side was asked for.
        """
        self._refuse_test(side)
        clips = self.task.clips
        people, emotions = self.task.people(self.fold, side), self.task.emotions(side, self.fold)
        subject = self.task.subject
        rows = np.array(
            [
                row
                for row, (person, emotion, duplicate) in enumerate(
                    zip(subject, clips.emotion, clips.duplicate_of, strict=True)
                )
                if person in people and emotion in emotions and not duplicate and not self._hidden[row]
            ]
        )
        gathered = {view: self._views.gather(view, rows) for view in self.view_specs}
        return LabelledClips(
            clips={view: torch.from_numpy(array) for view, (array, _) in gathered.items()},
            lengths={view: torch.from_numpy(lengths) for view, (_, lengths) in gathered.items()},
            labels=torch.tensor([self.emotions.index(clips.emotion[row]) for row in rows]),
            subjects=torch.tensor([people.index(subject[row]) for row in rows]),
        )

    def problem(
        self, shot: int, *, start: int = 0, count: int = 4, side: Side = "meta_train", soft: bool = False
    ) -> tuple[Problem, Tensor]:
        """The episodes numbered `start` to `start + count - 1` and their query labels `[B, Q]`; equal numbers and seeds
        give equal episodes.

        Args:
            soft: the shares of the queries' votes `[B, Q, N]` in place of labels, where the task has votes.
        """
        self._refuse_test(side)
        first = start + self.seed * SEED_STRIDE
        return self._draw(shot, range(first, first + count), side, soft=soft)

    def problems(
        self, shot: int, *, count: int, start: int = 0, batch: int = 4, side: Side = "meta_train"
    ) -> Iterator[tuple[Problem, Tensor]]:
        """As `problem`, in batches."""
        self._refuse_test(side)
        starts = range(start, start + count, batch)
        return (self.problem(shot, start=n, count=min(batch, start + count - n), side=side) for n in starts)

    def validation(self, shot: int) -> list[tuple[Problem, Tensor]]:
        """The frozen meta-val episodes on which every choice is made; the same for every model and seed."""
        return self._validation[shot]

    @cached_property
    def _validation(self) -> dict[int, list[tuple[Problem, Tensor]]]:
        return {
            shot: [
                self._draw(shot, range(start, start + VALIDATION_BATCH), "meta_val")
                for start in range(0, VALIDATION_EPISODES, VALIDATION_BATCH)
            ]
            for shot in self.shots
        }

    def _draw(self, shot: int, numbers: range, side: Side, *, soft: bool = False) -> tuple[Problem, Tensor]:
        drawn = [self._drawer.draw(shot, i, fold=self.fold, side=side) for i in numbers]
        problem, truth = make_problem(self._views, drawn)
        return problem, truth.query_votes if soft and truth.query_votes is not None else truth.query_labels

    def _refuse_test(self, side: Side) -> None:
        if side not in ("meta_train", "meta_val"):
            raise UsageError(f"Models learn from meta_train and choose on meta_val; '{side}' is out of reach of fit.")
