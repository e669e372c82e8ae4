"""Some rows of a board; ranks and tiers stay those of the whole board, and chance stays for comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import BenchError, UnknownNameError
from stf2m_bench.leaderboards.board import Row
from stf2m_bench.scoring.result import State
from stf2m_bench.views import ROOM as VIEWS

_OPEN = re.compile(r"(CC\b|CC0|Apache|MIT\b|BSD|ODbL|public domain)", re.IGNORECASE)


def keep(
    rows: Iterable[Row],
    *,
    modality: str | None = None,
    transductive: bool | None = None,
    open_data: bool = False,
    state: State | None = None,
) -> list[Row]:
    """The rows that pass every filter given.

    Args:
        modality: how a view's name begins: rows that read such a view.
        transductive: rows that declare just this.
        open_data: rows whose every stated source of training is open; a row that states none is left out.
        state: rows in this state.

    Raises:
        UnknownNameError: there is no such modality.
    """
    rows = list(rows)
    if modality is not None and modality not in (known := _modalities(rows)):
        raise UnknownNameError("modality", modality, known)

    def passes(row: Row) -> bool:
        return row.kind == "chance" or (
            (modality is None or modality in map(_modality, row.views))
            and (transductive is None or row.transductive == transductive)
            and (not open_data or (bool(row.data) and all(map(is_open, row.data))))
            and (state is None or row.state == state)
        )

    return [row for row in rows if passes(row)]


def unknown(rows: Iterable[Row], *, modality: str | None = None, open_data: bool = False) -> list[str]:
    """Why rows fail these filters for want of knowledge alone, a sentence each."""
    found = []
    for row in rows:
        if row.kind == "chance":
            continue
        if modality is not None and not row.views:
            found.append(f"{row.model}: it is not known which views it reads")
        if open_data and not row.data:
            found.append(f"{row.model}: its training data are not stated")
        elif open_data and (no_card := [source for source in row.data if _licence(source) is None]):
            found.append(f"{row.model}: no card here tells the licence of {', '.join(no_card)}")
    return found


def is_open(source: str) -> bool:
    """Whether a source is a dataset that we know and whose card names a public licence (Creative Commons and such)."""
    licence = _licence(source)
    return licence is not None and bool(_OPEN.match(licence))


def _licence(source: str) -> str | None:
    """What the dataset's card says; None where we know no such dataset."""
    try:
        return load_loader(source).card.licence
    except BenchError:
        return None


def _modalities(rows: Iterable[Row]) -> set[str]:
    """Of the views that we know and of those that models here read."""
    read = [view for row in rows if row.kind != "probe" for view in row.views]
    return set(map(_modality, [*VIEWS.keys(), *read]))


def _modality(view: str) -> str:
    return re.split(r"[.:]", view)[0]
