"""Files that could do harm when opened, read within limits: members of zip files, pickles of arrays."""

from __future__ import annotations

import pickle
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, cast

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


class _UnreadableError(InputError):
    """A zip file is damaged, locked, or none."""


@dataclass(frozen=True)
class Member:
    """A file in a zip file: its name there, or the name of a zip file there and its own in that; declared bytes."""

    names: tuple[str, ...]
    size: int


@contextmanager
def open_member(archive: Path, *names: str, largest: int = LARGEST) -> Iterator[IO[bytes]]:
    """One member of a zip file, opened for reading; no more than its declared size is ever given out.

    Args:
        names: of the member; of two, the first is a zip file in the zip file, the second a member of that.
        largest: bytes that the member may declare to have once unpacked.

    Raises:
        InputError: the file is no zip or is damaged, holds a path that leaves its folder, lacks the member, or the
            member is larger than `largest` or locked by a password.
    """
    file: Path | IO[bytes] = archive
    where = str(archive)
    with ExitStack() as stack:
        for name in names:
            opened = stack.enter_context(_opened(file, where))
            _refuse(where, name, _sizes(opened, where), largest)
            file, where = stack.enter_context(opened.open(name)), f"{where}:{name}"
        yield cast(IO[bytes], file)


def members(archive: Path) -> dict[str, Member]:
    """Path, once everything is unpacked where it lies -> every file in a zip file and in the zip files right in it.

    What lies in both is read in the outer one. Deeper zip files are files like any other.

    Raises:
        InputError: it is no zip file or holds a path that leaves its folder, or zip files in it are larger together
            than is read.
    """
    with _opened(archive, str(archive)) as opened:
        sizes = _sizes(opened, str(archive))
    found = {name: Member((name,), size) for name, size in sizes.items()}
    inner = [name for name in sizes if name.lower().endswith(".zip") and not _is_of_macos(name)]
    if (size := sum(sizes[name] for name in inner)) > LARGEST:
        raise InputError(
            f"{archive} holds zip files of {size:,} bytes ({inner[0]} ...), more than the {LARGEST:,} that are read "
            "there; unpack it where it lies and move it out of the folder, the zip files in it may stay as they are."
        )
    for name in inner:
        for own, size in _listed_inside(archive, name).items():
            found.setdefault((PurePosixPath(name).parent / own).as_posix(), Member((name, own), size))
    return found


def _listed_inside(archive: Path, name: str) -> dict[str, int]:
    """What a zip file in a zip file holds; nothing where it is locked or damaged, and so a file like any other."""
    where = f"{archive}:{name}"
    try:
        with open_member(archive, name) as file, _opened(file, where) as opened:
            return _sizes(opened, where)
    except _UnreadableError:
        return {}


@contextmanager
def _opened(archive: Path | IO[bytes], where: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        raise _UnreadableError(f"{where} cannot be read as a zip file ({error}); fetch it again.") from error


def _sizes(opened: zipfile.ZipFile, where: str) -> dict[str, int]:
    leaving = [member for member in opened.namelist() if leaves_its_folder(member)]
    if leaving:
        raise InputError(f"{where} holds '{leaving[0]}', a path that leaves its folder; do not use this file.")
    return {info.filename: info.file_size for info in opened.infolist() if not info.is_dir()}


def _refuse(where: str, name: str, sizes: dict[str, int], largest: int) -> None:
    if name not in sizes:
        found = ", ".join(sorted(sizes)[:5]) or "nothing"
        raise InputError(f"{where} has no member '{name}' (it has: {found}); fetch it again.")
    if sizes[name] > largest:
        raise InputError(
            f"{where}: '{name}' declares {sizes[name]:,} bytes, more than the {largest:,} that are read; "
            "it is not the file that was published."
        )


def _is_of_macos(member: str) -> bool:
    path = PurePosixPath(member)
    return path.name.startswith("._") or "__MACOSX" in path.parts


def leaves_its_folder(member: str) -> bool:
    """Whether a path leads out of the folder that it is relative to, on any system."""
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
