"""Predictions under a new name that are those of another model on the board: number for number, or nearly.

Predictions that prefer no class in any query, such as those of chance, are nobody's and are passed over; so are two
built-in models under their own names, since both can be run again: where training taught nothing, `stf2m` is `ridge`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stf2m_bench.scoring.predictions import Logs, Predictions, moved, same_top
from stf2m_bench.scoring.result import Result, predictions_of

_SAME_CLASS = 0.99  # share of the queries of a shot
_NEAR = 0.01  # mean difference of log-probabilities


@dataclass(frozen=True)
class Predicted:
    """A model's name, its result's stem, whether it is called as a built-in model is, and what it predicted."""

    model: str
    stem: str
    built_in: bool
    predictions: Predictions


def predicted(results: Iterable[Result], folder: Path, built_in: Collection[str] = ()) -> Iterator[Predicted]:
    """The predictions of these results that prefer any class.

    Args:
        folder: `results/<task>`, where they lie.
        built_in: names of the built-in models; boards know none.
    """
    for result in results:
        path = predictions_of(result, folder / f"{result.stem}.json")
        if path is not None and path.is_file():
            predictions = Predictions.read(path)
            if any(np.ptp(logs, axis=-1).any() for logs in predictions.logs.values()):
                own = result.model.source == "built-in" and result.model.name in built_in
                yield Predicted(result.model.name, result.stem, own, predictions)


def copied(one: Predicted, others: Iterable[Predicted]) -> str | None:
    """The stem of the first other model, by name, whose predictions these are, number for number."""
    raw = one.predictions.raw()
    return next((other.stem for other in _apart(one, others) if other.predictions.raw() == raw), None)


def near_copies(one: Predicted, others: Iterable[Predicted]) -> Iterator[tuple[str, int]]:
    """Stem and shot of other models, by name, that say nearly the same.

    Nearly is the same most probable class in 99% of a shot's queries or more, and log-probabilities that differ by less
    than 0.01 nats in the mean.
    """
    mine = one.predictions.logs
    for other in _apart(one, others):
        theirs = other.predictions.logs
        yield from (
            (other.stem, shot) for shot in sorted(mine.keys() & theirs.keys()) if _near(mine[shot], theirs[shot])
        )


def _apart(one: Predicted, others: Iterable[Predicted]) -> Iterator[Predicted]:
    return (other for other in others if other.model != one.model and not (one.built_in and other.built_in))


def _near(one: Logs, other: Logs) -> bool:
    if one.shape != other.shape:
        return False
    return same_top(one, other) >= _SAME_CLASS and moved(one, other) < _NEAR
