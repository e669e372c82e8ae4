"""The files in a folder of boards: what may lie where, and what is in them by hash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from stf2m_bench.files import sha256_of

_MAY_BE = re.compile(
    r"README\.md|[a-z0-9-]+\.md"
    r"|results/[a-z0-9-]+/(states\.jsonl|[A-Za-z0-9._+-]+\.(json|parquet))"
    r"|ablations/(rows\.toml|[a-z0-9-]+/(validation\.csv|[A-Za-z0-9._+-]+\.json))"
)
_LARGEST_FILE = 4 * 2**20
_LARGEST_FOLDER = 120 * 2**20


def hashes(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of every file."""
    return {name: sha256_of(folder / name) for name in _names(folder)}


def place_faults(folder: Path) -> Iterator[str]:
    """Files that are none of a board's, links, and files that are too large; nothing is opened."""
    total = 0
    for name in _names(folder):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            yield f"{name} is a link or no plain file"
            continue
        if not _MAY_BE.fullmatch(name):
            yield f"{name} has no place here; expected results/TASK/MODEL.json, its .parquet, states.jsonl and pages"
        size = path.stat().st_size
        total += size
        if size > _LARGEST_FILE:
            yield f"{name} has {size:,} bytes; at most {_LARGEST_FILE:,} are taken"
    if total > _LARGEST_FOLDER:
        yield f"all files together have {total:,} bytes; at most {_LARGEST_FOLDER:,} are kept"


def _names(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found if path.name != ".lock")
