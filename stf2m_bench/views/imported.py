"""Features that someone else computed and published beside a corpus: one row a clip, or rows in time order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.loader import ImportedTable
from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia

if TYPE_CHECKING:
    import pandas as pd


class Imported(Extractor):
    """The declared columns of the table named after the colon, `[rows of the clip, columns]`, as published.

    Rows of one clip keep the table's order; a clip that is not in the table has no such view. Every value must be a
    finite number: a missing one is for the loader's author to settle, not for us to guess.
    `columns_that_tell` finds columns that give the emotion away.
    """

    version = 1
    media = ("tables",)
    sites = "column"
    takes_argument = True

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[T, columns]` float32.

        Raises:
            UnknownNameError: the dataset declares no table of this name.
            InputError: the table cannot be read or breaks a rule; names table, column and row.
        """
        table = clip.tables.get(self.argument)
        if table is None:
            raise UnknownNameError("feature table", self.argument, clip.tables)
        path = clip.root / table.path
        if not path.is_file():
            raise InputError(f"{path} does not exist; check the dataset's folder, or fetch what is missing.")
        rows = _rows_by_clip(path, path.stat().st_mtime_ns, table)
        return rows.get(clip.clip_id, np.zeros((0, len(table.columns)), np.float32))


@lru_cache(maxsize=4)
def _rows_by_clip(path: Path, changed: int, table: ImportedTable) -> Mapping[str, NDArray[np.float32]]:
    """All clips of a table; `changed` is the file's time, so that one written anew is read anew."""
    frame = _read(path, table)
    clips = np.array([table.clip_id(str(key)) for key in frame[table.key]])
    values = np.stack([_numbers(path, frame, column) for column in table.columns], axis=1)
    order = np.argsort(clips, kind="stable")
    names, starts = np.unique(clips[order], return_index=True)
    if table.rate is None and len(names) < len(clips):
        repeated = order[np.flatnonzero(clips[order][1:] == clips[order][:-1])[0] + 1]
        raise InputError(
            f"{path}, row {repeated + 1}: clip '{clips[repeated]}' is there a second time, but the table is declared "
            "as one row a clip; remove the row, or declare the table's rate."
        )
    return dict(zip(names.tolist(), np.split(values[order], starts[1:]), strict=True))


def _read(path: Path, table: ImportedTable) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep=table.separator, dtype={table.key: str})
    except (ValueError, OSError) as error:  # the parsers' errors are ValueErrors
        raise InputError(f"{path} cannot be read as a table ({error}); mend or fetch it again.") from error
    for column in (table.key, *table.columns):
        if column not in frame.columns:
            found = ", ".join(map(str, frame.columns[:20]))
            raise InputError(f"{path} has no column '{column}' (it has: {found}); mend its declaration.")
    if frame.empty:
        raise InputError(f"{path} has no rows; fetch it again.")
    return frame


def _numbers(path: Path, frame: pd.DataFrame, column: str) -> NDArray[np.float32]:
    import pandas as pd

    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float32, na_value=np.nan)
    broken = np.flatnonzero(~np.isfinite(numbers))
    if len(broken):
        raise InputError(
            f"{path}, column '{column}', row {broken[0] + 1}: '{frame[column].iloc[broken[0]]}' is no finite number; "
            "fill or drop it with a reason, or leave the column out of the declaration."
        )
    return numbers


def columns_that_tell(values: NDArray[np.floating], columns: Sequence[str], emotions: Sequence[str]) -> list[str]:
    """Columns from which the emotion can be read off: codes of the label, not measurements of the person.

    A column is cut into intervals of its value, each read as one emotion, so that the mean recall over emotions is
    as high as it can be (equal values are never parted). It tells

    - if at least 95 % are reached with two intervals an emotion (three or more emotions), or
    - if at least 99.5 % are reached for one emotion of at least 10 clips against all others with three intervals.

    Numbering, order and small noise of a code do not matter. A code mixed with another in one column
    (person * 10 + emotion) is not found. Of 35 real action units on RAVDESS the best reach 44 % and 97 %.

    Args:
        values: `[n, columns]`, one row a clip.
        emotions: the label of each row.

    Returns:
        Names in the columns' order; none where fewer than 40 clips, or 4 an emotion, could tell anything.
    """
    kinds, labels, counts = np.unique(np.asarray(emotions), return_inverse=True, return_counts=True)
    if len(kinds) < 2 or len(labels) < max(40, 4 * len(kinds)):
        return []
    telling = np.zeros(values.shape[1], bool)
    if len(kinds) > 2:
        telling |= _recall_of_intervals(values, labels, 2 * len(kinds)) >= 0.95
    for kind in np.flatnonzero(counts >= 10):
        telling |= _recall_of_intervals(values, (labels == kind).astype(np.intp), 3) >= 0.995
    return [column for column, tells in zip(columns, telling, strict=True) if tells]


def _recall_of_intervals(values: NDArray[np.floating], labels: NDArray[np.intp], intervals: int) -> NDArray[np.float64]:
    """`[columns]`: the best mean recall of reading labels off `intervals` intervals, by dynamic programming.

    `reached[c, p, k]` is the recall collected so far in column c with interval p being the current one, read as k.
    """
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    sizes = np.bincount(labels)
    reached = np.zeros((values.shape[1], intervals, len(sizes)))
    every = np.arange(values.shape[1])
    for row, (now, item) in enumerate(zip(ordered, order, strict=True)):
        if row:
            anew = np.flatnonzero(now > ordered[row - 1])
            before = reached[anew, :-1].max(axis=2, keepdims=True)
            reached[anew, 1:] = np.maximum(reached[anew, 1:], before)
        label = labels[item]
        reached[every, :, label] += 1 / (sizes[label, None] * len(sizes))
    best: NDArray[np.float64] = reached.max(axis=(1, 2))
    return best
