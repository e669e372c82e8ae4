"""Undeclared transduction is refused at evaluation; the same model that declares it is let through."""

from __future__ import annotations

import pytest
import torch
from toys import make_task, make_views

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.problems import make_problem
from stf2m_bench.errors import InputError
from stf2m_bench.evaluation.alarms import refuse_undeclared_transduction
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import pool
from stf2m_bench.models.base.transduction import moved_by_other_queries


@pytest.fixture(scope="module")
def problem():
    task = make_task()
    return make_problem(make_views(task), [Drawer(task).draw(1, i) for i in range(5)])[0]


def vectors(problem):
    found = pool(problem.clips["audio.logmel"], problem.lengths["audio.logmel"])
    return found[problem.support_index], found[problem.query_index]


def distances(problem):
    support, query = vectors(problem)
    return -torch.cdist(query, support)


def centred_on_queries(problem):
    support, query = vectors(problem)
    return -torch.cdist(query - query.mean(1, keepdim=True), support - support.mean(1, keepdim=True))


def by_place(problem):
    return distances(problem) + torch.arange(problem.query_index.shape[1])[None, :, None] * torch.eye(problem.ways)[0]


def by_first_query(problem):
    return distances(problem) + distances(problem)[:, :1]


def balanced(problem):
    """Sinkhorn's first steps: as many queries in each class."""
    probabilities = distances(problem).softmax(-1)
    return (probabilities / probabilities.sum(1, keepdim=True)).log()


@pytest.mark.parametrize("predict", [centred_on_queries, by_place, by_first_query, balanced])
def test_predictions_that_lean_on_other_queries_are_refused(problem, predict):
    with pytest.raises(InputError, match=r"'sly' moves a query's probabilities by .* declare transductive = True"):
        refuse_undeclared_transduction(predict, problem, "sly")


def test_predictions_of_each_query_alone_are_let_through(problem):
    refuse_undeclared_transduction(distances, problem, "honest")
    assert moved_by_other_queries(distances, problem) < 1e-4


def test_a_model_that_draws_lots_is_refused(problem):
    def dice(problem):
        return distances(problem) + torch.rand(*problem.query_index.shape, problem.ways)

    with pytest.raises(InputError, match="without chance"):
        refuse_undeclared_transduction(dice, problem, "dice")


class Sly(Model):
    """Centres on the queries; says so only where told to."""

    def predict(self, problem):
        return centred_on_queries(problem)


class Open(Sly):
    transductive = True


def test_evaluation_refuses_what_is_not_declared_and_scores_what_is(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path))
    task = make_task(freeze=True, shots=(1,))
    views = make_views(task)
    with pytest.raises(InputError, match="'Sly' moves a query's probabilities"):
        evaluate(task, Sly, views=views)
    assert list(tmp_path.rglob("*.json")) == []
    assert evaluate(task, Open, views=views).result.model.declarations.transductive
    assert evaluate(task, "nearest_mean", views=views).path.exists()
