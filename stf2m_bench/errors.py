"""Errors that a user may see: one clear sentence that says what, where and what to do.

BenchError            exit code
├── UsageError        2   a wrong name, option or value on the command line or in a call
├── InputError        2   data, a task file, a model or a result that breaks a stated rule
└── CouldNotError     1   right question, but the machine could not (full disk, lost file, killed worker)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BenchError(Exception):
    """Parent of all errors that are answers to the user, not faults of the program."""

    exit_code = 1


class UsageError(BenchError):
    """The command or call asks for something that does not exist or makes no sense."""

    exit_code = 2


class InputError(BenchError):
    """Something handed in breaks a stated rule."""

    exit_code = 2


class NotForThisTaskError(InputError):
    """A model that has nothing to say on a task of this kind."""


class CouldNotError(BenchError):
    """The request was right, but the machine could not carry it out."""

    exit_code = 1


class UnknownNameError(UsageError):
    """No thing of this kind has this name; the nearest names are given."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.57)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known[:20]) or 'none'}."
        super().__init__(f"There is no {kind} called '{name}'; {hint}")
        self.made_of = (kind, name, known)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), self.made_of


class FaultsError(InputError):
    """Every fault of one thing at once, a line each."""

    def __init__(self, what: str, faults: list[str], remedy: str) -> None:
        self.faults = faults
        self.made_of = (what, faults, remedy)
        shown = faults[:20] + ([f"... and {len(faults) - 20} more"] if len(faults) > 20 else [])
        lines = "".join(f"\n  - {fault}" for fault in shown)
        noun = "fault" if len(faults) == 1 else "faults"
        super().__init__(f"{what} has {len(faults)} {noun}; {remedy}:{lines}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), self.made_of
