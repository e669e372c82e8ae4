"""The track new-stimuli: what is shown at the queries is shown nowhere else, to the same person or to others."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import EMOTIONS, clip_list, make_task, make_views

from stf2m_bench.checks import Check
from stf2m_bench.episode.capacity import fewest_support_people, shortages
from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.drawing import Drawer, Episode, frozen_hash
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import FaultsError, InputError, UsageError
from stf2m_bench.evaluation.sanity import sanity_task
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.tasks.make import as_toml
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task

WORDS = EMOTIONS[:2]
SHOWN = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")
HALVES = (SHOWN[:4], SHOWN[4:])


def rows_of(person: str, stimuli: tuple[str, ...], each: int = 3) -> list[dict[str, str]]:
    """`each` clips of both words under each stimulus; a recording is a person and a stimulus."""
    return [
        {
            "clip_id": f"{person}-{stimulus}-{word}-{n}",
            "subject": person,
            "emotion": word,
            "stimulus": stimulus,
            "recording": f"{person}-{stimulus}",
        }
        for stimulus in stimuli
        for word in WORDS
        for n in range(each)
    ]


def alone(**changes: Any) -> Task:
    """One person gives both; everyone saw all eight."""
    people = [f"p{n}" for n in range(12)]
    cut = {"meta_train": people[:4], "meta_val": people[4:6], "meta_test": people[6:]}
    keys = {"track": "new-stimuli", "one_person": True, "ways": 2, "emotions": WORDS, "support_people": {}}
    folds = tuple(Fold(**cut, support_stimuli=one, query_stimuli=HALVES[1 - n]) for n, one in enumerate(HALVES))
    clips = clip_list([row for person in people for row in rows_of(person, SHOWN)])
    return make_task(**({"clips": clips, "folds": folds, "episodes": 20} | keys | changes))


def others(**changes: Any) -> Task:
    """Half of the people saw one half of the stimuli, half the other: other people are asked about other stimuli."""
    people = [[f"{half}{n}" for n in range(10)] for half in "ab"]
    folds = tuple(
        Fold(
            meta_train=people[n][:4],
            meta_val=people[n][4:6],
            meta_test=(*people[n][6:], *people[1 - n]),
            support_stimuli=HALVES[n],
            query_stimuli=HALVES[1 - n],
        )
        for n in (0, 1)
    )
    clips = clip_list([row for n in (0, 1) for person in people[n] for row in rows_of(person, HALVES[n])])
    keys = {"track": "new-stimuli", "ways": 2, "emotions": WORDS, "clips": clips, "folds": folds, "episodes": 20}
    return make_task(**(keys | changes))


def broken_rules(task: Task, e: Episode) -> list[str]:
    clips, fold = task.clips, task.protocol.folds[e.fold]
    seen = {
        column: [{getattr(clips, column)[row] for row in rows} for rows in (e.support, e.query)]
        for column in ("subject", "stimulus", "recording", "clip_id")
    }
    held = {
        "people of the side": seen["subject"][0] | seen["subject"][1] <= {*task.people(e.fold, e.side)},
        "labels": [clips.emotion[r] for r in e.query] == [e.emotions[n] for n in e.query_labels],
        "queries a class": len({*Counter(e.query_labels.tolist()).values()}) == 1,
        "recordings apart": not seen["recording"][0] & seen["recording"][1],
        "clips once": len(seen["clip_id"][0] | seen["clip_id"][1]) == len(e.support) + len(e.query),
        "no duplicate": not any(clips.duplicate_of[row] for row in [*e.support, *e.query]),
        "support stimuli": seen["stimulus"][0] <= {*fold.support_stimuli},
    }
    if e.side == "meta_test":
        held["query stimuli"] = seen["stimulus"][1] <= {*fold.query_stimuli}
        one = seen["subject"][0] == seen["subject"][1] and len(seen["subject"][0]) == 1
        held["who"] = one if task.one_person else not seen["subject"][0] & seen["subject"][1]
        held["few people support"] = len(seen["subject"][0]) <= task.support_people(e.shot)
    else:
        held["training stimuli"] = seen["stimulus"][1] <= {*fold.support_stimuli}
    return [rule for rule, holds in held.items() if not holds]


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Cells of any size, some empty; recordings of a stimulus or of a whole person; some duplicates."""
    rng = random.Random(draw(st.integers(0, 10**6)))
    plain = draw(st.sampled_from([alone, others]))()
    wide = draw(st.booleans())
    kept = []
    for row in zip(plain.clips.clip_id, plain.clips.subject, plain.clips.stimulus, plain.clips.emotion, strict=True):
        named = dict(zip(("clip_id", "subject", "stimulus", "emotion"), row, strict=True))
        recording = {"recording": row[1] if wide and not plain.one_person else f"{row[1]}-{row[2]}"}
        if rng.random() < 0.8:
            kept.append(named | recording)
    for row in rng.sample(kept[1:], 3):
        row["duplicate_of"] = kept[0]["clip_id"]
    clips, shots = clip_list(kept), draw(st.sampled_from([(1,), (1, 2), (1, 5)]))
    counts = Counter((e, s) for e, s, d in zip(clips.emotion, clips.subject, clips.duplicate_of, strict=True) if not d)
    changes = {"clips": clips, "shots": shots, "queries": draw(st.integers(1, 4)), "seed": draw(st.integers(0, 99))}
    if not plain.one_person:
        able = [people.meta_test[:4] for people in plain.protocol.folds]
        each = [fewest_support_people(shots, counts, people, WORDS) for people in able]
        changes["support_people"] = {key: max(one[key] for one in each) for key in each[0]}
    return Task(plain.protocol.model_copy(update={k: v for k, v in changes.items() if k != "clips"}), clips)


@settings(max_examples=40)
@given(tasks())
def test_every_episode_keeps_every_rule_and_is_drawn_where_nothing_is_short(task: Task) -> None:
    drawer, short = Drawer(task), shortages(task)
    for shot in task.protocol.shots:
        for fold in (0, 1):
            for side in ("meta_train", "meta_val", "meta_test"):
                for index in range(4):
                    try:
                        episode = drawer.draw(shot, index, fold=fold, side=side)
                    except InputError:
                        assert short or side != "meta_test"
                        continue
                    assert broken_rules(task, episode) == []


@pytest.mark.parametrize("make", [alone, others])
def test_an_episode_drawn_alone_is_the_one_drawn_in_sequence(make: Any) -> None:
    task = make()
    sequence = [e.query.tolist() for e in Drawer(task).all(5)]
    assert [Drawer(task).draw(5, i).query.tolist() for i in (19, 3)] == [sequence[19], sequence[3]]
    assert frozen_hash(task) == frozen_hash(make())


@pytest.mark.parametrize("make", [alone, others])
def test_training_episodes_split_stimuli_where_the_data_can_serve_it(make: Any) -> None:
    task = make()
    for side in ("meta_train", "meta_val"):
        for index in range(20):
            e = Drawer(task).draw(1, index, fold=0, side=side)
            shown = [{task.clips.stimulus[row] for row in rows} for rows in (e.support, e.query)]
            assert not shown[0] & shown[1]


def test_training_episodes_part_recordings_where_one_stimulus_is_all_there_is() -> None:
    folds = tuple(
        fold.model_copy(update={"support_stimuli": fold.support_stimuli[:1]}) for fold in others().protocol.folds
    )
    task = others(folds=folds)
    e = Drawer(task).draw(1, 0, fold=0, side="meta_train")
    assert broken_rules(task, e) == []
    assert {task.clips.stimulus[row] for row in [*e.support, *e.query]} == {"s1"}


@pytest.mark.parametrize("make", [alone, others])
def test_models_learn_neither_from_queried_stimuli_nor_from_tested_people(make: Any) -> None:
    task = make()
    views = make_views(task)
    for number, fold in enumerate(task.protocol.folds):
        sides = TrainingSides(views, number)
        for side in ("meta_train", "meta_val"):
            people = getattr(fold, side)
            seen = [
                s in fold.support_stimuli and p in people
                for s, p in zip(task.clips.stimulus, task.clips.subject, strict=True)
            ]
            assert len(sides.clips(side).labels) == sum(seen)
        queried = task.clips.stimulus.index(fold.query_stimuli[0])
        trained = [r for r, p in enumerate(task.clips.subject) if p in fold.meta_train and r >= queried]
        hidden = [r for r in trained if task.clips.stimulus[r] in fold.query_stimuli]
        assert bool(hidden) == task.one_person
        for row in hidden[:2]:
            with pytest.raises(UsageError, match="are hidden"):
                sides._views.gather("imported:x", np.array([row]))


# ---- what does not fit is told ----


def changed(task: Task, **keys: Any) -> Task:
    folds = tuple(fold.model_copy(update=keys) for fold in task.protocol.folds)
    return Task(task.protocol.model_copy(update={"folds": folds}), task.clips)


def test_stimuli_that_do_not_fit_the_track_are_told() -> None:
    for keys, said in (
        ({"query_stimuli": ("s1", "s5")}, "fold 0: stimulus 's1' is supported and queried"),
        ({"query_stimuli": ()}, "fold 0: the track new-stimuli needs support_stimuli and query_stimuli"),
        ({"query_stimuli": ("s99",)}, "fold 0: stimulus 's99' has no clip in the clip list"),
    ):
        with pytest.raises(FaultsError, match=said):
            changed(alone(), **keys)
    with pytest.raises(FaultsError, match="only the track new-stimuli has support_stimuli and query_stimuli"):
        alone(track="personal")
    with pytest.raises(FaultsError, match="only the track new-stimuli has the key one_person"):
        make_task(one_person=True)


def test_a_person_who_cannot_serve_both_halves_is_named() -> None:
    rows = [row for n in range(12) for row in rows_of(f"p{n}", SHOWN[:4] if n == 7 else SHOWN)]
    with_gap = alone(clips=clip_list(rows))
    told = shortages(with_gap)
    assert "fold 0, meta_test: subject 'p7' has 0 clips of 'anger' under query_stimuli, but needs 2" in told[0]
    assert any(
        "fold 1" in one and "'p7' has 0 clips of 'fear' under support_stimuli, but needs 5" in one for one in told
    )
    assert shortages(alone()) == shortages(others()) == []


def test_supporters_who_are_too_few_or_too_poor_are_named() -> None:
    told = shortages(others(support_people={"1": 1, "5": 20}))
    assert "20 supporting people leave nobody to query" in told[0]
    rows = [
        row
        for half, stimuli in zip("ab", HALVES, strict=True)
        for n in range(10)
        for row in rows_of(f"{half}{n}", stimuli, 1)
    ]
    told = shortages(others(clips=clip_list(rows), support_people={"1": 1, "5": 1}))
    assert "'anger' is short in 1 supporting people" in told[0]


# ---- checks ----


def failed(found: list[Check]) -> dict[str, str]:
    return {check.name: check.message for check in found if check.passed is False}


@pytest.mark.parametrize("make", [alone, others])
def test_a_sound_task_passes_and_its_stimuli_are_checked(make: Any) -> None:
    found = check_task(make(freeze=True))
    assert failed(found) == {}
    names = {check.name for check in found if check.passed}
    assert {"stimuli on one side", "new stimuli queried", "training stimuli"} <= names


def move_a_query(task: Task, e: Episode, stimuli: tuple[str, ...]) -> Episode:
    """The first query becomes a clip of its class and person, or of a tested one, under one of these stimuli."""
    clips, label = task.clips, e.emotions[e.query_labels[0]]
    free = [
        row
        for row in range(len(clips))
        if clips.emotion[row] == label and clips.stimulus[row] in stimuli and row not in [*e.support, *e.query]
    ]
    return replace(e, query=np.array([free[0], *e.query[1:]], np.int32))


def test_drawing_that_queried_a_known_stimulus_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    task, plain = alone(freeze=True), Drawer.draw

    def harmed(self: Drawer, shot: int, index: int, **where: Any) -> Episode:
        e = plain(self, shot, index, **where)
        fold = task.protocol.folds[e.fold]
        return move_a_query(task, e, fold.support_stimuli if e.side == "meta_test" else fold.query_stimuli)

    monkeypatch.setattr(Drawer, "draw", harmed)
    faults = failed(check_task(task))
    assert "which is not theirs alone" in faults["new stimuli queried"]
    assert "fold 0: 's5' in meta_train" in faults["training stimuli"]


def test_a_recording_over_both_halves_is_found() -> None:
    task = alone(freeze=True)
    task.clips.recording[:] = task.clips.subject
    assert "fold 0: recording 'p0'" in failed(check_task(task))["stimuli on one side"]


# ---- what follows ----


@pytest.mark.parametrize("make", [alone, others])
def test_permuted_truth_can_be_drawn_too(make: Any) -> None:
    task = make(freeze=True)
    permuted = sanity_task(task)
    moved = sum(one != other for one, other in zip(task.clips.emotion, permuted.clips.emotion, strict=True))
    assert moved > len(task.clips) / 4
    assert shortages(permuted) == []


def test_other_tracks_are_written_without_these_keys_and_this_one_reads_back() -> None:
    text = as_toml(alone().protocol)
    assert "one_person = true" in text
    assert text.count("query_stimuli") == 2
    assert "stimuli" not in as_toml(make_task().protocol)


def test_a_board_says_that_stimuli_are_new_and_who_gives_both() -> None:
    page = to_markdown([], alone())
    assert "is shown in neither support nor training" in page
    assert "One person gives both support and query." in page
    assert "One person" not in to_markdown([], others())
