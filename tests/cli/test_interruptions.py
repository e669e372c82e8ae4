"""Ctrl-C, kill -9 and a reader that goes away, on real processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stf2m_bench.scoring.result import read_result

BENCH = [sys.executable, "-c", "from stf2m_bench.cli import main; main()"]


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command as a terminal starts it: a shell's background job, as these tests may be, ignores Ctrl-C."""
    return subprocess.Popen(
        [*BENCH, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)


def test_ctrl_c_says_so_and_the_same_command_completes(here: Path, run) -> None:
    command = ["evaluate", "mine.toml", "--model", "own_models:Slow"]
    process = start(*command)
    wait_for(Path("begun"), process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "Error: Interrupted; the same command goes on where it was."
    assert not Path("home/results/mine/Slow.json").exists()
    Path("quick").touch()
    run(*command)
    assert read_result(Path("home/results/mine/Slow.json")).model.name == "Slow"


def test_after_kill_9_the_same_command_keeps_finished_folds_and_gives_the_same_result(here: Path, run) -> None:
    undisturbed = read_result(Path("home/results/mine/nearest_mean.json"))
    shutil.rmtree("home/models")
    shutil.rmtree("home/results")
    command = ["evaluate", "mine.toml", "--model", "nearest_mean"]
    process = start(*command)
    while not (found := list(Path("home").glob("models/*/nearest_mean-*/fold-0/model.safetensors"))):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.002)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not Path("home/results").exists()
    before = found[0].stat().st_mtime_ns
    run(*command)
    assert found[0].stat().st_mtime_ns == before
    again = read_result(Path("home/results/mine/nearest_mean.json"))
    assert again.hash == undisturbed.hash
    assert again.figures == undisturbed.figures


def test_after_kill_9_within_a_fold_training_goes_on_to_the_same_weights(here: Path, run) -> None:
    train = ["train", "mine.toml", "--model", "prototypical", "--out"]
    run(*train, "undisturbed")
    process = start(*train, "out")
    wait_for(Path("out/.fold-0.training"), process)
    process.kill()
    process.communicate(timeout=60)
    kept = Path("out/.fold-0.training").read_bytes()
    assert not Path("out/fold-0").exists()
    run(*train, "out")
    assert kept
    assert not list(Path("out").glob(".*"))
    for weights in Path("undisturbed").glob("*/model.safetensors"):
        assert (Path("out") / weights.relative_to("undisturbed")).read_bytes() == weights.read_bytes()


@pytest.mark.parametrize("command", [["tasks", "list"], ["tasks", "list", "--json"], ["evaluate", "--help"]])
def test_a_reader_that_goes_away_sees_no_traceback(command: list[str], here: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*BENCH, *command], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")
