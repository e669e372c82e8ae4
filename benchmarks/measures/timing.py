"""Two sides timed by turns, and what comes of it: one row of the table."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measured figure.

    Attributes:
        what: measured thing. figure: as a number; its goal is `at most` or `at least` `goal`, None = no goal.
        clock: `processor`, `wall` or empty where nothing was timed. sides: median of each side, as text.
        repetitions: of each side. note: what else the reader must know.
    """

    what: str
    figure: float
    unit: str = "times"
    at_most: float | None = None
    at_least: float | None = None
    clock: str = ""
    repetitions: int = 1
    sides: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.at_most is not None:
            return self.figure <= self.at_most
        return None if self.at_least is None else self.figure >= self.at_least


@dataclass(frozen=True)
class Times:
    """Seconds of both sides, repetition by repetition."""

    first: Sequence[float]
    second: Sequence[float]

    @property
    def ratio(self) -> float:
        """First by second: the median over repetitions, whose two runs lie side by side in time."""
        return statistics.median(a / b for a, b in zip(self.first, self.second, strict=True))

    @property
    def medians(self) -> tuple[float, float]:
        """Median seconds of each side."""
        return statistics.median(self.first), statistics.median(self.second)


def processor_of_children() -> float:
    """Processor seconds of the child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def by_turns(
    first: Callable[[], object], second: Callable[[], object], *, repetitions: int, clocks: Sequence[Clock]
) -> list[Times]:
    """Run both sides by turns (the order turned each time); the times by each clock."""
    spent: list[tuple[list[float], list[float]]] = [([], []) for _ in clocks]
    for repetition in range(repetitions):
        order = (0, 1) if repetition % 2 == 0 else (1, 0)
        for side in order:
            before = [clock() for clock in clocks]
            (first, second)[side]()
            for times, clock, start in zip(spent, clocks, before, strict=True):
                times[side].append(clock() - start)
    return [Times(*times) for times in spent]


PROCESSOR: Clock = time.process_time
WALL: Clock = time.perf_counter
