"""What the paired tests say of a board: whether it may be ranked, its tiers, the smallest difference it can show.

Everything rests on the people's contributions of the results, so that it follows from the committed results alone.
Models and probes are given as name -> figures of each shot, in the order of the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from stf2m_bench.scoring.comparisons import LEVEL, compare, smallest_detectable, tiers
from stf2m_bench.scoring.figures import ShotFigures

Shots = Mapping[int, ShotFigures]
_NO_PROBE = "No shortcut probe was run on this task yet: how far one gets without seeing an expression is not known."
_NO_MODEL = "No model stands on this board yet."


@dataclass(frozen=True)
class Verdict:
    """Whether models stand above shortcuts.

    Attributes:
        ranked: the models may be ranked.
        says: why, as plain text.
    """

    ranked: bool
    says: str


def above_shortcuts(models: Mapping[str, Shots], probes: Mapping[str, Shots], shots: Sequence[int]) -> Verdict:
    """Whether the best model is above the best shortcut probe at *every* shot by the paired test, p < 0.05.

    Requiring every shot is an intersection-union test: its level is that of the single test, without correction
    (Berger 1982, "Multiparameter hypothesis testing and acceptance sampling"). Where no probe was run, nothing is
    held against the models, and the verdict says so.
    """
    if not probes:
        return Verdict(True, _NO_PROBE)
    if not models:
        return Verdict(True, _NO_MODEL)
    held = [_against_best_probe(models, probes, shot) for shot in shots]
    found = "; ".join(says for _, says in held)
    if all(above for above, _ in held):
        return Verdict(True, f"At every shot the best model is above the best shortcut by the paired test ({found}).")
    return Verdict(
        False,
        f"The best model is not shown to be above the best shortcut at every shot by the paired test ({found}), so"
        " that this task is a control and nobody is ranked.",
    )


def tiers_of(models: Iterable[Shots], shot: int) -> list[int | None]:
    """The tier of each model at one shot, in the given order; None where there are too few people for a paired test."""
    figures = [model[shot] for model in models]
    order = sorted(range(len(figures)), key=lambda place: -figures[place].uar)
    found = tiers([figures[place].subjects for place in order]) if all(map(comparable, figures)) else None
    places: list[int | None] = [None] * len(figures)
    for place, tier in zip(order, found or [], strict=False):
        places[place] = tier
    return places


def smallest_difference(models: Iterable[Shots], shot: int) -> float | None:
    """The difference to the leader, in points, that the paired test finds 4 times in 5: the median over the others.

    None with fewer than two models, or too few people.
    """
    figures = sorted((model[shot] for model in models), key=lambda one: -one.uar)
    if len(figures) < 2 or not all(map(comparable, figures)):
        return None
    leader, *others = figures
    found = (smallest_detectable({p: c - other.subjects[p] for p, c in leader.subjects.items()}) for other in others)
    return median(one for one in found if one is not None)


def comparable(figures: ShotFigures) -> bool:
    """Whether a paired test over people makes sense: 6 people or more, asking and supporting told apart."""
    return figures.new_people is not None


def _against_best_probe(models: Mapping[str, Shots], probes: Mapping[str, Shots], shot: int) -> tuple[bool, str]:
    model = max(models, key=lambda name: models[name][shot].uar)
    probe = max(probes, key=lambda name: probes[name][shot].uar)
    one, other = models[model][shot], probes[probe][shot]
    if not (comparable(one) and comparable(other)):
        why = "there are too few people" if one.subjects else "people are unknown"
        return False, f"{shot}-shot: {model} over {probe} cannot be tested, {why}"
    found = compare(one.subjects, other.subjects)
    above = found.difference > 0 and found.p < LEVEL
    p = "p < 0.001" if found.p < 0.001 else f"p = {found.p:.3f}"
    return above, f"{shot}-shot: {model} over {probe} by {found.difference:.1f} points, {p}"
