"""Boards as Markdown, as rich tables and as JSON. Whatever comes from a result is data and is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from stf2m_bench.leaderboards.board import Row, is_synthetic, people_tested
from stf2m_bench.scoring.figures import Interval
from stf2m_bench.tasks.task import Task

SYNTHETIC = (
    "> **Synthetic data.** Faces, voices, words and signals are generated. These figures say nothing about how well a"
    " model reads people."
)
CONTROL = (
    "> **Control task.** A shortcut that sees no expression does as well as the models, or none was compared yet:"
    " shown for what it is, not ranked."
)
ADAPTATION = (
    "Test emotions occur in training: this board measures adaptation to new people, not the learning of new emotions."
    " Reference rows (told the emotion names, or matching the support to training classes) show what can be had"
    " without learning from the shots."
)
INTERVAL = (
    "UAR is the mean recall over emotions, in percent, averaged over folds. ± is the 95% interval for *new people*,"
    " who ask and support (two-role t interval, given the trained weights); *rough* marks fewer than 12 people."
    " Without ± there are fewer than 6 people, or too few in a fold to tell the two roles apart. Folds (lowest and"
    " highest UAR), accuracy, macro-F1 and NLL (nats) are of the largest shot; ms is time per problem."
)
WIDE = 150
NARROW_LACKS = ("folds", "accuracy", "macro-F1", "parameters", "ms", "state", "result")
_LEFT = ("model", "state", "notes", "result")


def to_markdown(rows: Sequence[Row], task: Task) -> str:
    """The board's page."""
    protocol = task.protocol
    header, *body = _table(rows, list(protocol.shots))
    lines = [f"# {escape(protocol.title)}", ""]
    lines += [SYNTHETIC, ""] if is_synthetic(task) else []
    lines += [] if protocol.ranked else [CONTROL, ""]
    lines += [f"> Superseded by `{protocol.superseded_by}`.", ""] if protocol.superseded_by else []
    lines += [_protocol_line(task), ""]
    lines += [_line(map(escape, header)), _line("---" if title in _LEFT else "--:" for title in header)]
    lines += [_line(_marked(row, cells)) for row, cells in zip(rows, body, strict=True)]
    lines += ["", INTERVAL, "", ADAPTATION, ""]
    if protocol.reference:
        lines += ["Published figures, by other protocols and not comparable:", ""]
        lines += [f"- {one.value:g}: {escape(one.source)} ({escape(one.protocol)})" for one in protocol.reference]
        lines += [""]
    path = f"leaderboards/results/{task.name}/MODEL.json"
    lines += [f"Check a row without media: `stf2m-bench results check {path}`.", ""]
    return "\n".join(lines)


def to_rich(rows: Sequence[Row], *, width: int = WIDE) -> Table:
    """The board as a table for a terminal of `width` columns; a narrow one gets the main columns only."""
    header, *body = _table(rows, list(rows[0].uar) if rows else [])
    if width < WIDE:
        kept = [n for n, title in enumerate(header) if title not in NARROW_LACKS]
        header, *body = [[cells[n] for n in kept] for cells in (header, *body)]
    table = Table()
    for title in header:
        table.add_column(Text(title), justify="left" if title in _LEFT else "right", overflow="fold")
    styles = {"retracted": "strike", "reference": "dim", "chance": "dim italic"}
    for row, cells in zip(rows, body, strict=True):
        table.add_row(*(Text(printable(cell)) for cell in cells), style=styles.get(row.kind, ""))
    return table


def to_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as JSON values."""
    return [
        asdict(row)
        | {"uar": {str(shot): value for shot, value in row.uar.items()}}
        | {"new_people": {str(s): i and i.model_dump(mode="json") for s, i in row.new_people.items()}}
        | {"folds": list(row.folds), "notes": list(row.notes)}
        for row in rows
    ]


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|~#!$])", r"\\\1", text)
    return re.sub(r":(?=//)|(?<=www)\.", r"\\\g<0>", text, flags=re.IGNORECASE)


def printable(text: str) -> str:
    """Text without control, format and line-breaking characters."""
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)


def _table(rows: Sequence[Row], shots: list[int]) -> list[list[str]]:
    """Header and cells as plain text."""
    header = ["rank", "model", *(f"UAR {shot}-shot" for shot in shots), "folds", "accuracy", "macro-F1", "NLL"]
    header += ["parameters", "ms", "state", "notes", "result"]
    return [header, *([*_figures(row, shots), *_facts(row)] for row in rows)]


def _figures(row: Row, shots: list[int]) -> list[str]:
    return [
        "" if row.rank is None else str(row.rank),
        row.model,
        *(_uar(row.uar[shot], row.new_people[shot]) for shot in shots),
        "" if row.kind == "chance" else f"{row.folds[0]:.1f} to {row.folds[1]:.1f}",
        f"{row.accuracy:.1f}",
        f"{row.macro_f1:.1f}",
        f"{row.nll:.3f}",
    ]


def _facts(row: Row) -> list[str]:
    milliseconds = None if row.seconds_per_problem is None else 1000 * row.seconds_per_problem
    return [
        "" if row.parameters is None else f"{row.parameters:,}",
        "" if milliseconds is None else f"{milliseconds:,.1f}",
        row.state or "",
        "; ".join(row.notes),
        row.hash[:12],
    ]


def _uar(value: float, interval: Interval | None) -> str:
    if interval is None:
        return f"{value:.1f}"
    return f"{value:.1f} ± {interval.halfwidth:.1f}" + (" rough" if interval.label == "rough" else "")


def _marked(row: Row, cells: list[str]) -> list[str]:
    """Escaped cells; what is not ranked is set in italics, what is retracted struck through but for its notes."""
    shown = [escape(cell) for cell in cells]
    if row.kind == "retracted":
        return [f"~~{cell}~~" if cell and n != len(cells) - 2 else cell for n, cell in enumerate(shown)]
    if row.kind in ("reference", "chance"):
        shown[1] = f"*{shown[1]}*"
    return shown


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _protocol_line(task: Task) -> str:
    protocol = task.protocol
    shots = " and ".join(map(str, protocol.shots))
    return (
        f"`{task.name}` version {protocol.version}, track {protocol.track}: {protocol.ways}-way, {shots} shots,"
        f" {protocol.queries} queries per emotion, {protocol.episodes:,} episodes a shot over"
        f" {len(protocol.folds)} folds; {len(protocol.emotions)} emotions, {people_tested(task)} people tested."
        f" Views: {', '.join(f'`{view}`' for view in protocol.views)}. Frozen episodes `{protocol.frozen[:12]}`."
    )
