"""Tables and empty media of corpora of words, and what is read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stf2m_bench.datasets.base.manifest import build_manifest


def write(root: Path, path: str, *lines: str, end: str = "\n") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(end.join(lines) + end, encoding="utf-8", newline="")


def lay_out(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"media")


def read(key: str, root: Path) -> dict[str, dict[str, Any]]:
    """The validated manifest: clip id -> row."""
    return {row["clip_id"]: row for row in build_manifest(key, root).table.to_dict("records")}


def column(key: str, root: Path, name: str) -> dict[str, Any]:
    return {clip: row[name] for clip, row in read(key, root).items()}
