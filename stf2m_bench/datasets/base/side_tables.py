"""Tables that a corpus lays beside its media: votes, transcripts, who its people are."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from io import StringIO
from pathlib import Path

import pandas as pd

from stf2m_bench.errors import InputError

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"


def read_rows(path: Path, columns: tuple[str, ...], *, separator: str = ",") -> list[dict[str, str]]:
    """These columns of each row of a table (gzip too), as text without blanks around it.

    Its bytes are UTF-8 or, where they cannot be, Windows-1252.

    Raises:
        InputError: the file is no such table, e.g. a Git LFS pointer.
    """
    try:
        text = StringIO(_text(path))
        table = pd.read_csv(text, sep=separator, usecols=columns, dtype=str, keep_default_na=False)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        what = f"is not the table with the columns {', '.join(columns)} ({error})"
        raise InputError(f"{path} {what}; {_advice(path)}.") from error
    return [{str(name): str(cell).strip() for name, cell in row.items()} for row in table.to_dict("records")]


def read_bare_rows(
    path: Path, columns: tuple[str, ...], *, separator: str = ",", quotes: bool = True
) -> list[dict[str, str]]:
    """Each row of a table without a header, its cells called `columns` in order, without blanks around them.

    Its bytes are UTF-8 or, where they cannot be, Windows-1252.

    Args:
        quotes: `"` frames cells; else it is a character as any other.

    Raises:
        InputError: the file is no such table.
    """
    try:
        text = StringIO(_text(path), newline="")
        rows = list(csv.reader(text, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE))
        return [{n: cell.strip() for n, cell in zip(columns, row, strict=True)} for row in rows if row]
    except (ValueError, OSError, EOFError, zlib.error, csv.Error) as error:
        raise InputError(
            f"{path} is not the table without header whose columns are {', '.join(columns)} ({error}); {_advice(path)}."
        ) from error


def number(cell: str) -> float:
    """The number that a cell holds, its decimals behind a point or, as in German tables and subtitles, a comma.

    Thousands are not set apart: `1,250` is one and a quarter.

    Raises:
        InputError: the cell holds no number.
    """
    if not re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)?", cell.strip()):
        raise InputError(f"'{cell}' is no number; mend the table, or fetch it again.")
    return float(cell.replace(",", "."))


def _text(path: Path) -> str:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _advice(path: Path) -> str:
    if path.is_file() and path.read_bytes().startswith(LFS_POINTER):
        return "fetch it again (a Git LFS pointer lies there until `git lfs pull`)"
    return "fetch it again, or take the copy that the dataset's card names"


def find_tables(root: Path, *names: str) -> list[Path]:
    """The files of these names below `root`, in the order asked for; of copies the first path; absent ones left out."""
    found = (sorted(root.rglob(name)) for name in names)
    return [paths[0] for paths in found if paths]
