"""The clip list of a task: all that drawing and rescoring need to know of clips, without any media."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from stf2m_bench.errors import FaultsError, InputError

COLUMNS = ("clip_id", "subject", "recording", "stimulus", "emotion", "group", "duplicate_of")
WHERE_USED = ("votes",)
"""Columns that only the lists of tasks which use them have."""


@dataclass(frozen=True)
class ClipList:
    """One row a clip, sorted by clip id; episodes refer to clips by row number.

    Attributes:
        group: `name=value;name=value`, e.g. `sex=female`, for scores by group; empty where nothing is known.
        duplicate_of: clip id of an earlier clip with the same content; such a clip is never drawn.
        votes: of raters on the task's emotions, `anger=7;sadness=3`; no column where the task does not use them.
    """

    clip_id: list[str]
    subject: list[str]
    recording: list[str]
    stimulus: list[str]
    emotion: list[str]
    group: list[str]
    duplicate_of: list[str]
    votes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.clip_id)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the list as it is written."""
        return hashlib.sha256(self.to_csv().encode()).hexdigest()

    def to_csv(self) -> str:
        """The list as CSV text with a header line."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = (*COLUMNS, *(name for name in WHERE_USED if getattr(self, name)))
        writer.writerow(columns)
        writer.writerows(zip(*(getattr(self, name) for name in columns), strict=True))
        return text.getvalue()


def read_clips(path: Path) -> ClipList:
    """Read a clip list.

    Raises:
        InputError: no such file, no CSV, or other columns. FaultsError: every broken row.
    """
    if not path.is_file():
        raise InputError(f"The clip list {path} is missing; it lies beside its task file and is made by 'tasks new'.")
    try:
        reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        header = tuple(next(reader, ()))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The clip list {path} is not a CSV file in UTF-8 ({error}); restore it.") from error
    if header != (*COLUMNS, *(name for name in WHERE_USED if name in header)):
        raise InputError(f"The clip list {path} has the columns {', '.join(header)}; expected {', '.join(COLUMNS)}.")
    faults = [
        f"row {n}: {len(r)} values instead of {len(header)}" for n, r in enumerate(rows, 2) if len(r) != len(header)
    ]
    if faults:
        raise FaultsError(f"The clip list {path}", faults, "mend these rows")
    ids = [row[0] for row in rows]
    if ids != sorted(set(ids)):
        raise InputError(
            f"The clip list {path} is not sorted by clip_id without repeats; sort it and freeze the task again."
        )
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    return ClipList(**dict(zip(header, map(list, columns), strict=True)))
