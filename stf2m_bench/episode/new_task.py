"""A new frozen task from a manifest: people into folds, the fewest supporting people, episodes frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.episode.capacity import fewest_support_people, shortages, training_shortages
from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.folds import (
    Halves,
    count_clips,
    cut_into_folds,
    folds_of_one_person,
    folds_of_other_people,
)
from stf2m_bench.episode.randomness import Words
from stf2m_bench.episode.stimulus_checks import stimulus_faults
from stf2m_bench.episode.views import absent_views
from stf2m_bench.errors import FaultsError, InputError, UnknownNameError, UsageError
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.make import find_duplicates, make_clip_list, rows_of
from stf2m_bench.tasks.protocol import Fold, Protocol, as_protocol
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.votes import UNRATED, Rated
from stf2m_bench.views.base.store import Store


@dataclass(frozen=True)
class Wish:
    """What a new task is to be. Keys of the same names are told of in `Protocol`.

    Attributes:
        folds: groups of people, each tested once, of emotions in `new-emotions`; 1 tests a third.
        emotions: canonical keys, or classes; by default every one that has clips.
        read: the keys that the manifest was read with; see `tasks.reading.as_read`.
        rated: what is done with votes.
        views: what models see; by default the views of the stores.
        least: emotions with fewer clips are left out, unless they are asked for.
        stimuli: of `new-stimuli`, two halves: one trains and supports while the other is queried, in turns.
    """

    name: str
    title: str
    track: str
    ways: int = 5
    shots: Sequence[int] = (1, 5)
    queries: int = 3
    folds: int = 3
    episodes: int = 1000
    seed: int = 0
    emotions: Sequence[str] = ()
    read: Mapping[str, Any] = field(default_factory=dict)
    rated: Rated = UNRATED
    views: Sequence[str] = ()
    least: int = 1
    nested: bool = False
    stimuli: Halves = ((), ())
    one_person: bool = False


def new_task(
    manifest: Manifest, stores: Mapping[str, Store], wish: Wish, *, duplicates: Mapping[str, str] | None = None
) -> Task:
    """Propose a whole protocol and freeze it.

    People, in an order that name and seed decide, are cut into groups, each the meta-test side of one fold; of the
    others three eighths (at least two) are meta-val, the rest meta-train. In `new-emotions`, for corpora that do not
    say whose a clip is, emotions are cut so instead of people. In `new-stimuli` there are twice as many folds; see
    `episode.folds`.

    Args:
        stores: the views of the task; duplicates are looked for in them. Without any the media are never looked at.
        duplicates: clip id -> the earlier id, where copies are known already; by default they are looked for.

    Raises:
        FaultsError: the data cannot serve it: names emotion and subject and what it can serve.
    """
    wish = replace(wish, emotions=_emotions(manifest, wish), views=tuple(wish.views or stores))
    clips = _clips(manifest, stores, wish, duplicates)
    protocol = _protocol(manifest.dataset, wish, clips, _folds(clips, wish))
    task = Task(protocol, clips)
    if shared := stimulus_faults(task):
        raise FaultsError(f"The data of '{task.name}'", shared, "choose halves of the stimuli that share no recording")
    return freeze(task)


def freeze(task: Task) -> Task:
    """The same task with the hash of its episodes.

    Raises:
        FaultsError: some episode could not be drawn.
    """
    short = shortages(task) or training_shortages(task)
    if short:
        raise FaultsError(
            f"The data of '{task.name}'", short, "ask for fewer shots, queries or emotions, or leave people out"
        )
    return Task(task.protocol.model_copy(update={"frozen": frozen_hash(task)}), task.clips)


def _emotions(manifest: Manifest, wish: Wish) -> tuple[str, ...]:
    """Those asked for, or every one with enough clips."""
    found = Counter(row["emotion"] for row in rows_of(manifest, wish.rated) if row["emotion"] is not None)
    emotions = tuple(wish.emotions) or tuple(e for e in sorted(found) if found[e] >= wish.least)
    if not found and not wish.emotions:
        raise InputError(
            f"No clip of '{manifest.dataset}' has a class; tell its emotion, or choose ratings: label = valence, and"
            " where people rate all the while, a window."
        )
    if len(emotions) < wish.ways:
        raise InputError(
            f"{wish.ways}-way episodes need {wish.ways} emotions; '{manifest.dataset}' has {len(emotions)}:"
            f" {', '.join(emotions)}."
        )
    return emotions


def _clips(
    manifest: Manifest, stores: Mapping[str, Store], wish: Wish, duplicates: Mapping[str, str] | None
) -> ClipList:
    if duplicates is None:
        listed = {row["clip_id"] for row in rows_of(manifest, wish.rated) if row["emotion"] in wish.emotions}
        duplicates = find_duplicates(stores.values(), listed)
    clips = make_clip_list(manifest, wish.emotions, duplicates, wish.rated)
    if absent := absent_views(stores, clips.clip_id):
        raise InputError(f"{absent[0]}; choose views of media that the dataset has.")
    return clips


def _folds(clips: ClipList, wish: Wish) -> list[Fold]:
    words = Words(wish.name, wish.seed, "folds")
    if wish.track == "new-emotions":
        return cut_into_folds(wish.emotions, wish.folds, words, what="emotions")
    if wish.track != "new-stimuli":
        return cut_into_folds(sorted(set(clips.subject)), wish.folds, words)
    if not all(wish.stimuli):
        raise UsageError("The track new-stimuli needs two halves of the stimuli; say which: A,B/C,D.")
    for stimulus in (*wish.stimuli[0], *wish.stimuli[1]):
        if stimulus not in clips.stimulus:
            raise UnknownNameError("stimulus", stimulus, filter(None, set(clips.stimulus)))
    if not wish.one_person:
        return folds_of_other_people(clips, wish.stimuli, wish.folds, words)
    need = max(wish.shots) + wish.queries  # as in the track personal, so that not all episodes have the same clips
    return folds_of_one_person(clips, wish.emotions, wish.stimuli, wish.folds, words, need=need)


def _protocol(dataset: str, wish: Wish, clips: ClipList, folds: Sequence[Fold]) -> Protocol:
    same = ("name", "title", "track", "ways", "queries", "episodes", "seed", "nested", "one_person")
    keys = {
        **{key: getattr(wish, key) for key in same},
        "version": 1,
        "datasets": [dataset],
        "views": list(wish.views),
        "shots": list(wish.shots),
        "emotions": list(wish.emotions),
        "support_people": _support_people(wish, clips, folds),
        "folds": [fold.model_dump() for fold in folds],
        **wish.read,
        **asdict(wish.rated),
        "people": "unknown" if wish.track == "new-emotions" else "known",
    }
    return as_protocol(keys, f"The task '{wish.name}'")


def _support_people(wish: Wish, clips: ClipList, folds: Sequence[Fold]) -> dict[str, int]:
    """K -> the fewest people who can give the support in every fold; nothing where it is one or nobody's."""
    if wish.track in ("personal", "new-emotions") or wish.one_person:
        return {}
    each = []
    for fold in folds:
        counts = count_clips(clips, fold.support_stimuli)
        shown = {person for _, person in counts} if fold.support_stimuli else {*fold.meta_test}
        able = tuple(person for person in fold.meta_test if person in shown)
        each.append(fewest_support_people(tuple(wish.shots), counts, able, tuple(wish.emotions)))
    return {str(shot): max(fewest[str(shot)] for fewest in each) for shot in wish.shots}
