"""`results/<task>/states.jsonl`: what became of each result, when, by whom. Lines are only ever appended.

The state that counts stands in the result file; these lines tell how it came about. Both are written together.
Results that were admitted before there were such lines have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.scoring.figures import Value
from stf2m_bench.scoring.result import Name, Result, Sha256, State, Text

FILE = "states.jsonl"
STRENGTH: tuple[State, ...] = ("retracted", "reported", "checked", "reproduced")


class Entry(Value):
    """One line.

    Attributes:
        when: UTC, to the second. who: the name that this person or machine gave.
        model: the result's stem: the model's name as a file name, with the training seed if it is above 0.
        hash: the result's. replaces: that of the result whose place it took, if any.
        reason: always given for `retracted`.
    """

    when: AwareDatetime
    who: Name
    model: Name
    hash: Sha256
    state: State
    reason: Text = ""
    replaces: Sha256 | None = None


def entry_of(result: Result, who: str, *, replaces: str | None = None) -> Entry:
    """The line that says what this result now is."""
    return Entry(
        when=datetime.now(UTC).replace(microsecond=0),
        who=who,
        model=result.stem,
        hash=result.hash,
        state=result.state,
        reason=result.reason,
        replaces=replaces,
    )


def appended(text: str, entries: Iterable[Entry]) -> str:
    """The file's text with a line more for each entry."""
    return text + "".join(entry.model_dump_json() + "\n" for entry in entries)


def read_text(folder: Path) -> str:
    """The file's text; empty where there is none.

    Args:
        folder: `results/<task>`.
    """
    path = folder / FILE
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason}); restore it.") from error


def entries_of(text: str, where: object = FILE) -> list[Entry]:
    """Every line, in order.

    Raises:
        FaultsError: lines that are none; each one is named.
    """
    found, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.append(Entry.model_validate_json(line, strict=True))
        except ValidationError as error:
            first = error.errors()[0]
            faults.append(f"line {number}: {'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}")
    if text and not text.endswith("\n"):
        faults.append("the last line is cut off")
    if faults:
        raise FaultsError(f"{where}", faults, "restore these lines, they are only ever appended")
    return found


def last_of(entries: list[Entry], result_hash: str) -> Entry | None:
    """The latest line about a result."""
    return next((entry for entry in reversed(entries) if entry.hash == result_hash), None)
