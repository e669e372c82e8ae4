"""Tables that a corpus lays beside its media: votes, transcripts, who its people are."""

from __future__ import annotations

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
