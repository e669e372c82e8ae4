"""`stf2m-bench leaderboards report`"""

from __future__ import annotations

from pathlib import Path

import click

from stf2m_bench.cli.console import note


@click.command()
@click.argument("what", type=click.Choice(["ablation"]))
@click.option(
    "--folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path("leaderboards"),
    show_default=True,
    help="Holds ablations/rows.toml and ablations/TASK/ROW.json.",
)
@click.option(
    "--out",
    metavar="PATH",
    type=click.Path(path_type=Path),
    default=Path("docs/ablation"),
    show_default=True,
    help="The page is PATH.md, its pictures are PATH-TASK.png beside it.",
)
def command(what: str, folder: Path, out: Path) -> None:
    """Write a page about many results.

    The ablation: every row of ablations/rows.toml against the full model on the same people, episodes and training
    seeds, from the committed results alone; no media and no torch are needed.
    """
    from stf2m_bench.leaderboards.ablation_page import write_report

    for path in write_report(folder, out):
        note(f"Wrote {path}")
