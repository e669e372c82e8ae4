"""That the sets simulated at once are scored as `stf2m_bench.scoring.score` scores one result."""

from __future__ import annotations

import numpy as np
from designs import WAYS, Design
from sets import score_sets

from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.score import score


def check() -> None:
    """Random answers to one design a layout.

    Raises:
        AssertionError: a figure differs in its six decimals.
    """
    for design in (Design(12, 3, 5, 300), Design(6, 1, 1, 300), Design(6, 1, 5, 300, personal=True)):
        labels = design.drawn.labels
        correct = np.random.default_rng(0).random(labels.shape) < 0.2 + 0.05 * design.asking
        decided = np.where(correct, labels, (labels + 1) % WAYS)
        logits = 3.0 * (decided[..., None] == np.arange(WAYS))
        figures = score(design.task, Predictions({design.shot: from_logits(logits, shot=design.shot)}))
        found = score_sets(design, correct[None].astype(np.float64), np.zeros(1))
        mine = [found.uar[0], found.accuracy.mean(), *found.c[0]]
        shot = figures.shots[design.shot]
        theirs = [shot.uar, shot.accuracy, *shot.subjects.values()]
        np.testing.assert_allclose(100 * np.array(mine), theirs, atol=2e-5)
