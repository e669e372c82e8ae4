"""Tables that a corpus lays beside its media: votes, transcripts, who its people are."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from stf2m_bench.errors import InputError


def read_rows(path: Path, columns: tuple[str, ...], *, separator: str = ",") -> list[dict[str, str]]:
    """These columns of each row of a UTF-8 table (gzip too), as text without blanks around it.

    Raises:
        InputError: the file is no such table, e.g. a Git LFS pointer.
    """
    try:
        table = pd.read_csv(path, sep=separator, usecols=columns, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        raise InputError(
            f"{path} is not the table with the columns {', '.join(columns)}; fetch it again"
            " (a Git LFS pointer lies there until `git lfs pull`)."
        ) from error
    return [{str(name): str(cell).strip() for name, cell in row.items()} for row in table.to_dict("records")]


def read_bare_rows(
    path: Path, columns: tuple[str, ...], *, separator: str = ",", quotes: bool = True
) -> list[dict[str, str]]:
    """Each row of a UTF-8 table without a header, its cells called `columns` in order, without blanks around them.

    Args:
        quotes: `"` frames cells; else it is a character as any other.

    Raises:
        InputError: the file is no such table.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE))
        return [{n: cell.strip() for n, cell in zip(columns, row, strict=True)} for row in rows if row]
    except (ValueError, OSError, csv.Error) as error:
        raise InputError(
            f"{path} is not the table without header whose columns are {', '.join(columns)} ({error}); fetch it again."
        ) from error


def find_tables(root: Path, *names: str) -> list[Path]:
    """The files of these names below `root`, in the order asked for; of copies the first path; absent ones left out."""
    found = (sorted(root.rglob(name)) for name in names)
    return [paths[0] for paths in found if paths]
