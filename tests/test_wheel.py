"""The wheel, installed beside the packages that it needs and run from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from stf2m_bench.tasks.task import task_names

ROOT = Path(__file__).parents[1]

pytest.importorskip("hatchling", reason="building the wheel without network needs hatchling in this environment")


def call(*command: object, at: Path) -> str:
    """What a command prints; its own environment, no PYTHONPATH of ours."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], cwd=at, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bench(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`stf2m-bench` of an environment that holds the wheel; all else is found in the current environment's packages."""
    place = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "zz_others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", place / "bin/python", "install", "-q", "--no-deps", "--no-index"]
    # pip sees the editable install through the .pth and must not touch it
    subprocess.run([*pip, "--ignore-installed", wheel], check=True, capture_output=True)
    return place / "bin/stf2m-bench"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_the_wheel_holds_every_task_and_the_licence_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for task in task_names():
        assert f"stf2m_bench/tasks/files/{task}.toml" in names
        assert f"stf2m_bench/tasks/files/{task}.clips.csv" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert [name for name in names if not name.startswith(("stf2m_bench/", "stf2m_bench-"))] == []


def test_the_installed_package_is_the_one_that_runs(bench: Path, elsewhere: Path) -> None:
    code = "import stf2m_bench; print(stf2m_bench.__file__)"
    found = Path(call(bench.with_name("python"), "-c", code, at=elsewhere).strip())
    assert bench.parents[1] in found.parents
    assert ROOT not in found.parents


def test_the_installed_commands_know_the_same_tasks(bench: Path, elsewhere: Path) -> None:
    rows = json.loads(call(bench, "tasks", "list", "--json", at=elsewhere))
    assert [row["task"] for row in rows] == task_names()
    checks = json.loads(call(bench, "tasks", "check", "ravdess-a12-new-subjects", "--no-media", "--json", at=elsewhere))
    assert sum(check["passed"] is True for check in checks) >= 4


def test_a_committed_result_is_checked_by_the_installed_command(bench: Path, elsewhere: Path) -> None:
    committed = sorted((ROOT / "leaderboards/results").glob("*/*.json"))
    if not committed:
        pytest.skip("no result is committed yet")
    checks = json.loads(call(bench, "results", "check", committed[0], "--json", at=elsewhere))
    assert all(check["passed"] for check in checks)
