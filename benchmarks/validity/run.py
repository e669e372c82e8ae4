"""Proves the statistics of results by simulation: `python benchmarks/validity/run.py` (minutes), `--quick` (seconds).

Writes validity.json, and from it docs/validity.md with its pictures; `--pages` writes the pages alone anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counted import Point

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
SETS, PAIRED_SETS, FEW_SETS = 2000, 4000, 16


def main() -> None:
    """Simulate, then write (with `--quick` only where `--out` says)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: few sets a point, no figures")
    parser.add_argument("--pages", action="store_true", help="simulate nothing, write the pages from validity.json")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where everything goes")
    options = parser.parse_args()
    import picture
    import report

    data, docs = (options.out or HERE) / "validity.json", options.out or DOCS
    if not options.pages:
        points = []
        for point in simulate(quick=options.quick):
            print(report.as_line(point), file=sys.stderr, flush=True)
            points.append(point)
        if options.quick and not options.out:
            return
        report.write_data(points, data)
    points = report.read_data(data)
    report.write_page(points, docs / "validity.md")
    picture.draw(points, docs if options.out else docs / "figures")


def simulate(*, quick: bool) -> Iterator[Point]:
    """Every point, as soon as it is known."""
    import covered
    import pairs
    import product
    import separation
    import shrinking

    sets, paired = (FEW_SETS, FEW_SETS) if quick else (SETS, PAIRED_SETS)
    product.check()
    yield from covered.measure(sets)
    yield from pairs.measure_null(paired)
    yield from pairs.measure_power(sets)
    yield from separation.measure(sets)
    yield from separation.measure_power(sets)
    yield from shrinking.measure(sets, most=shrinking.MANY if quick else shrinking.NUMBERS[-1])


if __name__ == "__main__":
    main()
