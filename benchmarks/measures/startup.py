"""How long the help takes to come, against importing click alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from measures.timing import WALL, Row, by_turns, processor_of_children

HELP = (str(Path(sys.executable).with_name("stf2m-bench")), "--help")
CLICK = (sys.executable, "-c", "import click")


def measure(repetitions: int) -> list[Row]:
    """`stf2m-bench --help` against `python -c "import click"`, both as whole processes."""
    show, click = _runner(HELP), _runner(CLICK)
    show(), click()
    processor, wall = by_turns(show, click, repetitions=repetitions, clocks=(processor_of_children, WALL))
    ours, theirs = wall.medians
    return [
        Row(
            what='`stf2m-bench --help` against `python -c "import click"`',
            figure=processor.ratio,
            at_most=3.0,
            clock="processor",
            repetitions=repetitions,
            sides=f"{processor.medians[0] * 1000:.0f} ms, {processor.medians[1] * 1000:.0f} ms",
            note=f"by the wall clock {wall.ratio:.2f} times ({ours * 1000:.0f} ms, {theirs * 1000:.0f} ms)",
        )
    ]


def _runner(command: tuple[str, ...]) -> Callable[[], object]:
    return partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
