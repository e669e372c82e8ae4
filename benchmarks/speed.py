"""How fast the bench is, as ratios measured side by side: `python benchmarks/speed.py` (minutes), `--quick` (seconds).

Worker processes read this file again, so it imports nothing heavy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from measures.timing import Row

    from stf2m_bench.episode.views import TaskViews

HERE = Path(__file__).parent
TASK = "emosynth-new-subjects"


def main() -> None:
    """Measure, print the table, write `speed.json` and `README.md` (not with `--quick`, unless `--out` says where)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: little data, few repetitions, no figures")
    parser.add_argument("--ravdess", type=Path, metavar="FOLDER", help="measure prepare on RAVDESS, too")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where speed.json and README.md go")
    options = parser.parse_args()
    from measures import report

    rows = []
    with TemporaryDirectory() as folder:
        for row in measure(Path(folder), quick=options.quick, ravdess=options.ravdess):
            print(f"{row.what}: {row.figure:.3g} {row.unit} ({row.sides}; {row.note})", file=sys.stderr, flush=True)
            rows.append(row)
    found = report.as_json(rows)
    print(report.as_text(found))
    out = options.out or (None if options.quick else HERE)
    if out:
        report.write(found, out)


def measure(folder: Path, *, quick: bool, ravdess: Path | None) -> Iterator[Row]:
    """Every row, as soon as it is known."""
    from measures import drawing, evaluating, preparing, startup
    from measures.corpus import first_people

    yield from startup.measure(3 if quick else 15)
    corpus, views = small_task(folder) if quick else whole_task()
    few = first_people(corpus, 1 if quick else 8, folder / "few")
    yield from preparing.measure_against_bare("emosynth", few, 1 if quick else 3, title="emosynth")
    yield from preparing.measure_second("emosynth", few, title="emosynth")
    yield from preparing.measure_workers("emosynth", corpus, 1 if quick else 3, title="emosynth")
    if ravdess:
        voice = ("audio.logmel",)
        root = ravdess.resolve()
        yield from preparing.measure_against_bare("ravdess", root, 3, title="RAVDESS", views=voice)
        yield from preparing.measure_workers("ravdess", root, 3, title="RAVDESS", views=voice)
    yield from evaluating.measure(views, 1 if quick else 5)
    yield from drawing.measure(1 if quick else 9, sizes=(5_000, 50_000) if quick else drawing.SIZES)


def whole_task() -> tuple[Path, TaskViews]:
    """The folder of emosynth and the views of its task in the home, made there by the first run."""
    from stf2m_bench.episode.views import open_views
    from stf2m_bench.home import home
    from stf2m_bench.tasks.task import load_task

    views = open_views(load_task(TASK), workers=os.cpu_count() or 1)
    return home() / "datasets" / "emosynth", views


def small_task(folder: Path) -> tuple[Path, TaskViews]:
    """An emosynth of eight people with one recording each, and a task on it."""
    from measures.corpus import empty_home

    from stf2m_bench.datasets.base.manifest import build_manifest
    from stf2m_bench.datasets.synth.script import Plan
    from stf2m_bench.datasets.synth.write import generate_corpus
    from stf2m_bench.episode.new_task import Wish, new_task
    from stf2m_bench.episode.views import TaskViews
    from stf2m_bench.views.base.store import prepare_view

    corpus = folder / "corpus"
    generate_corpus(corpus, plan=Plan(subjects=8, recordings=1))
    manifest = build_manifest("emosynth", corpus)
    with empty_home():
        stores = {view: prepare_view(manifest, view) for view in ("audio.logmel", "text.hashed")}
        task = new_task(
            manifest,
            stores,
            Wish("small", "Small", "new-subjects", ways=3, shots=(1,), queries=1, folds=2, episodes=60),
        )
    return corpus, TaskViews(task, stores)


if __name__ == "__main__":
    main()
