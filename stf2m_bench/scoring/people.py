"""What each test person adds to a figure that is a mean over queries within folds, and over folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stf2m_bench.scoring.drawn import Drawn
from stf2m_bench.scoring.intervals import Contributions, contributions, over_unlike_folds
from stf2m_bench.scoring.metrics import Floats
from stf2m_bench.tasks.task import Task


@dataclass(frozen=True)
class Worth:
    """Contributions of people to a figure.

    Attributes:
        of_person: person -> c, in the unit of the figure, mean over the folds that test it.
        told_apart: every fold tells the effect of asking from the effect of supporting.
    """

    of_person: dict[str, float]
    told_apart: bool


def worth_of_people(task: Task, drawn: Drawn, z: Floats) -> Worth:
    """Contribution of each test person; nobody's where people are unknown, or where a fold has no query that counts.

    Args:
        z: what each query adds `[E, Q]`: its mean in a fold is the fold's figure; NaN where the query does not count.
    """
    if not task.people_known:
        return Worth({}, False)
    names, person = np.unique(np.array(task.clips.subject), return_inverse=True)
    found: list[Contributions] = []
    means: list[float] = []
    for fold in range(len(task.protocol.folds)):
        rows = drawn.fold == fold
        counts = ~np.isnan(z[rows]).ravel()
        if not counts.any():
            return Worth({}, False)
        supporting = None
        if not task.one_person:
            supporting = np.repeat(person[drawn.support[rows]], z.shape[1], axis=0)[counts]
        counted = z[rows].ravel()[counts]
        found.append(contributions(counted, person[drawn.query[rows]].ravel()[counts], supporting))
        means.append(float(counted.mean()))
    told_apart = all(one.told_apart for one in found)
    if task.protocol.track == "new-stimuli" and not task.one_person:
        unlike = over_unlike_folds(found, np.array(means))
        return Worth({str(names[number]): value for number, value in unlike.items()}, told_apart)
    values: dict[str, list[float]] = {}
    for one in found:
        for number, value in zip(one.people, one.values, strict=True):
            values.setdefault(str(names[number]), []).append(float(value))
    return Worth({name: float(np.mean(values[name])) for name in sorted(values)}, told_apart)
