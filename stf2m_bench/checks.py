"""What a check answers; each room has its own `check_*` function that returns a list of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One named check of a dataset, extractor, model, task or result, and what came of it.

    Attributes:
        passed: None where the check does not apply.
        message: what is wrong and what to do, or why it does not apply; empty where it passed without remark.
    """

    name: str
    passed: bool | None
    message: str = ""


def check_faults(name: str, faults: list[str], remedy: str) -> Check:
    """Passed where there is no fault; else the remedy and every fault."""
    return Check(name, not faults, f"{remedy}: {'; '.join(faults)}" if faults else "")
