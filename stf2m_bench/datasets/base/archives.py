"""Files that could do harm when opened, read within limits: members of zip files, pickles of arrays."""

from __future__ import annotations

import pickle
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from stf2m_bench.errors import InputError

LARGEST = 2**30
_ARRAYS = {  # all that pickles of NumPy arrays ask for, by any protocol and any NumPy
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
}


@contextmanager
def open_member(archive: Path, name: str, *, largest: int = LARGEST) -> Iterator[IO[bytes]]:
    """One member of a zip file, opened for reading; no more than its declared size is ever given out.

    Args:
        largest: bytes that the member may declare to have once unpacked.

    Raises:
        InputError: the file is no zip or is damaged, holds a path that leaves its folder, lacks the member, or the
            member is larger than `largest` or locked by a password.
    """
    with _opened(archive) as opened:
        _refuse(archive, name, _sizes(archive, opened), largest)
        with opened.open(name) as member:
            yield member


def member_sizes(archive: Path) -> dict[str, int]:
    """Name -> declared bytes of every file in a zip file.

    Raises:
        InputError: the file is no zip, or holds a path that leaves its folder.
    """
    with _opened(archive) as opened:
        return _sizes(archive, opened)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{archive} cannot be read as a zip file ({error}); fetch it again.") from error


def _sizes(archive: Path, opened: zipfile.ZipFile) -> dict[str, int]:
    leaving = [member for member in opened.namelist() if _leaves_its_folder(member)]
    if leaving:
        raise InputError(f"{archive} holds '{leaving[0]}', a path that leaves its folder; do not use this file.")
    return {info.filename: info.file_size for info in opened.infolist() if not info.is_dir()}


def _refuse(archive: Path, name: str, sizes: dict[str, int], largest: int) -> None:
    if name not in sizes:
        found = ", ".join(sorted(sizes)[:5]) or "nothing"
        raise InputError(f"{archive} has no member '{name}' (it has: {found}); fetch it again.")
    if sizes[name] > largest:
        raise InputError(
            f"{archive}: '{name}' declares {sizes[name]:,} bytes, more than the {largest:,} that are read; "
            "it is not the file that was published."
        )


def _leaves_its_folder(member: str) -> bool:
    windows = PureWindowsPath(member)
    return ".." in windows.parts or bool(windows.drive) or PurePosixPath(member).is_absolute() or bool(windows.root)


def load_arrays(path: Path) -> Any:
    """A pickle of NumPy arrays, numbers, text, lists and dictionaries, of Python 2 or 3; nothing else is built or run.

    Raises:
        InputError: the file asks for anything else (named), or is damaged.
    """
    try:
        with path.open("rb") as file:
            return _ArraysOnly(file, encoding="latin1").load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle may raise almost anything
        raise InputError(f"{path} cannot be read as a pickle of arrays ({error!r}); fetch it again.") from error


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        today = module.replace("numpy.core", "numpy._core", 1)
        if (today, name) not in _ARRAYS:
            raise InputError(
                f"The pickle asks for '{module}.{name}', which no array needs; it is not the file that was published."
            )
        return super().find_class(today, name)
