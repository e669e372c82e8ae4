"""What the data can serve: compared with trying every group of people."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import EMOTIONS, PEOPLE, clip_list, make_task, toy_clips

from stf2m_bench.episode.capacity import fewest_support_people, shortages
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task, load_task, task_names


def clips_of(counts: dict[tuple[str, str], int]) -> ClipList:
    return clip_list(
        [
            {"clip_id": f"{person}{emotion}{n}", "subject": person, "emotion": emotion}
            for (emotion, person), count in counts.items()
            for n in range(count)
        ]
    )


def some_group_fails(task: Task) -> bool:
    """Every group of supporting meta-test people is tried, emotion by emotion."""
    clips, p = task.clips, task.protocol
    drawable = [(e, s) for e, s, d in zip(clips.emotion, clips.subject, clips.duplicate_of, strict=True) if not d]
    people = task.people(0, "meta_test")
    for shot in p.shots:
        size = task.support_people(shot)
        if size >= len(people):
            return True
        for group in combinations(people, size):
            for emotion in p.emotions:
                given_clips = sum(drawable.count((emotion, person)) for person in group)
                left = sum(drawable.count((emotion, person)) for person in people if person not in group)
                if given_clips < shot or left < p.queries:
                    return True
    return False


@settings(max_examples=150)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 3))
def test_a_shortage_is_told_exactly_where_some_group_of_people_fails(seed: int, queries: int, people: int) -> None:
    rng = random.Random(seed)
    most = rng.choice([3, 5, 8])
    counts = {(e, p): rng.randint(most - 3, most) if p in PEOPLE[:4] else 8 for e in EMOTIONS for p in PEOPLE}
    counts |= {("anger", p): max(1, counts["anger", p]) for p in PEOPLE}  # everyone has some clip
    task = make_task(
        clips=clips_of(counts),
        folds=(Fold(meta_test=PEOPLE[:4], meta_val=PEOPLE[4:7], meta_train=PEOPLE[7:]),),
        support_people={"1": 1, "5": people},
        queries=queries,
    )
    assert bool(shortages(task)) == some_group_fails(task)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 6))
def test_the_fewest_people_are_the_smallest_size_at_which_every_group_serves(seed: int, size: int, shot: int) -> None:
    rng, people = random.Random(seed), PEOPLE[:size]
    counts = {(e, p): rng.randint(0, 6) for e in EMOTIONS for p in people}

    def every_group_serves(n: int) -> bool:
        return all(sum(counts[e, p] for p in group) >= shot for e in EMOTIONS for group in combinations(people, n))

    expected = next((n for n in range(1, size) if every_group_serves(n)), size)
    assert fewest_support_people((shot,), counts, people, EMOTIONS) == {str(shot): expected}


def test_ravdess_needs_two_people_for_five_shots_and_one_for_one() -> None:
    task = load_task("ravdess-a12-new-subjects")
    clips = task.clips
    counts: dict[tuple[str, str], int] = {}
    for emotion, subject, duplicate in zip(clips.emotion, clips.subject, clips.duplicate_of, strict=True):
        counts[emotion, subject] = counts.get((emotion, subject), 0) + (not duplicate)
    people = tuple(sorted(set(clips.subject)))
    assert fewest_support_people((1, 5), counts, people, task.protocol.emotions) == {"1": 1, "5": 2}
    assert dict(task.protocol.support_people) == {"1": 1, "5": 2}


@pytest.mark.parametrize("name", task_names())
def test_the_committed_tasks_are_short_of_nothing(name: str) -> None:
    assert shortages(load_task(name)) == []


def test_a_shortage_names_fold_emotion_and_person_and_what_would_do() -> None:
    counts = {(e, p): 2 if (e, p) == ("fear", "p02") else 8 for e in EMOTIONS for p in PEOPLE}
    short = shortages(make_task(clips=clips_of(counts), track="personal", queries=1))
    assert short == [
        "fold 0, meta_test: subject 'p02' has 2 clips of 'fear', but 5 shots and 1 queries need 6;"
        " it can serve K = 1 with 1 queries",
        "fold 1, meta_train: subject 'p02' has 2 clips of 'fear', but 5 shots and 1 queries need 6;"
        " it can serve K = 1 with 1 queries",
        "fold 2, meta_val: subject 'p02' has 2 clips of 'fear', but 5 shots and 1 queries need 6;"
        " it can serve K = 1 with 1 queries",
    ]


def test_clips_marked_as_duplicates_do_not_count() -> None:
    clips = toy_clips(7)
    assert shortages(make_task(clips=clips, track="personal")) == []
    marked = [c.replace("p03-fear-6", "p03-fear-0") if c == "p03-fear-6" else "" for c in clips.clip_id]
    without = ClipList(**{**vars_of(clips), "duplicate_of": marked})
    assert "subject 'p03' has 6 clips of 'fear'" in shortages(make_task(clips=without, track="personal"))[0]


def vars_of(clips: ClipList) -> dict[str, list[str]]:
    from dataclasses import fields

    return {field.name: getattr(clips, field.name) for field in fields(clips)}
