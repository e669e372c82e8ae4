"""What the data of a task can serve: which emotion of which person is short, and the largest K that would do."""

from __future__ import annotations

from collections.abc import Mapping

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.protocol import SIDES, Side
from stf2m_bench.tasks.task import Task

DRAWN = 20  # episodes of each shot and training side


def shortages(task: Task) -> list[str]:
    """Why the frozen episodes (meta-test), or where one person gives all those of training, cannot always be drawn."""
    drawer = Drawer(task)
    short = []
    for fold in range(len(task.protocol.folds)):
        for side in SIDES:
            if task.protocol.track == "new-stimuli" and side != "meta_test":
                continue
            if not task.people_known:
                short += _unknown_people(task, drawer, fold, side)
            elif task.protocol.one_person:
                short += _one_person(task, drawer, fold)
            elif task.one_person:
                short += _personal(task, drawer, fold, side)
            elif side == "meta_test":
                short += _new_subjects(task, drawer, fold, side)
    return short


def training_shortages(task: Task) -> list[str]:
    """Why not every episode of a training side can be drawn, where people may be shared; seen by drawing some."""
    if not task.people_known or task.protocol.track == "personal":
        return []
    drawer = Drawer(task)
    folds = range(len(task.protocol.folds))
    return [told for fold in folds for side in SIDES[:2] for told in _training(task, drawer, fold, side)]


def _personal(task: Task, drawer: Drawer, fold: int, side: Side) -> list[str]:
    need = max(task.protocol.shots) + task.protocol.queries
    short = []
    for person in task.people(fold, side):
        for emotion in task.protocol.emotions:
            have = drawer.count(emotion, person)
            if have < need:
                short.append(
                    f"fold {fold}, {side}: subject '{person}' has {have} clips of '{emotion}', but"
                    f" {max(task.protocol.shots)} shots and {task.protocol.queries} queries need {need};"
                    f" {_served(have, task.protocol.queries)}"
                )
    return short


def _one_person(task: Task, drawer: Drawer, fold: int) -> list[str]:
    """Of new stimuli: what each person can give of those of the support and of those of the queries."""
    chosen, protocol = task.protocol.folds[fold], task.protocol
    parts = (
        ("support", chosen.support_stimuli, max(protocol.shots)),
        ("query", chosen.query_stimuli, protocol.queries),
    )
    return [
        f"fold {fold}, meta_test: subject '{person}' has {have} clips of '{emotion}' under {part}_stimuli, but needs"
        f" {need}; leave this person out, or ask for fewer"
        for person in chosen.meta_test
        for emotion in protocol.emotions
        for part, stimuli, need in parts
        if (have := drawer.count(emotion, person, stimuli)) < need
    ]


def _unknown_people(task: Task, drawer: Drawer, fold: int, side: Side) -> list[str]:
    need = max(task.protocol.shots) + (task.protocol.queries if side == "meta_test" else 1)
    return [
        f"fold {fold}, {side}: '{emotion}' has {have} clips, but {need} are needed; leave this emotion out"
        for emotion in task.emotions(side, fold)
        if (have := drawer.count(emotion, "")) < need
    ]


def _training(task: Task, drawer: Drawer, fold: int, side: Side) -> list[str]:
    people, shown = task.people(fold, side), task.protocol.folds[fold].support_stimuli or None
    short = []
    for shot in task.protocol.shots if people else ():
        try:
            for index in range(DRAWN):
                drawer.draw(shot, index, fold=fold, side=side)
        except InputError:
            have = {e: sum(drawer.count(e, person, shown) for person in people) for e in task.emotions(side, fold)}
            fewest = min(have, key=have.__getitem__)
            short.append(
                f"fold {fold}, {side}: not every {task.protocol.ways}-way {shot}-shot episode can be drawn from its"
                f" {len(people)} people, support and queries sharing no recording; '{fewest}' is rarest, {have[fewest]}"
                " clips; ask for fewer shots or folds, leave this emotion out, or give more people"
            )
    return short


def _served(have: int, queries: int) -> str:
    if have <= 1:
        return "leave this emotion or this person out"
    if have > queries:
        return f"it can serve K = {have - queries} with {queries} queries"
    return f"it can serve K = 1 with {have - 1} queries"


def _new_subjects(task: Task, drawer: Drawer, fold: int, side: Side) -> list[str]:
    people, chosen, short = task.people(fold, side), task.protocol.folds[fold], []
    able = drawer.supporters(fold, side, chosen.support_stimuli or None)
    for shot in task.protocol.shots:
        size = task.support_people(shot)
        if size >= len(people):
            short.append(f"fold {fold}, {side}: {size} supporting people leave nobody to query among {len(people)}")
            continue
        for emotion in task.protocol.emotions:
            counts = {person: drawer.count(emotion, person, chosen.support_stimuli or None) for person in able}
            asked = {person: drawer.count(emotion, person, chosen.query_stimuli or None) for person in people}
            least, most = sum(sorted(counts.values())[:size]), sum(sorted(asked[person] for person in able)[-size:])
            if least < shot:
                poorest = min(able, key=lambda person: counts[person])
                short.append(
                    f"fold {fold}, {side}: '{emotion}' is short in {size} supporting people (subject '{poorest}' has"
                    f" {counts[poorest]} clips); {shot} shots need more people or K = {least}"
                )
            left = sum(asked.values()) - most
            if left < task.protocol.queries:
                advice = (
                    f"lower queries to {left}" if left > 0 else "leave this emotion out, or give more people or clips"
                )
                short.append(
                    f"fold {fold}, {side}: '{emotion}' leaves {max(0, left)} clips for {task.protocol.queries} queries"
                    f" where the people who have most of it support; {advice}"
                )
    return short


def fewest_support_people(
    task_shots: tuple[int, ...],
    counts: Mapping[tuple[str, str], int],
    people: tuple[str, ...],
    emotions: tuple[str, ...],
) -> dict[str, int]:
    """K -> the fewest people of whom any group holds K clips of every emotion (1 at K = 1 where everyone has all)."""
    fewest = {}
    for shot in task_shots:
        size = 1
        for emotion in emotions:
            ascending = sorted(counts.get((emotion, person), 0) for person in people)
            needed = next((n for n in range(1, len(people)) if sum(ascending[:n]) >= shot), len(people))
            size = max(size, needed)
        fewest[str(shot)] = size
    return fewest
