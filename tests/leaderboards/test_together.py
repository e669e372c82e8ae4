"""Many who add at once, and those who are killed while they add: real processes, a real SIGKILL at every step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from toy_boards import contents, load, made

from stf2m_bench.leaderboards.admit import add
from stf2m_bench.leaderboards.build import build, pages, read_results
from stf2m_bench.leaderboards.states import entries_of
from stf2m_bench.scoring.checks import check_result

PAGES = ("toy.md", "README.md")


def processes(*arguments: object) -> list[int]:
    """How each process of `adding.py` ended."""
    command = [sys.executable, Path(__file__).with_name("adding.py"), *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def entries(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """The lines of states, without when they were written."""
    return [entry.model_dump(exclude={"when"}) for entry in entries_of(files["results/toy/states.jsonl"].decode())]


def timeless(files: dict[str, bytes]) -> dict[str, Any]:
    return files | {"results/toy/states.jsonl": entries(files)}


def results_of(boards: Path) -> dict[str, bytes]:
    """Results, predictions and lines of states, as a reader finds them."""
    found = contents(boards).items()
    return {name: content for name, content in found if name.startswith("results/toy/") and "/." not in name}


def test_sixteen_processes_that_add_at_once_lose_nothing(tmp_path):
    boards = tmp_path / "boards"
    mine = [made(tmp_path / str(n), f"model-{n}", n) for n in range(16)]
    assert processes("together", boards, *mine) == [0] * 16
    assert {result.model.name for result in read_results(boards, "toy")} == {f"model-{n}" for n in range(16)}
    told = entries(contents(boards))
    assert len(told) == 16
    assert {(entry["who"], entry["model"]) for entry in told} == {(f"person {n}", f"model-{n}") for n in range(16)}
    assert pages(boards, load=load) == {name: contents(boards)[name].decode() for name in PAGES}
    assert [path for path in boards.rglob(".*") if path.name != ".lock"] == []


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> tuple[Path, Path, list[Path]]:
    """A board, the same after a result was replaced, and what was left where that was killed at each step."""
    folder = tmp_path_factory.mktemp("killed")
    old, new, path = folder / "old", folder / "new", made(folder / "second", seed=5)
    add(made(folder / "first"), old, who="Ada", load=load)
    add(made(folder / "other", "other", 1), old, who="Ada", load=load)
    shutil.copytree(old, new)
    add(path, new, who="the killed", replace=True, load=load)
    *ended, last = processes("killed", old, path)
    assert (set(ended), last) == ({-9}, 0)
    return old, new, [folder / f"old-{step}" for step in range(len(ended))]


def test_an_add_killed_at_any_step_leaves_the_old_board_or_the_new_one(killed):
    old, new, left = killed
    hashes = [[result.hash for result in read_results(boards, "toy")] for boards in (old, new)]
    assert hashes[0] != hashes[1]
    for boards in left:
        found = [result.hash for result in read_results(boards, "toy")]
        assert found in hashes
        if found == hashes[1]:
            assert timeless(results_of(boards)) == timeless(results_of(new))
        for page in PAGES:
            assert contents(boards)[page] in (contents(old)[page], contents(new)[page])


def test_the_next_build_gives_all_of_the_old_or_all_of_the_new_and_leaves_no_litter(killed, tmp_path):
    old, new, left = killed
    ended = []
    for boards in left:
        copy = tmp_path / boards.name
        shutil.copytree(boards, copy)
        build(copy, load=load)
        ended.append(timeless(contents(copy)) == timeless(contents(new)))
        assert ended[-1] or contents(copy) == contents(old)
        assert all(check.passed for check in check_result(copy / "results/toy/prototypes.json", load("toy")))
    assert ended == sorted(ended)
    assert min(ended.count(False), ended.count(True)) >= 5


def test_the_next_add_completes_what_had_come_to_count(killed, tmp_path):
    _, _, left = killed
    half = next(boards for boards in left if (boards / "results/toy/.admitted").is_dir())
    shutil.copytree(half, tmp_path / "boards")
    add(made(tmp_path / "third", "third", 2), tmp_path / "boards", who="Bob", load=load)
    told = [(entry["who"], entry["model"]) for entry in entries(contents(tmp_path / "boards"))]
    assert told == [("Ada", "prototypes"), ("Ada", "other"), ("the killed", "prototypes"), ("Bob", "third")]
