"""Several files of one folder, written all or not at all; one writer at a time.

They are first written into a folder beside; renaming that is the moment from which they count. Whoever comes after a
killed writer moves on what had come to count, and sweeps away what had not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stf2m_bench.errors import CouldNotError
from stf2m_bench.files import replacing_folder

_COUNTS = ".admitted"
_WAIT = 120.0


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The boards in `folder` are this process's alone; what a killed writer left is set right first.

    Raises:
        CouldNotError: someone else has been writing to them for two minutes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=_WAIT):
            _set_right(folder)
            yield
    except Timeout as error:
        raise CouldNotError(f"The boards in {folder} are being written by someone else; wait, then repeat.") from error


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write these files into `folder`; only within `writing`."""
    with replacing_folder(folder / _COUNTS) as staging:
        for name, content in files.items():
            with (staging / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            (staging / name).chmod(0o644)
    _move_on(folder)


def _set_right(folder: Path) -> None:
    for page in folder.glob(".*.md.*.part.md"):
        page.unlink()
    for place in [path for path in (folder / "results").glob("*") if path.is_dir()]:
        for staging in place.glob(f".{_COUNTS}.*.part"):
            shutil.rmtree(staging)
        _move_on(place)


def _move_on(folder: Path) -> None:
    """Result files last: until then readers see the old board."""
    staging = folder / _COUNTS
    if staging.is_dir():
        for path in sorted(staging.iterdir(), key=lambda path: (path.suffix == ".json", path.name)):
            path.replace(folder / path.name)
        staging.rmdir()
