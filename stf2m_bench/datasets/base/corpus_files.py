"""The files of a corpus as if every zip file in its folder had been unpacked where it lies; nothing is unpacked.

A zip file in a zip file is read too: one level, within `archives.LARGEST`, and slowly, since it is inflated each time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from stf2m_bench.datasets.base.archives import Member, members, open_member
from stf2m_bench.errors import InputError


@dataclass(frozen=True)
class CorpusFile:
    """One file of a corpus, in its folder or in a zip file there.

    Equal only while the bytes are: a reader that is cached by it reads a file written anew anew.

    Attributes:
        path: relative to `root`; of a member of a zip file, where it would lie once unpacked.
        archive: the zip file that holds it, or None.
        size: bytes. changed: when it, or its zip file, was changed, in nanoseconds. names: see `archives.Member`.
    """

    root: Path
    path: str
    archive: Path | None
    size: int
    changed: int
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.archive}:{self.path}" if self.archive else str(self.root / self.path)

    @property
    def name(self) -> PurePosixPath:
        """Its path as one that has parts."""
        return PurePosixPath(self.path)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes; of a member of a zip file, within the limits of `open_member`.

        Raises:
            InputError: its zip file is damaged, or it unpacks to too much.
        """
        if self.archive:
            with open_member(self.archive, *self.names) as member:
                yield member
        else:
            with (self.root / self.path).open("rb") as file:
                yield file

    def read(self) -> bytes:
        """All of its bytes."""
        with self.open() as file:
            return file.read()

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """A path that holds its bytes: its own; of a member of a zip file that of a copy, which is gone afterwards.

        Raises:
            InputError: as `open`; what is said of the copy meanwhile is said of the member.
        """
        if not self.archive:
            yield self.root / self.path
            return
        with TemporaryDirectory() as folder:
            copy = Path(folder) / self.name.name
            with self.open() as member, copy.open("wb") as file:
                shutil.copyfileobj(member, file)
            try:
                yield copy
            except InputError as error:
                raise InputError(str(error).replace(str(copy), str(self))) from error

    def sha256(self) -> str:
        """SHA-256 of its bytes, hexadecimal: the same in a zip file and out of it."""
        with self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # zip members are read so


def corpus_file(root: Path, path: str) -> CorpusFile:
    """The file of this path: in the folder, else in a zip file in one of the folders above it, the nearest first.

    Raises:
        InputError: there is no such file.
    """
    if found := _find(root, path):
        return found
    raise InputError(f"{root / path} does not exist; check the dataset's folder, or fetch what is missing.")


def is_there(root: Path, path: str) -> bool:
    """Whether `corpus_file` finds it."""
    return _find(root, path) is not None


def corpus_files(root: Path, pattern: str) -> list[CorpusFile]:
    """All files anywhere below `root` whose path ends like `pattern` (`Raw_data/S*/EDA.csv`), by path, each once."""
    paths = {path.relative_to(root).as_posix() for path in root.rglob(pattern) if path.is_file()}
    paths |= {path for path in _zipped(root) if PurePosixPath(path).match(pattern)}
    return [corpus_file(root, path) for path in sorted(paths)]


def all_paths(root: Path) -> list[str]:
    """The path of every file anywhere below `root`, in zip files as if they had been unpacked; sorted, each once."""
    plain = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    return sorted({*plain, *_zipped(root)})


def _zipped(root: Path) -> Iterator[str]:
    for archive in root.rglob("*.zip"):
        folder = archive.parent.relative_to(root)
        yield from ((folder / member).as_posix() for member in _members(archive) if "__MACOSX" not in member)


def _find(root: Path, path: str) -> CorpusFile | None:
    if (root / path).is_file():
        stat = (root / path).stat()
        return CorpusFile(root, path, None, stat.st_size, stat.st_mtime_ns)
    for folder in PurePosixPath(path).parents:
        for archive in sorted((root / folder).glob("*.zip")):
            if member := _members(archive).get(_within(archive.relative_to(root), path)):
                return CorpusFile(root, path, archive, member.size, archive.stat().st_mtime_ns, member.names)
    return None


def _within(archive: Path, path: str) -> str:
    """The member's name of a path, both relative to the root."""
    return PurePosixPath(path).relative_to(archive.parent.as_posix()).as_posix()


def _members(archive: Path) -> dict[str, Member]:
    stat = archive.stat()
    return _listed(archive, (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=1024)
def _listed(archive: Path, changed: tuple[int, int]) -> dict[str, Member]:
    return members(archive)
