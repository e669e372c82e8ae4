"""Drawing: every rule of an episode, on random toy tasks and on the committed ones."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from toys import EMOTIONS, PEOPLE, clip_list, make_task, toy_clips, toy_folds

from stf2m_bench.episode.capacity import fewest_support_people, shortages
from stf2m_bench.episode.drawing import Drawer, Episode, frozen_hash
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.tasks.clips import COLUMNS, ClipList
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task, load_task, task_names

REPOSITORY = Path(__file__).parents[2]


def same(one: Episode, other: Episode) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Episode))


def broken_rules(task: Task, episode: Episode) -> list[str]:
    """The rules in plain words, one line each."""
    clips, p = task.clips, task.protocol
    support, query = episode.support.tolist(), episode.query.tolist()
    queries = len(query) // p.ways
    fewer = episode.side != "meta_test" and p.track != "personal" and 1 <= queries < p.queries
    people = [{task.subject[row] for row in part} for part in (support, query)]
    recordings = [{clips.recording[row] for row in part} for part in (support, query)]
    held = {
        "sizes": len(support) == p.ways * episode.shot and len(query) == p.ways * queries,
        "as many queries as asked for": queries == p.queries or fewer,
        "different emotions": len(set(episode.emotions)) == p.ways,
        "support labels": [clips.emotion[r] for r in support]
        == [e for e in episode.emotions for _ in range(episode.shot)],
        "query labels": [clips.emotion[r] for r in query] == [episode.emotions[n] for n in episode.query_labels],
        "queries a class": Counter(episode.query_labels.tolist()) == dict.fromkeys(range(p.ways), queries),
        "no clip twice": len({*support, *query}) == len(support) + len(query),
        "no duplicate": not any(clips.duplicate_of[row] for row in support + query),
        "recordings apart": not recordings[0] & recordings[1],
        "people of the side": people[0] | people[1] <= set(task.people(episode.fold, episode.side)),
        "emotions of the side": set(episode.emotions) <= set(task.emotions(episode.side, episode.fold)),
    }
    if episode.side == "meta_test" and task.one_person:
        held["one person"] = len(people[0] | people[1]) == 1
    elif episode.side == "meta_test" and task.people_known:
        held["new people"] = not people[0] & people[1]
        held["few people support"] = len(people[0]) <= task.support_people(episode.shot)
    if episode.side == "meta_test" and p.track == "new-stimuli":
        fold, shown = p.folds[episode.fold], [{clips.stimulus[row] for row in part} for part in (support, query)]
        held["new stimuli"] = shown[0] <= set(fold.support_stimuli) and shown[1] <= set(fold.query_stimuli)
    return [rule for rule, holds in held.items() if not holds]


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """People, emotions and cells of any size, recordings of one or several clips, some duplicates."""
    rng = random.Random(draw(st.integers(0, 10**6)))
    track = draw(st.sampled_from(["new-subjects", "personal"]))
    people = [f"p{n}" for n in range(draw(st.integers(6, 9)))]
    emotions = EMOTIONS[: draw(st.integers(2, 4))]
    full, takes = draw(st.integers(3, 9)), draw(st.sampled_from([1, 3]))
    rows: list[dict[str, str]] = []
    for person in people:
        for emotion in emotions:
            for n in range(full - rng.randrange(2)):
                row = {"clip_id": f"{person}{emotion}{n}", "subject": person, "emotion": emotion}
                rows.append(row | ({"recording": f"{person}-{n}"} if takes > 1 else {}))
    for row in rng.sample(rows[1:], draw(st.integers(0, 3))):
        row["duplicate_of"] = rows[0]["clip_id"]
    shots = draw(st.sampled_from([(1,), (1, 2), (1, 5)]))
    test = draw(st.integers(2, len(people) - 4))
    fold = Fold(
        meta_test=tuple(people[:test]), meta_val=tuple(people[test : test + 2]), meta_train=tuple(people[test + 2 :])
    )
    clips = clip_list(rows)
    kept = Counter((e, s) for e, s, d in zip(clips.emotion, clips.subject, clips.duplicate_of, strict=True) if not d)
    return make_task(
        clips=clips,
        track=track,
        ways=draw(st.integers(2, len(emotions))),
        shots=shots,
        queries=draw(st.integers(1, 3)),
        emotions=emotions,
        folds=(fold,),
        episodes=6,
        seed=draw(st.integers(0, 99)),
        support_people=fewest_support_people(shots, kept, fold.meta_test, emotions),
    )


@settings(max_examples=60)
@given(tasks())
def test_every_episode_of_any_task_keeps_every_rule_and_is_drawn_where_nothing_is_short(task: Task) -> None:
    drawer, short = Drawer(task), shortages(task)
    for shot in task.protocol.shots:
        for side in ("meta_train", "meta_val", "meta_test"):
            for index in range(6):
                try:
                    episode = drawer.draw(shot, index, side=side)
                except InputError:
                    assert short or side != "meta_test"
                    continue
                assert broken_rules(task, episode) == []


@settings(max_examples=30)
@given(tasks(), st.randoms(use_true_random=False))
def test_an_episode_drawn_alone_is_the_one_drawn_in_sequence(task: Task, order: random.Random) -> None:
    assume(not shortages(task))
    shot = task.protocol.shots[-1]
    sequence = list(Drawer(task).all(shot))
    indices = list(range(len(sequence)))
    order.shuffle(indices)
    drawer = Drawer(task)
    assert all(same(drawer.draw(shot, i), sequence[i]) for i in indices)
    assert same(Drawer(task).draw(shot, indices[0]), sequence[indices[0]])


@pytest.mark.parametrize("name", task_names())
def test_a_committed_task_redraws_to_its_frozen_hash_and_keeps_every_rule(name: str) -> None:
    task = load_task(name)
    assert frozen_hash(task) == task.protocol.frozen
    drawer = Drawer(task)
    for shot in task.protocol.shots:
        for episode in drawer.all(shot):
            assert episode.fold == episode.index % len(task.protocol.folds)
            assert broken_rules(task, episode) == []


def test_a_fresh_process_draws_the_same_episodes() -> None:
    call = (
        "from stf2m_bench.tasks.task import load_task\nfrom stf2m_bench.episode.drawing import Drawer\n"
        "e = Drawer(load_task('ravdess-a12-personal')).draw(5, 321)\nprint(e.support.tolist() + e.query.tolist())"
    )
    answer = subprocess.run([sys.executable, "-c", call], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    episode = Drawer(load_task("ravdess-a12-personal")).draw(5, 321)
    assert answer.stdout == f"{episode.support.tolist() + episode.query.tolist()}\n"


def test_the_hash_is_taken_over_int32_rows_support_then_query_by_shot_then_number() -> None:
    import hashlib

    task = make_task()
    rows = [
        row
        for shot in (1, 5)
        for i in range(30)
        for e in [Drawer(task).draw(shot, i)]
        for row in [*e.support.tolist(), *e.query.tolist()]
    ]
    assert frozen_hash(task) == hashlib.sha256(b"".join(row.to_bytes(4, "little") for row in rows)).hexdigest()


@pytest.mark.parametrize(
    "change", [{"name": "toy-b"}, {"version": 2}, {"seed": 1}, {"queries": 1}, {"emotions": EMOTIONS[::-1]}]
)
def test_another_name_version_seed_or_rule_gives_other_episodes(change: dict[str, Any]) -> None:
    assert frozen_hash(make_task(**change)) != frozen_hash(make_task())


def test_actor_sevens_twin_clips_are_marked_and_only_one_of_them_is_drawn() -> None:
    task = load_task("ravdess-a12-new-subjects")
    twins = [(c, d) for c, d in zip(task.clips.clip_id, task.clips.duplicate_of, strict=True) if d]
    assert twins
    assert all(one.endswith("-07") and other.endswith("-07") for one, other in twins)
    marked = {task.clips.clip_id.index(clip) for clip, _ in twins}
    drawer, seen = Drawer(task), set()
    for side in ("meta_train", "meta_val", "meta_test"):
        for fold in range(3):
            for i in range(150):
                episode = drawer.draw(5, i, fold=fold, side=side)
                seen |= {*episode.support.tolist(), *episode.query.tolist()}
    assert not marked & seen
    assert {task.clips.clip_id.index(first) for _, first in twins} <= seen


def test_five_shots_of_ravdess_neutral_take_turns_between_both_supporting_people() -> None:
    """An actor has four neutral clips, so one person alone could not give five."""
    task = load_task("ravdess-a12-new-subjects")
    clips = task.clips
    seen = 0
    for episode in Drawer(task).all(5):
        if "neutral" in episode.emotions:
            seen += 1
            first = episode.emotions.index("neutral") * 5
            givers = [clips.subject[row] for row in episode.support[first : first + 5]]
            assert givers[0] == givers[2] == givers[4] != givers[1] == givers[3]
    assert seen > 300


def test_one_shot_of_every_emotion_comes_from_one_person_so_that_person_and_label_are_not_confounded() -> None:
    task = load_task("ravdess-a12-new-subjects")
    for episode in Drawer(task).all(1):
        assert len({task.clips.subject[row] for row in episode.support}) == 1


def test_an_exhausted_person_is_skipped_and_the_others_go_on() -> None:
    rows = [
        {"clip_id": f"{person}{emotion}{n}", "subject": person, "emotion": emotion}
        for person in PEOPLE
        for emotion in EMOTIONS
        for n in range(1 if person == "p00" and emotion == "fear" else 8)
    ]
    task = make_task(clips=clip_list(rows), emotions=("fear", "anger"), ways=2, episodes=400)
    skipped = 0
    for episode in Drawer(task).all(5):
        first = episode.emotions.index("fear") * 5
        givers = [task.clips.subject[row] for row in episode.support[first : first + 5]]
        if "p00" in givers:
            skipped += 1
            assert Counter(givers).most_common() == [(max(givers), 4), ("p00", 1)]
    assert skipped > 20


def test_every_person_supports_and_is_queried_about_as_often_as_the_others() -> None:
    task = make_task(episodes=1200)
    supporting: Counter[str] = Counter()
    queried: Counter[str] = Counter()
    for episode in Drawer(task).all(1):
        supporting[task.clips.subject[episode.support[0]]] += 1
        queried[task.clips.subject[episode.query[0]]] += 1
    assert set(supporting) == set(queried) == set(PEOPLE)
    assert chisquare(list(supporting.values())).pvalue > 1e-3
    assert chisquare(list(queried.values())).pvalue > 1e-3


def test_a_person_with_many_clips_is_queried_no_more_than_one_with_few() -> None:
    rows = [
        {"clip_id": f"{person}{emotion}{n}", "subject": person, "emotion": emotion}
        for person in PEOPLE
        for emotion in EMOTIONS
        for n in range(40 if person == "p01" else 4)
    ]
    task = make_task(clips=clip_list(rows), shots=(1,), queries=1, episodes=1200)
    queried = Counter(task.clips.subject[e.query[0]] for e in Drawer(task).all(1))
    assert chisquare(list(queried.values())).pvalue > 1e-3


def test_class_numbers_and_query_order_are_drawn_anew() -> None:
    drawn = list(Drawer(make_task(episodes=600)).all(1))
    numbers = Counter((e, n) for episode in drawn for n, e in enumerate(episode.emotions))
    assert len(numbers) == len(EMOTIONS) * 3
    assert chisquare(list(numbers.values())).pvalue > 1e-3
    firsts = Counter(int(episode.query_labels[0]) for episode in drawn)
    assert chisquare(list(firsts.values())).pvalue > 1e-3
    assert len({tuple(episode.query_labels.tolist()) for episode in drawn}) == 90  # 6! / 2!^3


def test_a_small_training_side_may_share_people_but_never_recordings() -> None:
    folds = (Fold(meta_test=PEOPLE[:4], meta_val=PEOPLE[4:6], meta_train=PEOPLE[6:]),)
    task = make_task(folds=folds, clips=toy_clips(4))
    shared = 0
    for i in range(40):
        episode = Drawer(task).draw(5, i, side="meta_val")
        assert broken_rules(task, episode) == []
        people = [{task.clips.subject[row] for row in part} for part in (episode.support, episode.query)]
        shared += bool(people[0] & people[1])
    assert shared == 40


def test_episodes_that_the_people_cannot_serve_are_refused_in_one_sentence() -> None:
    task = make_task(clips=toy_clips(2))
    with pytest.raises(InputError, match=r"cannot draw 3-way 5-shot episodes with 2 queries from meta_test of fold 0"):
        Drawer(task).draw(5, 0)


def test_a_number_of_shots_that_the_task_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no 3-shot episodes; it says who supports for K = 1, 5"):
        Drawer(make_task()).draw(3, 0, side="meta_train")


def test_the_cost_of_a_draw_does_not_grow_with_the_number_of_clips() -> None:
    """Counted in words drawn: ten thousand clips of each cell ask for no more than ten do."""

    def words_of(clips_per_cell: int) -> int:
        rows = clips_per_cell * len(PEOPLE) * len(EMOTIONS)
        people = [person for person in PEOPLE for _ in range(rows // len(PEOPLE))]
        emotions = [EMOTIONS[n % len(EMOTIONS)] for n in range(rows)]
        ids = [f"{n:07d}" for n in range(rows)]
        blank = [""] * rows
        task = make_task(clips=ClipList(ids, people, ids, blank, emotions, blank, blank))
        drawer, calls = Drawer(task), Counter[str]()
        with pytest.MonkeyPatch.context() as patch:
            from stf2m_bench.episode import randomness

            plain = randomness.philox
            patch.setattr(randomness, "philox", lambda *a: (calls.update(["block"]), plain(*a))[1])
            for i in range(20):
                drawer.draw(5, i)
        return calls["block"]

    assert words_of(10_000) <= words_of(10) + 5


def test_a_training_side_with_few_clips_of_an_emotion_is_asked_for_fewer_queries():
    clips = toy_clips()
    train = toy_folds()[0].meta_train
    scarce = [row for row in range(len(clips)) if clips.subject[row] in train and clips.emotion[row] == "fear"]
    kept = sorted(set(range(len(clips))) - set(scarce[6:]))
    few = ClipList(*([getattr(clips, name)[row] for row in kept] for name in COLUMNS))
    drawer = Drawer(make_task(clips=few))
    assert [drawer.queries(shot, 0, "meta_train") for shot in (1, 5)] == [2, 1]
    assert [drawer.queries(shot, 0, "meta_test") for shot in (1, 5)] == [2, 2]
    for index in range(20):
        episode = drawer.draw(5, index, fold=0, side="meta_train")
        assert len(episode.query) == 3
        assert not {*episode.support} & {*episode.query}
