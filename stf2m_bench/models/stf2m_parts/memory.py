"""Memories of classes: a start in closed form, and the recurrent learner that corrects it (blueprint 3.5).

Tensors are laid out `[B, M, N, K, d]`: episodes, views, classes, shots, embedding; the same cells serve every view.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stf2m_bench.models.stf2m_parts.encoder import silent

EMPTY = -1e4
LEAST = 1e-3  # share that a shot counts by at least
CARRIED = 0.1  # weight of the newest final states in their running mean


@dataclass(frozen=True)
class Support:
    """The support of B episodes: embeddings `[B, M, N, K, d]`, certainty and presence `[B, M, N, K]`.

    Attributes:
        share: `[B, M, N, K]`, of the raters' votes on each shot those for its class; None where votes are not used.
    """

    shots: Tensor
    certainty: Tensor
    present: Tensor
    share: Tensor | None = None

    def rolled(self, places: int) -> Support:
        """The shots of each class in another order."""
        shots, certainty, present = (x.roll(places, dims=3) for x in (self.shots, self.certainty, self.present))
        return Support(shots, certainty, present, None if self.share is None else self.share.roll(places, dims=3))

    @property
    def known(self) -> Tensor:
        """`[B, M, N]`: which classes have a shot of which view."""
        return self.present.any(3)


@dataclass(frozen=True)
class Memory:
    """One vector a class `[B, M, N, d]`, its offset `[B, M, N]`, and the gate of the episode `[B, M, 1, d]`."""

    vectors: Tensor
    offset: Tensor
    gate: Tensor

    def scores(self, queries: Tensor) -> Tensor:
        """`2 q . (g P) + offset`, `[B, M, Q, N]`; minus the squared distance but for what all classes share."""
        return 2 * queries @ (self.gate * self.vectors).mT + self.offset.unsqueeze(2)


def class_means(support: Support, sharpness: Tensor) -> Tensor:
    """`[B, M, N, d]`, shots weighed by share * exp(sharpness * certainty); zeros for a class without a shot."""
    logits = sharpness * support.certainty
    if support.share is not None:
        logits = logits + support.share.clamp_min(LEAST).log()
    logits = logits.masked_fill(~support.present, EMPTY)
    weights = logits.softmax(3) * support.known.unsqueeze(3)
    return (weights.unsqueeze(-1) * support.shots).sum(3)


def prototypes(vectors: Tensor, gate: Tensor | None = None) -> Memory:
    """The memory whose scores are minus squared distances (Snell, Swersky & Zemel 2017)."""
    gate = torch.ones_like(vectors[:, :, :1]) if gate is None else gate
    return Memory(vectors, -(gate * vectors.square()).sum(-1), gate)


def ridge(support: Support, penalty: Tensor) -> Memory:
    """The memory whose scores are the ridge solution on the support (Bertinetto et al. 2019)."""
    batch, views, ways, _, width = support.shots.shape
    weight = support.present.flatten(2).unsqueeze(-1).to(support.shots)
    labels = (
        torch.eye(ways, device=weight.device).repeat_interleave(support.shots.shape[3], 0).expand(batch, views, -1, -1)
    )
    count = weight.sum(2, keepdim=True).clamp_min(1)
    shots = support.shots.reshape(batch, views, -1, width)
    centre, level = ((x * weight).sum(2, keepdim=True) / count for x in (shots, labels))
    x, y = (shots - centre) * weight, (labels - level) * weight
    gram = x @ x.mT + penalty * torch.eye(x.shape[2], device=x.device)
    vectors = (x.mT @ torch.linalg.solve(gram, y)).mT
    return Memory(vectors / 2, -(centre @ vectors.mT).squeeze(2), torch.ones_like(vectors[:, :, :1]))


class Start(nn.Module):
    """The learner that leaves the start memory as it is."""

    def forward(self, support: Support, queries: Tensor, start: Memory) -> Tensor:
        """Scores `[B, M, Q, N]` of queries `[B, M, Q, d]`."""
        return start.scores(queries)


class Slots(nn.Module):
    """A recurrent state a class reads the shots one by one, then the error of the support's own scores.

    The correction starts at zero, so that the first step is the start memory itself. States of classes share their
    cells: other class numbers permute the scores, and N may change.

    Args:
        refine: how often the error is read.
        carry: by how much of the running mean of final states the first state is moved, in training alone; evaluation
            never looks at it, or else one episode would depend on others.
    """

    carried: Tensor

    def __init__(self, width: int, refine: int, carry: float = 0.0) -> None:
        super().__init__()
        self.start = nn.Parameter(0.1 * torch.randn(width))
        self.read = nn.GRUCell(3 * width, width)
        self.correct = nn.GRUCell(2 * width + 1, width)
        self.to_memory = nn.Linear(width, width, bias=False)
        self.to_gate = nn.Linear(2 * width, width, bias=False)
        nn.init.zeros_(self.to_memory.weight)
        nn.init.zeros_(self.to_gate.weight)
        self.refine, self.carry = refine, carry
        self.register_buffer("carried", torch.zeros(width) if carry else None)

    def forward(self, support: Support, queries: Tensor, start: Memory) -> Tensor:
        """Scores `[B, M, Q, N]` of queries `[B, M, Q, d]`."""
        return self.memory(support, start).scores(queries)

    def memory(self, support: Support, start: Memory) -> Memory:
        """The start memory, corrected."""
        state = self._read(support, class_means(support, support.certainty.new_zeros(())))
        memory = self._memory(state, start)
        for _ in range(self.refine):
            state = self._step(self.correct, self._error(support, memory), state, support.known)
            memory = self._memory(state, start)
        if self.carry and self.training:
            self.carried.lerp_(state.detach().mean((0, 1, 2)), CARRIED)
        return memory

    def _read(self, support: Support, means: Tensor) -> Tensor:
        """One shot of every class at a time; a class that lacks it keeps its state."""
        first = self.start + self.carry * self.carried if self.carry and self.training else self.start
        state = first.expand_as(means)
        here = support.present.unsqueeze(-1).to(means)
        context = (support.shots * here).sum(2) / here.sum(2).clamp_min(1)
        for shot in range(support.shots.shape[3]):
            seen = support.shots[:, :, :, shot]
            beside = context[:, :, shot].unsqueeze(2).expand_as(seen)
            told = torch.cat([seen, beside, (seen - means).square()], dim=-1)
            state = self._step(self.read, told, state, support.present[..., shot])
        return state

    def _step(self, cell: nn.GRUCell, told: Tensor, state: Tensor, taken: Tensor) -> Tensor:
        moved = cell(told.flatten(0, 2), state.flatten(0, 2)).reshape(state.shape)
        return torch.where(taken.unsqueeze(-1), moved, state)

    def _error(self, support: Support, memory: Memory) -> Tensor:
        """The gradient of the support's cross-entropy with respect to each class's vector, its vector and its loss.

        With several shots a shot's own class counts without it, or else the error would be nearly nothing.
        """
        scores, shots = support_scores(support, memory), support.shots
        here, count = support.present.to(shots), support.present.sum(3).clamp_min(1)
        pull = torch.einsum("bmnkc,bmnkd,bmnk->bmcd", mistakes(scores, support), shots, here) / count.unsqueeze(-1)
        loss = (shot_losses(scores, support) * here).sum(3) / count
        return torch.cat([pull, memory.vectors, loss.unsqueeze(-1)], dim=-1)

    def _memory(self, state: Tensor, start: Memory) -> Memory:
        mean, most = state.mean(2, keepdim=True), state.amax(2, keepdim=True)
        gate = 1 + self.to_gate(torch.cat([mean, most], dim=-1)).tanh()
        moved = self.to_memory(state)
        vectors = start.vectors + moved
        shift = (start.gate * start.vectors.square()).sum(-1) - (gate * vectors.square()).sum(-1)
        return Memory(vectors, start.offset + shift, gate)


def support_scores(support: Support, memory: Memory) -> Tensor:
    """Scores `[B, M, N, K, N]` of the shots themselves; the own class is judged without the shot where K > 1.

    Leaving out is exact for class means, and taken as such for any memory.
    """
    batch, views, ways, shots, width = support.shots.shape
    scores = memory.scores(support.shots.reshape(batch, views, -1, width)).reshape(batch, views, ways, shots, ways)
    count = support.present.sum(3)[..., None].to(scores)
    if shots == 1:
        return scores
    means = class_means(support, support.certainty.new_zeros(()))
    apart = (memory.gate.unsqueeze(3) * (support.shots - means.unsqueeze(3)).square()).sum(-1)
    leap = torch.where(count > 1, (count / (count - 1).clamp_min(1)).square() - 1, 0)
    own = torch.eye(ways, device=scores.device)[None, None, :, None, :]
    return scores - own * (leap * apart).unsqueeze(-1)


def shot_losses(scores: Tensor, support: Support) -> Tensor:
    """Cross-entropy of each shot, `[B, M, N, K]`; classes that nobody shows are left out."""
    ways = scores.shape[-1]
    kept = scores.masked_fill(~support.known[:, :, None, None], EMPTY)
    truth = torch.arange(ways, device=scores.device)[None, None, :, None].expand(scores.shape[:-1])
    return cross_entropy(kept.flatten(0, -2), truth.flatten(), reduction="none").reshape(truth.shape)


def mistakes(scores: Tensor, support: Support) -> Tensor:
    """The gradient of each shot's loss with respect to its scores, `[B, M, N, K, N]`: softmax minus truth."""
    shares = scores.masked_fill(~support.known[:, :, None, None], EMPTY).softmax(-1)
    return shares - torch.eye(scores.shape[-1], device=scores.device)[None, None, :, None, :]


class ViewGate(nn.Module):
    """How far each view can be relied on in this episode, from how well it tells the support's classes apart.

    It is ours, not the paper's. At K = 1, where nothing can be left out, a reliability learned for each view remains.
    """

    def __init__(self, views: int) -> None:
        super().__init__()
        self.of_view = nn.Parameter(torch.zeros(views))
        self.judge = nn.Sequential(nn.Linear(2, 16), nn.GELU(), silent(nn.Linear(16, 1)))

    def forward(self, support: Support, start: Memory) -> Tensor:
        """`[B, M]`."""
        if support.shots.shape[3] == 1:
            return self.of_view.expand(support.shots.shape[:2])
        here = support.present.to(support.shots)
        shown = here.sum((2, 3))
        loss = (shot_losses(support_scores(support, start), support) * here).sum((2, 3)) / shown.clamp_min(1)
        spread = self._separation(support).log()
        used = (shown > 0).to(loss)
        told = torch.stack([2 * _against_others(loss, used), _against_others(spread, used)], dim=-1).clamp(-5, 5)
        return self.of_view + 4 * self.judge(told).squeeze(-1)  # type: ignore[no-any-return]

    def _separation(self, support: Support) -> Tensor:
        """Variance between classes over that within them, `[B, M]`, kept away from zero."""
        means = class_means(support, support.certainty.new_zeros(()))
        here = support.present.unsqueeze(-1).to(means)
        within = ((support.shots - means.unsqueeze(3)).square() * here).sum((2, 3, 4)) / here.sum((2, 3, 4)).clamp_min(
            1
        )
        between = means.var(2, correction=0).mean(-1)
        return between / (within + 1e-3) + 0.05


def _against_others(values: Tensor, used: Tensor) -> Tensor:
    mean = (values * used).sum(1, keepdim=True) / used.sum(1, keepdim=True).clamp_min(1)
    return (values - mean) * used


def view_weights(reliability: Tensor, certainty: Tensor, sharpness: Tensor, present: Tensor) -> Tensor:
    """Weights `[B, M, Q]` of the views of each query; they sum to the number of views that it has.

    Args:
        reliability: `[B, M]`. certainty: `[B, M, Q]`. present: bool `[B, M, Q]`.
    """
    logits = (sharpness * certainty + reliability.unsqueeze(2)).masked_fill(~present, EMPTY)
    return logits.softmax(1) * present.sum(1, keepdim=True) * present


def temperature(value: float) -> nn.Parameter:
    """A positive scalar, learned in log."""
    return nn.Parameter(torch.tensor(math.log(value)))
