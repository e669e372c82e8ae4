"""Some rows of a board; ranks and tiers stay those of the whole board, and chance stays for comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import BenchError
from stf2m_bench.leaderboards.board import Row
from stf2m_bench.scoring.result import State

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
    """

    def passes(row: Row) -> bool:
        return row.kind == "chance" or (
            (modality is None or any(re.split(r"[.:]", view)[0] == modality for view in row.views))
            and (transductive is None or row.transductive == transductive)
            and (not open_data or (bool(row.data) and all(map(is_open, row.data))))
            and (state is None or row.state == state)
        )

    return [row for row in rows if passes(row)]


def is_open(source: str) -> bool:
    """Whether a source is a dataset that we know and whose card names a public licence (Creative Commons and such)."""
    try:
        return bool(_OPEN.match(load_loader(source).card.licence))
    except BenchError:
        return False
