"""Whom the shots of an episode bear out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import make_task, make_views

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.trust import MARGIN, Trust, each_shot_asked
from stf2m_bench.models.class_memory import ClassMemory
from stf2m_bench.models.ridge import Ridge


@pytest.fixture(scope="module")
def sides():
    return TrainingSides(make_views(make_task()), 0)


@pytest.fixture(scope="module")
def models(sides):
    return ClassMemory().fit(sides), Ridge().fit(sides)


def made_up(batch, ways, shot):
    """A problem of clips that occur once."""
    count = batch * ways * shot
    return Problem(
        clips={"x": torch.zeros(count, 1, 1)},
        lengths={"x": torch.ones(count, dtype=torch.int64)},
        support_index=torch.randperm(count, generator=torch.Generator().manual_seed(0)).reshape(batch, -1),
        support_labels=torch.arange(ways).repeat_interleave(shot).expand(batch, -1),
        query_index=torch.zeros(batch, 2, dtype=torch.int64),
        ways=ways,
        view_specs={},
    )


@given(st.integers(1, 3), st.integers(2, 4), st.integers(2, 5))
@settings(deadline=None, max_examples=20)
def test_each_shot_is_asked_once_of_the_others(batch, ways, shot):
    problem = made_up(batch, ways, shot)
    once, labels = each_shot_asked(problem)
    assert once.support_index.shape == (batch * shot, ways * (shot - 1))
    assert once.query_index.shape == labels.shape == (batch * shot, ways)
    for row in range(batch * shot):
        own = problem.support_index[row // shot].tolist()
        assert sorted([*once.support_index[row].tolist(), *once.query_index[row].tolist()]) == sorted(own)
        known = dict(zip(own, problem.support_labels[row // shot].tolist(), strict=True))
        assert [known[clip] for clip in once.query_index[row].tolist()] == labels[row].tolist()
        assert [known[clip] for clip in once.support_index[row].tolist()] == once.support_labels[row].tolist()
    assert sorted(once.query_index.flatten().tolist()) == sorted(problem.support_index.flatten().tolist())


def test_votes_go_with_their_shots():
    problem = made_up(2, 3, 4)
    votes = torch.rand(2, 12, 3, generator=torch.Generator().manual_seed(0))
    once, _ = each_shot_asked(replace(problem, support_votes=votes))
    of_clip = {(b, int(clip)): votes[b, i] for b in range(2) for i, clip in enumerate(problem.support_index[b])}
    for row, clips in enumerate(once.support_index.tolist()):
        for place, clip in enumerate(clips):
            assert torch.equal(once.support_votes[row, place], of_clip[row // 4, clip])


def answers_of(models, *, turned=False):
    """Of class memory, which learned from training people, and ridge; `turned`: where the former is one class off."""
    learned, alone = models
    return lambda problem: (learned.predict(problem).roll(int(turned), dims=-1), alone.predict(problem))


def agreement(logits, others):
    return float(logits.argmax(-1).eq(others.argmax(-1)).double().mean())


def test_what_was_learned_stands_on_meta_val_and_gives_way_where_the_shots_contradict_it(sides, models):
    trust = Trust().fit(sides, answers_of(models))
    for problem, labels in sides.validation(5):
        learned, alone = answers_of(models)(problem)
        assert agreement(trust.weigh(problem, answers_of(models)), learned) > 0.95
        found = trust.weigh(problem, answers_of(models, turned=True))
        assert agreement(found, alone) > 0.95
        assert found.argmax(-1).eq(labels).double().mean() > 0.6 > agreement(learned.roll(1, dims=-1), alone)


def test_a_class_of_one_shot_keeps_it():
    problem = made_up(2, 3, 1)
    once, labels = each_shot_asked(problem)
    assert torch.equal(once.support_index, problem.support_index)
    assert torch.equal(once.query_index, problem.support_index)
    assert torch.equal(labels, problem.support_labels)


def test_one_shot_a_class_is_enough_to_contradict(sides, models):
    trust = Trust().fit(sides, answers_of(models))
    problem, _ = sides.validation(1)[0]
    learned, alone = answers_of(models)(problem)
    assert agreement(trust.weigh(problem, answers_of(models)), learned) > 0.95
    assert agreement(trust.weigh(problem, answers_of(models, turned=True)), alone) > 0.95


def test_the_share_is_that_of_bayes_with_the_prior_of_meta_val(sides, models):
    answers = answers_of(models, turned=True)
    trust = Trust().fit(sides, answers_of(models))
    problem, _ = sides.validation(5)[0]
    state = trust.state()
    scale, least = float(state["fusion.5"]), float(state["least.5"]) - MARGIN * problem.support_index.shape[1]
    assert least <= 0
    once, labels = each_shot_asked(problem)
    learned, alone = (scores.log_softmax(-1).double() for scores in answers(once))
    alone = (scale * answers(once)[1]).log_softmax(-1).double()
    for episode in range(3):
        own = slice(5 * episode, 5 * episode + 5)
        said = [sum(float(logs[r, q, labels[r, q]]) for r in range(own.start, own.stop) for q in range(problem.ways))
                for logs in (learned, alone)]  # fmt: skip
        odds = torch.tensor(said[0] - said[1] - least).exp()
        share = float(odds / (1 + odds))
        first, second = answers(problem)
        expected = share * first.softmax(-1) + (1 - share) * (scale * second).softmax(-1)
        found = trust.weigh(problem, answers).exp()
        assert found[episode].flatten().tolist() == pytest.approx(expected[episode].flatten().tolist(), abs=1e-4)


def test_what_is_kept_gives_the_same(sides, models):
    trust, again = Trust().fit(sides, answers_of(models)), Trust()
    again.load_state(trust.state())
    problem, _ = sides.validation(5)[0]
    answers = answers_of(models, turned=True)
    assert torch.equal(trust.weigh(problem, answers), again.weigh(problem, answers))
