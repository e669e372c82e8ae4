"""A supervised classifier of the training people's clips: log-posteriors over the training emotions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stf2m_bench.episodes.training_sides import LabelledClips, TrainingSides
from stf2m_bench.models.base.fusion import fit_weights
from stf2m_bench.models.base.pooling import Pooling

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


class Posteriors:
    """Multinomial logistic regression a view (penalty chosen on meta-val), fused with weights that meta-val chooses."""

    def __init__(self) -> None:
        self._pooling = Pooling()
        self._maps: dict[str, Tensor] = {}
        self._weights = torch.zeros(0)

    def fit(self, sides: TrainingSides) -> Posteriors:
        """Fit on meta-train clips, choose on meta-val clips."""
        self._pooling.fit(sides)
        train, val = sides.clips("meta_train"), sides.clips("meta_val")
        for view in train.clips:
            self._maps[view] = self._best_map(view, train, val, len(sides.emotions))
        stacked = self._view_scores(val.clips, val.lengths)
        self._weights = fit_weights(stacked.double(), val.labels).float()
        return self

    def log_posteriors(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Tensor:
        """`[U, E]`, log-probabilities over the training emotions."""
        scores = self._view_scores(clips, lengths)
        return (scores * self._weights.to(scores)).sum(-1).log_softmax(-1)

    def _view_scores(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Tensor:
        vectors = self._vectors(clips, lengths)
        scores = []
        for view, weights in self._maps.items():
            logs = (vectors[view] @ weights[:-1].to(vectors[view]) + weights[-1].to(vectors[view])).log_softmax(-1)
            scores.append(logs * (lengths[view] > 0).unsqueeze(1))
        return torch.stack(scores, dim=-1)

    def _vectors(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {v: x * x.shape[1] ** 0.5 for v, x in self._pooling.vectors(clips, lengths).items()}

    def _best_map(self, view: str, train: LabelledClips, val: LabelledClips, emotions: int) -> Tensor:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        x = self._vectors({view: train.clips[view]}, train.lengths)[view]
        x_val = self._vectors({view: val.clips[view]}, val.lengths)[view]
        maps, losses = [], []
        for strength in STRENGTHS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                fitted = LogisticRegression(C=strength, max_iter=300).fit(x.numpy(), train.labels.numpy())
            weights = torch.full((x.shape[1] + 1, emotions), 0.0)
            weights[-1] = -15.0
            weights[:-1, fitted.classes_] = torch.from_numpy(fitted.coef_.T).float()
            weights[-1, fitted.classes_] = torch.from_numpy(fitted.intercept_).float()
            maps.append(weights)
            losses.append(float(cross_entropy(x_val @ weights[:-1] + weights[-1], val.labels)))
        return maps[min(range(len(maps)), key=losses.__getitem__)]

    def state(self) -> dict[str, Tensor]:
        """Scales, maps and view weights."""
        maps = {f"map.{view}": tensor for view, tensor in self._maps.items()}
        return self._pooling.state() | maps | {"posterior.weights": self._weights}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self._pooling.load_state(state)
        self._maps = {k.removeprefix("map."): v for k, v in state.items() if k.startswith("map.")}
        self._weights = state["posterior.weights"]
