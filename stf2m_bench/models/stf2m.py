"""ST-F2M, re-derived from the abstract of Wang, Qiang, Zheng & Sun 2024 (arXiv 2412.13541), not a reproduction.

Views are convolved over sites and time, enriched by generalised fuzzy rules, judged for what they are worth in this
episode, and remembered class by class by a recurrent learner. Beside it, queries and classes are matched in the space
of the training emotions, and by ridge regression on the shots. docs/stf2m.md tells the paper's parts from ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import LabelledClips, TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.model import TrainedModel
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.stf2m_parts.augmentation import augmented
from stf2m_bench.models.stf2m_parts.fuzzy import usage_loss
from stf2m_bench.models.stf2m_parts.learners import LEARNERS
from stf2m_bench.models.stf2m_parts.matching import Matching, below
from stf2m_bench.models.stf2m_parts.network import Network
from stf2m_bench.models.stf2m_parts.policies import with_policy
from stf2m_bench.models.stf2m_parts.pretraining import pretrain

CHECK_EVERY = 20
USAGE, CLASSES = 0.05, 0.5  # weights of the rule-usage term and of the classification of training clips
CLIPS = 32  # that a training step classifies
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
        shot_trust: with it, let the shots tell how far to trust what was learned from training people.
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
        shot_trust: bool = True,
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
        self._matching = Matching(class_space=class_space, shot_ridge=shot_ridge, shot_trust=shot_trust, votes=votes)
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
        self._matching.fit(sides)
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
        """Weigh the ways of matching on meta-val."""
        self._training_clips = None
        self.network.requires_grad_(False)
        self._matching.weigh(sides, self.network)

    def predict(self, problem: Problem) -> Tensor:
        """Logits `[B, Q, N]`."""
        self.network.to(problem.query_index.device)
        return self._matching.predict(problem, self.network)

    def config(self) -> dict[str, Any]:
        """Every switch that can make a difference."""
        idle = {"votes": not self._settings["votes"], "shot_trust": not self._settings["shot_ridge"]}
        return {name: value for name, value in self._settings.items() if not idle.get(name)}

    def state(self) -> dict[str, Tensor]:
        """The network, and what its answers are matched with."""
        network = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        return self._matching.state() | network

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        network = below("network.", state)
        self.network = Network(view_specs, len(network["heads.0.bias"]), self._settings)
        self.network.load_state_dict(network)
        self.network.eval().requires_grad_(False)
        self._matching.load_state(state, view_specs)
