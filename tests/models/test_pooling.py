"""Pooling against a loop over clips in NumPy; padding never counts; the common scale of views."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import make_task, make_views

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.pooling import Pooling, pool


def plainly(clip: np.ndarray) -> np.ndarray:
    """Mean, deviation, deviation of steps of one clip `[T, D]`."""
    steps = np.diff(clip, axis=0)
    return np.concatenate([clip.mean(0), clip.std(0), steps.std(0) if len(steps) else np.zeros(clip.shape[1])])


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    shape=st.sampled_from([(1,), (4,), (3, 2)]),
    junk=st.sampled_from([0.0, 1e6]),
    seed=st.integers(0, 99),
)
def test_each_clip_is_pooled_over_its_own_rows_whatever_lies_behind(lengths, shape, junk, seed):
    rng = np.random.default_rng(seed)
    array = rng.normal(3, 2, (len(lengths), 10, *shape)).astype(np.float32)
    for clip, length in zip(array, lengths, strict=True):
        clip[length:] = junk
    found = pool(torch.from_numpy(array), torch.tensor(lengths)).numpy()
    assert found.shape == (len(lengths), 3 * int(np.prod(shape)))
    for row, clip, length in zip(found, array, lengths, strict=True):
        expected = plainly(clip[:length].reshape(length, -1).astype(np.float64)) if length else np.zeros(len(row))
        assert row == pytest.approx(expected, abs=1e-5)


def test_a_view_of_one_row_is_that_row():
    array = torch.arange(12.0).reshape(3, 1, 2, 2)
    assert torch.equal(pool(array, torch.ones(3, dtype=torch.long)), torch.arange(12.0).reshape(3, 4))


def test_a_large_offset_costs_no_accuracy():
    rows = np.random.default_rng(0).normal(0, 1, (1, 500, 3)) + 1e4
    found = pool(torch.from_numpy(rows.astype(np.float32)), torch.tensor([500]))[0, 3:6]
    assert found.numpy() == pytest.approx(rows[0].std(0), rel=1e-2)


def test_the_input_is_left_as_it_was():
    array = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0))
    before = array.clone()
    pool(array, torch.tensor([6, 3, 1, 0]))
    assert torch.equal(array, before)


@pytest.fixture(scope="module")
def sides():
    return TrainingSides(make_views(make_task(), absent={"p00-fear-0", "p09-anger-3", "p11-sadness-7"}), 0)


def test_training_clips_are_standardised_and_divided_by_the_root_of_their_numbers(sides):
    clips = sides.clips("meta_train")
    vectors = Pooling().fit(sides).vectors(clips.clips, clips.lengths)
    for view, numbers in (("audio.logmel", 18), ("imported:x", 5)):
        present = vectors[view][clips.lengths[view] > 0] * numbers**0.5
        assert present.shape[1] == numbers
        assert present.mean(0).numpy() == pytest.approx(np.zeros(numbers), abs=0.05)
        assert present.std(0, correction=0).numpy() == pytest.approx(np.ones(numbers), abs=0.05)
        assert present.abs().max() <= 4


def test_a_clip_that_lacks_a_view_lies_at_the_mean_of_the_training_people(sides):
    clips = sides.clips("meta_train")
    vectors = Pooling().fit(sides).vectors(clips.clips, clips.lengths)["imported:x"]
    absent = clips.lengths["imported:x"] == 0
    assert absent.any()
    assert not vectors[absent].any()


def test_a_view_that_no_training_clip_has_gives_finite_numbers():
    task = make_task()
    people = task.people(0, "meta_train")
    absent = {clip for clip in task.clips.clip_id if clip.split("-")[0] in people}
    sides = TrainingSides(make_views(task, absent=absent), 0)
    val = sides.clips("meta_val")
    vectors = Pooling().fit(sides).vectors(val.clips, val.lengths)["imported:x"]
    assert vectors.any()
    assert torch.isfinite(vectors).all()


def test_what_is_saved_gives_the_same_numbers_again(sides):
    fitted, again = Pooling().fit(sides), Pooling()
    again.load_state(fitted.state())
    clips = sides.clips("meta_val")
    for one, other in zip(*(p.vectors(clips.clips, clips.lengths).values() for p in (fitted, again)), strict=True):
        assert torch.equal(one, other)


def moved(problem, view, scale, shift):
    """The problem whose every clip of one view is scaled and shifted, as a person with another voice would."""
    clips = dict(problem.clips) | {view: problem.clips[view] * scale + shift}
    return dataclasses.replace(problem, clips=clips)


def test_statistics_from_the_support_take_most_of_a_persons_own_level_away(sides):
    (problem, _), view = sides.validation(5)[0], "imported:x"
    apart = {}
    for source in ("training", "support"):
        pooling = Pooling(source).fit(sides)
        before, after = (pooling.problem(p)[view] for p in (problem, moved(problem, view, 1.0, 1.5)))
        apart[source] = float((before[1] - after[1]).square().sum(-1).mean())
    assert apart["support"] < 0.3 * apart["training"]


def test_statistics_from_the_support_are_its_moments_moved_toward_training_by_ten_clips(sides):
    (problem, _), view = sides.validation(5)[0], "imported:x"
    plain, _, _ = Pooling().fit(sides).problem(problem)[view]
    support, _, _ = Pooling("support").fit(sides).problem(problem)[view]
    units = plain[0].numpy() * plain.shape[2] ** 0.5
    mean = units.sum(0) / (len(units) + 10)
    scale = np.sqrt((((units - mean) ** 2).sum(0) + 10) / (len(units) + 10))
    np.testing.assert_allclose(
        support[0] * plain.shape[2] ** 0.5, np.clip((units - mean) / scale, -4, 4), rtol=1e-4, atol=1e-5
    )


def test_other_sources_of_statistics_are_refused():
    with pytest.raises(UsageError, match="expected training or support"):
        Pooling("query")
