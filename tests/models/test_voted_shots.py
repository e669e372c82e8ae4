"""Shots that carry the votes of their raters: gathered, withheld from who does not declare them, and put to use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from moved import moved
from sklearn.linear_model import Ridge as SklearnRidge
from torch.nn.functional import one_hot
from toys import EMOTIONS, make_views, toy_clips, toy_protocol

from stf2m_bench.episode.drawing import Drawer, frozen_hash
from stf2m_bench.episode.problems import episodes, make_problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.errors import UsageError
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.sanity import sanity_task
from stf2m_bench.models.base.checks import check_model
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.mock import MockSides, mock_views, sample, with_classes, with_votes
from stf2m_bench.models.base.model import Model, make_model
from stf2m_bench.models.base.prototypes import class_means, distance_logits, voted_means
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.ridge import ridge_logits
from stf2m_bench.models.stf2m_parts import memory
from stf2m_bench.models.stf2m_parts.memory import Support
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.tasks.task import Task
from stf2m_bench.training.loop import fit_model

VOTING = ("nearest_mean", "prototypical", "ridge")  # and stf2m, whose promises take long to check


def voted_toy() -> Task:
    """Seven raters say the emotion of a clip, three the next one; of some clips all say another one, or nobody any."""
    clips = toy_clips()
    texts = []
    for number, emotion in enumerate(clips.emotion):
        other = EMOTIONS[(EMOTIONS.index(emotion) + 1) % 4]
        texts.append({0: "", 1: f"{other}=4"}.get(number % 8, f"{emotion}=7;{other}=3"))
    task = Task(toy_protocol(votes="all"), replace(clips, votes=texts))
    return Task(toy_protocol(votes="all", frozen=frozen_hash(task)), task.clips)


@pytest.fixture(scope="module")
def views() -> TaskViews:
    return make_views(voted_toy())


@pytest.fixture(autouse=True)
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))


def voted_problem(views: TaskViews, shot: int = 5):
    return next(episodes(views.task, shot=shot, views=views, batch=8))


# ---- gathered ----


@pytest.mark.parametrize("shot", [1, 5])
def test_votes_of_shots_are_shares_on_the_classes_of_the_episode_or_else_the_label(views, shot):
    problem, truth = voted_problem(views, shot)
    assert problem.support_votes.dtype == torch.float32
    cases = set()
    for b, episode in enumerate(truth.episodes):
        for s, row in enumerate(episode.support):
            votes = dict(one.split("=") for one in views.task.clips.votes[row].split(";") if one)
            counts = np.array([float(votes.get(emotion, 0)) for emotion in episode.emotions])
            expected = counts / counts.sum() if counts.sum() else np.eye(3)[s // shot]
            cases.add((bool(votes), bool(counts.sum())))
            assert problem.support_votes[b, s].numpy() == pytest.approx(expected)
    if shot == 5:
        assert cases == {(True, True), (True, False), (False, False)}


def test_without_votes_in_the_task_there_are_none_in_the_problem(toy_views):
    problem, _ = next(episodes(toy_views.task, shot=1, views=toy_views))
    assert problem.support_votes is None


def test_permuting_the_truth_takes_votes_along():
    task = voted_toy()
    permuted = sanity_task(task)
    pairs = [sorted(zip(c.subject, c.emotion, c.votes, strict=True)) for c in (task.clips, permuted.clips)]
    assert pairs[0] == pairs[1]
    assert permuted.clips.votes != task.clips.votes


def test_classes_of_a_problem_in_another_order_have_their_votes_in_that_order():
    given = sample(mock_views(), shot=5).problem
    order = [2, 0, 1, 4, 3]
    other = with_classes(given, order)
    assert torch.equal(other.support_votes.sum(2), torch.ones(4, 25))
    first = other.support_votes[0, 0]  # the last shot of what was class 2
    assert torch.equal(first, given.support_votes[0, 14][order])
    assert other.support_index[0, 0] == given.support_index[0, 14]


# ---- put to use ----


def test_voted_means_are_weighted_means_over_the_shots_that_are_there():
    rng = np.random.default_rng(0)
    support, votes = rng.normal(size=(6, 4)), rng.dirichlet(np.ones(3), 6)
    present = np.array([True, True, False, True, True, True])
    found = voted_means(*(torch.tensor(x)[None] for x in (support, votes, present)))[0]
    for c in range(3):
        expected = np.average(support, axis=0, weights=votes[:, c] * present)
        assert found[c].numpy() == pytest.approx(expected)


def test_a_class_that_nobody_votes_for_is_neither_near_nor_far():
    support, votes = torch.tensor([[[1.0], [5.0], [9.0]]]), torch.tensor([[[1.0, 0, 0], [0, 1, 0], [0, 1, 0]]])
    logits = distance_logits(support, torch.tensor([[[0.0]]]), 3, votes=votes)
    assert logits.flatten().tolist() == [-1, -49, -25]


def test_votes_for_the_label_alone_give_the_class_means():
    support = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    present = torch.tensor([[True, True, False, True, False, False]] * 2)
    labels = one_hot(torch.arange(3).repeat_interleave(2), 3).expand(2, -1, -1).float()
    assert torch.allclose(voted_means(support, labels, present), class_means(support, 3, present))


def test_ridge_on_votes_is_that_of_scikit_learn_on_shares():
    generator = torch.Generator().manual_seed(1)
    support, query = torch.randn(1, 15, 8, generator=generator), torch.randn(1, 7, 8, generator=generator)
    votes = torch.rand(1, 15, 3, generator=generator)
    votes /= votes.sum(2, keepdim=True)
    labels = torch.arange(3).repeat_interleave(5)[None]
    found = ridge_logits(support, query, labels, 3, 0.1, votes=votes)[0] + votes[0].mean(0)
    expected = SklearnRidge(alpha=0.1).fit(support[0].double(), votes[0].double()).predict(query[0].double())
    assert found.numpy() == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("key", VOTING)
def test_a_model_asked_to_use_votes_keeps_every_promise_and_does_use_them(key):
    assert [check for check in check_model(find_model(key, votes=True)) if not check.passed] == []
    assert make_model(key).uses_votes is False
    assert "votes" not in make_model(key).config()
    assert make_model(key, votes=True).config()["votes"] is True
    with pytest.raises(UsageError, match=r"'votes' of .* is like False, not 1"):
        make_model(key, votes=1)


@pytest.mark.parametrize("key", ["nearest_mean", "ridge"])
def test_votes_move_what_it_predicts_only_where_it_was_asked_to_use_them(views, key):
    plain = evaluate(views.task, key, views=views)
    voting = evaluate(views.task, key, views=views, name=f"{key}-votes", votes=True)
    assert plain.result.hash != voting.result.hash
    assert (plain.predictions.logs[5] != voting.predictions.logs[5]).any()
    assert (plain.result.model.declarations.uses_votes, voting.result.model.declarations.uses_votes) == (False, True)
    assert [check for check in check_result(voting.path, views.task) if not check.passed] == []


def test_stf2m_weighs_each_shot_by_its_share_of_votes_for_its_class():
    given = sample(mock_views(), shot=5).problem
    made = moved(MockSides(mock_views(), 0), votes=True)
    one_hot_votes = one_hot(given.support_labels, 5).float()
    plain, told = (made.predict(with_votes(given, votes)) for votes in (None, one_hot_votes))
    assert torch.allclose(plain, told, atol=1e-5)
    assert not torch.allclose(plain, made.predict(given), atol=1e-3)

    shots = torch.randn(1, 1, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    share = torch.rand(1, 1, 3, 5, generator=torch.Generator().manual_seed(1))
    seen = Support(shots, torch.zeros(1, 1, 3, 5), torch.ones(1, 1, 3, 5, dtype=torch.bool), share)
    found = memory.class_means(seen, torch.tensor(0.0))
    for c in range(3):
        assert found[0, 0, c].numpy() == pytest.approx(np.average(shots[0, 0, c], axis=0, weights=share[0, 0, c]))
    assert torch.allclose(memory.class_means(seen.rolled(2), torch.tensor(0.0)), found, atol=1e-6)


def test_training_labels_are_the_votes_of_the_queries_where_the_model_wants_them(views):
    sides = TrainingSides(views, 0)
    problem, labels = sides.problem(5, count=3)
    same, shares = sides.problem(5, count=3, soft=True)
    assert torch.equal(problem.query_index, same.query_index)
    assert labels.dtype == torch.int64
    assert shares.shape == (*labels.shape, 3)
    assert torch.allclose(shares.sum(2), torch.ones(labels.shape))
    assert (shares.argmax(2) == labels).float().mean() > 0.8
    asked = [soft for soft in _labels_of_training(views, votes=True) if soft]
    assert asked
    assert not any(_labels_of_training(views, votes=False))


def _labels_of_training(views: TaskViews, **config: bool) -> list[bool]:
    """Whether each step of a short training was given votes."""
    made, seen = make_model("stf2m", width=16, site_width=8, **config), []
    whole = made.loss

    def loss(problem, labels):
        if made.network.training:
            seen.append(labels.is_floating_point())
        return whole(problem, labels)

    made.loss = loss
    fit_model(made, TrainingSides(views, 0), recipe=Recipe(iterations=2, check_every=2))
    return seen


# ---- withheld, and found ----


class Reading(Model):
    """Reads the votes without saying so."""

    def predict(self, problem):
        flat = torch.zeros(*problem.query_index.shape, problem.ways)
        return flat if problem.support_votes is None else flat + problem.support_votes.sum(1, keepdim=True)


class Declared(Reading):
    uses_votes = True


class Wrong(Declared):
    def predict(self, problem):
        return super().predict(problem) * torch.arange(problem.ways)


def test_votes_are_withheld_from_a_model_that_does_not_declare_them(views):
    assert not np.ptp(evaluate(views.task, Reading, views=views).predictions.logs[5], axis=-1).any()
    assert np.ptp(evaluate(views.task, Declared, views=views).predictions.logs[5], axis=-1).any()


def test_the_mock_run_finds_undeclared_votes_and_votes_that_disagree_with_labels():
    found = {check.name: check for check in check_model(find_model(Reading))}
    assert found["votes"].passed is False
    assert "declare uses_votes = True" in found["votes"].message

    found = {check.name: check for check in check_model(find_model(Wrong))}
    assert found["votes"].passed is False
    assert "votes that say what the labels say move probabilities" in found["votes"].message


def test_votes_of_queries_are_nowhere_in_a_problem(views):
    """Other votes of the queries alone give the same problem."""
    episode = Drawer(views.task).draw(1, 0)
    asked = set(episode.query.tolist())
    votes = ["anger=1" if row in asked else text for row, text in enumerate(views.task.clips.votes)]
    other = Task(views.task.protocol, replace(views.task.clips, votes=votes))
    one, two = (make_problem(TaskViews(task, views.stores), [episode])[0] for task in (views.task, other))
    assert torch.equal(one.support_votes, two.support_votes)
    assert torch.equal(one.clips["audio.logmel"], two.clips["audio.logmel"])
