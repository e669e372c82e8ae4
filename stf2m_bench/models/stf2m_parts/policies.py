"""Which views the clips of a training episode have: the paper's view-based tasks (blueprint 3.1)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.errors import UsageError

DROPPED, CROSSED = 0.3, 0.2
POLICIES = ("random", "all", "cross", "mix")


def with_policy(problem: Problem, policy: str) -> Problem:
    """The problem with views dropped or exchanged.

    Args:
        policy: `all`; `random` drops each view of each clip with p = 0.3 and keeps one, and in one of five batches is
            `cross`: the support has one view, queries another; `mix`: each view of a shot comes from a clip of its
            own among the shots of that class; else the name of the only view that is left.

    Raises:
        UsageError: neither a policy nor a view.
    """
    if policy == "all" or len(problem.clips) == 1:
        return problem
    if policy == "mix":
        return _mixed(problem)
    if policy in problem.clips:
        kept = {
            view: torch.full_like(lengths, view == policy, dtype=torch.bool)
            for view, lengths in problem.lengths.items()
        }
        return _with(problem, kept)
    if policy not in POLICIES:
        raise UsageError(
            f"stf2m has no policy '{policy}'; it has {', '.join(POLICIES)}, or a view: {', '.join(problem.clips)}."
        )
    if policy == "cross" or float(torch.rand(())) < CROSSED:
        return _crossed(problem)
    return _dropped(problem)


def _dropped(problem: Problem) -> Problem:
    present = torch.stack(list(problem.present.values()))
    score = torch.rand(present.shape).to(present.device).masked_fill(~present, -1)
    kept = (score > DROPPED) | (score == score.amax(0))
    return _with(problem, dict(zip(problem.clips, kept, strict=True)))


def _crossed(problem: Problem) -> Problem:
    """A clip that supports in one episode of the batch and is queried in another keeps both views."""
    first, second = (list(problem.clips)[int(place)] for place in torch.randperm(len(problem.clips))[:2])
    kept = {view: torch.zeros_like(lengths, dtype=torch.bool) for view, lengths in problem.lengths.items()}
    kept[first][problem.support_index] = True
    kept[second][problem.query_index] = True
    alone = ~torch.stack([kept[view] & problem.present[view] for view in kept]).any(0)
    return _with(problem, {view: keep | alone for view, keep in kept.items()})


def _mixed(problem: Problem) -> Problem:
    clips, lengths = dict(problem.clips), dict(problem.lengths)
    shots = problem.support_index.reshape(len(problem.support_index), problem.ways, -1)
    for view in clips:
        source = torch.arange(len(lengths[view]), device=shots.device)
        for row in shots.flatten(0, 1):
            source[row] = source[row][torch.randperm(len(row)).to(row.device)]
        clips[view], lengths[view] = clips[view][source], lengths[view][source]
    return replace(problem, clips=clips, lengths=lengths)


def _with(problem: Problem, kept: dict[str, Tensor]) -> Problem:
    return replace(problem, lengths={view: lengths * kept[view] for view, lengths in problem.lengths.items()})
