"""Making a task: its clip list from a manifest, its text, its freezing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.errors import InputError
from stf2m_bench.files import write_text
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Protocol
from stf2m_bench.tasks.votes import TIME, UNRATED, Rated, as_text, leading
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import Store

ENOUGH = 5  # different numbers in a clip; that all of them are another's is no chance


def find_duplicates(stores: Iterable[Store], among: Collection[str] | None = None) -> dict[str, str]:
    """Clips whose content is that of an earlier clip: clip id -> the earlier id.

    Two clips are duplicates if a view taken from media or from a table is the same in both, number for number, and
    holds 5 different numbers or more: a heart rate that is told once a second is the same in many clips of a second.
    Views of text are left out: people may say the same words twice.

    Args:
        among: look at these clips alone, such as those of a task.
    """
    duplicates: dict[str, str] = {}
    for store in stores:
        if "text" in make_extractor(store.info["view"]).media:
            continue
        first: dict[bytes, str] = {}
        for clip in store.info["clips"]:
            if among is not None and clip not in among:
                continue
            array = store.array(clip)
            content = array.tobytes()
            if first.setdefault(content, clip) != clip and len(np.unique(array)) >= ENOUGH:
                duplicates.setdefault(clip, first[content])
    return duplicates


def make_clip_list(
    manifest: Manifest, emotions: Iterable[str], duplicates: Mapping[str, str], rated: Rated = UNRATED
) -> ClipList:
    """The clips of these emotions; an unknown recording is the clip itself.

    Args:
        duplicates: clip id -> id of an earlier clip with the same content. If that one is not in the list, the first
            clip of its copies that is takes its place.

    Raises:
        InputError: the corpus has no such votes.
    """
    wanted = tuple(emotions)
    groups = [name for name in manifest.table.columns if name.startswith("group.")]
    rows = [row for row in rows_of(manifest, rated) if row["emotion"] in wanted]
    return ClipList(
        clip_id=[row["clip_id"] for row in rows],
        subject=[row["subject"] for row in rows],
        recording=[row["recording"] or row["clip_id"] for row in rows],
        stimulus=[row["stimulus"] or "" for row in rows],
        emotion=[row["emotion"] for row in rows],
        group=[";".join(f"{g.removeprefix('group.')}={row[g]}" for g in groups if row[g]) for row in rows],
        duplicate_of=_marks([row["clip_id"] for row in rows], duplicates),
        votes=[as_text(row["votes"], wanted) for row in rows] if rated.votes else [],
    )


def _marks(clips: list[str], duplicates: Mapping[str, str]) -> list[str]:
    """Of each clip the one that is drawn in its place; empty for the one of each group of copies that is drawn."""
    listed = set(clips)
    drawn: dict[str, str] = {}
    for clip in clips:
        first = _first(clip, duplicates)
        drawn.setdefault(first, first if first in listed else clip)
    firsts = [drawn[_first(clip, duplicates)] for clip in clips]
    return ["" if first == clip else first for clip, first in zip(clips, firsts, strict=True)]


def _first(clip: str, duplicates: Mapping[str, str]) -> str:
    while earlier := duplicates.get(clip):
        clip = earlier
    return clip


def rows_of(manifest: Manifest, rated: Rated) -> list[dict[str, Any]]:
    """The clips that a task may take, each with its `emotion` in such a task and the `votes` that it asks for."""
    rows: list[dict[str, Any]] = manifest.table.to_dict("records")  # type: ignore[assignment]
    if not rated.votes:
        return rows
    voted = [row | {"votes": votes} for row, votes in zip(rows, votes_by(manifest, rated.votes), strict=True)]
    taken = [row for row in voted if rated.takes(row["votes"])]
    return [row | {"emotion": leading(row["votes"])[0]} for row in taken] if rated.relabelled else taken


def votes_by(manifest: Manifest, condition: str) -> list[dict[str, float]]:
    """Emotion -> votes of each clip of a manifest, of the raters of one condition.

    Raises:
        InputError: the corpus has no such votes.
    """
    columns = [name.split(".", 2)[1:] for name in manifest.table.columns if name.startswith("votes.")]
    emotions = [emotion for found, emotion in columns if found == condition]
    if not emotions:
        known = ", ".join(sorted({found for found, _ in columns})) or "no votes at all"
        shares = " Shares of time need the key window, and valence, arousal or a quadrant as label."
        hint = shares if condition == TIME else ""
        raise InputError(f"'{manifest.dataset}' has no votes '{condition}'; it has: {known}.{hint}")
    table = manifest.table[[f"votes.{condition}.{emotion}" for emotion in emotions]].astype(float).fillna(0.0)
    return [dict(zip(emotions, counts, strict=True)) for counts in table.to_numpy().tolist()]


def as_toml(protocol: Protocol) -> str:
    """The text of a task file."""
    values = protocol.used_keys()
    folds, reference = values.pop("folds"), values.pop("reference")
    people = values.pop("support_people")
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    lines.append(f"support_people = {{ {', '.join(f'{k} = {v}' for k, v in people.items())} }}")
    for name, tables in (("folds", folds), ("reference", reference)):
        for table in tables:
            lines += ["", f"[[{name}]]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in table.items())]
    return "\n".join(lines) + "\n"


def write_task(protocol: Protocol, clips: ClipList, folder: Path) -> Path:
    """Write both files of a task; the TOML file last, so that its presence means that the task is whole.

    Raises:
        InputError: a task of that name is there already.
    """
    path = folder / f"{protocol.name}.toml"
    if path.exists():
        raise InputError(f"The task file {path} exists already; raise its version by hand or choose another name.")
    write_text(path.with_suffix(".clips.csv"), clips.to_csv())
    write_text(path, as_toml(protocol))
    return path
