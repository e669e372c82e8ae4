"""What a model sees: the right clips in the right places, padded, and nothing else."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from toys import EMOTIONS, make_task, make_views

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.problems import Problem, episodes, make_problem
from stf2m_bench.episode.training_sides import VALIDATION_EPISODES, TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.errors import UnknownNameError, UsageError

ABSENT = {"p00-fear-0", "p05-anger-3", "p11-sadness-7"}


@pytest.fixture(scope="module")
def views() -> TaskViews:
    return make_views(make_task(), absent=ABSENT)


def plainly_padded(views: TaskViews, view: str, rows: list[int]) -> np.ndarray:
    """One clip after the other, by a loop."""
    store, spec = views.stores[view], views.specs[view]
    arrays = np.zeros((len(rows), spec.rows, *spec.shape), np.float32)
    for place, row in enumerate(rows):
        array = store.array(views.task.clips.clip_id[row])
        arrays[place, : len(array)] = array
    return arrays


@pytest.mark.parametrize("view", ["audio.logmel", "imported:x"])
def test_gathering_is_slicing_each_clip_out_of_the_store_and_padding_it_with_zeros(views: TaskViews, view: str) -> None:
    rows = np.random.default_rng(0).integers(0, len(views.task.clips), 300)
    arrays, lengths = views.gather(view, rows)
    assert arrays.dtype == np.float32
    assert np.array_equal(arrays, plainly_padded(views, view, rows.tolist()))
    assert lengths.tolist() == [len(views.stores[view].array(views.task.clips.clip_id[row])) for row in rows]


def test_the_padding_reaches_to_the_longest_clip_of_the_task(views: TaskViews) -> None:
    longest = max(len(views.stores["audio.logmel"].array(clip)) for clip in views.task.clips.clip_id)
    assert views.specs["audio.logmel"].rows == longest
    assert views.specs["imported:x"].rows == 1


def test_a_clip_that_lacks_a_view_has_length_zero_and_zeros_and_the_others_are_not_touched(views: TaskViews) -> None:
    rows = np.array([row for row, clip in enumerate(views.task.clips.clip_id) if clip in ABSENT])
    arrays, lengths = views.gather("imported:x", rows)
    assert lengths.tolist() == [0, 0, 0]
    assert not arrays.any()
    assert views.gather("audio.logmel", rows)[1].min() >= 6


def test_a_view_that_no_clip_has_is_gathered_as_zeros() -> None:
    task = make_task()
    views = make_views(task, absent=set(task.clips.clip_id))
    arrays, lengths = views.gather("imported:x", np.arange(7))
    assert arrays.shape == (7, 1, 5)
    assert not arrays.any()
    assert not lengths.any()


@pytest.mark.parametrize("shot", [1, 5])
def test_support_and_query_of_a_problem_are_the_drawn_rows_in_their_order(views: TaskViews, shot: int) -> None:
    drawn = [Drawer(views.task).draw(shot, i) for i in range(8)]
    problem, truth = make_problem(views, drawn)
    for view in views.specs:
        for b, episode in enumerate(drawn):
            assert np.array_equal(problem.support[view][b], plainly_padded(views, view, episode.support.tolist()))
            assert np.array_equal(problem.query[view][b], plainly_padded(views, view, episode.query.tolist()))
    assert problem.support_labels.tolist() == [[n for n in range(3) for _ in range(shot)]] * 8
    assert np.array_equal(truth.query_labels, np.stack([episode.query_labels for episode in drawn]))


def test_a_clip_of_several_episodes_is_held_once_and_its_presence_told(views: TaskViews) -> None:
    drawn = [Drawer(views.task).draw(5, i) for i in range(0, 30, 3)]
    problem, _ = make_problem(views, drawn)
    different = {row for e in drawn for row in [*e.support.tolist(), *e.query.tolist()]}
    assert len(problem.clips["audio.logmel"]) == len(problem.lengths["imported:x"]) == len(different)
    uses = torch.cat([problem.support_index.ravel(), problem.query_index.ravel()])
    assert set(uses.tolist()) == set(range(len(different)))
    assert problem.present["imported:x"].tolist() == (problem.lengths["imported:x"] > 0).tolist()
    assert not problem.present["imported:x"].all()


def test_a_problem_holds_tensors_and_view_specs_but_no_names_and_no_rows_of_the_clip_list(views: TaskViews) -> None:
    problem, _ = make_problem(views, [Drawer(views.task).draw(5, i) for i in range(4)])
    allowed = {
        "clips", "lengths", "support_index", "support_labels", "query_index", "ways", "view_specs", "support_votes",
    }  # fmt: skip
    assert {field.name for field in fields(Problem)} == allowed
    told = repr({k: v for k, v in vars(problem).items() if k not in ("clips", "lengths")}) + repr(problem.view_specs)
    assert not any(name in told for name in (*EMOTIONS, *views.task.clips.clip_id, *set(views.task.clips.subject)))


def test_places_of_clips_follow_their_first_use_and_so_tell_nothing_of_the_clip_list(views: TaskViews) -> None:
    """The clip list is sorted by person and emotion: sorted places would tell both."""
    problem, _ = make_problem(views, [Drawer(views.task).draw(5, i) for i in range(6)])
    uses = torch.cat([problem.support_index.ravel(), problem.query_index.ravel()]).tolist()
    firsts = list(dict.fromkeys(uses))
    assert firsts == sorted(firsts)


def test_the_class_number_of_an_emotion_changes_from_episode_to_episode(views: TaskViews) -> None:
    numbers = {
        truth.episodes[0].emotions.index("fear")
        for _, truth in episodes(views.task, shot=1, views=views, batch=1)
        if "fear" in truth.episodes[0].emotions
    }
    assert numbers == {0, 1, 2}


def test_batches_of_any_size_hold_the_same_episodes(views: TaskViews) -> None:
    def queries(batch: int) -> torch.Tensor:
        found = episodes(views.task, shot=5, fold=1, views=views, batch=batch)
        return torch.cat([problem.query["audio.logmel"] for problem, _ in found])

    assert len(queries(1)) == 10
    assert torch.equal(queries(1), queries(4))


def test_the_frozen_episodes_of_a_fold_end_and_those_of_training_do_not(views: TaskViews) -> None:
    tested = [e.index for _, truth in episodes(views.task, shot=1, fold=2, views=views) for e in truth.episodes]
    assert tested == list(range(2, 30, 3))
    some = episodes(views.task, shot=1, side="meta_train", views=views, count=70, start=5, batch=32)
    assert [e.index for _, truth in some for e in truth.episodes] == list(range(5, 75))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shot": 3}, "has no 3-shot episodes; it has K = "),
        ({"shot": 1, "fold": 3}, "has folds 0 to 2, not 3"),
        ({"shot": 1, "side": "test"}, "There is no side 'test'; sides are meta_train, meta_val, meta_test"),
        ({"shot": 3, "side": "meta_train"}, "has no 3-shot episodes"),
    ],
)
def test_what_a_task_does_not_have_is_refused_in_one_sentence(views: TaskViews, wrong: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        next(episodes(views.task, views=views, **wrong))


def test_an_unknown_task_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean ravdess-a12-personal"):
        next(episodes("ravdess-a12-persona", shot=1))


# ---- the training sides ----


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_training_sides_give_their_own_people_only(views: TaskViews, fold: int) -> None:
    sides = TrainingSides(views, fold)
    store = views.stores["audio.logmel"]
    for side in ("meta_train", "meta_val"):
        labelled = sides.clips(side)
        clips = [
            c
            for c, s in zip(views.task.clips.clip_id, views.task.clips.subject, strict=True)
            if s in views.task.people(fold, side)
        ]
        assert len(labelled.labels) == len(clips) == len(views.task.people(fold, side)) * 32
        for place, clip in enumerate(clips):
            person, emotion, _ = clip.split("-")
            assert sides.emotions[labelled.labels[place]] == emotion
            assert views.task.people(fold, side)[labelled.subjects[place]] == person
            length = labelled.lengths["audio.logmel"][place]
            assert np.array_equal(labelled.clips["audio.logmel"][place, :length], store.array(clip))


def test_the_meta_test_side_is_out_of_reach_of_fit(views: TaskViews) -> None:
    sides = TrainingSides(views, 0)
    for ask in (lambda: sides.clips("meta_test"), lambda: sides.problems(1, count=1, side="meta_test")):
        with pytest.raises(UsageError, match=r"'meta_test' is out of reach of fit"):
            ask()
    tested = np.flatnonzero(np.isin(views.task.clips.subject, views.task.people(0, "meta_test")))
    for row in tested:
        with pytest.raises(UsageError, match="they are hidden"):
            sides._views.gather("audio.logmel", np.array([row]))


def test_validation_is_the_same_for_every_seed_and_training_is_not(views: TaskViews) -> None:
    one, other = (TrainingSides(views, 0, seed=seed) for seed in (0, 1))
    for (a, labels_a), (b, labels_b) in zip(one.validation(5), other.validation(5), strict=True):
        assert torch.equal(labels_a, labels_b)
        assert torch.equal(a.query_index, b.query_index)
    assert sum(len(labels) for _, labels in one.validation(1)) == VALIDATION_EPISODES
    (_, train_a), (_, train_b) = (next(iter(s.problems(5, count=50, batch=50))) for s in (one, other))
    assert not torch.equal(train_a, train_b)
    (_, again) = next(iter(TrainingSides(views, 0).problems(5, count=50, batch=50)))
    assert torch.equal(train_a, again)


def test_clips_marked_as_duplicates_are_no_training_clips() -> None:
    task = make_task()
    row = task.clips.clip_id.index("p09-fear-7")
    task.clips.duplicate_of[row] = "p09-fear-0"
    labelled = TrainingSides(make_views(task), 0).clips("meta_train")
    assert len(labelled.labels) == 5 * 32 - 1
