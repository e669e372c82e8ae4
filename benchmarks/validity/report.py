"""From points to a line, `validity.json` and the page `docs/validity.md`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib import metadata
from pathlib import Path

from counted import Point, wilson
from tables import coverage_by_people, coverage_by_population, false_positives, power, split_tiers, trainings
from words import facts

from stf2m_bench.files import write_text

PACKAGES = ("stf2m-bench", "numpy", "scipy")
PAGE = Path(__file__).with_name("page.md")


def as_line(point: Point) -> str:
    """One line of progress."""
    shares = ", ".join(f"{name} {100 * hits / point.sets:.1f}%" for name, hits in point.counts.items())
    return f"{point.study}, {point.people} people, {point.layout}, {point.shot}-shot, {point.case}: {shares}"


def write_data(points: Sequence[Point], path: Path) -> None:
    """Write `validity.json`: each point with the percentage of each method and its Monte-Carlo bounds."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    rows = [asdict(point) | {"percent": _percent(point)} for point in points]
    lines = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write_text(path, f'{{"versions": {json.dumps(versions)},\n "points": [\n  {lines}\n ]}}\n')


def read_data(path: Path) -> list[Point]:
    """The points of `validity.json`."""
    names = [field.name for field in fields(Point)]
    rows = json.loads(path.read_text(encoding="utf-8"))["points"]
    return [Point(**{name: row[name] for name in names}) for row in rows]


def write_page(points: Sequence[Point], path: Path) -> None:
    """Write the page: `page.md` with every figure filled in."""
    tables = {
        "coverage_by_people": coverage_by_people(points),
        "coverage_by_population": coverage_by_population(points),
        "trainings": trainings(points),
        "false_positives": false_positives(points),
        "power": power(points),
        "split_tiers": split_tiers(points),
    }
    write_text(path, PAGE.read_text(encoding="utf-8").format(**tables, **facts(points)))


def _percent(point: Point) -> dict[str, list[float]]:
    """Method -> percent, lower and upper bound."""
    return {
        name: [round(100 * share, 2) for share in (hits / point.sets, *wilson(hits, point.sets))]
        for name, hits in point.counts.items()
    }
