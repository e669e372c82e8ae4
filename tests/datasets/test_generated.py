"""Making emosynth: by two processes at once, and by one that is killed together with its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.datasets.synth.script import Plan
from stf2m_bench.datasets.synth.write import generate_corpus
from stf2m_bench.errors import CouldNotError

REPOSITORY = Path(__file__).parents[2]
GENERATE = (
    "import sys\nfrom pathlib import Path\nfrom stf2m_bench.datasets.synth.script import Plan\n"
    "from stf2m_bench.datasets.synth.write import generate_corpus\n"
    "if __name__ == '__main__':\n"
    "    generate_corpus(Path(sys.argv[1]), plan=Plan(subjects=1, recordings=int(sys.argv[2])),"
    " workers=int(sys.argv[3]), progress=lambda *done: print(*done))\n"
)


def start(root: Path, recordings: int, workers: int) -> subprocess.Popen[str]:
    call = [sys.executable, "-c", GENERATE, str(root), str(recordings), str(workers)]
    return subprocess.Popen(call, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def media(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("p01*") if p.is_file()}


def test_two_processes_at_once_make_every_recording_once(tmp_path: Path) -> None:
    with start(tmp_path, 2, 1) as one, start(tmp_path, 2, 1) as other:
        told = [run.communicate(timeout=60)[0].split("\n")[:-1] for run in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0)
    assert sorted(told, key=len) in ([[], ["0 2", "1 2", "2 2"]], [["2 2"], ["0 2", "1 2", "2 2"]])
    assert len(build_manifest("emosynth", tmp_path).table) == 16
    assert list(tmp_path.rglob("*.part*")) == []


def test_workers_end_with_their_killed_parent_and_the_next_call_goes_on(tmp_path: Path) -> None:
    with start(tmp_path, 3, 2) as run:
        for _ in range(6000):
            if any(tmp_path.rglob("*.wav")) or run.poll() is not None:
                break
            time.sleep(0.005)
        workers = psutil.Process(run.pid).children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
    assert len(workers) >= 2
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == []
    assert len(gone) == len(workers)
    generate_corpus(tmp_path, plan=Plan(subjects=1, recordings=3))
    assert len(build_manifest("emosynth", tmp_path).table) == 24
    assert len(media(tmp_path)) == 9
    assert list(tmp_path.rglob("*.part*")) == []


@pytest.mark.parametrize("room", ["300k", "660k"])
def test_on_a_full_disk_it_stops_with_one_sentence_and_goes_on_when_there_is_room(
    room: str, small_disk: Callable[[str], Path], small_corpus: Path
) -> None:
    """The sound of a recording takes 640 KB, its film 215 KB: once the first, once the second finds no room."""
    plan = Plan(subjects=1, recordings=1)
    with pytest.raises(CouldNotError, match=r"Could not write .*p01_r01\.(wav|mp4) \(.*full disk|No space left"):
        generate_corpus(small_disk(room) / "corpus", plan=plan)
    assert not list((small_disk(room) / "corpus").rglob("*.mp4"))
    generate_corpus(small_disk("4m") / "corpus", plan=plan)
    made = media(small_disk("4m") / "corpus")
    assert len(made) == 3
    assert all((small_corpus / name).read_bytes() == content for name, content in made.items())
