"""The media that `prepare` is measured on, and homes that hold nothing yet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.home import home
from stf2m_bench.views.base.store import Store, prepare_view

HOME = "STF2M_BENCH_HOME"


@contextmanager
def empty_home() -> Iterator[Path]:
    """A home that holds nothing, for as long as the block runs."""
    before = os.environ.get(HOME)
    with TemporaryDirectory() as folder:
        os.environ[HOME] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop(HOME)
            if before is not None:
                os.environ[HOME] = before


def first_people(corpus: Path, people: int, into: Path) -> Path:
    """An emosynth folder of the first people of another one: a shorter index, the same files by links."""
    with (corpus / "clips.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = sorted({row["subject"] for row in rows})[:people]
    into.mkdir()
    for folder in ("recordings", "voices", "signals"):
        (into / folder).symlink_to((corpus / folder).resolve(), target_is_directory=True)
    with (into / "clips.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if row["subject"] in kept)
    return into


def prepare(dataset: str, root: Path, views: tuple[str, ...], *, workers: int = 1) -> dict[str, Store]:
    """What the command `prepare` does: scan and validate, keep the manifest, make the views."""
    manifest: Manifest = build_manifest(dataset, root)
    manifest.write(home() / "manifests" / f"{dataset}.parquet")
    return {view: prepare_view(manifest, view, workers=workers) for view in views}
