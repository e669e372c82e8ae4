"""The trained part of ST-F2M: from a batch of episodes to logits, by matching within each episode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.stf2m_parts.encoder import Encoded, SpatioTemporalEncoder, joined
from stf2m_bench.models.stf2m_parts.fuzzy import Fired, make_rules
from stf2m_bench.models.stf2m_parts.learners import IN_ORDER, make_learner
from stf2m_bench.models.stf2m_parts.memory import (
    Support,
    ViewGate,
    class_means,
    prototypes,
    ridge,
    temperature,
    view_weights,
)

RULES_FROM, RAMP = 20, 20  # steps after which the rules join, and in how many they do
CLIPS_AT_ONCE = 64  # that evaluation encodes together


@dataclass(frozen=True)
class Reading:
    """What the network makes of a batch of episodes.

    Attributes:
        logits: `[B, Q, N]`. weights: of the views of each query, `[B, M, Q]`.
        fired: what the rules said, a view; support items first, then queries.
    """

    logits: Tensor
    weights: Tensor
    fired: Mapping[str, Fired]


class Network(nn.Module):
    """The trained part: from a problem to logits."""

    steps: Tensor

    def __init__(self, view_specs: Mapping[str, ViewSpec], emotions: int, settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.views, self.settings = list(view_specs), settings
        width = settings["width"]
        encoder = {name: settings[name] for name in ("spatial", "temporal", "position", "task_norm", "site_width")}
        shape = {"gate": settings["site_gate"], "width": width, "dropout": settings["dropout"]}
        self.encoder = nn.ModuleList(SpatioTemporalEncoder(spec, **encoder, **shape) for spec in view_specs.values())
        self.heads = nn.ModuleList(nn.Linear(width, emotions) for _ in view_specs)
        self.rules = nn.ModuleList(make_rules(width, settings) for _ in view_specs)
        self.alpha = nn.Parameter(torch.tensor(0.1))
        self.add_module(settings["memory"], make_learner(width, settings))
        self.view_gate = ViewGate(len(view_specs)) if settings["view_gate"] else None
        self.sharpness = temperature(1.0)
        self.penalty = temperature(1.0)
        self.of_shots = nn.Parameter(torch.tensor(0.0))
        self.of_views = nn.Parameter(torch.tensor(0.0))
        self.register_buffer("steps", torch.tensor(0.0))

    def forward(
        self, problem: Problem, *, encoded: Mapping[str, Encoded] | None = None, shuffled: bool = False
    ) -> Reading:
        """Read a batch of episodes.

        Args:
            encoded: its clips, if they are encoded already.
            shuffled: shots in random order, as in training; else the mean over cyclic orders.
        """
        encoded = encoded or self.encoded(problem.clips, problem.lengths)
        items = torch.cat([problem.support_index, problem.query_index], dim=1)
        shots = problem.support_index.shape[1]
        present = torch.stack([problem.present[view][items] for view in self.views], dim=1)
        embedded, fired = self._enriched(problem, items, encoded)
        certainty = torch.stack([one.certainty for one in fired.values()], dim=1) if fired else embedded[..., 0] * 0
        layout = (problem.ways, shots // problem.ways)
        parts = [embedded, certainty, present]
        if self.settings["votes"] and problem.support_votes is not None:
            shares = problem.support_votes.gather(2, problem.support_labels.unsqueeze(2)).mT
            parts.append(shares.expand(-1, len(self.views), -1))
        support = Support(*(x[:, :, :shots].reshape(*x.shape[:2], *layout, *x.shape[3:]) for x in parts))
        if shuffled:
            support = support.rolled(int(torch.randint(layout[1], ())))
        queries, shown = embedded[:, :, shots:], present[:, :, shots:]
        weights = self._view_weights(support, certainty[:, :, shots:], shown)
        orders = 1 if shuffled or self.settings["memory"] not in IN_ORDER else min(self.settings["orders"], layout[1])
        logits = [self._scores(support.rolled(order), queries, weights) for order in range(orders)]
        return Reading(torch.stack(logits).mean(0), weights, fired)

    def emotion_logits(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """View -> logits `[U, E]` of the training emotions."""
        return self.emotions_of(self.encoded(clips, lengths))

    def emotions_of(self, encoded: Mapping[str, Encoded]) -> dict[str, Tensor]:
        """As `emotion_logits`, of clips that are encoded already."""
        pairs = zip(self.encoders(), self.heads, strict=True)
        return {view: head(encoder.embed_alone(encoded[view])) for (view, encoder), head in pairs}

    def encoders(self) -> list[tuple[str, SpatioTemporalEncoder]]:
        """The encoder of each view."""
        return [(view, one) for view, one in zip(self.views, self.encoder, strict=True)
                if isinstance(one, SpatioTemporalEncoder)]  # fmt: skip

    def encoded(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> dict[str, Encoded]:
        """Every clip of a batch, once; where nothing is learned 64 at a time, which is quicker."""
        size = len(next(iter(lengths.values()))) if self.training else CLIPS_AT_ONCE
        found = {}
        for view, encoder in self.encoders():
            parts = zip(torch.split(clips[view], size), torch.split(lengths[view], size), strict=True)
            with self._autocast(lengths[view].device):
                encoded = [encoder.encode(*part) for part in parts]
            found[view] = joined(encoded).float()
        return found

    def _autocast(self, device: torch.device) -> torch.autocast:
        precision = self.settings["precision"]
        low = precision == "bf16" or (precision == "auto" and device.type == "cuda")
        return torch.autocast(device.type, torch.bfloat16, enabled=low)

    def _enriched(
        self, problem: Problem, items: Tensor, clips: Mapping[str, Encoded]
    ) -> tuple[Tensor, dict[str, Fired]]:
        """Embeddings `[B, M, I, d]` with what the rules add to them."""
        supporting = torch.arange(items.shape[1], device=items.device) < problem.support_index.shape[1]
        supporting = supporting.expand_as(items)
        found, fired = [], {}
        for (view, encoder), rules in zip(self.encoders(), self.rules, strict=True):
            z = encoder.embed(clips[view], items, problem.support_index)
            if not isinstance(rules, nn.Identity):
                fired[view] = rules(z, supporting, problem.present[view][items])
                z = z + self.rules_weight() * fired[view].added * problem.present[view][items].unsqueeze(-1)
            found.append(z)
        return torch.stack(found, dim=1), fired

    def rules_weight(self) -> Tensor:
        """By what the rules' addition is multiplied; 0 in the first steps of training."""
        return self.alpha * ((self.steps - RULES_FROM) / RAMP).clamp(0, 1)

    def _view_weights(self, support: Support, certainty: Tensor, present: Tensor) -> Tensor:
        if self.settings["fusion"] == "mean":
            return present.to(certainty)
        start = prototypes(class_means(support, self.of_shots))
        reliability = (
            certainty.new_zeros(certainty.shape[:2]) if self.view_gate is None else self.view_gate(support, start)
        )
        return view_weights(reliability, certainty, self.of_views, present)

    def _scores(self, support: Support, queries: Tensor, weights: Tensor) -> Tensor:
        """`[B, Q, N]`; a class without a shot of a view gets the mean of the others there, so that it is not judged."""
        if self.settings["start"] == "ridge":
            start = ridge(support, self.penalty.exp())
        else:
            start = prototypes(class_means(support, self.of_shots))
        learner = self.get_submodule(self.settings["memory"])
        scores = self.sharpness.exp() * learner(support, queries, start)
        known = support.known.unsqueeze(2)
        average = (scores * known).sum(-1, keepdim=True) / known.sum(-1, keepdim=True).clamp_min(1)
        return (torch.where(known, scores, average) * weights.unsqueeze(-1)).sum(1)
