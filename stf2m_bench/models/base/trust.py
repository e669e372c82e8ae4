"""Trust in what was learned from training people, against what the shots of an episode say by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.fusion import ViewFusion, nearest

Answers = Callable[[Problem], tuple[Tensor, Tensor]]
MARGIN = 0.2  # nats a shot; by benchmarks/other_people.py


class Trust:
    """The mean of two predictions, one learned and one from the shots alone, by how well each foretells the shots.

    Every shot is predicted from the others; where a class has one alone, from all, itself among them. How much better
    the learned prediction does so, in nats, is its lead. The smallest lead on meta-val, less a margin for people whom
    meta-val does not know, is what people like those of training may show. Below it the learned prediction gives way:
    its share is the logistic function of what the lead is above that (Bayesian model averaging of two, Hoeting et al.
    1999, with a prior that meta-val sets).
    """

    def __init__(self) -> None:
        self._scale = ViewFusion()
        self._least: dict[int, Tensor] = {}

    def fit(self, sides: TrainingSides, answers: Answers) -> Trust:
        """Find, on meta-val, the scale of the logits from the shots alone, and the smallest lead.

        Args:
            answers: logits `[B, Q, N]` of a problem, as learned and from the shots alone.
        """
        self._scale.fit(sides, lambda problem: {"alone": answers(problem)[1]})
        for shot in sides.shots:
            with torch.no_grad():
                leads = [self._lead(problem, answers) for problem, _ in sides.validation(shot)]
            self._least[shot] = torch.cat(leads).min().clamp_max(0)
        return self

    def weigh(self, problem: Problem, answers: Answers) -> Tensor:
        """Log-probabilities `[B, Q, N]`; before `fit`, the logits as learned."""
        if not self._least:
            return answers(problem)[0]
        shots = problem.support_index.shape[1]
        least = self._least[nearest(self._least, shots // problem.ways)].to(problem.query_index.device)
        above = self._lead(problem, answers) - (least - MARGIN * shots)
        learned, alone = self._log_probabilities(problem, answers)
        return torch.logaddexp(learned + logsigmoid(above)[:, None, None], alone + logsigmoid(-above)[:, None, None])

    def _lead(self, problem: Problem, answers: Answers) -> Tensor:
        """`[B]`, nats."""
        once, labels = each_shot_asked(problem)
        learned, alone = (
            logs.gather(2, labels.unsqueeze(2)).reshape(len(problem.query_index), -1).sum(1)
            for logs in self._log_probabilities(once, answers)
        )
        return learned - alone

    def _log_probabilities(self, problem: Problem, answers: Answers) -> tuple[Tensor, Tensor]:
        learned, alone = answers(problem)
        return learned.log_softmax(-1), self._scale.fuse(problem, {"alone": alone}).log_softmax(-1)

    def state(self) -> dict[str, Tensor]:
        """Scales and smallest leads."""
        return self._scale.state() | {f"least.{shot}": least for shot, least in self._least.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self._scale.load_state(state)
        self._least = {int(k.removeprefix("least.")): v for k, v in state.items() if k.startswith("least.")}


def each_shot_asked(problem: Problem) -> tuple[Problem, Tensor]:
    """Every episode K times, each time without one shot of each class; those are its queries.

    A class of one shot keeps it.

    Returns:
        A problem of B * K episodes with K - 1 shots a class, and the labels of its queries `[B * K, N]`.
    """
    batch, ways = problem.support_index.shape[0], problem.ways
    shots = problem.support_index.shape[1] // ways
    others = [[other for other in range(shots) if other != shot or shots == 1] for shot in range(shots)]

    def kept(items: Tensor) -> Tensor:
        by_class = items.reshape(batch, ways, shots, *items.shape[2:])[:, :, others]
        return by_class.transpose(1, 2).reshape(batch * shots, -1, *items.shape[2:])

    def asked(items: Tensor) -> Tensor:
        return items.reshape(batch, ways, shots).transpose(1, 2).reshape(batch * shots, ways)

    votes = problem.support_votes
    once = replace(
        problem,
        support_index=kept(problem.support_index),
        support_labels=kept(problem.support_labels),
        query_index=asked(problem.support_index),
        support_votes=None if votes is None else kept(votes),
    )
    return once, asked(problem.support_labels)
