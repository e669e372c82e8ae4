"""The tables of the page, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from counted import Point, wilson
from covered import BOOTSTRAP, EPISODES, OVER_TRAININGS, QUERY_T, TRAINING, TWO_ROLE
from pairs import FLIP, FLIP_QUERY, PAIRED_T, Z
from populations import Population
from separation import ALL_PAIRS, OTHER_ROWS

INTERVALS = (TWO_ROLE, QUERY_T, BOOTSTRAP, EPISODES)
TESTS = (PAIRED_T, FLIP, FLIP_QUERY, Z)
_MAIN = Population().title


def coverage_by_people(points: Sequence[Point]) -> str:
    """Coverage of each design, with the one population."""
    rows = [p for p in points if p.study == "coverage" and p.case == _MAIN]
    return _table(
        rows, {"people": _people, "shots": _shots, "±": _figure("halfwidth"), "real": _figure("real")}, INTERVALS
    )


def coverage_by_population(points: Sequence[Point]) -> str:
    """Coverage for other populations."""
    rows = [p for p in points if p.study == "coverage" and p.case not in (_MAIN, TRAINING.title)]
    return _table(rows, {"population": _case, "people": _people, "shots": _shots, "UAR": _figure("uar")}, INTERVALS)


def trainings(points: Sequence[Point]) -> str:
    """Coverage where each fold's training has its luck."""
    rows = [p for p in points if p.study == "coverage" and p.case == TRAINING.title]
    return _table(rows, {"people": _people, "shots": _shots}, (TWO_ROLE, OVER_TRAININGS))


def false_positives(points: Sequence[Point]) -> str:
    """False positives of every test."""
    rows = [p for p in points if p.study == "false positives"]
    return _table(rows, {"two models": _case, "people": _people, "shots": _shots}, TESTS)


def power(points: Sequence[Point]) -> str:
    """Power at multiples of the smallest detectable difference."""
    rows = [p for p in points if p.study == "power"]
    columns = {"people": _people, "shots": _shots, "× smallest": _case, "points": _figure("difference")}
    return _table(rows, columns, (PAIRED_T, FLIP))


def split_tiers(points: Sequence[Point]) -> str:
    """How often equal models are split."""
    rows = [p for p in points if p.study == "tiers"]
    return _table(rows, {"equal models": _case, "people": _people, "shots": _shots}, (ALL_PAIRS, OTHER_ROWS))


def _table(rows: Iterable[Point], columns: dict[str, Callable[[Point], str]], methods: Sequence[str]) -> str:
    lines = [[*columns, *methods], ["---"] * len(columns) + ["--:"] * len(methods)]
    for row in rows:
        lines.append([*(cell(row) for cell in columns.values()), *(_share(row, method) for method in methods)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _share(point: Point, method: str) -> str:
    lower, upper = wilson(point.counts[method], point.sets)
    return f"{100 * point.counts[method] / point.sets:.1f} ({100 * lower:.1f}–{100 * upper:.1f})"


def _people(point: Point) -> str:
    return f"{point.people}, {point.layout}"


def _shots(point: Point) -> str:
    return str(point.shot)


def _case(point: Point) -> str:
    return point.case


def _figure(name: str) -> Callable[[Point], str]:
    return lambda point: f"{point.figures[name]:.1f}"
