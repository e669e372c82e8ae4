"""Gradient steps on a small network whose units a recurrent reader of the support opens or closes (reading C)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from stf2m_bench.models.stf2m_parts.memory import Memory, Support, shot_losses
from stf2m_bench.models.stf2m_parts.numbering import MOST, numberings, sequence

HIDDEN, STEPS, RATE, LIMIT = 40, 3, 0.05, 10.0


class GatedMAML(nn.Module):
    """A bidirectional LSTM gates the hidden units of a head [40, 40], which three gradient steps then adapt.

    As in the authors' public code, which follows MMAML (Vuorio et al. 2019), on our embeddings: first order, inner rate
    0.05, gradients clamped to +-10. Two things are ours, so that class numbers do not move the scores. The last layer
    starts at zero for every class, whatever their number. The LSTM is told numbers, so that the gates, which belong to
    no class, are averaged over numberings (see `numberings`).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.read = nn.LSTM(width + MOST, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
        self.to_gates = nn.ModuleList(nn.Linear(2 * HIDDEN, HIDDEN) for _ in range(2))
        self.hidden = nn.ModuleList([nn.Linear(width, HIDDEN), nn.Linear(HIDDEN, HIDDEN)])

    def forward(self, support: Support, queries: Tensor, start: Memory) -> Tensor:
        """Scores `[B, M, Q, N]` of queries `[B, M, Q, d]` by the adapted heads; `start` is not looked at.

        Raises:
            UsageError: more than 10 classes.
        """
        gates = self._gates(support)
        weights = self._initial(support)
        for _ in range(STEPS):
            slopes = _slopes(support, gates, weights)
            weights = [w - RATE * slope.clamp(-LIMIT, LIMIT) for w, slope in zip(weights, slopes, strict=True)]
        return _scores(queries, gates, weights)

    def _gates(self, support: Support) -> list[Tensor]:
        """How far each unit of both hidden layers is open, `[B, M, 1, 40]` in (0, 1)."""
        found = []
        for order in numberings(support, at_random=self.training):
            _, (states, _) = self.read(sequence(support, order, shuffled=self.training))
            read = torch.cat([states[-2], states[-1]], dim=-1)
            found.append(torch.stack([layer(read).sigmoid() for layer in self.to_gates]))
        batch, views = support.shots.shape[:2]
        return list(torch.stack(found).mean(0).reshape(2, batch, views, 1, HIDDEN))

    def _initial(self, support: Support) -> list[Tensor]:
        """Weight `[B, M, out, in]` and bias `[B, M, 1, out]` of each layer, the same in every episode."""
        batch, views, ways = support.shots.shape[:3]
        own = [p if p.ndim == 2 else p.unsqueeze(0) for layer in self.hidden for p in layer.parameters()]
        last = [support.shots.new_zeros(ways, HIDDEN), support.shots.new_zeros(1, ways)]
        return [p.expand(batch, views, -1, -1) for p in own + last]


def _scores(items: Tensor, gates: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """`[B, M, I, N]` of items `[B, M, I, d]`."""
    hidden = items
    for gate, weight, bias in zip(gates, weights[0::2], weights[1::2], strict=False):
        hidden = gate * relu(hidden @ weight.mT + bias)
    return hidden @ weights[-2].mT + weights[-1]


def _slopes(support: Support, gates: Sequence[Tensor], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The gradient of each episode's and view's support cross-entropy with respect to its weights, as constants."""
    with torch.enable_grad():
        moving = [weight.detach().requires_grad_() for weight in weights]
        shots = support.shots.detach()
        scores = _scores(shots.flatten(2, 3), [gate.detach() for gate in gates], moving)
        here = support.present.to(shots)
        losses = shot_losses(scores.reshape(*shots.shape[:4], -1), support) * here
        mean = losses.sum((2, 3)) / here.sum((2, 3)).clamp_min(1)
        return torch.autograd.grad(mean.sum(), moving)
