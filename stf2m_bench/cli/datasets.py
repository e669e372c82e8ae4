"""`stf2m-bench datasets`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stf2m_bench.cli.console import (
    as_json,
    data_option,
    note,
    print_checks,
    print_json,
    print_list,
    print_table,
    progress_bars,
    workers_option,
)
from stf2m_bench.errors import InputError

if TYPE_CHECKING:
    from stf2m_bench.datasets.base.votes import Ceiling


@click.group()
def command() -> None:
    """List, show and check the datasets that can be read."""


@command.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List every dataset with its size and licence."""
    from stf2m_bench.datasets import ROOM
    from stf2m_bench.datasets.base.manifest import load_loader

    cards = {key: load_loader(key).card for key in ROOM.keys()}
    verified = {key: "synthetic" if card.synthetic else card.verified for key, card in cards.items()}
    if as_json:
        keys = ("title", "subjects", "people_known", "emotions", "modalities", "languages", "licence")
        told = {key: {name: getattr(card, name) for name in keys} for key, card in cards.items()}
        print_json([{"dataset": key} | told[key] | {"verified": verified[key]} for key in cards])
        return
    rows = [
        [key, card.people, len(card.emotions), initials(card.modalities), verified[key], card.licence]
        for key, card in cards.items()
    ]
    print_list(["dataset", "people", "emotions", "views", "tested on", "licence"], rows)
    note("Views: A audio, S signal, T text, V video.\nThe whole card: stf2m-bench datasets show DATASET")


@command.command()
@click.argument("dataset")
@as_json
def show(dataset: str, as_json: bool) -> None:
    """Show the card of DATASET."""
    from dataclasses import asdict

    from stf2m_bench.datasets.base.manifest import load_loader
    from stf2m_bench.datasets.base.votes import known_ceilings

    card = asdict(load_loader(dataset).card)
    if as_json:
        print_json(card)
    else:
        texts = {
            key: ", ".join(value) if isinstance(value, tuple) else value for key, value in card.items() if value != ""
        }
        print_table([dataset, ""], list(texts.items()))
        if found := known_ceilings(dataset):
            click.echo("What one rater reaches, of the whole corpus:")
            _print_ceilings(found)


def initials(names: Sequence[str]) -> str:
    """The first letter of each name, once, in order of the alphabet."""
    return "".join(sorted({name[0].upper() for name in names}))


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
@data_option
@workers_option
@as_json
def votes(dataset: str, data: Path | None, workers: int, as_json: bool) -> None:
    """Show how well raters read the clips of DATASET: the human ceiling.

    A random rater of each clip, against the corpus's emotion (UAR) and against most of the others (agreement), by what
    they saw or heard.
    """
    from dataclasses import asdict

    from stf2m_bench.datasets.base.manifest import open_dataset
    from stf2m_bench.datasets.base.votes import ceilings, votes_of

    with progress_bars() as progress:
        manifest = open_dataset(dataset, data=data, workers=workers, progress=progress)
    found = ceilings(votes_of(manifest.table))
    if not found:
        raise InputError(f"No clip of '{dataset}' has votes; 'datasets show {dataset}' says what it has.")
    if as_json:
        print_json({condition: asdict(ceiling) for condition, ceiling in found.items()})
        return
    _print_ceilings(found)


def _print_ceilings(found: Mapping[str, Ceiling]) -> None:
    rows = [
        [name, one.clips, *(f"{x:.1f}" for x in (one.raters, one.uar, one.agreement, one.majority, one.ties))]
        for name, one in found.items()
    ]
    print_table(["votes by", "clips", "raters", "UAR %", "agreement %", "majority %", "ties %"], rows)


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
