"""How queries are matched with classes: by the network within the episode, in the space of the training emotions, by
ridge regression on the shots; and which of them the shots of an episode bear out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.models.base.class_space import assignment, matching
from stf2m_bench.models.base.fusion import ViewFusion, fit_weights
from stf2m_bench.models.base.posteriors import Posteriors
from stf2m_bench.models.base.prototypes import class_means
from stf2m_bench.models.base.trust import Trust
from stf2m_bench.models.ridge import Ridge
from stf2m_bench.models.stf2m_parts.encoder import Encoded
from stf2m_bench.models.stf2m_parts.network import Network


@dataclass(frozen=True)
class Seen:
    """The clips of a problem, read once for all ways of matching.

    Attributes:
        encoded: view -> what its encoder makes of them. vectors: view -> `[U, D]`, pooled over time.
        emotions: log-probabilities of the training emotions `[U, E]`; None without their space.
    """

    encoded: Mapping[str, Encoded]
    vectors: Mapping[str, Tensor]
    emotions: Tensor | None


class Matching:
    """Ways of matching, summed with weights that meta-val chooses; then the shots tell how far to trust that sum.

    Weights chosen on people like those of training know nothing of an episode whose people, or recordings, are of
    another kind. There `Trust` lets ridge regression on the shots take over.

    Args:
        class_space: match in the space of the training emotions. shot_ridge: match by ridge regression on the shots.
        shot_trust: let the shots tell, with `shot_ridge`. votes: shots count by their votes.
    """

    def __init__(self, *, class_space: bool, shot_ridge: bool, shot_trust: bool, votes: bool) -> None:
        self._class_space, self._shot_ridge, self._shot_trust = class_space, shot_ridge, shot_trust
        self._ridge = Ridge(votes=votes)
        self._pooling = self._ridge.pooling
        self._posteriors = Posteriors(self._pooling)
        self._class_weights = torch.zeros(0)
        self._fusion, self._trust = ViewFusion(), Trust()

    def fit(self, sides: TrainingSides) -> None:
        """Learn to tell the training people's emotions apart, choose the ridge penalty; both without the network."""
        if self._class_space and not sides.new_emotions:
            self._posteriors.fit(sides)
        if self._shot_ridge:
            self._ridge.fit(sides)

    def weigh(self, sides: TrainingSides, network: Network) -> None:
        """Weigh, on meta-val, the classifiers of training emotions, then the ways of matching."""
        if self._class_space and not sides.new_emotions:
            clips = sides.clips("meta_val")
            with torch.no_grad():
                encoded = network.encoded(clips.clips, clips.lengths)
                vectors = self._pooling.vectors(clips.clips, clips.lengths)
                logs = self._classified(network, clips.lengths, encoded, vectors)
            self._class_weights = fit_weights(logs.double(), clips.labels).float()
        self._fusion.fit(sides, lambda problem: self.ways(problem, self.seen(problem, network), network))
        if self._shot_ridge and self._shot_trust:
            self._trust.fit(sides, lambda problem: self._answers(problem, self.seen(problem, network), network))

    def predict(self, problem: Problem, network: Network) -> Tensor:
        """Logits `[B, Q, N]`."""
        seen = self.seen(problem, network)
        if self._shot_ridge and self._shot_trust:
            return self._trust.weigh(problem, lambda some: self._answers(some, seen, network))
        return self._together(problem, self.ways(problem, seen, network))

    def _answers(self, problem: Problem, seen: Seen, network: Network) -> tuple[Tensor, Tensor]:
        """Of all ways together, and of ridge regression alone."""
        found = self.ways(problem, seen, network)
        return self._together(problem, found), found["ridge"]

    def _together(self, problem: Problem, found: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum; without weights, as before training, the sum."""
        return self._fusion.fuse(problem, found) if self._fusion.weights else torch.stack(list(found.values())).sum(0)

    def seen(self, problem: Problem, network: Network) -> Seen:
        """The clips of a problem, encoded, pooled and classified."""
        encoded = network.encoded(problem.clips, problem.lengths)
        if not (self._shot_ridge or len(self._class_weights)):
            return Seen(encoded, {}, None)
        vectors = self._pooling.vectors(problem.clips, problem.lengths)
        if not len(self._class_weights):
            return Seen(encoded, vectors, None)
        logs = self._classified(network, problem.lengths, encoded, vectors)
        return Seen(encoded, vectors, (logs * self._class_weights.to(logs)).sum(-1).log_softmax(-1))

    def ways(self, problem: Problem, seen: Seen, network: Network) -> dict[str, Tensor]:
        """Way -> logits `[B, Q, N]`: `episode`, `ridge`, `classes`."""
        found = {"episode": network(problem, encoded=seen.encoded).logits}
        if self._shot_ridge:
            found["ridge"] = self._ridge.predict(problem, vectors=seen.vectors)
        if seen.emotions is not None:
            shots = seen.emotions[problem.support_index]
            said = class_means(shots, problem.ways) * shots.shape[1] / problem.ways
            found["classes"] = matching(seen.emotions[problem.query_index], assignment(said))
        return found

    def _classified(
        self,
        network: Network,
        lengths: Mapping[str, Tensor],
        encoded: Mapping[str, Encoded],
        vectors: Mapping[str, Tensor],
    ) -> Tensor:
        """Log-probabilities of the training emotions by every classifier, `[U, E, classifiers]`."""
        linear = self._posteriors.scores_of(vectors, lengths)
        trained = [
            logits.log_softmax(-1) * (lengths[view] > 0).unsqueeze(1)
            for view, logits in network.emotions_of(encoded).items()
        ]
        return torch.cat([linear, torch.stack(trained, dim=-1)], dim=-1)

    def state(self) -> dict[str, Tensor]:
        """The classifiers and the ridge regression, which are in one scale, and all weights."""
        found = self._fusion.state() | _prefixed("trust.", self._trust.state())
        if self._shot_ridge:
            found |= _prefixed("ridge.", self._ridge.state()) | self._pooling.state()
        if len(self._class_weights):
            found |= self._posteriors.state() | {"class_weights": self._class_weights}
        return found

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._fusion.load_state(state)
        self._trust.load_state(below("trust.", state))
        if self._shot_ridge:
            self._ridge.load_state({**state, **below("ridge.", state)}, view_specs)
        if "class_weights" in state:
            self._posteriors.load_state(state)
            self._class_weights = state["class_weights"]


def below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The part of a state whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _prefixed(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items() if not name.startswith("pooling.")}
