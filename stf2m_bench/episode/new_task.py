"""A new frozen task from a manifest: people into folds, the fewest supporting people, episodes frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.episode.capacity import fewest_support_people, shortages
from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.randomness import Words
from stf2m_bench.episode.views import absent_views
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.tasks.make import find_duplicates, make_clip_list, rows_of
from stf2m_bench.tasks.protocol import Fold, as_protocol
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.votes import UNRATED, Rated
from stf2m_bench.views.base.store import Store


def new_task(
    manifest: Manifest,
    stores: Mapping[str, Store],
    *,
    name: str,
    title: str,
    track: str,
    ways: int = 5,
    shots: Sequence[int] = (1, 5),
    queries: int = 3,
    folds: int = 3,
    episodes: int = 1000,
    seed: int = 0,
    emotions: Sequence[str] = (),
    read: Mapping[str, Any] = MappingProxyType({}),
    rated: Rated = UNRATED,
    views: Sequence[str] = (),
    duplicates: Mapping[str, str] | None = None,
    least: int = 1,
    nested: bool = False,
) -> Task:
    """Propose a whole protocol and freeze it.

    People, in an order that name and seed decide, are cut into `folds` groups, each the meta-test side of one fold;
    of the others three eighths (at least two) are meta-val, the rest meta-train. In `new-emotions`, for corpora that do
    not say whose a clip is, emotions are cut so instead of people.

    Args:
        stores: the views of the task; duplicates are looked for in them.
        emotions: canonical keys, or classes; by default every one that has clips.
        read: the keys that the manifest was read with; see `tasks.reading.as_read`.
        rated: what is done with votes.
        views: what models see; by default the views of `stores`. Without stores the media are never looked at.
        least: emotions with fewer clips are left out, unless they are asked for.
        nested: see `Protocol`.
        duplicates: clip id -> the earlier id, where copies are known already; by default they are looked for.

    Raises:
        FaultsError: the data cannot serve it: names emotion and subject and what it can serve.
    """
    rows = [row for row in rows_of(manifest, rated) if row["emotion"] is not None]
    found = Counter(row["emotion"] for row in rows)
    emotions = tuple(emotions) or tuple(e for e in sorted(found) if found[e] >= least)
    if len(emotions) < ways:
        raise InputError(
            f"{ways}-way episodes need {ways} emotions; '{manifest.dataset}' has {len(emotions)}:"
            f" {', '.join(emotions)}."
        )
    listed = {row["clip_id"] for row in rows if row["emotion"] in emotions}
    twins = find_duplicates(stores.values(), listed) if duplicates is None else duplicates
    clips = make_clip_list(manifest, emotions, twins, rated)
    if absent := absent_views(stores, clips.clip_id):
        raise InputError(f"{absent[0]}; choose views of media that the dataset has.")
    known = track != "new-emotions"
    units, what = (sorted(set(clips.subject)), "people") if known else (emotions, "emotions")
    sides = cut_into_folds(units, folds, Words(name, seed, "folds"), what=what)
    counts = Counter(
        (emotion, person)
        for emotion, person, twin in zip(clips.emotion, clips.subject, clips.duplicate_of, strict=True)
        if not twin
    )
    protocol = as_protocol(
        {
            "name": name,
            "version": 1,
            "title": title,
            "datasets": [manifest.dataset],
            "track": track,
            "views": list(views or stores),
            "ways": ways,
            "shots": list(shots),
            "queries": queries,
            "emotions": list(emotions),
            "support_people": _support_people(track, shots, counts, sides, emotions),
            "episodes": episodes,
            "seed": seed,
            "folds": [fold.model_dump() for fold in sides],
            **read,
            **asdict(rated),
            "people": "known" if known else "unknown",
            "nested": nested,
        },
        f"The task '{name}'",
    )
    return freeze(Task(protocol, clips))


def freeze(task: Task) -> Task:
    """The same task with the hash of its episodes.

    Raises:
        FaultsError: some episode could not be drawn.
    """
    short = shortages(task)
    if short:
        raise FaultsError(
            f"The data of '{task.name}'", short, "ask for fewer shots, queries or emotions, or leave people out"
        )
    return Task(task.protocol.model_copy(update={"frozen": frozen_hash(task)}), task.clips)


def cut_into_folds(people: Sequence[str], folds: int, words: Words, *, what: str = "people") -> list[Fold]:
    """Disjoint meta-test groups of nearly equal size; each fold's other people are cut into meta-val and meta-train."""
    least = max(2 * folds, folds + 4)
    if len(people) < least:
        raise InputError(f"{len(people)} {what} are too few for {folds} folds; {least} are needed.")
    order = words.sample(people, len(people))
    cuts = [round(i * len(order) / folds) for i in range(folds + 1)]
    found = []
    for start, stop in pairwise(cuts):
        others = order[stop:] + order[:start]
        val = max(2, len(others) * 3 // 8)
        found.append(
            Fold(meta_train=tuple(others[val:]), meta_val=tuple(others[:val]), meta_test=tuple(order[start:stop]))
        )
    return found


def _support_people(
    track: str,
    shots: Sequence[int],
    counts: Mapping[tuple[str, str], int],
    folds: Sequence[Fold],
    emotions: Sequence[str],
) -> dict[str, int]:
    if track in ("personal", "new-emotions"):
        return {}
    each = [fewest_support_people(tuple(shots), counts, fold.meta_test, tuple(emotions)) for fold in folds]
    return {str(shot): max(fewest[str(shot)] for fewest in each) for shot in shots}
