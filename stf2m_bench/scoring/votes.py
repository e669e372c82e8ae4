"""The figures of a task with votes: predictions against the raters of the queries, and raters among themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import InputError
from stf2m_bench.scoring.agreement import (
    rater_agreement,
    vote_agreement,
    vote_cross_entropy,
    vote_divergence,
    vote_entropy,
)
from stf2m_bench.scoring.drawn import Drawn
from stf2m_bench.scoring.figures import Interval, VoteFigures, percent, six
from stf2m_bench.scoring.intervals import new_people
from stf2m_bench.scoring.metrics import Floats
from stf2m_bench.scoring.people import worth_of_people
from stf2m_bench.scoring.predictions import Logs
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.votes import on_classes


def score_votes(task: Task, logs: Logs, drawn: Drawn) -> VoteFigures | None:
    """Agreement with the votes on the classes of each episode, as shares; None where the task scores none.

    Args:
        logs: `[E, Q, N]`.

    Raises:
        InputError: no query has such votes.
    """
    if task.votes is None:
        return None
    told, counts, shares = _votes_told(task, drawn)
    said = logs[told]
    rater = rater_agreement(counts)
    return VoteFigures(
        queries=int(told.sum()),
        left_out=int((~told).sum()),
        cross_entropy=six(vote_cross_entropy(said, shares).mean()),
        entropy=six(vote_entropy(shares)),
        divergence=six(vote_divergence(said, shares).mean()),
        agreement=percent(vote_agreement(said, shares).mean()),
        one_rater=None if math.isnan(rater) else percent(rater),
        most=percent(shares.max(axis=1).mean()),
    )


@dataclass(frozen=True)
class VoteIntervals:
    """How far the figures of the same names in `VoteFigures` would move with other people, in their units.

    None below 6 people, or where people who ask and people who support cannot be told apart.
    """

    cross_entropy: Interval | None
    divergence: Interval | None
    agreement: Interval | None


def vote_intervals(task: Task, logs: Logs, drawn: Drawn) -> VoteIntervals | None:
    """The intervals for *new people* of the figures of votes, as that of the UAR; None where the task scores none.

    They are of the mean over folds: that of all queries, which `score_votes` tells, where folds have equally many.

    Args:
        logs: `[E, Q, N]`.

    Raises:
        InputError: no query has such votes.
    """
    if task.votes is None:
        return None
    told, _, shares = _votes_told(task, drawn)
    said = logs[told]

    def around(values: Floats, most: float, scale: float) -> Interval | None:
        z = np.full(told.shape, np.nan)
        z[told] = values
        worth = worth_of_people(task, drawn, z)
        c = np.array(list(worth.of_person.values()))
        return new_people(float(values.mean()), c, most=most, scale=scale) if worth.told_apart else None

    return VoteIntervals(
        cross_entropy=around(vote_cross_entropy(said, shares), math.inf, 1),
        divergence=around(vote_divergence(said, shares), 1, 1),
        agreement=around(vote_agreement(said, shares), 1, 100),
    )


def _votes_told(task: Task, drawn: Drawn) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which queries have votes on their episode's classes `[E, Q]`; of those, the votes, and as shares `[n, N]`."""
    assert task.votes is not None
    counts = on_classes(task.votes[1], drawn.query, drawn.emotions)
    told: NDArray[np.bool_] = counts.sum(axis=2) > 0
    if not told.any():
        raise InputError(
            f"The task '{task.name}' is invalid: no rater '{task.protocol.votes}' of any query chose a class of its"
            " episode; leave the key votes out, or take other votes."
        )
    return told, counts[told], counts[told] / counts[told].sum(axis=1, keepdims=True)
