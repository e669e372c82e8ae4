"""Corpora whose file names tell what a file holds: names are read by one pattern, files of one take are joined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from stf2m_bench.datasets.base.corpus_files import all_paths
from stf2m_bench.errors import InputError

_VIDEO = (".mp4", ".avi", ".flv")
_AUDIO = (".flac", ".wav", ".m4a", ".mp3")


@dataclass(frozen=True)
class Take:
    """One take: `take["field"]` is what its names tell; its files are paths relative to the root."""

    clip_id: str
    told: Mapping[str, str]
    video: str | None
    audio: str | None

    def __getitem__(self, field: str) -> str:
        return self.told[field]


def find_takes(root: Path, pattern: str, clip_id: str) -> list[Take]:
    """Every take below `root`, in zip files too, in order of id; empty where there is none.

    Where one take lies there in several files of a kind (copies, encodings), one is read: the suffix that loses least,
    then the first path.

    Args:
        pattern: what the end of a media file's path, without its suffix, must be; its named groups are the fields.
        clip_id: the id of a take, as a format of these fields, e.g. `"{speaker}_{number:0>2}"`.
    """
    whole = re.compile(rf"(?:.*/)?(?:{pattern})")
    files: dict[str, list[PurePosixPath]] = {}
    told: dict[str, dict[str, str]] = {}
    for relative in map(PurePosixPath, all_paths(root)):
        if relative.suffix.lower() not in _VIDEO + _AUDIO:
            continue
        if match := whole.fullmatch(relative.with_suffix("").as_posix()):
            name = clip_id.format(**match.groupdict())
            told.setdefault(name, match.groupdict())
            files.setdefault(name, []).append(relative)
    return [Take(name, told[name], _best(files[name], _VIDEO), _best(files[name], _AUDIO)) for name in sorted(files)]


def named_takes(root: Path, pattern: str, clip_id: str, *, corpus: str, example: str) -> list[Take]:
    """`find_takes` of a corpus that has nothing else.

    Raises:
        InputError: there is no take; the message shows `example`, a path as distributed.
    """
    if takes := find_takes(root, pattern, clip_id):
        return takes
    refuse(root, corpus, example)


def refuse(root: Path, corpus: str, example: str) -> NoReturn:
    """Say that `root` is not this corpus.

    Raises:
        InputError: always.
    """
    raise InputError(
        f"{root} is not a {corpus} folder: no file like {example} was found below it;"
        " give the folder that holds the corpus, unpacked or in its zip files."
    )


def _best(files: list[PurePosixPath], suffixes: tuple[str, ...]) -> str | None:
    known = [path for path in files if path.suffix.lower() in suffixes]
    if not known:
        return None
    return min(known, key=lambda path: (suffixes.index(path.suffix.lower()), path)).as_posix()
