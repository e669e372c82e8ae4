"""`stf2m-bench datasets`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    note,
    print_checks,
    print_json,
    print_table,
    progress_bars,
    workers_option,
)


@click.group()
def command() -> None:
    """List, show and check the datasets that can be read."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every dataset with its licence and size."""
    from stf2m_bench.datasets import ROOM
    from stf2m_bench.datasets.base.manifest import load_loader

    rows = []
    for key in ROOM.keys():
        card = load_loader(key).card
        verified = "synthetic" if card.synthetic else card.verified
        rows.append([key, card.title, card.subjects, ", ".join(card.modalities), card.licence, verified])
    header = ["dataset", "title", "subjects", "modalities", "licence", "verified"]
    if as_json:
        print_json([dict(zip(header, row, strict=True)) for row in rows])
    else:
        print_table(header, rows)


@command.command()
@click.argument("dataset")
@as_json
def show(dataset: str, as_json: bool) -> None:
    """Show the card of DATASET."""
    from dataclasses import asdict

    from stf2m_bench.datasets.base.manifest import load_loader

    card = asdict(load_loader(dataset).card)
    if as_json:
        print_json(card)
    else:
        texts = {key: ", ".join(value) if isinstance(value, tuple) else value for key, value in card.items()}
        print_table([dataset, ""], list(texts.items()))


@command.command()
@click.argument("dataset")
@data_option
@workers_option
@as_json
def check(dataset: str, data: Path | None, workers: int, as_json: bool) -> None:
    """Check DATASET as it lies on disk: card, clips, media."""
    from stf2m_bench.datasets.base.checks import check_dataset
    from stf2m_bench.datasets.base.manifest import locate_dataset
    from stf2m_bench.home import remember_root

    with progress_bars() as progress:
        root = locate_dataset(dataset, data=data, workers=workers, progress=progress)
    checks = check_dataset(dataset, root)
    if data is not None and all(check.passed is not False for check in checks):
        remember_root(dataset, root)
    print_checks(checks, as_json)


@command.command()
@click.argument("dataset")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@workers_option
def export(dataset: str, file: Path, data: Path | None, workers: int) -> None:
    """Write the table of the clips of DATASET to FILE (Parquet)."""
    from stf2m_bench.datasets.base.manifest import open_dataset

    with progress_bars() as progress:
        manifest = open_dataset(dataset, data=data, workers=workers, progress=progress)
    manifest.write(file)
    note(f"Wrote {file}: {len(manifest.table)} clips")
