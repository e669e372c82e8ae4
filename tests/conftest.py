"""What all tests share: a home of their own, the corpora that they read, a toy task whose classes can be learnt."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from toys import make_task, make_views

from stf2m_bench.datasets.synth.script import Plan
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.tasks.task import Task

RAVDESS = Path(__file__).parents[1] / "../shared/data/RAVDESS"
SMALL = Plan(subjects=4, recordings=2)

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of this whole run; nobody's own cache is read or written."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STF2M_BENCH_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """On few cores, processes that each take all cores wait for one another."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def ravdess_root() -> Path:
    """Actors 1 to 12 of RAVDESS, where they lie beside the repository."""
    if not RAVDESS.is_dir():
        pytest.skip(f"RAVDESS does not lie in {RAVDESS}")
    return RAVDESS.resolve()


@pytest.fixture(scope="session")
def lying_beside(ravdess_root: Path) -> Callable[[str], Path]:
    """The folder of a corpus, by the folder's name, where it lies beside RAVDESS."""

    def find(folder: str) -> Path:
        if not (ravdess_root.parent / folder).is_dir():
            pytest.skip(f"{folder} does not lie in {ravdess_root.parent}")
        return ravdess_root.parent / folder

    return find


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An emosynth of 4 people and 64 clips, made once for all worker processes of a run."""
    from stf2m_bench.datasets.synth.write import generate_corpus

    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "emosynth-small"
    generate_corpus(root, plan=SMALL)
    return root


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`small_disk("600k")`: a folder that holds no more; called again, the same one with more room."""
    folder = tmp_path / "small disk"
    folder.mkdir()

    def mount(size: str) -> Path:
        again = "remount," if folder.is_mount() else ""
        call = ["mount", "-t", "tmpfs", "-o", f"{again}size={size}", "tmpfs", str(folder)]
        if subprocess.run(call, capture_output=True).returncode:
            pytest.skip("this user may not mount a small disk")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def toy_task() -> Callable[..., Task]:
    """`toy_task(track="personal", ...)`: see `toys.make_task`."""
    return make_task


@pytest.fixture(scope="session")
def toy_views() -> TaskViews:
    """Views of the default toy task: see `toys.make_views`."""
    return make_views(make_task())
