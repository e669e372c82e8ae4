"""An optimiser that is an LSTM cell: its cell state is the weights of a linear head (reading B)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from stf2m_bench.models.stf2m_parts.memory import Memory, Support, mistakes, shot_losses

STEPS, HIDDEN = 5, 20
SMALL = 10.0  # magnitudes below exp(-10) are told as such, not by their logarithm


class MetaLSTM(nn.Module):
    """Each weight of a linear head is the cell state c of an LSTM: c <- forget * c - input * gradient, five times.

    As in Ravi & Larochelle 2017, on the head alone, which begins at the start memory. One cell serves all weights of
    all classes, so that other class numbers permute the scores exactly. The gates see the loss and the gradient through
    a plain LSTM, the weight, and their own last value; they open so that the cell begins as gradient descent in small
    steps. As in that paper, nothing is learned through the loss and the gradient that the cell is told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.LSTMCell(4, HIDDEN)
        self.to_forget = _gate(4.0, 6.0)
        self.to_input = _gate(-5.0, -4.0)

    def forward(self, support: Support, queries: Tensor, start: Memory) -> Tensor:
        """Scores `[B, M, Q, N]` of queries `[B, M, Q, d]`."""
        head = torch.cat([start.gate * start.vectors, start.offset.unsqueeze(-1)], dim=-1)
        read = None
        forget = take = torch.zeros_like(head)
        for _ in range(STEPS):
            loss, slope = _error(support, head.detach())
            told = torch.cat([_in_logs(loss[..., None, None].expand_as(head)), _in_logs(slope)], dim=-1)
            read = self.read(told.flatten(0, -2), read)
            seen = read[0].reshape(*head.shape, HIDDEN)
            forget, take = (
                gate(torch.cat([seen, torch.stack([head, last], dim=-1)], dim=-1)).squeeze(-1).sigmoid()
                for gate, last in ((self.to_forget, forget), (self.to_input, take))
            )
            head = forget * head - take * slope
        return _linear(queries) @ head.mT


def _gate(low: float, high: float) -> nn.Linear:
    """A gate that hardly looks at anything at first."""
    layer = nn.Linear(HIDDEN + 2, 1)
    nn.init.uniform_(layer.weight, -0.01, 0.01)
    nn.init.uniform_(layer.bias, low, high)
    return layer


def _linear(items: Tensor) -> Tensor:
    """What a memory's vectors and offset are multiplied by: `[..., d]` to `[..., d + 1]`."""
    return torch.cat([2 * items, torch.ones_like(items[..., :1])], dim=-1)


def _error(support: Support, head: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of the support `[B, M]` under a head `[B, M, N, d + 1]`, and its gradient; as constants."""
    told = _linear(support.shots.detach())
    scores = torch.einsum("bmnki,bmci->bmnkc", told, head)
    here = support.present.to(told)
    count = here.sum((2, 3)).clamp_min(1)
    loss = (shot_losses(scores, support) * here).sum((2, 3)) / count
    wrong = mistakes(scores, support) * here.unsqueeze(-1)
    slope = torch.einsum("bmnkc,bmnki->bmci", wrong, told) / count[..., None, None]
    return loss, slope


def _in_logs(values: Tensor) -> Tensor:
    """Magnitude in logs and sign, `[..., 2]`, as in Andrychowicz et al. 2016: numbers of any size can be told."""
    large = values.abs() >= math.exp(-SMALL)
    logs = values.abs().clamp_min(math.exp(-SMALL)).log() / SMALL
    return torch.stack([logs, torch.where(large, values.sign(), math.exp(SMALL) * values)], dim=-1)
