"""From rows to the printed table, `speed.json` and `README.md`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from measures.timing import Row

PACKAGES = ("stf2m-bench", "numpy", "torch", "av", "soundfile", "scipy", "scikit-image", "pandas", "click")
README = """# Speed

Ratios of two things measured side by side in one run, made by

    python benchmarks/speed.py{option}

which writes this page and `speed.json` ({date}; {machine}). Both sides run by turns; a figure is the median over
repetitions of the ratio within a repetition. Where the clock is *processor*, seconds of processor time are compared,
which other users of the machine disturb less than the wall clock. The machine
was shared with other work. Media are emosynth's, which are synthetic{real}.

{table}

Notes

{notes}
"""


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """All that is known of a run; no host name, no path."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
            "versions": {name: metadata.version(name) for name in PACKAGES},
        },
        "rows": [asdict(row) | {"met": row.met} for row in rows],
    }


def write(report: dict[str, Any], folder: Path) -> None:
    """Write `speed.json` and the README made of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(report), encoding="utf-8")


def as_text(report: dict[str, Any]) -> str:
    """The table in plain text."""
    lines = [["measured", "figure", "goal", "", "clock", "n", "sides"], *map(_cells, report["rows"])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cells(row: dict[str, Any]) -> list[str]:
    goal = "" if row["at_most"] is None else f"at most {row['at_most']:g}"
    goal = goal if row["at_least"] is None else f"at least {row['at_least']:g}"
    met = {True: "met", False: "MISSED", None: ""}[row["met"]]
    figure = f"{row['figure']:.0f}" if float(row["figure"]).is_integer() else f"{row['figure']:.2f}"
    return [row["what"], f"{figure} {row['unit']}", goal, met, row["clock"], str(row["repetitions"]), row["sides"]]


def _readme(report: dict[str, Any]) -> str:
    rows, machine = report["rows"], report["machine"]
    table = ["| measured | figure | goal | | clock | repetitions | both sides |", "|---|---|---|---|---|---|---|"]
    for number, row in enumerate(rows, 1):
        what, *cells = _cells(row)
        table.append(f"| {number}. {what} | {' | '.join(cells)} |")
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return README.format(
        date=report["date"],
        machine=f"{machine['cores']} cores, {machine['architecture']}, Python {machine['python']}, {versions}",
        option=" --ravdess FOLDER" if any("RAVDESS" in row["what"] for row in rows) else "",
        real="; RAVDESS is real" if any("RAVDESS" in row["what"] for row in rows) else "",
        table="\n".join(table),
        notes="\n".join(f"{number}. {row['note']}." for number, row in enumerate(rows, 1)),
    )
