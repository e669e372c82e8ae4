"""The truth of a task: all its frozen meta-test episodes of one shot as arrays, drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.episode.drawing import Drawer

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """E episodes, N ways, Q queries; emotions are numbers into the task's list, clips are rows of its clip list.

    Attributes:
        fold: `[E]`.
        emotions: emotion of each class `[E, N]`.
        labels: class of each query `[E, Q]`.
        truth: emotion of each query `[E, Q]`.
        support: clips `[E, N * K]`.
        query: clips `[E, Q]`.
    """

    fold: Ints
    emotions: Ints
    labels: Ints
    truth: Ints
    support: Ints
    query: Ints


def draw_all(drawer: Drawer, shot: int) -> Drawn:
    """Every frozen episode of this shot, in order."""
    number = {emotion: n for n, emotion in enumerate(drawer.task.protocol.emotions)}
    episodes = list(drawer.all(shot))
    emotions = np.array([[number[emotion] for emotion in episode.emotions] for episode in episodes])
    labels = np.stack([episode.query_labels for episode in episodes])
    return Drawn(
        fold=np.array([episode.fold for episode in episodes]),
        emotions=emotions,
        labels=labels,
        truth=np.take_along_axis(emotions, labels, axis=1),
        support=np.stack([episode.support for episode in episodes]).astype(np.int64),
        query=np.stack([episode.query for episode in episodes]).astype(np.int64),
    )
