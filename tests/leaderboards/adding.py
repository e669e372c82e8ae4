"""Run by test_together: adds in processes forked from this one, which has imported everything and has no threads.

    python adding.py together BOARDS RESULT...     one process a result, all at once
    python adding.py killed BOARDS RESULT          one process a step, on copies BOARDS-0, BOARDS-1 ...

Writes the exit status of each process as JSON to stdout; -9 is SIGKILL.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scoring"))

import pyarrow.dataset  # noqa: F401 - what adding imports on the way is imported once for all processes
import scipy.special  # noqa: F401
from toy_boards import load

from stf2m_bench.leaderboards.admit import add

STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "open"}


def forked(path: Path, boards: Path, who: str, *, until: int | None = None) -> int:
    """The process that adds this result; `until`: it is killed just before this step."""
    if process := os.fork():
        return process
    if until is not None:
        sys.addaudithook(killing(until, boards))
    add(path, boards, who=who, replace=True, load=load)
    os._exit(0)


def killing(until: int, boards: Path) -> Any:
    """Kills the process at the given one of its changes to files below `boards`."""
    taken = -1

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken
        if event not in STEPS or not str(arguments[0]).startswith(str(boards)):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        taken += 1
        if taken == until:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def together(boards: Path, paths: list[Path]) -> list[int]:
    load("toy")
    processes = [forked(path, boards, f"person {n}") for n, path in enumerate(paths)]
    return [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]


def killed(boards: Path, path: Path) -> list[int]:
    load("toy")
    ended: list[int] = []
    while not ended or ended[-1]:
        copy = boards.with_name(f"{boards.name}-{len(ended)}")
        shutil.copytree(boards, copy)
        process = forked(path, copy, "the killed", until=len(ended))
        ended.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    return ended


if __name__ == "__main__":
    way, boards, *paths = sys.argv[1], *map(Path, sys.argv[2:])
    json.dump(together(boards, paths) if way == "together" else killed(boards, paths[0]), sys.stdout)
