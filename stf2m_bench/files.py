"""Writing that leaves the old or the new file, never half of one; hashing of files and values."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stf2m_bench.errors import CouldNotError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it is synced to disk and renamed to `path`.

    Raises:
        CouldNotError: the disk is full or the folder cannot be written; `path` is then as it was.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=f".part{path.suffix}", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise CouldNotError(
            f"Could not write {path} ({error.strerror or error}); make room or choose another place, then repeat."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it takes its place by two renames, the old one aside first."""
    temporary: Path | None = None
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        yield temporary
        temporary.chmod(0o755)
        if path.exists():
            aside = path.rename(temporary.with_suffix(".old.part"))
        temporary.rename(path)
    except OSError as error:
        raise CouldNotError(
            f"Could not write {path} ({error.strerror or error}); make room or choose another place, then repeat."
        ) from error
    finally:
        if aside is not None and not path.exists():
            aside.rename(path)
        for left in (temporary, aside):
            if left is not None and left.exists():
                shutil.rmtree(left)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
