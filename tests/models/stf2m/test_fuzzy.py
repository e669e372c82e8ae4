"""Fuzzy rules: they neither vanish nor collapse, whatever the number of variables; every trap of their arithmetic."""

from __future__ import annotations

import math

import pytest
import torch

from stf2m_bench.models.stf2m_parts.fuzzy import Dense, FuzzyRules, usage_loss

FORMS = [(m, a, t) for m in ("gauss", "bell", "it2") for a in ("free", "terms") for t in ("sqrt", "mean", "product")]


def rules(variables: int = 8, **form: str) -> FuzzyRules:
    torch.manual_seed(0)
    told = {"membership": "gauss", "antecedent": "free", "tnorm": "sqrt", "standardise": "support"} | form
    return FuzzyRules(24, variables=variables, **told)


def entropy(firing: torch.Tensor) -> float:
    return float(torch.special.entr(firing.detach()).sum(-1).mean() / math.log(firing.shape[-1]))


@pytest.mark.parametrize("variables", [8, 64, 256])
def test_the_root_keeps_rules_apart_and_alive_at_any_number_of_variables(variables):
    made = rules(variables)
    firing = made.firing(torch.randn(500, variables))
    assert torch.allclose(firing.sum(-1), torch.ones(500), atol=1e-5)
    assert 0.6 < entropy(firing) < 0.95
    firing.max(-1).values.mean().backward()
    assert made.centres.grad.norm() > 1e-4


def test_the_product_saturates_and_the_mean_is_blind_where_there_are_many_variables():
    u = torch.randn(500, 128)
    assert entropy(rules(128, tnorm="product").firing(u)) < 0.3
    assert entropy(rules(128, tnorm="mean").firing(u)) > 0.99


@pytest.mark.parametrize(("membership", "antecedent", "tnorm"), FORMS)
def test_every_form_is_finite_at_and_far_from_its_centres_with_its_gradients(membership, antecedent, tnorm):
    made = rules(membership=membership, antecedent=antecedent, tnorm=tnorm)
    at_centres = made.centres.detach().clone()
    far = torch.full((3, 8), 5.0)
    u = torch.cat([at_centres, far]).requires_grad_()
    firing = made.firing(u)
    assert torch.allclose(firing.sum(-1), torch.ones(len(u)), atol=1e-5)
    firing.square().sum().backward()
    assert torch.isfinite(u.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in made.parameters() if p.grad is not None)


def test_log_membership_of_a_gaussian_is_that_of_the_textbook():
    made = rules()
    u = torch.randn(4, 8)
    spread = torch.nn.functional.softplus(made.spread) + 0.1
    direct = torch.exp(-((u[:, None] - made.centres) ** 2) / (2 * spread**2))
    assert torch.allclose(made._log_membership(u, 1.0).exp(), direct, atol=1e-6)


def test_a_variable_without_importance_moves_no_rule():
    made = rules()
    with torch.no_grad():
        made.importance[:, 3] = -10
    u = torch.randn(5, 8)
    other = u.clone()
    other[:, 3] += 3
    assert torch.allclose(made.firing(u), made.firing(other), atol=1e-6)


def test_certainty_is_one_where_a_single_rule_fires_and_low_where_all_do():
    made = rules()
    with torch.no_grad():
        made.sharpness.fill_(math.log(200.0))
    z = torch.randn(2, 30, 24)
    everywhere = torch.ones(2, 30, dtype=torch.bool)
    assert made(z, everywhere, everywhere).certainty.mean() > 0.9
    with torch.no_grad():
        made.sharpness.fill_(-20.0)
    assert made(z, everywhere, everywhere).certainty.abs().max() < 1e-4


def test_usage_costs_nothing_when_even_and_log_r_when_one_rule_takes_all():
    present = torch.ones(1, 6)
    assert float(usage_loss(torch.full((1, 6, 16), 1 / 16), present)) == pytest.approx(0, abs=1e-6)
    assert float(usage_loss(torch.eye(16)[:1].expand(1, 6, 16), present)) == pytest.approx(math.log(16), abs=1e-5)


def test_a_view_that_nobody_has_costs_a_finite_usage_with_finite_gradients():
    firing = torch.full((1, 6, 16), 1 / 16, requires_grad=True)
    usage_loss(firing, torch.zeros(1, 6)).backward()
    assert torch.isfinite(firing.grad).all()


def test_low_and_high_are_relative_to_the_support_of_the_episode():
    made = rules().eval()
    z = torch.randn(1, 40, 24)
    support = (torch.arange(40) < 25).expand(1, 40)
    here = torch.ones(1, 40, dtype=torch.bool)
    shifted = made(z + 50, support, here)
    assert torch.isfinite(shifted.added).all()
    u = made.variables(z, support)
    assert u[:, :25].mean().abs() < 0.5
    assert torch.equal(
        made.variables(z, support)[:, :5], made.variables(torch.cat([z[:, :39], z[:, :1]], 1), support)[:, :5]
    )


def test_the_control_has_as_many_parameters_as_the_rules_within_three_percent():
    def count(module: torch.nn.Module) -> int:
        return sum(p.numel() for p in module.parameters())

    form = {"membership": "gauss", "antecedent": "free", "tnorm": "sqrt", "standardise": "support"}
    for width in (24, 48, 256):
        assert count(Dense(width, standardise="support")) == pytest.approx(count(FuzzyRules(width, **form)), rel=0.03)
