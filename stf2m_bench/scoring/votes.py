"""The figures of a task with votes: predictions against the raters of the queries, and raters among themselves."""

from __future__ import annotations

import math

from stf2m_bench.errors import InputError
from stf2m_bench.scoring.agreement import (
    rater_agreement,
    vote_agreement,
    vote_cross_entropy,
    vote_divergence,
    vote_entropy,
)
from stf2m_bench.scoring.drawn import Drawn
from stf2m_bench.scoring.figures import VoteFigures, percent, six
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
    counts = on_classes(task.votes[1], drawn.query, drawn.emotions)
    told = counts.sum(axis=2) > 0
    if not told.any():
        raise InputError(
            f"The task '{task.name}' is invalid: no rater '{task.protocol.votes}' of any query chose a class of its"
            " episode; leave the key votes out, or take other votes."
        )
    said, counts = logs[told], counts[told]
    shares = counts / counts.sum(axis=1, keepdims=True)
    rater = rater_agreement(counts)
    return VoteFigures(
        queries=int(told.sum()),
        left_out=int((~told).sum()),
        cross_entropy=six(vote_cross_entropy(said, shares)),
        entropy=six(vote_entropy(shares)),
        divergence=six(vote_divergence(said, shares)),
        agreement=percent(vote_agreement(said, shares)),
        one_rater=None if math.isnan(rater) else percent(rater),
        most=percent(shares.max(axis=1).mean()),
    )
