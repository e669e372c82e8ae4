"""Who, and what, is on which side of each fold of a new task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

from stf2m_bench.episode.randomness import Words
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold

Halves = tuple[tuple[str, ...], tuple[str, ...]]


def cut_into_folds(people: Sequence[str], folds: int, words: Words, *, what: str = "people") -> list[Fold]:
    """Disjoint meta-test groups of nearly equal size; each fold's other people are cut into meta-val and meta-train.

    A single fold tests a third.
    """
    least = max(2 * folds, folds + 4)
    if len(people) < least:
        raise InputError(f"{len(people)} {what} are too few for {folds} folds; {least} are needed.")
    order = words.sample(people, len(people))
    groups = folds if folds > 1 else 3
    cuts = [round(i * len(order) / groups) for i in range(groups + 1)]
    found = []
    for start, stop in pairwise(cuts):
        others = order[stop:] + order[:start]
        val = max(2, len(others) * 3 // 8)
        found.append(
            Fold(meta_train=tuple(others[val:]), meta_val=tuple(others[:val]), meta_test=tuple(order[start:stop]))
        )
    return found[:folds]


def folds_of_one_person(
    clips: ClipList, emotions: Collection[str], halves: Halves, folds: int, words: Words, *, need: int
) -> list[Fold]:
    """Track new-stimuli, one person gives both: each cut of the people twice, the second time with halves reversed.

    Args:
        need: people who have fewer clips of an emotion in either half are not tested, but train.
    """
    held = [count_clips(clips, half) for half in halves]
    people = _people(held[0] + held[1])
    able = [p for p in people if all(counts[emotion, p] >= need for counts in held for emotion in emotions)]
    rest = tuple(person for person in people if person not in able)
    what = f"people with {need} clips of every emotion in either half of the stimuli"
    return [
        _showing(cut.model_copy(update={"meta_train": cut.meta_train + rest}), support, query)
        for cut in cut_into_folds(able, folds, words, what=what)
        for support, query in (halves, halves[::-1])
    ]


def folds_of_other_people(clips: ClipList, halves: Halves, folds: int, words: Words) -> list[Fold]:
    """Track new-stimuli, other people are asked: those who saw a half are cut, those who saw the other alone are asked.

    Folds whose first half supports take turns with those whose second does.
    """
    found = []
    for support, query in (halves, halves[::-1]):
        shown = _people(count_clips(clips, support))
        asked = tuple(person for person in _people(count_clips(clips, query)) if person not in shown)
        cuts = cut_into_folds(shown, folds, words, what=f"people who saw any of {', '.join(support)}")
        tested = [cut.model_copy(update={"meta_test": cut.meta_test + asked}) for cut in cuts]
        found.append([_showing(cut, support, query) for cut in tested])
    return [fold for pair in zip(*found, strict=True) for fold in pair]


def count_clips(clips: ClipList, stimuli: Collection[str] = ()) -> Counter[tuple[str, str]]:
    """How many clips that may be drawn each emotion of each person has, of these stimuli alone if any are told."""
    rows = zip(clips.emotion, clips.subject, clips.stimulus, clips.duplicate_of, strict=True)
    return Counter(
        (emotion, person) for emotion, person, shown, twin in rows if not twin and shown in (stimuli or [shown])
    )


def _people(counts: Counter[tuple[str, str]]) -> list[str]:
    return sorted({person for _, person in counts})


def _showing(fold: Fold, support: tuple[str, ...], query: tuple[str, ...]) -> Fold:
    return fold.model_copy(update={"support_stimuli": support, "query_stimuli": query})
