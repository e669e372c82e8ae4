"""Drawing episodes from a task: which clips support, which are queried. Labels and people only, no media.

Episode i of a task can be drawn alone, in any order, in any process, and is the same for ever: its random words are
keyed by (task name, version, seed, side, fold, shot, i). The cost of one draw does not grow with the number of clips.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.episode.randomness import Pile, Words
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.protocol import Side
from stf2m_bench.tasks.task import Task

TRIES = 100
Rows = dict[str, list[int]]
Stimuli = tuple[Collection[str], Collection[str]]  # of the support, of the queries


@dataclass(frozen=True)
class Episode:
    """What was drawn: rows of the task's clip list.

    Attributes:
        emotions: emotion, or word of the task, of each class number, `[N]`.
        support: rows `[N * K]` int32, class by class (class c at c * K ... c * K + K - 1).
        query: rows `[N * queries]` int32, in random order.
        query_labels: class number of each query `[N * queries]` int64: the truth.
    """

    side: Side
    fold: int
    shot: int
    index: int
    emotions: tuple[str, ...]
    support: NDArray[np.int32]
    query: NDArray[np.int32]
    query_labels: NDArray[np.int64]


class _Short(Exception):
    """These people cannot serve this episode; another group may."""


class Drawer:
    """Draws the episodes of one task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        clips = task.clips
        drawable = np.flatnonzero(np.array([not duplicate for duplicate in clips.duplicate_of], dtype=bool))
        self._cells = _group(drawable, [clips.emotion, task.subject])
        self._queries: dict[tuple[int, int, Side], int] = {}
        self._shown = _group(drawable, [clips.subject, clips.stimulus]).keys()
        self._recordings: dict[str, list[NDArray[np.int32]]] = {}
        if task.protocol.track == "personal":
            for (subject, _), rows in _group(drawable, [clips.subject, clips.recording]).items():
                self._recordings.setdefault(subject, []).append(rows)

    def count(self, emotion: str, subject: str, stimuli: Collection[str] | None = None) -> int:
        """How many different clips of this emotion this person can give, of these stimuli alone if told."""
        rows = self._cells.get((emotion, subject), ())
        return len(rows) if stimuli is None else sum(self.task.clips.stimulus[row] in stimuli for row in rows)

    def supporters(self, fold: int, side: Side, stimuli: Collection[str] | None = None) -> list[str]:
        """The people of a side in the order of the file; if stimuli are told, those who saw any of them."""
        people = self.task.people(fold, side)
        return [one for one in people if stimuli is None or any((one, s) in self._shown for s in stimuli)]

    def queries(self, shot: int, fold: int, side: Side) -> int:
        """Queries per emotion: the task's, or fewer (one at least) on a training side too small for them."""
        key = (shot, fold, side)
        if key not in self._queries:
            people = self.task.people(fold, side)
            shown = self.task.protocol.folds[fold].support_stimuli or None
            fewest = min(sum(self.count(e, person, shown) for person in people) for e in self.task.emotions(side, fold))
            asked, small = self.task.protocol.queries, side != "meta_test" and not self.task.one_person
            self._queries[key] = max(1, min(asked, fewest - shot)) if small else asked
        return self._queries[key]

    def draw(self, shot: int, index: int, *, fold: int | None = None, side: Side = "meta_test") -> Episode:
        """Episode `index` of this shot; its fold is `index mod folds` unless given.

        Where supports are nested, that of the most shots is drawn and cut.

        Raises:
            InputError: the people of this side cannot serve such an episode.
        """
        protocol = self.task.protocol
        fold = index % len(protocol.folds) if fold is None else fold
        most = max(shot, *protocol.shots) if protocol.nested else shot
        words = Words(protocol.name, protocol.version, protocol.seed, side, fold, most, index)
        emotions = words.sample(self.task.emotions(side, fold), protocol.ways)
        support, query = self._choose(words, emotions, most, fold, side)
        rows = [row for emotion in emotions for row in query[emotion]]
        labels = [label for label, emotion in enumerate(emotions) for _ in query[emotion]]
        order = words.sample(range(len(rows)), len(rows))
        return Episode(
            side=side,
            fold=fold,
            shot=shot,
            index=index,
            emotions=tuple(emotions),
            support=np.array([row for emotion in emotions for row in support[emotion][:shot]], dtype=np.int32),
            query=np.array([rows[i] for i in order], dtype=np.int32),
            query_labels=np.array([labels[i] for i in order], dtype=np.int64),
        )

    def all(self, shot: int) -> Iterator[Episode]:
        """Every frozen meta-test episode of one shot, in order."""
        return (self.draw(shot, i) for i in range(self.task.protocol.episodes))

    def _choose(self, words: Words, emotions: list[str], shot: int, fold: int, side: Side) -> tuple[Rows, Rows]:
        people, queries = self.task.people(fold, side), self.queries(shot, fold, side)
        for _ in range(TRIES):
            try:
                if self.task.protocol.track == "personal":
                    return self._one_person(words, emotions, shot, people)
                stimuli = self._stimuli(words, fold, side)
                if not self.task.people_known:
                    return self._two_groups(words, emotions, (shot, queries), list(people), list(people), stimuli)
                group, others = self._groups(words, shot, fold, side, stimuli)
                return self._two_groups(words, emotions, (shot, queries), group, others, stimuli)
            except _Short:
                continue
        if side != "meta_test":
            everyone, shown = words.sample(people, len(people)), self.task.protocol.folds[fold].support_stimuli
            split = [self._stimuli(words, fold, side) for _ in range(TRIES if shown else 0)]
            for stimuli in [*split, (shown, shown) if shown else None]:
                try:
                    return self._two_groups(words, emotions, (shot, queries), everyone, everyone, stimuli)
                except _Short:
                    continue
        raise InputError(
            f"The task '{self.task.name}' cannot draw {len(emotions)}-way {shot}-shot episodes with"
            f" {self.task.protocol.queries} queries from {side} of fold {fold} (subjects {', '.join(people)});"
            " 'tasks check' names the emotions and subjects that are short and what the data can serve."
        )

    def _stimuli(self, words: Words, fold: int, side: Side) -> Stimuli | None:
        """Track new-stimuli: the fold's at meta-test; in training those of the support alone, cut in two at random."""
        chosen = self.task.protocol.folds[fold]
        if not chosen.support_stimuli:
            return None
        if side == "meta_test":
            return chosen.support_stimuli, chosen.query_stimuli
        order = words.sample(chosen.support_stimuli, len(chosen.support_stimuli))
        return order[: len(order) // 2], order[len(order) // 2 :]

    def _groups(
        self, words: Words, shot: int, fold: int, side: Side, stimuli: Stimuli | None
    ) -> tuple[list[str], list[str]]:
        """Who gives the support, and who the queries: others, or in `one_person` the same."""
        able = self.supporters(fold, side, stimuli and stimuli[0])
        group = words.sample(able, min(self.task.support_people(shot), len(able)))
        if self.task.one_person:
            return group, group
        return group, [person for person in self.task.people(fold, side) if person not in group]

    def _two_groups(
        self,
        words: Words,
        emotions: list[str],
        counts: tuple[int, int],
        group: list[str],
        others: list[str],
        stimuli: Stimuli | None,
    ) -> tuple[Rows, Rows]:
        """Tracks with new people: a few give the support of every emotion, others give the queries.

        A side other than meta-test that is too small for two groups passes the same people twice, and so do tasks with
        `one_person` or of unknown people: they are then shared, but clips and recordings still are not. The track
        new-stimuli passes which stimuli either part is drawn from; a training side too small for two parts passes the
        same stimuli twice.
        """
        taken, (shot, queries) = _Taken(self._cells, words), counts
        if stimuli:
            taken.only(self.task.clips.stimulus, stimuli[0])
        support = {e: [taken.round_robin(e, group) for _ in range(shot)] for e in emotions}
        taken.forbid_recordings(self.task.clips.recording, support)
        if stimuli:
            taken.only(self.task.clips.stimulus, stimuli[1])
        return support, {e: [taken.any_person(e, others) for _ in range(queries)] for e in emotions}

    def _one_person(self, words: Words, emotions: list[str], shot: int, people: tuple[str, ...]) -> tuple[Rows, Rows]:
        """Track personal: one person gives both; each recording, in random order, goes to the side that needs it."""
        recordings = self._recordings[words.choice(people)]
        pile = Pile(len(recordings), words)
        queries = self.task.protocol.queries
        support: Rows = {e: [] for e in emotions}
        query: Rows = {e: [] for e in emotions}
        emotion_of = self.task.clips.emotion
        while any(len(support[e]) < shot or len(query[e]) < queries for e in emotions):
            if not pile.left:
                raise _Short
            rows = [int(row) for row in recordings[pile.take()] if emotion_of[row] in support]
            needed = any(len(support[emotion_of[row]]) < shot for row in rows)
            side, most = (support, shot) if needed else (query, queries)
            for row in words.sample(rows, len(rows)):
                if len(side[emotion_of[row]]) < most:
                    side[emotion_of[row]].append(row)
        return support, query


class _Taken:
    """Takes clips out of the cells (emotion, person), none twice."""

    def __init__(self, cells: dict[tuple[str, str], NDArray[np.int32]], words: Words) -> None:
        self._cells = cells
        self._words = words
        self._piles: dict[tuple[str, str], Pile] = {}
        self._turns: dict[str, int] = {}
        self._recording_of: list[str] = []
        self._forbidden: set[str] = set()
        self._stimulus_of: list[str] = []
        self._stimuli: Collection[str] | None = None

    def only(self, stimulus_of: list[str], stimuli: Collection[str]) -> None:
        """From now on clips of these stimuli alone, out of whole cells: call it before any, or forbid recordings."""
        self._stimulus_of, self._stimuli = stimulus_of, stimuli
        self._piles = {}

    def forbid_recordings(self, recording_of: list[str], support: Rows) -> None:
        """From now on no clip of a recording that the support uses."""
        self._recording_of = recording_of
        self._forbidden = {recording_of[row] for rows in support.values() for row in rows}

    def round_robin(self, emotion: str, group: list[str]) -> int:
        """The next clip of this emotion, the group's people in turn; one who has none left is skipped."""
        for _ in group:
            turn = self._turns.get(emotion, 0)
            self._turns[emotion] = turn + 1
            row = self._take(emotion, group[turn % len(group)])
            if row is not None:
                return row
        raise _Short

    def any_person(self, emotion: str, people: list[str]) -> int:
        """A clip of this emotion from a person drawn uniformly among those who still have one."""
        having = [person for person in people if self._pile(emotion, person).left]
        while having:
            person = self._words.choice(having)
            row = self._take(emotion, person)
            if row is not None:
                return row
            having.remove(person)
        raise _Short

    def _take(self, emotion: str, person: str) -> int | None:
        pile = self._pile(emotion, person)
        while pile.left:
            row = int(self._cells[emotion, person][pile.take()])
            if self._stimuli is not None and self._stimulus_of[row] not in self._stimuli:
                continue
            if not self._forbidden or self._recording_of[row] not in self._forbidden:
                return row
        return None

    def _pile(self, emotion: str, person: str) -> Pile:
        key = (emotion, person)
        if key not in self._piles:
            self._piles[key] = Pile(len(self._cells.get(key, ())), self._words)
        return self._piles[key]


def _group(rows: NDArray[np.intp], columns: list[list[str]]) -> dict[tuple[str, str], NDArray[np.int32]]:
    """Rows by the values of two columns, ascending within each group."""
    (names_a, codes_a), (names_b, codes_b) = (_codes(column) for column in columns)
    keys = codes_a[rows].astype(np.int64) * len(names_b) + codes_b[rows]
    order = np.argsort(keys, kind="stable")
    values, starts = np.unique(keys[order], return_index=True)
    groups = np.split(rows[order].astype(np.int32), starts[1:])
    return {
        (names_a[int(v) // len(names_b)], names_b[int(v) % len(names_b)]): group
        for v, group in zip(values, groups, strict=True)
    }


def _codes(column: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    numbers: dict[str, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(value, len(numbers)) for value in column), dtype=np.int64, count=len(column)
    )
    return list(numbers), codes


def frozen_hash(task: Task) -> str:
    """SHA-256 of exactly the meta-test episodes: int32 little-endian rows, support then query, by shot, then i."""
    drawer = Drawer(task)
    return hash_episodes(episode for shot in task.protocol.shots for episode in drawer.all(shot))


def hash_episodes(drawn: Iterable[Episode]) -> str:
    """SHA-256 of the rows of these episodes."""
    digest = hashlib.sha256()
    for episode in drawn:
        digest.update(episode.support.astype("<i4").tobytes())
        digest.update(episode.query.astype("<i4").tobytes())
    return digest.hexdigest()
