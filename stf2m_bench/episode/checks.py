"""Checks of a task that anyone can run: they draw every frozen episode and look for what would make it unfair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.checks import Check, check_faults
from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.episode.capacity import shortages, training_shortages
from stf2m_bench.episode.drawing import Drawer, Episode, hash_episodes
from stf2m_bench.episode.stimulus_checks import new_stimuli_fault, stimulus_faults, training_faults
from stf2m_bench.episode.views import absent_views, disagreements
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.kinds import is_mixed, kinds_in_words
from stf2m_bench.tasks.make import find_duplicates
from stf2m_bench.tasks.protocol import SIDES
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.checks import telling_columns
from stf2m_bench.views.base.fingerprints import Alike, find_alike
from stf2m_bench.views.base.store import Store

_SHOWN = 20
_ENOUGH = 20  # episodes of which equal labels or orders are no chance


def check_task(
    task: Task,
    *,
    manifest: Manifest | None = None,
    stores: Mapping[str, Store] | None = None,
    fingerprints: Mapping[str, Store] | None = None,
) -> list[Check]:
    """Every check of one task.

    Args:
        manifest: the task's dataset as it lies here, to compare the clip list with.
        stores: view -> its store, to look for clips of the same content.
        fingerprints: view -> its store (see `views.base.fingerprints`), to look for clips of nearly the same content.
    """
    checks = [
        check_faults(
            "people on one side" if task.people_known else "emotions on one side",
            _side_faults(task),
            "each one is on one side of a fold",
        ),
        *_check_groups(task),
        check_faults("duplicates marked", _mark_faults(task), "duplicate_of names a clip that is drawn in its place"),
        check_faults("enough clips", shortages(task) + training_shortages(task), "the data cannot serve every episode"),
        *_check_data(task, manifest, stores),
        _check_alike(task, fingerprints),
        Check("kinds of classes", True, kinds_in_words(task.protocol) if is_mixed(task.protocol) else ""),
    ]
    drawer = Drawer(task)
    try:
        drawn = [episode for shot in task.protocol.shots for episode in drawer.all(shot)]
    except InputError as error:
        return [*checks, Check("episodes", False, str(error))]
    return [*checks, *_check_episodes(task, drawn)]


def _check_data(task: Task, manifest: Manifest | None, stores: Mapping[str, Store] | None) -> Iterator[Check]:
    if manifest is None:
        yield Check("clip list", None, "the dataset is not at hand")
        yield Check("imported views", None, "the dataset is not at hand")
    else:
        yield check_faults("clip list", disagreements(task, manifest), "the dataset is not the one of the task")
        told = [f"{view} ({', '.join(c)})" for view in task.protocol.views if (c := telling_columns(view, manifest))]
        yield check_faults("imported views", told, "the emotion can be read off columns; leave them out")
    if stores is None:
        yield Check("views present", None, "the views are not at hand")
        yield Check("duplicates", None, "the views are not at hand")
    else:
        absent = absent_views(stores, task.clips.clip_id)
        yield check_faults("views present", absent, "models would be given nothing")
        unmarked = _unmarked_duplicates(task, stores)
        yield check_faults("duplicates", unmarked, "write the first clip's id into duplicate_of, raise the version")


def _check_episodes(task: Task, drawn: list[Episode]) -> Iterator[Check]:
    yield _check_frozen(task, drawn)
    yield _check_each("clips drawn", task, drawn, _clip_fault)
    yield _check_each("labels", task, drawn, _label_fault)
    yield _check_each("meta-test people" if task.people_known else "meta-test emotions", task, drawn, _side_fault)
    if task.protocol.track == "new-stimuli":
        yield _check_each("new stimuli queried", task, drawn, new_stimuli_fault)
        yield check_faults("training stimuli", training_faults(task), "a stimulus that is queried was trained on")
    if not task.people_known:
        yield Check("new people queried", None, "nobody says whose clips they are")
    elif task.one_person:
        yield _check_each("one person an episode", task, drawn, _one_person_fault)
    else:
        yield _check_each("new people queried", task, drawn, _new_people_fault)
    yield check_faults("emotions queried", _never_queried(task, drawn), "results of this task would be invalid")
    yield _check_permuted(drawn)
    if task.protocol.nested:
        yield check_faults("supports nested", _nested_faults(drawn), "figures of different K cannot be compared")


def _check_frozen(task: Task, drawn: list[Episode]) -> Check:
    found = hash_episodes(drawn)
    if found == task.protocol.frozen:
        return Check("frozen", True)
    if not task.protocol.frozen:
        return Check("frozen", False, f"the task is not frozen; 'tasks freeze' writes frozen = \"{found}\"")
    return Check(
        "frozen",
        False,
        f"expected {task.protocol.frozen}, found {found}: the task file, its clip list or the drawing changed after the"
        " freezing; restore them, or raise the version and run 'tasks freeze' (earlier results do not count then)",
    )


def _check_each(name: str, task: Task, drawn: list[Episode], fault_of: Any) -> Check:
    """One fault at most of each episode; the first few are told."""
    faults = [
        f"episode {episode.index} of {episode.shot} shots: {fault}"
        for episode in drawn
        if (fault := fault_of(task, episode))
    ]
    more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return check_faults(name, faults[:_SHOWN] + more, f"{len(faults)} of {len(drawn)} episodes break the rules")


def _side_faults(task: Task) -> list[str]:
    faults = []
    what = "subject" if task.people_known else "emotion"
    for number, fold in enumerate(task.protocol.folds):
        sides = {side: set(getattr(fold, side)) for side in SIDES}
        faults += [f"fold {number}: nobody is in {side}" for side, people in sides.items() if not people]
        for one, other in combinations(SIDES, 2):
            shared = sorted(sides[one] & sides[other])
            faults += [f"fold {number}: {what} '{name}' is in {one} and in {other}" for name in shared]
    return faults


def _check_groups(task: Task) -> Iterator[Check]:
    for column, plural in (("recording", "recordings"), ("stimulus", "stimuli")):
        name = f"{plural} on one side"
        if column == "recording":
            yield check_faults(name, group_faults(task, column), f"no {column} reaches over two sides of a fold")
        elif task.protocol.track == "new-stimuli":
            yield check_faults(name, stimulus_faults(task), "what is queried is neither supported nor trained on")
        else:
            yield Check(name, None, f"the track {task.protocol.track} does not separate {plural}")


def group_faults(task: Task, column: str) -> list[str]:
    """Values of a column of the clip list (`recording`, `stimulus`) of which people of two sides of a fold have clips.

    Clips that are never drawn, and clips of which nothing is told, do not count.
    """
    clips = task.clips
    values: list[str] = getattr(clips, column)
    faults = []
    for number, fold in enumerate(task.protocol.folds):
        side_of = {name: side for side in SIDES for name in getattr(fold, side)}
        seen: dict[str, dict[str, str]] = {}
        for clip, value, name, marked in zip(clips.clip_id, values, task.unit, clips.duplicate_of, strict=True):
            if value and not marked and name in side_of:
                seen.setdefault(value, {}).setdefault(side_of[name], clip)
        for value, sides in seen.items():
            if len(sides) > 1:
                places = " and in ".join(f"{side} ('{sides[side]}')" for side in SIDES if side in sides)
                faults.append(f"fold {number}: {column} '{value}' is in {places}")
    return faults


def _mark_faults(task: Task) -> list[str]:
    clips = task.clips
    mark_of = dict(zip(clips.clip_id, clips.duplicate_of, strict=True))
    return [
        f"clip '{clip}' is marked as '{first}', which is {'marked itself' if first in mark_of else 'not in the list'}"
        for clip, first in mark_of.items()
        if first and mark_of.get(first, first)
    ]


def _check_alike(task: Task, fingerprints: Mapping[str, Store] | None) -> Check:
    name = "near-duplicates"
    if fingerprints is None:
        return Check(name, None, "the fingerprints are not at hand")
    if not fingerprints:
        return Check(name, None, "the dataset has neither sound nor pictures")
    faults = [
        f"clip '{pair.later}' is nearly '{pair.first}' (apart {pair.apart:.2f}), {where}"
        for pair in find_alike(fingerprints)
        if (where := _where_they_meet(task, pair))
    ]
    return check_faults(name, faults, "look at both; write the first clip's id into duplicate_of, raise the version")


def _where_they_meet(task: Task, pair: Alike) -> str:
    """How these clips come to face each other; empty where one is never drawn, or both are of one recording."""
    clips = task.clips
    rows = [clips.clip_id.index(clip) for clip in (pair.first, pair.later) if clip in clips.clip_id]
    if len({clips.recording[row] for row in rows}) < 2 or any(clips.duplicate_of[row] for row in rows):
        return ""
    for number, fold in enumerate(task.protocol.folds):
        sides = [side for row in rows for side in SIDES if task.unit[row] in getattr(fold, side)]
        if len(set(sides)) > 1:
            return f"in {sides[0]} and in {sides[1]} of fold {number}"
    return "and both may come to support and query"


def _unmarked_duplicates(task: Task, stores: Mapping[str, Store]) -> list[str]:
    """Pairs of clips of the task with the same content, of which the later one is not marked."""
    first_of = find_duplicates(stores.values(), set(task.clips.clip_id))
    alike: dict[str, list[str]] = {}
    marked = dict(zip(task.clips.clip_id, task.clips.duplicate_of, strict=True))
    for clip in task.clips.clip_id:
        alike.setdefault(first_of.get(clip, clip), []).append(clip)
    pairs = [(clips[0], later) for clips in alike.values() for later in clips[1:]]
    return [f"clip '{later}' is the same as '{first}'" for first, later in pairs if not marked[later]]


def _clip_fault(task: Task, episode: Episode) -> str:
    """Support and query share no clip, recording or duplicate; no clip comes twice."""
    clips = task.clips
    rows = [*episode.support.tolist(), *episode.query.tolist()]
    if len(set(rows)) < len(rows):
        return "a clip is drawn twice"
    if marked := [clips.clip_id[row] for row in rows if clips.duplicate_of[row]]:
        return f"'{marked[0]}' is a duplicate of another clip and must not be drawn"
    recordings = [{clips.recording[row] for row in part} for part in (episode.support, episode.query)]
    shared = sorted(recordings[0] & recordings[1])
    return f"support and query share the recording '{shared[0]}'" if shared else ""


def _label_fault(task: Task, episode: Episode) -> str:
    """Each clip has the emotion of its class number; every class has its K shots and its queries."""
    emotion = task.clips.emotion
    support = [name for name in episode.emotions for _ in range(episode.shot)]
    query = [episode.emotions[label] for label in episode.query_labels]
    if [emotion[row] for row in episode.support] != support or [emotion[row] for row in episode.query] != query:
        return "a clip has another emotion than its label"
    counts = np.bincount(episode.query_labels, minlength=len(episode.emotions))
    return "" if (counts == task.protocol.queries).all() else f"queries per class are {counts.tolist()}"


def _side_fault(task: Task, episode: Episode) -> str:
    names = {task.unit[row] for row in (*episode.support, *episode.query)}
    strangers = names - set(task.protocol.folds[episode.fold].meta_test)
    what = "subject" if task.people_known else "emotion"
    return f"{what} '{min(strangers)}' is not in meta_test of fold {episode.fold}" if strangers else ""


def _one_person_fault(task: Task, episode: Episode) -> str:
    people = sorted(_people(task, episode.support, episode.query))
    return f"it has the subjects {', '.join(people)}" if len(people) > 1 else ""


def _new_people_fault(task: Task, episode: Episode) -> str:
    supporting = _people(task, episode.support)
    both = sorted(supporting & _people(task, episode.query))
    if both:
        return f"subject '{both[0]}' gives both support and query"
    most = task.support_people(episode.shot)
    return f"{len(supporting)} people support it instead of {most}" if len(supporting) > most else ""


def _people(task: Task, *parts: NDArray[np.int32]) -> set[str]:
    return {task.clips.subject[row] for rows in parts for row in rows}


def _nested_faults(drawn: Sequence[Episode]) -> list[str]:
    """Episodes whose queries differ from those of fewer shots, or whose support does not begin with theirs."""
    by_index: dict[int, list[Episode]] = {}
    for episode in sorted(drawn, key=lambda episode: episode.shot):
        by_index.setdefault(episode.index, []).append(episode)
    return [
        f"episode {few.index} of {more.shot} shots does not go on from that of {few.shot}"
        for episodes in by_index.values()
        for few, more in pairwise(episodes)
        if few.emotions != more.emotions
        or few.query.tolist() != more.query.tolist()
        or few.query_labels.tolist() != more.query_labels.tolist()
        or few.support.tolist() != more.support.reshape(-1, more.shot)[:, : few.shot].ravel().tolist()
    ][:_SHOWN]


def _never_queried(task: Task, drawn: Sequence[Episode]) -> list[str]:
    queried = {(e.shot, e.fold, emotion) for e in drawn for emotion in e.emotions}
    return [
        f"'{emotion}' is never queried in fold {fold} of the {shot}-shot episodes"
        for shot in task.protocol.shots
        for fold in range(len(task.protocol.folds))
        for emotion in task.emotions("meta_test", fold)
        if (shot, fold, emotion) not in queried
    ]


def _check_permuted(drawn: list[Episode]) -> Check:
    """Neither the class numbers of emotions nor the order of queries may be guessed."""
    name = "permuted"
    if len(drawn) < _ENOUGH:
        return Check(name, None, f"{len(drawn)} episodes are too few to tell")
    places: dict[str, set[int]] = {}
    for episode in drawn:
        for number, emotion in enumerate(episode.emotions):
            places.setdefault(emotion, set()).add(number)
    faults = [f"'{emotion}' always has class number {min(n)}" for emotion, n in places.items() if len(n) == 1]
    firsts = {int(episode.query_labels[0]) for episode in drawn}
    if len(firsts) == 1:
        faults.append(f"the first query always has class number {min(firsts)}")
    if all((one.query_labels == other.query_labels).all() for one, other in pairwise(drawn)):
        faults.append("the queries of every episode come in the same order")
    return check_faults(name, faults, "class numbers and query order must be drawn anew in each episode")
