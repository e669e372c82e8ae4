"""Weights of views: the optimum by another route, nothing for noise, nothing from an absent view."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from toys import make_task, make_views

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.fusion import ViewFusion, fit_weights
from stf2m_bench.models.base.mock import mock_views, sample, without_view


def drawn(*, ways, strengths, queries=400, seed=0):
    """Logits whose right class stands out by `strengths`, one a view."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, ways, queries)
    logits = rng.normal(size=(queries, ways, len(strengths)))
    logits[np.arange(queries), labels] += strengths
    return logits, labels


def nll(weights, logits, labels):
    fused = logits @ weights
    return np.mean(np.log(np.exp(fused).sum(1)) - fused[np.arange(len(labels)), labels])


@pytest.mark.parametrize("ways", [2, 5])
@pytest.mark.parametrize("strengths", [(1.0,), (0.3,), (1.0, 0.5), (0.8, 0.0, -0.5), (3.0, 1.0, 0.2, 0.0)])
def test_the_weights_are_the_bounded_minimum_of_the_nll_by_a_trust_region_method(ways, strengths):
    logits, labels = drawn(ways=ways, strengths=strengths)
    found = fit_weights(torch.from_numpy(logits), torch.from_numpy(labels)).numpy()
    bounds = [(0, None)] * len(strengths)
    options = {"gtol": 1e-9, "xtol": 1e-12, "maxiter": 3000}
    expected = minimize(nll, np.ones(len(bounds)), (logits, labels), "trust-constr", bounds=bounds, options=options)
    assert (found >= 0).all()
    assert nll(found, logits, labels) <= expected.fun + 1e-9
    assert found == pytest.approx(expected.x, abs=2e-3)


def test_scale_and_shift_of_a_view_do_not_matter():
    logits, labels = (torch.from_numpy(x) for x in drawn(ways=4, strengths=(1.0, 0.5)))
    plain = fit_weights(logits, labels)
    scales = torch.tensor([1e4, 1e-4], dtype=torch.float64)
    shifted = logits * scales + 7 * torch.randn(len(logits), 1, 2, dtype=torch.float64, generator=torch.Generator())
    assert fit_weights(shifted, labels) * scales == pytest.approx(plain, rel=1e-4)


def test_a_view_of_noise_gets_about_no_weight_and_one_that_misleads_none():
    logits, labels = (torch.from_numpy(x) for x in drawn(ways=5, strengths=(2.0, 0.0, -1.0), queries=5000))
    good, noise, misleading = fit_weights(logits, labels).tolist()
    assert good > 1
    assert noise < 0.03 * good
    assert misleading == 0


def test_views_without_any_information_get_finite_weights():
    logits, labels = torch.zeros(20, 3, 2, dtype=torch.float64), torch.arange(20) % 3
    assert torch.isfinite(fit_weights(logits, labels)).all()


def test_a_view_that_a_query_lacks_adds_nothing_to_that_query():
    given = sample(mock_views(), shot=5).problem
    lacking = without_view(given, "audio.logmel", given.query_index[0, :1])
    assert not lacking.present["audio.logmel"][lacking.query_index[0, 0]]
    generator = torch.Generator().manual_seed(0)
    logits = {v: torch.randn(*given.query_index.shape, 5, generator=generator) for v in given.clips}
    fusion = ViewFusion()
    fusion.weights = {5: torch.tensor([1.0, 0.0, 0.0])}
    fused = fusion.fuse(lacking, logits)
    assert not fused[lacking.query_index == lacking.query_index[0, 0]].any()
    assert torch.equal(fused[lacking.present["audio.logmel"][lacking.query_index]],
                       logits["audio.logmel"][lacking.present["audio.logmel"][lacking.query_index]])  # fmt: skip


def test_what_a_query_lacks_is_left_out_while_weights_are_fitted_too():
    """A view that only shouts where it is absent must not lose weight by it."""
    task = make_task()
    absent = {clip for n, clip in enumerate(task.clips.clip_id) if n % 2}
    sides = TrainingSides(make_views(task, absent=absent), 0)

    def view_logits(problem, shouting):
        labels = next(labels for other, labels in sides.validation(1) + sides.validation(5) if other is problem)
        right = torch.nn.functional.one_hot(labels, 3) * 2.0
        absent = ~problem.present["imported:x"][problem.query_index].unsqueeze(2)
        noise = torch.randn(right.shape, generator=torch.Generator().manual_seed(0))
        return {"audio.logmel": noise, "imported:x": right + noise.flip(2) + absent * shouting * noise}

    quiet, loud = (ViewFusion().fit(sides, lambda p, s=s: view_logits(p, s)) for s in (0.0, 100.0))
    assert torch.equal(quiet.weights[5], loud.weights[5])


def test_a_k_that_was_not_trained_takes_the_weights_of_the_nearest():
    given = sample(mock_views(), shot=5).problem
    logits = {view: torch.ones(*given.query_index.shape, 5) for view in given.clips}
    fusion = ViewFusion()
    fusion.weights = {1: torch.tensor([1.0, 1.0, 1.0]), 3: torch.tensor([3.0, 0.0, 0.0])}
    assert (fusion.fuse(given, logits) == 3).all()
