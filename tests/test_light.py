"""What imports what: listing, checking and ranking are light; help is lighter still."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path

import pytest

import stf2m_bench

HEAVY = {"torch", "accelerate", "sklearn", "moviepy", "datasets"}
TOP = Path(stf2m_bench.__file__).parent
LIST = TOP.parent / "constraints/light.txt"
BOARDS = TOP.parent / "leaderboards"
SHOW = "; import sys, json; print(json.dumps(sorted(sys.modules)))"


def modules_of(*rooms: str) -> list[str]:
    """Every module of these rooms, by name."""
    found = []
    for room in rooms:
        package = f"stf2m_bench.{room}"
        found += [package, *(m.name for m in pkgutil.walk_packages([str(TOP / room)], f"{package}."))]
    return found


def loaded_by(code: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter holds after running this code."""
    done = subprocess.run([sys.executable, "-c", code + SHOW], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def ending_well(command: list[str]) -> str:
    """Code that runs a command, which must end with code 0."""
    return (
        f"""
from stf2m_bench.cli import main
try:
    main({command!r})
except SystemExit as stop:
    assert not stop.code
"""
        + "0"
    )


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert loaded_by("import stf2m_bench") & (HEAVY | {"numpy", "pandas", "pydantic", "rich", "click"}) == set()


@pytest.mark.parametrize(
    "modules",
    [
        modules_of("datasets", "tasks"),
        ["stf2m_bench.episode.drawing", "stf2m_bench.episode.new_task", "stf2m_bench.episode.checks"],
        modules_of("scoring"),
        modules_of("leaderboards"),
    ],
    ids=["datasets and tasks", "drawing", "scoring", "leaderboards"],
)
def test_reading_drawing_scoring_and_ranking_import_no_torch(modules: list[str]) -> None:
    assert len(modules) >= 3
    loaded = loaded_by(f"import {', '.join(modules)}")
    assert "numpy" in loaded
    assert loaded & {"torch", "accelerate"} == set()


@pytest.mark.parametrize("module", ["torch", "stf2m_bench.models.base.model"])
def test_these_tests_would_see_torch(module: str) -> None:
    assert "torch" in loaded_by(f"import stf2m_bench.scoring.score, {module}")


@pytest.mark.parametrize("command", [[], ["evaluate"], ["tasks", "new"], ["leaderboards", "add"], ["results", "check"]])
def test_help_imports_neither_numpy_nor_pandas(command: list[str]) -> None:
    loaded = loaded_by(ending_well([*command, "--help"]))
    assert "click" in loaded
    assert loaded & (HEAVY | {"numpy", "pandas"}) == set()


@pytest.mark.parametrize(
    "command", [["tasks", "list"], ["tasks", "check", "emosynth-personal", "--no-media"], ["datasets", "list"]]
)
def test_commands_without_models_import_no_torch(command: list[str]) -> None:
    assert "torch" not in loaded_by(ending_well(command))


def test_every_public_name_is_there_and_no_other() -> None:
    assert set(stf2m_bench._HOMES) | {"__version__"} == set(stf2m_bench.__all__)
    for name, module in stf2m_bench._HOMES.items():
        assert callable(getattr(import_module(module), name))
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        _ = stf2m_bench.evalute


@pytest.fixture(scope="module")
def given_later() -> dict[str, bool]:
    """Public name -> whether `from stf2m_bench import NAME` gives a function once the whole package is loaded."""
    code = """
import json
import stf2m_bench.evaluation.evaluate
from stf2m_bench import episodes, evaluate, load_task
print(json.dumps({name: callable(globals()[name]) for name in ("episodes", "evaluate", "load_task")}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, bool] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "evaluate",
        "load_task",
        "episodes",
    ],
)
def test_a_public_name_is_a_function_whatever_was_imported_before(name: str, given_later: dict[str, bool]) -> None:
    assert given_later[name]


def test_every_module_of_every_base_says_what_it_is_for() -> None:
    bases = [path for path in sorted(TOP.glob("*/base/*.py")) if path.name != "__init__.py"]
    assert {path.parts[-3] for path in bases} == {"datasets", "models", "views"}
    silent = []
    for path in bases:
        module = import_module(".".join(path.relative_to(TOP.parent).with_suffix("").parts))
        if len((module.__doc__ or "").strip()) < 30:
            silent.append(path.name)
    assert silent == []


def listed() -> list[str]:
    """The packages of the light install."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the listed packages, linked from this one, and the checkout."""
    place = tmp_path_factory.mktemp("light")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    for name in listed():
        found = metadata.distribution(name)
        tops = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            (packages / top).symlink_to(found.locate_file(top))
    (packages / "checkout.pth").write_text(f"{TOP.parent}\n", encoding="utf-8")
    return place / "bin/python"


def in_light(light: Path, *command: object, code: int = 0, said: str = "") -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = [light, "-c", "from stf2m_bench.cli import main; main()", *map(str, command)]
    done = subprocess.run(run, capture_output=True, text=True, env=clean)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("module", sorted(HEAVY))
def test_the_light_install_has_nothing_heavy(light: Path, module: str) -> None:
    done = subprocess.run([light, "-c", f"import {module}"], capture_output=True, text=True)
    assert f"No module named '{module}'" in done.stderr


def test_a_stranger_checks_and_rescores_a_committed_result_from_the_light_install(light: Path) -> None:
    committed = sorted((BOARDS / "results").glob("*/*.json"))
    if not committed:
        pytest.skip("no result is committed yet")
    assert all(check["passed"] for check in json.loads(in_light(light, "results", "check", committed[0], "--json")))
    assert json.loads(in_light(light, "results", "rescore", committed[0], "--json"))["differences"] == []
    shown = json.loads(in_light(light, "leaderboards", "show", committed[0].parent.name, "--folder", BOARDS, "--json"))
    assert "chance" in [row["model"] for row in shown]


def test_an_altered_digit_is_seen_from_the_light_install(light: Path, tmp_path: Path) -> None:
    committed = sorted((BOARDS / "results").glob("*/*.json"))
    if not committed:
        pytest.skip("no result is committed yet")
    altered = tmp_path / committed[0].name
    text = committed[0].read_text(encoding="utf-8")
    altered.write_text(re.sub(r'"uar": [0-9.]+', '"uar": 1.5', text, count=1), encoding="utf-8")
    (tmp_path / committed[0].with_suffix(".parquet").name).symlink_to(committed[0].with_suffix(".parquet"))
    assert "FAILED" in in_light(light, "results", "check", altered, code=2)


def test_the_light_install_reviews_a_change_of_the_boards(light: Path, tmp_path: Path) -> None:
    (tmp_path / "head/results").mkdir(parents=True)
    (tmp_path / "head/run.py").write_text("raise SystemExit", encoding="utf-8")
    out = in_light(light, "leaderboards", "review", "--base", BOARDS, "--head", tmp_path / "head", code=2)
    assert "run.py has no place here" in out


def test_every_package_of_the_light_install_is_pinned() -> None:
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9.]+", line)] == []


def test_what_needs_torch_says_so_in_a_light_install(light: Path) -> None:
    said = "needs the package torch, which is not installed (a light install checks results and runs no models)"
    in_light(light, "models", "list", code=1, said=said)
    in_light(light, "evaluate", "--model", "ridge", code=1, said=said)
    assert json.loads(in_light(light, "doctor", "--json"))["torch"].startswith("not installed")
