"""Generalised fuzzy rules (first-order TSK) on a few linguistic variables of an embedding (blueprint 3.3).

All firing is computed as log membership and one softmax: nothing is exponentiated before it is normalised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, softplus

VARIABLES, RULES = 8, 16
POWER = {"sqrt": 0.5, "mean": 0.0, "product": 1.0}
FASTER = 10.0  # importances hardly moved at the common learning rate
PRIOR = 20.0


@dataclass(frozen=True)
class Fired:
    """What the rules say of items.

    Attributes:
        added: `[B, I, d]`, to be added to the embedding.
        certainty: `[B, I]` in [0, 1], 1 - entropy of the firing / log R; 0 for the control.
        firing: `[B, I, R]`, sums to 1; None for the control.
    """

    added: Tensor
    certainty: Tensor
    firing: Tensor | None


class FuzzyRules(nn.Module):
    """Rules "IF v1 is near c1 AND v4 is near c4 THEN y = A v + b", soft in which variables they look at.

    Args:
        membership: `gauss`, `bell` (heavy tails), `it2` (interval type-2: a narrow and a wide Gaussian).
        antecedent: `free` centres a rule and variable, or `terms`: low, medium, high shared by all rules (printable).
        tnorm: how the exponents of F variables add up: `product` F, `mean` 1, `sqrt` F^(1/2) of their mean. The product
            saturates to one rule and the mean to no preference as F grows; the root keeps the entropy (trap 1).
        standardise: variables by the `support` of the episode, shrunk toward the training people, or by those alone
            (`train`).
    """

    def __init__(
        self, width: int, *, membership: str, antecedent: str, tnorm: str, standardise: str,
        variables: int = VARIABLES, rules: int = RULES,
    ) -> None:  # fmt: skip
        super().__init__()
        self.membership, self.antecedent, self.standardise = membership, antecedent, standardise
        self.power = POWER[tnorm]
        self.variables = Variables(width, variables, standardise)
        self.centres = nn.Parameter(torch.randn(rules, variables))
        if antecedent == "terms":
            self.centres = nn.Parameter(torch.tensor([-1.0, 0.0, 1.0]).repeat(variables, 1).T.contiguous())
            self.terms = nn.Parameter(torch.randn(rules, variables, 3))
        self.spread = nn.Parameter(torch.full_like(self.centres, 0.54))
        self.shape = nn.Parameter(torch.zeros_like(self.centres))
        self.importance = nn.Parameter(torch.full((rules, variables), 2.0 / FASTER))
        self.sharpness = nn.Parameter(torch.tensor(math.log(1.4)))
        self.slopes = nn.Parameter(0.1 * torch.randn(rules, width, variables))
        self.heights = nn.Parameter(0.1 * torch.randn(rules, width))

    def forward(self, z: Tensor, support: Tensor, present: Tensor) -> Fired:
        """`z` `[B, I, d]`; `support`, `present` bool `[B, I]`: which items support, which have the view."""
        u = self.variables(z, support & present)
        firing = self.firing(u)
        by_rule = torch.einsum("bif,rdf->bird", u, self.slopes) + self.heights
        added = torch.einsum("bir,bird->bid", firing, by_rule)
        entropy = torch.special.entr(firing.clamp_min(1e-9)).sum(-1)
        return Fired(added, 1 - entropy / math.log(firing.shape[-1]), firing)

    def firing(self, u: Tensor) -> Tensor:
        """Normalised firing strengths `[..., R]` of variables `[..., F]`."""
        importance = self.importances()
        if self.membership != "it2":
            return (self.sharpness.exp() * self._agreement(self._log_membership(u, 1.0), importance)).softmax(-1)
        gap = 0.5 * self.shape.sigmoid()
        sides = [self._agreement(self._log_membership(u, factor), importance) for factor in (1 - gap, 1 + gap)]
        return (self.sharpness.exp() * (torch.logaddexp(*sides) - math.log(2))).softmax(-1)

    def importances(self) -> Tensor:
        """How much each rule looks at each variable, `[R, F]` in (0, 1)."""
        return (FASTER * self.importance).sigmoid()

    def memberships(self, u: Tensor) -> Tensor:
        """Memberships `[sides, ..., C, F]` in (0, 1]: of the C terms, or rules where they have centres of their own.

        One side; a narrow and a wide one for `it2`.
        """
        gap = 0.5 * self.shape.sigmoid()
        factors = (1 - gap, 1 + gap) if self.membership == "it2" else (1.0,)
        return torch.stack([self._near_centres(u, factor) for factor in factors]).exp()

    def at_centres(self) -> Tensor:
        """Where each rule holds best, `[R, F]`: its centres, or those of its weightiest terms."""
        return self.centres if self.antecedent == "free" else self.centres.gather(0, self.terms.argmax(-1))

    def consequents(self, u: Tensor) -> Tensor:
        """What each rule would add by itself, `[..., R, d]`, for variables `[..., R, F]`."""
        return torch.einsum("...rf,rdf->...rd", u, self.slopes) + self.heights

    def _agreement(self, logs: Tensor, importance: Tensor) -> Tensor:
        """`[..., R]` from log memberships `[..., R, F]`."""
        mean = (importance * logs).sum(-1) / importance.sum(-1).clamp_min(1e-3)
        agreement: Tensor = logs.shape[-1] ** self.power * mean
        return agreement

    def _log_membership(self, u: Tensor, factor: Tensor | float) -> Tensor:
        """`[..., R, F]`, at most 0."""
        logs = self._near_centres(u, factor)
        if self.antecedent == "free":
            return logs
        return torch.logsumexp(self.terms.log_softmax(-1).mT + logs.unsqueeze(-3), dim=-2)

    def _near_centres(self, u: Tensor, factor: Tensor | float) -> Tensor:
        """Log membership `[..., C, F]` in each centre."""
        apart = u.unsqueeze(-2) - self.centres
        spread = (softplus(self.spread) + 0.1) * factor
        if self.membership == "bell":
            slope = 2 * softplus(self.shape + 1)
            return -softplus(slope * ((apart.abs() / spread + 1e-4).log()))
        return -apart.square() / (2 * spread.square())


class Dense(nn.Module):
    """The control: as many parameters on the same variables, without rules."""

    def __init__(self, width: int, *, standardise: str, variables: int = VARIABLES, rules: int = RULES) -> None:
        super().__init__()
        self.variables = Variables(width, variables, standardise)
        budget = rules * (width * (variables + 1) + 4 * variables)
        per_unit = variables + width + 2
        hidden = round((-per_unit + (per_unit**2 + 4 * (budget - width)) ** 0.5) / 2)
        self.layers = nn.ModuleList([nn.Linear(variables, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, width)])

    def forward(self, z: Tensor, support: Tensor, present: Tensor) -> Fired:
        """As `FuzzyRules`, without certainty."""
        hidden = self.variables(z, support & present)
        for layer in self.layers[:-1]:
            hidden = gelu(layer(hidden))
        added = self.layers[-1](hidden)
        return Fired(added, torch.zeros_like(added[..., 0]), None)


class Variables(nn.Module):
    """Linguistic variables `[B, I, F]` of embeddings: low and high are meant relative to the episode."""

    running_mean: Tensor
    running_square: Tensor

    def __init__(self, width: int, variables: int, standardise: str) -> None:
        super().__init__()
        self.standardise = standardise
        self.map = nn.Linear(width, variables, bias=False)
        self.register_buffer("running_mean", torch.zeros(variables))
        self.register_buffer("running_square", torch.ones(variables))

    def forward(self, z: Tensor, support: Tensor) -> Tensor:
        """`support`: bool `[B, I]`. The embedding gets no gradient from here (blueprint 4, staging)."""
        raw = self.map(z.detach())
        weight = support.unsqueeze(-1).to(raw)
        if self.training:
            self._follow(raw.detach(), weight)
        mean, square = self.running_mean, self.running_square
        if self.standardise == "support":
            count = weight.sum(1, keepdim=True) + PRIOR
            mean = ((raw * weight).sum(1, keepdim=True) + PRIOR * mean) / count
            square = ((raw.square() * weight).sum(1, keepdim=True) + PRIOR * square) / count
        variables: Tensor = (raw - mean) / (square - mean.square()).clamp_min(1e-6).sqrt()
        return variables.clamp(-5, 5)

    def _follow(self, raw: Tensor, weight: Tensor) -> None:
        """Running statistics of the training people's support clips."""
        count = weight.sum()
        share = 0.05 * (count > 0)
        for running, values in ((self.running_mean, raw), (self.running_square, raw.square())):
            running.lerp_((values * weight).sum((0, 1)) / count.clamp_min(1), share)


def make_rules(width: int, settings: Mapping[str, Any]) -> nn.Module:
    """The rules that `fuzzy` names, for embeddings of this width; an identity where there are none."""
    if settings["fuzzy"] == "none":
        return nn.Identity()
    if settings["fuzzy"] == "mlp":
        return Dense(width, standardise=settings["standardise"])
    form = {name: settings[name] for name in ("membership", "antecedent", "tnorm", "standardise")}
    return FuzzyRules(width, **form)


def usage_loss(firing: Tensor, present: Tensor) -> Tensor:
    """KL from the mean firing `[R]` over the items that have the view to the uniform distribution."""
    mean = (firing * present.unsqueeze(-1)).sum((0, 1)) / present.sum().clamp_min(1)
    divergence: Tensor = (mean.clamp_min(1e-9) * (mean.clamp_min(1e-9) * firing.shape[-1]).log()).sum()
    return divergence
