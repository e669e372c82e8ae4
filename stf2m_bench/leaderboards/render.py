"""Rows of boards as cells, as rich tables and as JSON. Whatever comes from a result is data and is escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from stf2m_bench.leaderboards.board import Row
from stf2m_bench.scoring.figures import Interval

LEFT = ("model", "state", "notes", "result")
_FIRST_LEFT_OUT = (
    "result",
    "macro-F1",
    "accuracy",
    "state",
    "NLL",
    "folds",
    "FLOPs",
    "notes",
    "seeds",
    "ms",
    "parameters",
)
_NOTES = 40  # columns of a terminal, over which notes are folded


def to_rich(rows: Sequence[Row], *, width: int = 160) -> Table:
    """The board as a table for a terminal of `width` columns: as many columns as fit, without hashes."""
    header, *body = _that_fit(rows, width)
    shown = Table(caption=_caption(rows), caption_justify="left", pad_edge=False)
    for title in header:
        side: Literal["left", "right"] = "left" if title in LEFT else "right"
        shown.add_column(Text(title), justify=side, overflow="fold", no_wrap=title not in ("model", "notes"))
    styles = {"retracted": "strike", "reference": "dim", "probe": "dim", "chance": "dim italic"}
    for row, cells in zip(rows, body, strict=True):
        shown.add_row(*(Text(printable(cell)) for cell in cells), style=styles.get(row.kind, ""))
    return shown


def left_out_notes(rows: Sequence[Row], width: int) -> list[str]:
    """A line for each row's notes where the table of this width has no room for them."""
    if "notes" in _that_fit(rows, width)[0]:
        return []
    return [printable(f"{row.model}: {'; '.join(row.notes)}") for row in rows if row.notes]


def _that_fit(rows: Sequence[Row], width: int) -> list[list[str]]:
    """Header and cells without the columns that are first left out, until lines are no longer than `width`."""
    cells = [[cell.removesuffix(" rough") for cell in line] for line in table(rows, list(rows[0].uar) if rows else [])]
    left_out = {"result"}
    for title in (*_FIRST_LEFT_OUT, ""):
        kept = [n for n, name in enumerate(cells[0]) if name not in left_out]
        found = [[row[n] for n in kept] for row in cells]
        if sum(3 + _needed(column) for column in zip(*found, strict=True)) - 1 <= width:
            break
        left_out.add(title)
    return found


def _needed(column: Sequence[str]) -> int:
    most = max(map(len, column))
    return min(most, _NOTES) if column[0] == "notes" else most


def to_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as JSON values."""
    return [
        {name: value for name, value in vars(row).items() if name != "figures"}
        | {"uar": {str(shot): value for shot, value in row.uar.items()}}
        | {"new_people": {str(s): i and i.model_dump(mode="json") for s, i in row.new_people.items()}}
        | {"tier": {str(shot): tier for shot, tier in row.tier.items()}}
        | {name: list(getattr(row, name)) for name in ("folds", "seeds", "views", "data", "notes")}
        for row in rows
    ]


def table(rows: Sequence[Row], shots: list[int]) -> list[list[str]]:
    """Header and cells as plain text; a column that is empty in every row is left out."""
    header = ["rank", "model", *(f"UAR {shot}-shot" for shot in shots), "tier", "folds", "seeds", "accuracy"]
    header += ["macro-F1", "NLL", "parameters", "FLOPs", "ms", "state", "notes", "result"]
    body = [[*_figures(row, shots), *_facts(row)] for row in rows]
    kept = [n for n, title in enumerate(header) if title == "rank" or any(cells[n] for cells in body)]
    return [[cells[n] for n in kept] for cells in (header, *body)]


def table_line(*cells: str) -> str:
    """One line of a table in Markdown; cells are escaped already."""
    return f"| {' | '.join(cells)} |"


def uar_cell(value: float, interval: Interval | None, *, decimals: int = 1) -> str:
    """A figure, percent unless told otherwise, with the interval for new people."""
    if interval is None:
        return f"{value:.{decimals}f}"
    halfwidth = f"{interval.halfwidth:.{decimals}f}"
    return f"{value:.{decimals}f} ± {halfwidth}" + (" rough" if interval.label == "rough" else "")


def tier_cell(row: Row) -> str:
    """The tier at each shot in turn; a dash where there are too few people."""
    return " / ".join("–" if tier is None else str(tier) for tier in row.tier.values())


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]|~#!$])", r"\\\1", text)
    return re.sub(r":(?=//)|(?<=www)\.", r"\\\g<0>", text, flags=re.IGNORECASE)


def printable(text: str) -> str:
    """Text without control, format and line-breaking characters."""
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)


def _caption(rows: Sequence[Row]) -> Text | None:
    intervals = [interval for row in rows for interval in row.new_people.values() if interval]
    says = ["tier: at each shot in turn; one tier is not separated by the paired test"] if rows and rows[0].tier else []
    says += ["fewer than 12 people: ± and tiers are rough"] if any(i.label == "rough" for i in intervals) else []
    return Text("; ".join(says)) if says else None


def _figures(row: Row, shots: list[int]) -> list[str]:
    return [
        "" if row.rank is None else str(row.rank),
        row.model,
        *(uar_cell(row.uar[shot], row.new_people[shot]) for shot in shots),
        tier_cell(row),
        "" if row.kind == "chance" else f"{row.folds[0]:.1f} to {row.folds[1]:.1f}",
        f"{min(row.seeds):.1f} to {max(row.seeds):.1f} ({len(row.seeds)})" if row.seeds else "",
        f"{row.accuracy:.1f}",
        f"{row.macro_f1:.1f}",
        f"{row.nll:.3f}",
    ]


def _facts(row: Row) -> list[str]:
    milliseconds = None if row.seconds_per_problem is None else 1000 * row.seconds_per_problem
    return [
        "" if row.parameters is None else f"{row.parameters:,}",
        "" if row.flops is None else _short(row.flops),
        "" if milliseconds is None else f"{milliseconds:,.1f}",
        row.state or "",
        "; ".join(row.notes),
        row.hash[:12],
    ]


def _short(number: int) -> str:
    """Thousands, millions or thousands of millions, to three digits."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)
