"""What counts as the same run: the top classes of the queries, and the error of drawing other episodes."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import norm
from toys import make_task, make_views, toy_folds

from stf2m_bench.episode.new_task import freeze
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.rerun import SAME_TOP, rerun, with_seed
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.pooling import pool
from stf2m_bench.scoring.predictions import Predictions, same_top

PUBLISHED = Path(__file__).parents[2] / "leaderboards/results"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path))


def means(problem):
    vectors = pool(problem.clips["audio.logmel"], problem.lengths["audio.logmel"])
    support, query = vectors[problem.support_index], vectors[problem.query_index]
    return -torch.cdist(query, support.reshape(len(support), problem.ways, -1, support.shape[-1]).mean(2))


def test_published_seeds_share_too_few_top_classes_to_be_the_same_run():
    """What the limit rests on: the closest pair of training seeds on any board."""
    shares = []
    for task in sorted(path.parent for path in PUBLISHED.glob("*/prototypical.seed-2.parquet")):
        names = ("prototypical", "prototypical.seed-1", "prototypical.seed-2")
        logs = [Predictions.read(task / f"{name}.parquet").logs for name in names]
        shares += [same_top(one[shot], two[shot]) for one, two in combinations(logs, 2) for shot in one]
    assert len(shares) >= 24
    assert 0.98 < max(shares) < SAME_TOP


def test_tied_top_classes_count_by_what_both_runs_have_in_common():
    one = np.array([[[-0.4, -1.6, -2.3], [-0.9, -0.9, -1.6], [-1.1, -1.1, -1.1]]], dtype=np.float16)
    two = np.array([[[-0.7, -0.9, -2.3], [-0.9, -1.6, -0.9], [-0.7, -1.2, -1.6]]], dtype=np.float16)
    assert same_top(one, two) == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert same_top(one, one) == 1


def test_another_training_seed_is_not_the_same_run(home, monkeypatch):
    """The predictions of the second seed beside the result of the first: its UAR is met, its queries are not."""
    monkeypatch.setattr("stf2m_bench.models.base.recipe.Recipe.__init__.__defaults__", (24, 4, 1e-3, 1e-2, 1.0, 12, 5))
    task = make_task(freeze=True, folds=toy_folds()[:1])
    views = make_views(task)
    first, second = (evaluate(task, "prototypical", views=views, seed=seed) for seed in (0, 1))
    same = rerun(first.result, task, find_model("prototypical"), stored=first.predictions, views=views)
    assert (same.holds, same.same_weights) == (True, True)
    other = rerun(first.result, task, find_model("prototypical"), stored=second.predictions, views=views)
    assert (other.holds, other.same_weights, other.differing) == (False, True, ())
    assert all(one.stated == one.again and one.same_top < SAME_TOP and one.moved > 0.01 for one in other.shots.values())


def test_the_error_of_drawing_is_corrected_for_the_number_of_shots(home):
    """Two shots: 2.24 standard errors of the difference (Bonferroni at 2.5% over both) instead of 1.96."""
    task = make_task(freeze=True)
    views = make_views(task)
    stated = evaluate(task, means, views=views).result
    found = rerun(stated, task, find_model(means), fresh=9, views=views)
    others = freeze(with_seed(task, 9))
    fresh = evaluate(others, means, views=TaskViews(others, views.stores)).result
    assert len(found.shots) == 2
    for shot, one in found.shots.items():
        was, new = stated.figures.shots[shot], fresh.figures.shots[shot]
        assert (one.stated, one.again, one.fresh) == (was.uar, was.uar, new.uar)
        error = math.hypot(was.these_people.halfwidth, new.these_people.halfwidth) / norm.ppf(0.975)
        assert one.error == pytest.approx(norm.ppf(1 - 0.025 / 2) * error, rel=1e-6)
