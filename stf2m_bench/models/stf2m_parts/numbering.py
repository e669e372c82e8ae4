"""Numbers of classes for learners that are told them one-hot: arbitrary names, which must not move the scores."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from stf2m_bench.errors import UsageError
from stf2m_bench.models.stf2m_parts.memory import Support, class_means

MOST = 10


def numberings(support: Support, *, at_random: bool) -> list[Tensor]:
    """Ways to number the classes of each episode and view, `[B, M, N]`: the class that bears each number.

    Args:
        at_random: one way, drawn anew for each episode, so that no number comes to mean anything. Else all N turns of
            one order that does not know the given numbers: by the first coordinate of the class means. What is averaged
            over them is the same, whatever the classes were numbered, unless two means agree in that coordinate.

    Raises:
        UsageError: more than 10 classes.
    """
    ways = support.shots.shape[2]
    if ways > MOST:
        raise UsageError(
            f"The memories 'flat' and 'gated_maml' of stf2m tell at most {MOST} classes apart, and this episode has"
            f" {ways}; set memory to slots, meta_lstm or none."
        )
    if at_random:
        return [torch.rand(support.shots.shape[:3]).argsort(2).to(support.shots.device)]
    order = class_means(support, support.certainty.new_zeros(()))[..., 0].argsort(2)
    return [order.roll(places, dims=2) for places in range(ways)]


def by_class(scores: Tensor, order: Tensor) -> Tensor:
    """Scores `[B, M, Q, >= N]` of numbers as scores `[B, M, Q, N]` of the classes that bear them."""
    return scores.take_along_dim(order.argsort(2).unsqueeze(2), dim=3)


def sequence(support: Support, order: Tensor, *, shuffled: bool) -> PackedSequence:
    """Shots beside their class's number, `[B * M, K * N, d + 10]`, for a recurrent network.

    The first shot of each class comes first, unless they are shuffled. A shot that lacks the view is left out; a view
    that no shot has is one step of zeros.
    """
    shots, here = (x.take_along_dim(_like(order, x), dim=2).transpose(2, 3) for x in (support.shots, support.present))
    numbers = torch.eye(MOST, device=shots.device)[: shots.shape[3]].expand(*shots.shape[:4], MOST)
    told = (torch.cat([shots, numbers], dim=-1) * here.unsqueeze(-1)).flatten(2, 3).flatten(0, 1)
    here = here.flatten(2, 3).flatten(0, 1)
    places = torch.rand(here.shape).argsort(1).to(here.device) if shuffled else torch.arange(here.shape[1]).to(order)
    first = torch.where(here, places, here.shape[1]).argsort(dim=1, stable=True)
    lengths = here.sum(1).clamp_min(1).cpu()
    return pack_padded_sequence(
        told.take_along_dim(first.unsqueeze(2), dim=1), lengths, batch_first=True, enforce_sorted=False
    )


def _like(order: Tensor, values: Tensor) -> Tensor:
    return order.reshape(*order.shape, *(1 for _ in values.shape[3:]))
