"""The view store, killed, on a full disk, twice at once: whole or not there."""

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
import soundfile
from voices import RATE, content, extracted, voice, write_corpus

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import CouldNotError
from stf2m_bench.views.base.store import prepare_view, store_folder

pytestmark = pytest.mark.usefixtures("own_home")

REPOSITORY = Path(__file__).parents[2]
PREPARE = (
    "import sys\nfrom pathlib import Path\nfrom stf2m_bench.datasets.base.manifest import build_manifest\n"
    "from stf2m_bench.views.base.store import prepare_view\n"
    "if __name__ == '__main__':\n"
    "    prepare_view(build_manifest('csv', Path(sys.argv[1])), sys.argv[2], workers=int(sys.argv[3]))\n"
)


def start(root: Path, home: Path, workers: int = 1) -> subprocess.Popen[bytes]:
    environment = os.environ | {"STF2M_BENCH_HOME": str(home)}
    call = [sys.executable, "-c", PREPARE, str(root), "audio.logmel", str(workers)]
    return subprocess.Popen(call, cwd=REPOSITORY, env=environment, start_new_session=True)


def finished_parts(home: Path) -> list[Path]:
    return [path for path in home.rglob("*.npz") if ".part" not in path.name]


def wait_until(true: Callable[[], object], run: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(6000):
        if true() or (run is not None and run.poll() is not None):
            return
        time.sleep(0.005)
    pytest.fail("it did not happen within 30 seconds")


def test_a_killed_prepare_goes_on_and_ends_with_the_bytes_of_one_that_was_not_killed(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_corpus(tmp_path / "corpus", 500)
    manifest = build_manifest("csv", root)
    with start(root, own_home) as run:
        wait_until(lambda: finished_parts(own_home), run)
        os.kill(run.pid, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert not store_folder(manifest, "audio.logmel").exists()
    (store_folder(manifest, "audio.logmel").parent / f".{store_folder(manifest, 'audio.logmel').name}.x.part").mkdir()
    again = extracted(monkeypatch)
    resumed = content(prepare_view(manifest, "audio.logmel").folder)
    assert 0 < len(again) < 500
    left = [path.name for path in (own_home / "views").rglob("*") if "part" in path.name]
    assert left == []
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "other home"))
    assert content(prepare_view(manifest, "audio.logmel").folder) == resumed


def test_workers_end_when_their_parent_is_killed(tmp_path: Path, own_home: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 500)
    workers: list[psutil.Process] = []
    with start(root, own_home, workers=2) as run:
        wait_until(lambda: finished_parts(own_home), run)
        workers = psutil.Process(run.pid).children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
    assert len(workers) >= 2
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))


def test_two_processes_at_once_make_one_store(tmp_path: Path, own_home: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 70)
    with start(root, own_home) as one, start(root, own_home) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    manifest = build_manifest("csv", root)
    assert len(prepare_view(manifest, "audio.logmel").info["clips"]) == 70


def test_a_script_without_a_main_guard_is_told_so_and_does_not_wait_for_itself(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 70)
    script = tmp_path / "script.py"
    script.write_text(PREPARE.replace("if __name__ == '__main__':\n    ", ""))
    call = [sys.executable, str(script), str(root), "audio.logmel", "2"]
    answer = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "put the script's calls under: if __name__ == '__main__':" in answer.stderr
    assert "CouldNotError: A worker process ended early" in answer.stderr


LIMITED = (
    "import resource, sys\nfrom pathlib import Path\nfrom stf2m_bench.datasets.base.manifest import build_manifest\n"
    "from stf2m_bench.errors import CouldNotError\nfrom stf2m_bench.views.base.store import prepare_view\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
    "try:\n    prepare_view(build_manifest('csv', Path(sys.argv[1])), 'audio.logmel')\n"
    "except CouldNotError as error:\n    sys.exit(f'CouldNotError {error}')\n"
)


@pytest.mark.parametrize("bytes_left", [100, 3_000, 10_000])
def test_a_disk_that_takes_no_more_is_told_and_the_old_store_is_left_as_it_was(
    manifest: Manifest, bytes_left: int
) -> None:
    """Files may not grow beyond a limit: writing stops as on a full disk, in the part or while joining."""
    folder = prepare_view(manifest, "audio.logmel").folder
    before = content(folder)
    soundfile.write(manifest.root / "sound/001.wav", voice(50), RATE)
    call = [sys.executable, "-c", LIMITED, str(manifest.root), str(bytes_left)]
    answer = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True)
    assert answer.stderr.startswith("CouldNotError Could not write")
    assert "make room or choose another place, then repeat." in answer.stderr
    assert content(folder) == before
    prepare_view(manifest, "audio.logmel")
    assert content(folder) != before


def test_on_a_full_disk_prepare_stops_with_one_sentence_and_goes_on_when_there_is_room(
    manifest: Manifest, small_disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content(prepare_view(manifest, "audio.logmel").folder)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(small_disk("16k")))
    with pytest.raises(CouldNotError, match="No space left on device"):
        prepare_view(manifest, "audio.logmel")
    assert not store_folder(manifest, "audio.logmel").exists()
    small_disk("4m")
    assert content(prepare_view(manifest, "audio.logmel").folder) == whole


@pytest.mark.parametrize("seconds", [0.7, 1.2, 1.7])
def test_an_interrupt_while_workers_start_is_one_sentence(tmp_path: Path, seconds: float) -> None:
    root = write_corpus(tmp_path / "corpus", 300)
    code = "from stf2m_bench.cli import main; main()"
    call = [sys.executable, "-c", code, "prepare", "csv:x", "--data", str(root), "--views", "audio.logmel"]
    with subprocess.Popen([*call, "--workers", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert "Traceback" not in said
    unborn = run.returncode == -signal.SIGINT and not said  # on a busy machine Python itself was not listening yet
    assert run.returncode == 0 or unborn or said.endswith("Interrupted; the same command goes on where it was.\n")
