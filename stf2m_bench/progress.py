"""How long work tells how far it is: `progress(title)` gives a function to call with (done, total)."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int], None]
Progress = Callable[[str], Report]


def silent(_title: str) -> Report:
    """Report nothing."""
    return lambda _done, _total: None
