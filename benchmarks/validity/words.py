"""The figures that the text of the page speaks of."""

from __future__ import annotations

from collections.abc import Sequence

from counted import Point, wilson
from covered import BOOTSTRAP, EPISODES, OVER_TRAININGS, QUERY_T, TRAINING, TWO_ROLE
from pairs import FLIP, FLIP_QUERY, NULLS, PAIRED_T, Z
from populations import Population
from separation import ALL_PAIRS, OTHER_ROWS

_LUCK = NULLS[-1][1].title
_ALIKE = "all people alike"


def facts(points: Sequence[Point]) -> dict[str, str]:
    """Name in the text -> figure."""
    by_people = [p for p in points if p.study == "coverage" and p.case == Population().title]
    others = [p for p in points if p.study == "coverage" and p.case not in (Population().title, TRAINING.title, _ALIKE)]
    hardest = min(others, key=lambda p: p.counts[TWO_ROLE] / p.sets)
    shared = [p for p in by_people if p.layout != "personal"]
    luck = [p for p in points if p.study == "coverage" and p.case == TRAINING.title]
    null = [p for p in points if p.study == "false positives" and p.case != _LUCK]
    unlucky = [p for p in points if p.study == "false positives" and p.case == _LUCK]
    at_smallest = [p for p in points if p.study == "power" and p.case == "1"]
    tiers = [p for p in points if p.study == "tiers"]
    alone = [p for p in points if p.study == "tiers power"]
    episodes = [p for p in points if p.study == "episodes"]
    return {
        "sets": f"{min(p.sets for p in by_people):,}",
        "paired_sets": f"{min(p.sets for p in null):,}",
        "many_sets": f"{min(p.sets for p in episodes):,}",
        "two_role": _range(by_people, TWO_ROLE),
        "two_role_others": _range(others, TWO_ROLE),
        "alike": _range([p for p in points if p.study == "coverage" and p.case == _ALIKE], TWO_ROLE),
        "hardest": f'"{hardest.case}" with {hardest.people} people',
        "query_t": _range(shared, QUERY_T),
        "bootstrap": _range(shared, BOOTSTRAP),
        "over_episodes": _range(shared, EPISODES),
        "given_weights": _range(luck, TWO_ROLE),
        "over_trainings": _range(luck, OVER_TRAININGS),
        "t": _range(null, PAIRED_T),
        "t_bound": f"{max(100 * wilson(p.counts[PAIRED_T], p.sets)[1] for p in null):.1f}",
        "flip": _range(null, FLIP),
        "flip_bound": f"{max(100 * wilson(p.counts[FLIP], p.sets)[1] for p in null):.1f}",
        "flip_query": _range(null, FLIP_QUERY),
        "z": _range(null, Z),
        "t_trainings": _range(unlucky, PAIRED_T),
        "power_range": _range(at_smallest, PAIRED_T),
        "all_pairs": _range(tiers, ALL_PAIRS),
        "other_rows": _range([p for p in tiers if p.case == "10"], OTHER_ROWS),
        "alone": _range(alone, ALL_PAIRS),
        "alone_other_rows": _range(alone, OTHER_ROWS),
        "four": f"{max(p.figures['halfwidth'] / p.figures['real'] for p in by_people if p.people == 4):.1f}",
        "first": _at(episodes[0], EPISODES),
        "last": _at(episodes[-1], EPISODES),
        "real": f"{episodes[-1].figures['real']:.1f}",
        "most": f"{episodes[-1].episodes:,}",
    }


def _at(point: Point, name: str) -> str:
    return f"{point.figures[name]:.1f}"


def _range(points: Sequence[Point], method: str) -> str:
    """Lowest to highest percentage over the points."""
    shares = sorted(100 * p.counts[method] / p.sets for p in points)
    lowest, highest = f"{shares[0]:.1f}", f"{shares[-1]:.1f}"
    return lowest if lowest == highest else f"{lowest}–{highest}"
