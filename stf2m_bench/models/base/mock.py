"""A mock task: tiny generated views of every kind, so that any model can be tried in seconds and without a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.problems import Problem, make_problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.home import home
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold, Protocol
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.store import FORMAT, Store

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
PEOPLE = tuple(f"mock-{number}" for number in range(9))
CLIPS = 6
VALIDATION = 12


@dataclass(frozen=True)
class MockView:
    """Shape of one row, the fewest and the most rows of a clip, the share of clips that lack the view."""

    shape: tuple[int, ...]
    rows: tuple[int, int]
    rate: float | None
    sites: str
    absent: float = 0.0


VIEWS = {
    "audio.logmel": MockView((6,), (5, 12), 50.0, "mel band"),
    "video.face": MockView((4, 3), (2, 7), 12.5, "pixel row", absent=0.1),
    "imported:mock": MockView((5,), (1, 1), None, "column", absent=0.2),
}


class MockSides(TrainingSides):
    """Training sides with few validation episodes, so that fitting is quick."""

    def validation(self, shot: int) -> list[tuple[Problem, Tensor]]:
        """One batch of meta-val episodes."""
        return list(self.problems(shot, count=VALIDATION, batch=VALIDATION, side="meta_val"))


@dataclass(frozen=True)
class Sample:
    """A batch of meta-test episodes with all that may be known of it.

    Attributes:
        names: emotion of each class number, for models that are told it.
        labels: class number of each query `[B, Q]`.
    """

    problem: Problem
    names: list[list[str]]
    labels: Tensor


def mock_views(views: Sequence[str] = tuple(VIEWS), *, ways: int = 5, other_test_people: bool = False) -> TaskViews:
    """A task of 9 people and 6 emotions with one fold, and generated views of its 324 clips.

    Args:
        views: some of `VIEWS`.
        other_test_people: the numbers (not the lengths) of the meta-test people's clips are drawn anew.
    """
    clips = _clip_list()
    protocol = Protocol(
        name="mock",
        version=1,
        title="Mock (synthetic)",
        datasets=("mock",),
        track="new-subjects",
        views=tuple(views),
        ways=ways,
        shots=(1, 5),
        queries=2,
        emotions=EMOTIONS,
        support_people={"1": 1, "5": 1},
        episodes=1000,
        seed=0,
        folds=(Fold(meta_train=PEOPLE[:3], meta_val=PEOPLE[3:6], meta_test=PEOPLE[6:]),),
        votes="mock",
    )
    return TaskViews(Task(protocol, clips), {view: _store(view, clips, other_test_people) for view in views})


def sample(views: TaskViews, *, shot: int, batch: int = 4) -> Sample:
    """The first `batch` meta-test episodes of a mock task."""
    drawer = Drawer(views.task)
    problem, truth = make_problem(views, [drawer.draw(shot, i) for i in range(batch)])
    return Sample(problem, [list(episode.emotions) for episode in truth.episodes], truth.query_labels)


def _clip_list() -> ClipList:
    rows = [
        (f"{person}-{emotion}-{n}", person, f"{person}-{emotion}-{n}", "", emotion, "", "", _votes(emotion, n))
        for person in PEOPLE
        for emotion in EMOTIONS
        for n in range(CLIPS)
    ]
    return ClipList(*(list(column) for column in zip(*sorted(rows), strict=True)))


def _votes(emotion: str, number: int) -> str:
    """Seven raters say the emotion, up to three another one."""
    other = EMOTIONS[(EMOTIONS.index(emotion) + 1 + number % 5) % 6]
    return f"{emotion}=7" + (f";{other}={number % 4}" if number % 4 else "")


def _store(view: str, clips: ClipList, other_test_people: bool) -> Store:
    """Means of emotions lie three deviations of a clip apart, those of people one."""
    kind = VIEWS[view]
    rng, other = np.random.default_rng([0, *view.encode()]), np.random.default_rng(1)
    of_emotion = {emotion: rng.normal(0, 1.5, kind.shape) for emotion in EMOTIONS}
    of_person = {person: rng.normal(0, 0.5, kind.shape) for person in PEOPLE}
    arrays: list[NDArray[np.float64]] = []
    for person, emotion in zip(clips.subject, clips.emotion, strict=True):
        rows = 0 if rng.random() < kind.absent else int(rng.integers(kind.rows[0], kind.rows[1] + 1))
        centre = of_emotion[emotion] + of_person[person] + rng.normal(0, 0.7, kind.shape)
        array = centre + rng.normal(0, 0.3, (rows, *kind.shape))
        arrays.append(other.normal(0, 2, array.shape) if other_test_people and person in PEOPLE[6:] else array)
    data = np.concatenate(arrays).astype(np.float32)
    info = {
        "format": FORMAT,
        "dataset": "mock",
        "view": view,
        "scope": "clip",
        "sites": kind.sites,
        "rate": kind.rate,
        "clips": list(clips.clip_id),
        "notes": {},
        "hash": hashlib.sha256(data.tobytes()).hexdigest(),
    }
    return Store(home() / "mock", data, np.cumsum([0, *map(len, arrays)], dtype=np.int64), info)


# The same episodes, put to the model otherwise.


def only_episode(problem: Problem, number: int) -> Problem:
    """One episode of a batch, with its own clips alone."""
    chosen = slice(number, number + 1)
    return _compact(
        replace(
            problem,
            support_index=problem.support_index[chosen],
            support_labels=problem.support_labels[chosen],
            query_index=problem.query_index[chosen],
            support_votes=None if problem.support_votes is None else problem.support_votes[chosen],
        )
    )


def with_queries(problem: Problem, places: Sequence[int]) -> Problem:
    """The queries at these places, in this order, the others left out."""
    return _compact(replace(problem, query_index=problem.query_index[:, list(places)]))


def with_classes(problem: Problem, order: Sequence[int]) -> Problem:
    """Class c is what was class `order[c]`; the shots of each class in reverse order."""
    shots = problem.support_index.reshape(len(problem.support_index), problem.ways, -1)
    votes = problem.support_votes
    if votes is not None:
        votes = votes.reshape(*shots.shape, -1)[:, list(order)].flip(2).flatten(1, 2)[..., list(order)]
    return replace(problem, support_index=shots[:, list(order)].flip(2).flatten(1), support_votes=votes)


def with_padding(problem: Problem, rows: int) -> Problem:
    """More zero rows after the end of every view that has several rows."""
    longer = {view: spec.rows + rows for view, spec in problem.view_specs.items() if spec.rows > 1}
    return replace(
        problem,
        clips={v: torch.cat([x, x.new_zeros(len(x), rows, *x.shape[2:])], 1) if v in longer else x
               for v, x in problem.clips.items()},
        view_specs={v: replace(s, rows=longer.get(v, s.rows)) for v, s in problem.view_specs.items()},
    )  # fmt: skip


def with_votes(problem: Problem, votes: Tensor | None) -> Problem:
    """The shots with other votes `[B, N * K, N]`, or without any."""
    return replace(problem, support_votes=votes)


def without_view(problem: Problem, view: str, clips: Tensor) -> Problem:
    """These clips (numbers `[n]` of the batch's clips) lack the view."""
    array, lengths = problem.clips[view].clone(), problem.lengths[view].clone()
    array[clips], lengths[clips] = 0, 0
    return replace(problem, clips={**problem.clips, view: array}, lengths={**problem.lengths, view: lengths})


def _compact(problem: Problem) -> Problem:
    """Without the clips that no episode uses."""
    used, index = torch.unique(
        torch.cat([problem.support_index.flatten(), problem.query_index.flatten()]), return_inverse=True
    )
    return replace(
        problem,
        clips={view: array[used] for view, array in problem.clips.items()},
        lengths={view: lengths[used] for view, lengths in problem.lengths.items()},
        support_index=index[: problem.support_index.numel()].reshape(problem.support_index.shape),
        query_index=index[problem.support_index.numel() :].reshape(problem.query_index.shape),
    )
