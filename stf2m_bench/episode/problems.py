"""Problems: what a model sees of a batch of episodes. The truth is kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stf2m_bench.episode.drawing import Drawer, Episode
from stf2m_bench.episode.views import TaskViews, ViewSpec, open_views
from stf2m_bench.errors import UsageError
from stf2m_bench.progress import Progress, silent
from stf2m_bench.tasks.protocol import SIDES, Side
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.tasks.votes import on_classes


@dataclass(frozen=True)
class Problem:
    """A batch of B episodes as a model sees them: no ids, no emotion names, no people.

    A clip that occurs several times in the batch is held once, in `clips`; `support` and `query` lay the clips out.

    Attributes:
        clips: view -> float32 `[U, T, ...]`, time first, zero rows after each clip's end.
        lengths: view -> int64 `[U]`, valid rows; 0 where the clip lacks the view.
        support_index: int64 `[B, N * K]`, which of the U clips; class by class.
        support_labels: int64 `[B, N * K]`, class numbers 0 .. N-1 (permuted anew in each episode).
        query_index: int64 `[B, Q]`, in random order.
        support_votes: float32 `[B, N * K, N]` where the task has votes, else None: shares of the raters' votes on the
            classes of the episode, summing to 1; where no vote falls on them, 1 for the label.
        ways: N.
        view_specs: view -> what is known of it beforehand.
    """

    clips: Mapping[str, Tensor]
    lengths: Mapping[str, Tensor]
    support_index: Tensor
    support_labels: Tensor
    query_index: Tensor
    ways: int
    view_specs: Mapping[str, ViewSpec]
    support_votes: Tensor | None = None

    @cached_property
    def support(self) -> dict[str, Tensor]:
        """View -> `[B, N * K, T, ...]`."""
        return {view: array[self.support_index] for view, array in self.clips.items()}

    @cached_property
    def query(self) -> dict[str, Tensor]:
        """View -> `[B, Q, T, ...]`."""
        return {view: array[self.query_index] for view, array in self.clips.items()}

    @cached_property
    def present(self) -> dict[str, Tensor]:
        """View -> bool `[U]`: which clips have the view."""
        return {view: lengths > 0 for view, lengths in self.lengths.items()}

    def to(self, device: torch.device | str) -> Problem:
        """The same problem on a device."""
        return replace(
            self,
            clips={view: array.to(device) for view, array in self.clips.items()},
            lengths={view: array.to(device) for view, array in self.lengths.items()},
            support_index=self.support_index.to(device),
            support_labels=self.support_labels.to(device),
            query_index=self.query_index.to(device),
            support_votes=None if self.support_votes is None else self.support_votes.to(device),
        )


@dataclass(frozen=True)
class Truth:
    """What a model never sees.

    Attributes:
        query_labels: int64 `[B, Q]`.
        episodes: the drawn episodes (emotions, rows of the clip list).
        query_votes: float32 `[B, Q, N]`, as `Problem.support_votes`.
    """

    query_labels: Tensor
    episodes: tuple[Episode, ...]
    query_votes: Tensor | None = None


def make_problem(views: TaskViews, drawn: Sequence[Episode]) -> tuple[Problem, Truth]:
    """Gather one batch of episodes of equal ways and shots."""
    support = np.stack([episode.support for episode in drawn])
    query = np.stack([episode.query for episode in drawn])
    rows, index = _in_order_of_appearance(np.concatenate([support.ravel(), query.ravel()]))
    gathered = {view: views.gather(view, rows) for view in views.specs}
    ways, shot = len(drawn[0].emotions), drawn[0].shot
    problem = Problem(
        clips={view: torch.from_numpy(array) for view, (array, _) in gathered.items()},
        lengths={view: torch.from_numpy(lengths) for view, (_, lengths) in gathered.items()},
        support_index=torch.from_numpy(index[: support.size].reshape(support.shape)),
        support_labels=torch.arange(ways).repeat_interleave(shot).expand(len(drawn), -1).clone(),
        query_index=torch.from_numpy(index[support.size :].reshape(query.shape)),
        ways=ways,
        view_specs=views.specs,
        support_votes=_votes(views.task, drawn, support, np.arange(ways).repeat(drawn[0].shot)),
    )
    labels = np.stack([e.query_labels for e in drawn])
    return problem, Truth(torch.from_numpy(labels), tuple(drawn), _votes(views.task, drawn, query, labels))


def _votes(task: Task, drawn: Sequence[Episode], rows: NDArray[np.int32], labels: NDArray[np.int64]) -> Tensor | None:
    """Shares of the votes on the episode's classes, `[B, I, N]`; 1 for the label where none falls on them."""
    if task.votes is None:
        return None
    emotions, votes = task.votes
    classes = np.array([[emotions.index(emotion) for emotion in episode.emotions] for episode in drawn])
    found = on_classes(votes, rows, classes)
    total = found.sum(axis=2, keepdims=True)
    known = np.eye(classes.shape[1])[labels]
    return torch.from_numpy(np.where(total > 0, found / np.where(total > 0, total, 1), known).astype(np.float32))


def _in_order_of_appearance(rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Different rows by first appearance (their sorted order would tell people and emotions), and each one's place."""
    unique, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return unique[order], place[inverse]


def episodes(
    task: Task | str,
    *,
    shot: int,
    side: Side = "meta_test",
    fold: int = 0,
    count: int | None = None,
    start: int = 0,
    batch: int = 16,
    views: TaskViews | None = None,
    data: Path | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Iterator[tuple[Problem, Truth]]:
    """Batches of episodes, for people with a loop of their own.

    Args:
        task: a task or its name. shot: K.
        side: `meta_train` and `meta_val` episodes are endless; `meta_test` are the frozen ones of this fold.
        count: how many episodes; None is all frozen ones of the fold, or endless on the other sides.
        start: the number of the first one on the training sides.
        data: the dataset's folder, if it was not given before.

    Yields:
        `(problem, truth)` of up to `batch` episodes.

    Example:
        >>> for problem, truth in episodes("emosynth-new-subjects", shot=5, side="meta_train", count=1000):
        ...     loss = my_model(problem.support, problem.support_labels, problem.query, truth.query_labels)
    """
    task = load_task(task) if isinstance(task, str) else task
    if side not in SIDES:
        raise UsageError(f"There is no side '{side}'; sides are {', '.join(SIDES)}.")
    if shot not in task.protocol.shots and side == "meta_test":
        raise UsageError(f"The task '{task.name}' has no {shot}-shot episodes; it has K = {task.protocol.shots}.")
    if not 0 <= fold < len(task.protocol.folds):
        raise UsageError(f"The task '{task.name}' has folds 0 to {len(task.protocol.folds) - 1}, not {fold}.")
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    drawer = Drawer(task)
    if side == "meta_test":
        numbers = iter(range(fold, task.protocol.episodes, len(task.protocol.folds)))
    else:
        numbers = iter(range(start, 2**62))
    left = 2**62 if count is None else count
    while left > 0:
        drawn = [drawer.draw(shot, i, fold=fold, side=side) for i in islice(numbers, min(batch, left))]
        if not drawn:
            return
        left -= len(drawn)
        yield make_problem(views, drawn)
