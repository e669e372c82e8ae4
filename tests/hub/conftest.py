"""A Hub of this machine's own, a folder of weights with a result, and the command line that works with both."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from own_table import NEW_TASK, write_clips
from ran import Ran, Run
from server import TOKEN, Hub, serving

from stf2m_bench.cli import main


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`data/clips.csv`, `mine.toml`, the weights `mine-mean` and `mine-ridge`, and a `home` with the first's result."""
    folder = tmp_path_factory.mktemp("worked")
    write_clips(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("STF2M_BENCH_HOME", str(folder / "home"))
        for command in (
            ["tasks", "new", "mine", *NEW_TASK, "--data", "data"],
            ["train", "mine.toml", "--model", "nearest_mean", "--out", "mine-mean"],
            ["train", "mine.toml", "--model", "ridge", "--out", "mine-ridge"],
            ["evaluate", "mine.toml", "--model", "mine-mean"],
            ["evaluate", "mine.toml", "--model", "mine-ridge"],
        ):
            with pytest.raises(SystemExit) as stop:
                main(command)
            assert not stop.value.code
    return folder


@pytest.fixture
def here(worked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `worked` of this test's own: the current folder; its `home` is the home."""
    folder = tmp_path / "here"
    shutil.copytree(worked, folder)
    (folder / "home/datasets.toml").write_text(f'"csv:mine" = "{folder / "data"}"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(folder / "home"))
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub that huggingface_hub asks from now on. It reads its settings when first imported, so they are set where
    it keeps them; it does not wait between its attempts."""
    for name in ("HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with serving() as served:
        files = served.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        settings = {
            "ENDPOINT": served.endpoint,
            "HUGGINGFACE_CO_URL_TEMPLATE": files,
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_DISABLE_TELEMETRY": True,
        }
        settings |= {"HF_HUB_OFFLINE": False, "HF_TOKEN_PATH": str(tmp_path / "no-token")}
        for name, value in settings.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        huggingface_hub.close_session()
        yield served
        huggingface_hub.close_session()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("models", "list")`: that command in this process; it must end with `code` and never show the token."""

    def call(*arguments: object, code: int = 0) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        ran = Ran(int(stop.value.code or 0), out, err)
        assert ran.code == code, f"exit code {ran.code}\n{err}\n{out}"
        return ran

    return call


@pytest.fixture
def told(run: Run) -> Callable[..., str]:
    """`told("models", "pull", ..., code=1)`: nothing on stdout and exactly one line on stderr, which is given back."""

    def call(*arguments: object, code: int) -> str:
        ran = run(*arguments, code=code)
        assert ran.out == ""
        assert ran.err.startswith("Error: ")
        assert ran.err.count("\n") == 1, ran.err
        return ran.err

    return call
