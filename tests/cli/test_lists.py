"""`datasets list` and `tasks list` read well in a terminal of 80 columns: no line is longer, no word is broken."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.tasks.task import load_task, task_names

TOP = Path(__file__).parents[2]


def in_terminal(columns: int, *command: str) -> list[str]:
    """The lines that a person sees in a terminal so wide, without colours; stdout and stderr alike."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    child = subprocess.Popen(
        [sys.executable, "cli.py", *command], cwd=TOP, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while part := _read(ours):
        seen += part
    os.close(ours)
    assert child.wait(60) == 0, seen.decode()
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", seen.decode()).splitlines()]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so where the other end was closed
        return b""


@pytest.fixture(scope="module")
def narrow() -> dict[str, list[str]]:
    return {what: in_terminal(80, what, "list") for what in ("datasets", "tasks")}


@pytest.mark.parametrize("what", ["datasets", "tasks"])
def test_no_line_is_longer_than_80_columns(narrow: dict[str, list[str]], what: str) -> None:
    assert max(map(len, narrow[what])) <= 80
    assert len(narrow[what]) < 65


def test_every_task_has_its_line_with_dataset_views_each_once_and_state(narrow: dict[str, list[str]]) -> None:
    lines = {line.split()[0]: line.split()[1:] for line in narrow["tasks"] if line}
    for name in task_names():
        protocol = load_task(name).protocol
        assert protocol.track in lines[name]
        assert "".join(sorted({view[0].upper() for view in protocol.views})) in lines[name]
        assert lines[name][-1] in ("ranked", "control", "result")
    assert lines["smartwatch-walk-new-subjects"] == ["smartwatch_walk", "new-subjects", "3", "1", "5", "S", "control"]
    assert lines["ravdess-to-emodb"][:2] == ["ravdess,", "emodb"]
    assert lines["crema-d-new-subjects"][-2:] == ["no", "result"]
    assert "signal.window" not in " ".join(narrow["tasks"])


def test_no_word_is_broken_and_no_licence_cut(narrow: dict[str, list[str]]) -> None:
    words = " ".join(narrow["datasets"]).split()
    for key in ROOM.keys():
        assert key in words
        for word in load_loader(key).card.licence.split():
            assert word in words
    assert "…" not in " ".join(words)
    wide = "\n".join(in_terminal(160, "datasets", "list"))
    assert load_loader("wesad_features").card.licence in wide


def test_a_task_is_a_control_by_its_board_and_without_boards_what_its_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> None:
    with_boards = states(run("tasks", "list", "--folder", TOP / "leaderboards", "--json").json)
    assert with_boards["ravdess-a12-new-subjects"] == "ranked"
    assert with_boards["crema-d-new-subjects"] == "no result"
    monkeypatch.chdir(tmp_path)
    without = states(run("tasks", "list", "--json").json)
    assert without == {n: "ranked" if load_task(n).protocol.ranked else "control" for n in task_names()}


def states(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["task"]: row["state"] for row in rows}
