"""Designs: who is tested in which fold, and the frozen episodes, drawn by the bench itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from populations import EMOTIONS

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.scoring.drawn import Drawn, draw_all
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold, Protocol
from stf2m_bench.tasks.task import Task

WAYS, QUERIES, CLIPS = 5, 3, 8
SUPPORT_PEOPLE = {"1": 1, "5": 2}


@dataclass(frozen=True)
class Design:
    """One test: `people` in `folds` equal folds, `shot` shots, `episodes` in all; 5-way, 3 queries an emotion.

    On the track `personal` one person gives support and queries; else others do.
    """

    people: int
    folds: int
    shot: int
    episodes: int = 1000
    personal: bool = False

    @property
    def layout(self) -> str:
        """In words."""
        if self.personal:
            return "personal"
        return "one pool" if self.folds == 1 else f"folds of {self.people // self.folds}"

    @cached_property
    def task(self) -> Task:
        """A task of that shape: 8 emotions, 8 clips a person and emotion."""
        names = [f"p{number:02d}" for number in range(self.people)]
        emotions = [f"emotion{number}" for number in range(EMOTIONS)]
        ids = [(f"{p}-{e}-{n}", p, e) for p in names for e in emotions for n in range(CLIPS)]
        blank = [""] * len(ids)
        clips = ClipList(
            [i for i, _, _ in ids], [p for _, p, _ in ids], [i for i, _, _ in ids], blank, [e for *_, e in ids],
            blank, blank,
        )  # fmt: skip
        size = self.people // self.folds
        tested = [tuple(names[first : first + size]) for first in range(0, self.people, size)]
        protocol = Protocol(
            name="simulated",
            version=1,
            title="Simulated",
            datasets=("emosynth",),
            track="personal" if self.personal else "new-subjects",
            views=("audio.logmel",),
            ways=WAYS,
            shots=(self.shot,),
            queries=QUERIES,
            emotions=tuple(emotions),
            support_people={} if self.personal else SUPPORT_PEOPLE,
            episodes=self.episodes,
            seed=0,
            folds=tuple(Fold(meta_train=(), meta_val=(), meta_test=test) for test in tested),
        )
        return Task(protocol, clips)

    @property
    def drawn(self) -> Drawn:
        """Every episode."""
        return _draw(self)

    @cached_property
    def asking(self) -> NDArray[np.int64]:
        """Person of each query `[E, Q]`."""
        return self.drawn.query // (EMOTIONS * CLIPS)

    @cached_property
    def supporting(self) -> NDArray[np.int64]:
        """Person of each support clip `[E, N * K]`; the same K people for each emotion."""
        return self.drawn.support // (EMOTIONS * CLIPS)

    @cached_property
    def meetings(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Which of C meetings each query is `[E, Q]`; the person queried `[C]` and the supporters `[C, K]`."""
        groups, group = np.unique(self.supporting[:, : self.shot], axis=0, return_inverse=True)
        codes, meeting = np.unique(self.asking * len(groups) + group.reshape(-1, 1), return_inverse=True)
        return meeting.reshape(self.asking.shape), codes // len(groups), groups[codes % len(groups)]

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the support, that each supporting person gives; empty where the queried person does."""
        if self.personal:
            return ()
        _, count = np.unique(self.supporting[0, : self.shot], return_counts=True)
        return tuple((count / self.shot).tolist())


@cache
def _draw(design: Design) -> Drawn:
    return draw_all(Drawer(design.task), design.shot)
