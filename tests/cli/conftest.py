"""A table of one's own, the task made from it and two results: made once by the command line, copied for each test."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from own_table import MODELS, NEW_TASK, write_clips
from ran import Ran, Run

from stf2m_bench.cli import main


@pytest.fixture(scope="session", autouse=True)
def somebody() -> Iterator[None]:
    """Whose name git tells, on any machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"COUNT": "1", "KEY_0": "user.name", "VALUE_0": "Somebody"}.items():
            patch.setenv(f"GIT_CONFIG_{name}", value)
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where a person has worked: `data/clips.csv`, `mine.toml`, `own_models.py` and a `home` with results."""
    folder = tmp_path_factory.mktemp("made")
    write_clips(folder / "data")
    (folder / "own_models.py").write_text(MODELS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("STF2M_BENCH_HOME", str(folder / "home"))
        for command in (
            ["tasks", "new", "mine", *NEW_TASK, "--data", "data"],
            ["evaluate", "mine.toml", "--model", "nearest_mean", "--model", "ridge"],
        ):
            with pytest.raises(SystemExit) as stop:
                main(command)
            assert not stop.value.code
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of `made` of this test's own: the current folder; its `home` is the home."""
    folder = tmp_path / "here"
    shutil.copytree(made, folder)
    (folder / "home/datasets.toml").write_text(f'"csv:mine" = "{folder / "data"}"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(folder / "home"))
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield folder
    sys.modules.pop("own_models", None)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("tasks", "list")`: that command in this process; it must end with `code` and show no traceback."""

    def call(*arguments: object, code: int = 0) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        ran = Ran(int(stop.value.code or 0), out, err)
        assert ran.code == code, f"exit code {ran.code}\n{err}\n{out}"
        assert "Traceback" not in err
        return ran

    return call


@pytest.fixture
def refused(run: Run) -> Run:
    """`refused("evaluate", "nope", says=[...])`: exit code 2 (or `code`), nothing on stdout, one sentence on stderr."""

    def call(*arguments: object, says: list[str], code: int = 2) -> Ran:
        ran = run(*arguments, code=code)
        assert ran.out == ""
        _, error, sentence = ran.err.partition("Error: ")
        assert error
        assert [word for word in says if word not in sentence] == [], sentence
        lines = sentence.rstrip("\n").split("\n")
        assert len(lines) == 1 or all(line.startswith("  - ") for line in lines[1:]), sentence
        return ran

    return call
