"""The manifest: every clip of one dataset as one validated table, whatever corpus it came from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path, PurePosixPath

import pandas as pd

from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.corpus_files import is_there
from stf2m_bench.datasets.base.emotions import canonical_emotions, nearest_emotion
from stf2m_bench.datasets.base.loader import Card, Clip, GeneratedLoader, ImportedTable, Loader
from stf2m_bench.datasets.base.signals import Signals, file_of
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.files import replacing
from stf2m_bench.home import home, remember_root, remembered_roots, root_of
from stf2m_bench.progress import Progress, silent

PATHS = ("video", "audio", "signal")
COLUMNS = (
    "clip_id", "subject", "session", "recording", "stimulus", "emotion", "label", "intensity", "start", "end",
    "video", "audio", "text", "signal", "language", "valence", "arousal",
)  # fmt: skip


@dataclass(frozen=True)
class Manifest:
    """All clips of one dataset, sorted by clip id.

    Attributes:
        table: one row a clip: `COLUMNS`, then `votes.<condition>.<emotion>` and `group.<name>`; None where unknown.
        tables: feature tables that the loader declares.
        signals: how the loader's signals are read.
        hash: SHA-256 over every column but paths.
    """

    dataset: str
    root: Path
    card: Card
    table: pd.DataFrame
    tables: Mapping[str, ImportedTable]
    hash: str
    signals: Signals = field(default_factory=Signals)

    def write(self, path: Path) -> None:
        """Write the table as Parquet."""
        with replacing(path) as temporary:
            self.table.to_parquet(temporary, index=False)


def load_loader(dataset: str) -> Loader:
    """The loader of a dataset's key; `csv:mine` is the loader `csv` for a dataset called so.

    Raises:
        UnknownNameError: names the nearest keys.
    """
    loader: Loader = ROOM.load(dataset.partition(":")[0], Loader)()
    return loader


def open_dataset(dataset: str, *, data: Path | None = None, workers: int = 1, progress: Progress = silent) -> Manifest:
    """The manifest of a dataset where it lies, also written to the home; a folder that served is remembered.

    Raises:
        UsageError: nobody said where the dataset lies. InputError, FaultsError: as `build_manifest`.
    """
    manifest = build_manifest(dataset, locate_dataset(dataset, data=data, workers=workers, progress=progress))
    if data is not None:
        remember_root(dataset, manifest.root)
    manifest.write(home() / "manifests" / f"{dataset.replace(':', '-')}.parquet")
    return manifest


def locate_dataset(dataset: str, *, data: Path | None = None, workers: int = 1, progress: Progress = silent) -> Path:
    """The folder of a dataset; one that is generated is made first.

    Raises:
        UsageError: nobody said where the dataset lies.
    """
    loader = load_loader(dataset)
    if not isinstance(loader, GeneratedLoader):
        return root_of(dataset, data)
    made_here = home() / "datasets" / dataset if loader.card.synthetic else None
    root = data or remembered_roots().get(dataset) or made_here or root_of(dataset, None)
    loader.generate(root, workers=workers, progress=progress(f"{dataset}: making media"))
    return root


def build_manifest(dataset: str, root: Path) -> Manifest:
    """Scan a dataset's folder and validate the whole.

    Raises:
        InputError: the folder is not this dataset, or holds no clip.
        FaultsError: lists every fault of every clip.
    """
    loader = load_loader(dataset)
    clips = list(loader.scan(root))
    if not clips:
        raise InputError(f"No clip of '{dataset}' was found in {root}; expected the layout: {loader.card.access}.")
    faults = find_faults(clips, root, loader.card)
    if faults:
        raise FaultsError(f"The manifest of '{dataset}' ({root})", faults, "mend them in the data or the loader")
    table = as_table(clips)
    return Manifest(dataset, root, loader.card, table, loader.tables(root), hash_of_table(table), loader.signals)


def find_faults(clips: Iterable[Clip], root: Path, card: Card) -> list[str]:
    """Every way in which these clips break the rules of a manifest, as sentences."""
    clips = list(clips)
    faults = [f"clip '{i}' occurs {n} times" for i, n in Counter(c.clip_id for c in clips).items() if n > 1]
    lies_there = cache(partial(_lies_there, root))
    for clip in clips:
        faults += [f"clip '{clip.clip_id}': {fault}" for fault in _clip_faults(clip, card)]
        for kind in PATHS:
            path = getattr(clip, kind)
            if path is None:
                continue
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                faults.append(f"clip '{clip.clip_id}': {kind} '{path}' is not a path inside the dataset's folder")
            elif not lies_there(kind, path):
                faults.append(f"clip '{clip.clip_id}': {kind} '{path}' does not exist")
    return faults


def _lies_there(root: Path, kind: str, path: str) -> bool:
    return is_there(root, file_of(path) if kind == "signal" else path)


def _clip_faults(clip: Clip, card: Card) -> list[str]:
    faults = []
    if not clip.clip_id or clip.clip_id != clip.clip_id.strip():
        faults.append("clip_id is empty or has spaces around it")
    if not clip.subject:
        faults.append("subject is empty")
    if clip.emotion is not None and clip.emotion not in canonical_emotions():
        near = nearest_emotion(clip.emotion)
        hint = f"; did you mean '{near}'?" if near else ""
        faults.append(f"emotion '{clip.emotion}' is not a canonical emotion{hint}")
    elif clip.emotion is not None and clip.emotion not in card.emotions:
        faults.append(f"emotion '{clip.emotion}' is not on the card ({', '.join(card.emotions)})")
    if clip.start is not None and clip.start < 0:
        faults.append(f"start {clip.start} is negative")
    if clip.start is not None and clip.end is not None and clip.end <= clip.start:
        faults.append(f"end {clip.end} is not after start {clip.start}")
    for name in ("valence", "arousal"):
        value = getattr(clip, name)
        if value is not None and not -1 <= value <= 1:
            faults.append(f"{name} {value} is outside [-1, 1]")
    faults += [f"vote {name} = {value} is negative" for name, value in clip.votes.items() if value < 0]
    return faults


def as_table(clips: Iterable[Clip]) -> pd.DataFrame:
    """The table of these clips, sorted by clip id; where they are of several languages, that is a group, too."""
    clips = sorted(clips, key=lambda clip: clip.clip_id)
    votes = sorted({name for clip in clips for name in clip.votes})
    groups = sorted({name for clip in clips for name in clip.groups})
    columns: dict[str, list[object]] = {name: [getattr(clip, name) for clip in clips] for name in COLUMNS}
    columns |= {f"votes.{name}": [clip.votes.get(name) for clip in clips] for name in votes}
    columns |= {f"group.{name}": [clip.groups.get(name) for clip in clips] for name in groups}
    if len(set(filter(None, columns["language"]))) > 1:
        columns.setdefault("group.language", columns["language"])
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def hash_of_table(table: pd.DataFrame) -> str:
    """SHA-256 over every column but paths."""
    digest = hashlib.sha256()
    for name in table.columns:
        if name not in PATHS:
            digest.update("\x1f".join([name, *map(repr, table[name])]).encode() + b"\x1e")
    return digest.hexdigest()
