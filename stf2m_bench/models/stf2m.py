"""ST-F2M, re-derived from the abstract of Wang, Qiang, Zheng & Sun 2024 (arXiv 2412.13541), not a reproduction.

Views are convolved over sites and time, enriched by generalised fuzzy rules, judged for what they are worth in this
episode, and remembered class by class by a recurrent learner. Beside it, queries and classes are matched in the space
of the training emotions, and by ridge regression on the shots. docs/stf2m.md tells the paper's parts from ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import LabelledClips, TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.class_space import assignment, matching
from stf2m_bench.models.base.fusion import ViewFusion, fit_weights
from stf2m_bench.models.base.model import TrainedModel
from stf2m_bench.models.base.posteriors import Posteriors
from stf2m_bench.models.base.prototypes import class_means as means_of
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.ridge import Ridge
from stf2m_bench.models.stf2m_parts.augmentation import augmented
from stf2m_bench.models.stf2m_parts.encoder import Encoded, SpatioTemporalEncoder, joined
from stf2m_bench.models.stf2m_parts.fuzzy import Fired, make_rules, usage_loss
from stf2m_bench.models.stf2m_parts.learners import IN_ORDER, LEARNERS, make_learner
from stf2m_bench.models.stf2m_parts.memory import (
    Support,
    ViewGate,
    class_means,
    prototypes,
    ridge,
    temperature,
    view_weights,
)
from stf2m_bench.models.stf2m_parts.policies import with_policy
from stf2m_bench.models.stf2m_parts.pretraining import pretrain

CHECK_EVERY = 20
RULES_FROM, RAMP = 20, 20  # steps after which the rules join, and in how many they do
USAGE, CLASSES = 0.05, 0.5  # weights of the rule-usage term and of the classification of training clips
CLIPS, CLIPS_AT_ONCE = 32, 64  # that a training step classifies; that evaluation encodes together
SCALES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

CHOICES = {
    "spatial": ("auto", "conv", "graph", "learned", "none"),
    "temporal": ("multi", "single", "none"),
    "position": ("seconds", "index", "none"),
    "fuzzy": ("tsk", "mlp", "none"),
    "membership": ("gauss", "bell", "it2"),
    "antecedent": ("free", "terms"),
    "tnorm": ("sqrt", "mean", "product"),
    "standardise": ("support", "train"),
    "memory": LEARNERS,
    "start": ("prototypes", "ridge"),
    "fusion": ("certainty", "mean"),
    "precision": ("auto", "float32", "bf16"),
}


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


class STF2M(TrainedModel):
    """Spatial and temporal convolution, generalised fuzzy rules and a recurrent learner of classes; a switch a part.

    Args:
        spatial, temporal, position, task_norm, site_gate: the encoder of a view.
        fuzzy, membership, antecedent, tnorm, standardise: the rules; `mlp` is the control of like size.
        memory, start, refine, orders: the learner. carry: see `Slots`.
        view_gate, fusion: the weights of the views.
        policy: which views training episodes have: `random`, `all`, `cross`, `mix`, or the name of a single one.
        class_space: match in the space of the training emotions too, unless the task tests others.
        shot_ridge: match by ridge regression from the pooled views of the shots too.
        augment: training clips in other times, with parts masked. pretrain: epochs of classification at most.
        iterations: steps of training at most; it ends after 100 of them without gain on meta-val.
        precision: of the convolutions: `float32`, `bf16`, or `auto`, which is bf16 on CUDA. All else is float32.
        votes: shots count by the votes for their class, and training labels are votes, where the task has votes.
    """

    network: Network

    def __init__(
        self,
        spatial: str = "auto",
        temporal: str = "multi",
        position: str = "seconds",
        task_norm: bool = True,
        site_gate: bool = True,
        fuzzy: str = "tsk",
        membership: str = "gauss",
        antecedent: str = "free",
        tnorm: str = "sqrt",
        standardise: str = "support",
        memory: str = "slots",
        start: str = "prototypes",
        refine: int = 2,
        carry: float = 0.0,
        orders: int = 4,
        view_gate: bool = True,
        fusion: str = "certainty",
        policy: str = "random",
        class_space: bool = True,
        shot_ridge: bool = True,
        augment: bool = False,
        pretrain: int = 0,
        iterations: int = 400,
        precision: str = "auto",
        width: int = 48,
        site_width: int = 16,
        dropout: float = 0.5,
        votes: bool = False,
    ) -> None:
        settings = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        for name, known in CHOICES.items():
            if settings[name] not in known:
                raise UsageError(f"stf2m has no {name} '{settings[name]}'; it has {', '.join(known)}.")
        self._settings: dict[str, Any] = settings
        self.recipe = Recipe(iterations=iterations, check_every=CHECK_EVERY)
        self.uses_votes = self.soft_labels = votes
        self._posteriors, self._ridge, self._fusion = Posteriors(), Ridge(votes=votes), ViewFusion()
        self._class_weights = torch.zeros(0)
        self._training_clips: LabelledClips | None = None

    def build(self, view_specs: Mapping[str, ViewSpec], emotions: Sequence[str]) -> None:
        """One encoder and one set of rules a view; one learner for all."""
        self.network = Network(view_specs, len(emotions), self._settings)

    def prepare(self, sides: TrainingSides) -> None:
        """Standardise by the training people, and learn to tell their emotions apart; choose the ridge penalty."""
        clips = sides.clips("meta_train")
        self._training_clips = clips
        for view, encoder in self.network.encoders():
            encoder.take_statistics(clips, view)
        if self._settings["class_space"] and not sides.new_emotions:
            self._posteriors.fit(sides)
        if self._settings["shot_ridge"]:
            self._ridge.fit(sides)
        if self._settings["pretrain"]:
            pretrain(self.network, clips, sides.clips("meta_val"), epochs=self._settings["pretrain"])
            self._set_sharpness(sides)

    def _set_sharpness(self, sides: TrainingSides) -> None:
        """Classification leaves embeddings of any size: start the episodes from the scale that suits meta-val best."""
        self.network.eval()
        problem, labels = sides.validation(min(sides.shots))[0]
        with torch.no_grad():
            logits = self.network(problem).logits.flatten(0, 1)
            losses = {scale: float(cross_entropy(scale * logits, labels.flatten())) for scale in SCALES}
            self.network.sharpness.add_(math.log(min(losses, key=losses.__getitem__)))

    def loss(self, problem: Problem, labels: Tensor) -> Tensor:
        """Cross-entropy of the queries; in training with the usage of the rules and the emotions of some clips."""
        if not self.network.training:
            return cross_entropy(self.network(problem).logits.flatten(0, 1), labels.flatten())
        self.network.steps.add_(1)
        if self._settings["augment"]:
            clips, lengths = augmented(problem.clips, problem.lengths)
            problem = replace(problem, clips=clips, lengths=lengths)
        seen = with_policy(problem, self._settings["policy"])
        reading = self.network(seen, shuffled=True)
        loss = cross_entropy(reading.logits.flatten(0, 1), labels.flatten(0, 1))
        for view, fired in reading.fired.items():
            if fired.firing is not None:
                items = torch.cat([seen.support_index, seen.query_index], dim=1)
                loss = loss + USAGE * usage_loss(fired.firing, seen.present[view][items])
        return loss + CLASSES * self._classification(problem.query_index.device)

    def _classification(self, device: torch.device) -> Tensor:
        assert self._training_clips is not None
        clips = self._training_clips
        some = torch.randint(len(clips.labels), (CLIPS,))
        shown = {view: array[some].to(device) for view, array in clips.clips.items()}
        lengths = {view: lengths[some].to(device) for view, lengths in clips.lengths.items()}
        if self._settings["augment"]:
            shown, lengths = augmented(shown, lengths)
        logits = self.network.emotion_logits(shown, lengths)
        labels = clips.labels[some].to(device)
        return torch.stack([cross_entropy(found, labels) for found in logits.values()]).mean()

    def finish(self, sides: TrainingSides) -> None:
        """Weigh, on meta-val, the classifiers of training emotions, then the ways of matching."""
        self._training_clips = None
        self.network.requires_grad_(False)
        if self._settings["class_space"] and not sides.new_emotions:
            clips = sides.clips("meta_val")
            with torch.no_grad():
                encoded = self.network.encoded(clips.clips, clips.lengths)
                stacked = self._emotion_evidence(clips.clips, clips.lengths, encoded)
            self._class_weights = fit_weights(stacked.double(), clips.labels).float()
        self._fusion.fit(sides, self._ways_of_matching)

    def predict(self, problem: Problem) -> Tensor:
        """Weighted logits `[B, Q, N]`."""
        self.network.to(problem.query_index.device)
        logits = self._ways_of_matching(problem)
        return self._fusion.fuse(problem, logits) if self._fusion.weights else torch.stack(list(logits.values())).sum(0)

    def _ways_of_matching(self, problem: Problem) -> dict[str, Tensor]:
        encoded = self.network.encoded(problem.clips, problem.lengths)
        found = {"episode": self.network(problem, encoded=encoded).logits}
        if self._settings["shot_ridge"]:
            found["ridge"] = self._ridge.predict(problem)
        if len(self._class_weights):
            stacked = self._emotion_evidence(problem.clips, problem.lengths, encoded)
            logs = (stacked * self._class_weights.to(stacked)).sum(-1).log_softmax(-1)
            shots = logs[problem.support_index]
            found["classes"] = matching(
                logs[problem.query_index], assignment(means_of(shots, problem.ways) * shots.shape[1] / problem.ways)
            )
        return found

    def _emotion_evidence(
        self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor], encoded: Mapping[str, Encoded]
    ) -> Tensor:
        """Log-probabilities of the training emotions by every classifier, `[U, E, classifiers]`."""
        linear = self._posteriors.view_scores(clips, lengths)
        trained = [
            logits.log_softmax(-1) * (lengths[view] > 0).unsqueeze(1)
            for view, logits in self.network.emotions_of(encoded).items()
        ]
        return torch.cat([linear, torch.stack(trained, dim=-1)], dim=-1)

    def config(self) -> dict[str, Any]:
        """Every switch; votes, if they are used."""
        return {name: value for name, value in self._settings.items() if name != "votes" or value}

    def state(self) -> dict[str, Tensor]:
        """The network, the classifiers, the ridge regression (in the scale of the same people), and their weights."""
        found = self._fusion.state()
        found |= {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        if self._settings["shot_ridge"]:
            ridge = self._ridge.state()
            found |= {name if name.startswith("pooling.") else f"ridge.{name}": ridge[name] for name in ridge}
        if len(self._class_weights):
            found |= self._posteriors.state() | {"class_weights": self._class_weights}
        return found

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        network = _below("network.", state)
        self.network = Network(view_specs, len(network["heads.0.bias"]), self._settings)
        self.network.load_state_dict(network)
        self.network.eval().requires_grad_(False)
        self._fusion.load_state(state)
        if self._settings["shot_ridge"]:
            self._ridge.load_state({**state, **_below("ridge.", state)}, view_specs)
        if "class_weights" in state:
            self._posteriors.load_state(state)
            self._class_weights = state["class_weights"]


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


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
