"""The plainest meta-recurrent learner: one recurrent state absorbs the support and answers queries (reading A)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stf2m_bench.models.stf2m_parts.memory import Memory, Support
from stf2m_bench.models.stf2m_parts.numbering import MOST, by_class, numberings, sequence


class Flat(nn.Module):
    """A GRU reads each shot with its class number one-hot, then each query by itself, without a number.

    As in Santoro et al. 2016 and Duan et al. 2016 (RL2). It starts at chance and knows nothing of prototypes. Numbers
    and shots are shuffled in training; at evaluation the logits are averaged over numberings (see `numberings`).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.read = nn.GRU(width + MOST, 2 * width, batch_first=True)
        self.answer = nn.Linear(2 * width, MOST)

    def forward(self, support: Support, queries: Tensor, start: Memory) -> Tensor:
        """Scores `[B, M, Q, N]` of queries `[B, M, Q, d]`; `start` is not looked at.

        Raises:
            UsageError: more than 10 classes.
        """
        found = []
        for order in numberings(support, at_random=self.training):
            _, state = self.read(sequence(support, order, shuffled=self.training))
            found.append(by_class(self._answers(queries, state[0]), order))
        return torch.stack(found).mean(0)

    def _answers(self, queries: Tensor, state: Tensor) -> Tensor:
        """`[B, M, Q, 10]`, every query from the same state `[B * M, 2 d]`."""
        unnumbered = torch.cat([queries, queries.new_zeros(*queries.shape[:3], MOST)], dim=-1)
        states = state.repeat_interleave(queries.shape[2], 0).unsqueeze(0)
        _, last = self.read(unnumbered.flatten(0, 2).unsqueeze(1), states)
        return self.answer(last[0]).reshape(*queries.shape[:3], MOST)  # type: ignore[no-any-return]
