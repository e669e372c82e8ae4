"""A supervised classifier of the training people's clips: log-posteriors over the training emotions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from threadpoolctl import threadpool_limits
from torch import Tensor
from torch.nn.functional import cross_entropy

from stf2m_bench.episode.training_sides import LabelledClips, TrainingSides
from stf2m_bench.models.base.fusion import fit_weights
from stf2m_bench.models.base.pooling import Pooling
from stf2m_bench.models.base.span import span_of

STRENGTHS = (0.003, 0.03, 0.3)


class Posteriors:
    """Multinomial logistic regression a view (penalty chosen on meta-val), fused with weights that meta-val chooses.

    Args:
        pooling: one that is shared with others, in place of its own.
    """

    def __init__(self, pooling: Pooling | None = None) -> None:
        self._pooling = pooling or Pooling()
        self._maps: dict[str, Tensor] = {}
        self._weights = torch.zeros(0)

    def fit(self, sides: TrainingSides) -> Posteriors:
        """Fit on meta-train clips, choose on meta-val clips."""
        self._pooling.fit(sides)
        train, val = sides.clips("meta_train"), sides.clips("meta_val")
        for view in train.clips:
            self._maps[view] = self._best_map(view, train, val, len(sides.emotions))
        stacked = self.view_scores(val.clips, val.lengths)
        self._weights = fit_weights(stacked.double(), val.labels).float()
        return self

    def log_posteriors(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Tensor:
        """`[U, E]`, log-probabilities over the training emotions."""
        scores = self.view_scores(clips, lengths)
        return (scores * self._weights.to(scores)).sum(-1).log_softmax(-1)

    def view_scores(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Tensor:
        """Log-probabilities of each view, `[U, E, V]`; zeros where a clip lacks it."""
        return self.scores_of(self._pooling.vectors(clips, lengths), lengths)

    def scores_of(self, vectors: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> Tensor:
        """As `view_scores`, of clips that are pooled already."""
        scores = []
        for view, scaled in _unscaled(vectors).items():
            weights = self._maps[view].to(scaled)
            logs = (scaled @ weights[:-1] + weights[-1]).log_softmax(-1)
            scores.append(logs * (lengths[view] > 0).unsqueeze(1))
        return torch.stack(scores, dim=-1)

    def _best_map(self, view: str, train: LabelledClips, val: LabelledClips, emotions: int) -> Tensor:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        x, labels = self._present(view, train)
        x_val, labels_val = self._present(view, val)
        if len(set(labels.tolist())) < 2:
            return torch.zeros(x.shape[1] + 1, emotions)
        basis = torch.from_numpy(span_of(x.numpy())).float()
        inside = (x @ basis).numpy()
        maps, losses = [], []
        for strength in STRENGTHS:
            with warnings.catch_warnings(), threadpool_limits(1):
                warnings.simplefilter("ignore", ConvergenceWarning)
                fitted = LogisticRegression(C=strength, tol=1e-3).fit(inside, labels.numpy())
            weights = torch.full((x.shape[1] + 1, emotions), 0.0)
            weights[-1] = -15.0
            coefficients, intercept = torch.from_numpy(fitted.coef_.T), torch.from_numpy(fitted.intercept_)
            if len(fitted.classes_) == 2:  # scikit-learn tells only how much more the second one is
                coefficients, intercept = (torch.cat([-half, half], -1) for half in (coefficients / 2, intercept / 2))
            weights[:-1, fitted.classes_] = basis @ coefficients.float()
            weights[-1, fitted.classes_] = intercept.float()
            maps.append(weights)
            losses.append(float(cross_entropy(x_val @ weights[:-1] + weights[-1], labels_val)))
        return maps[min(range(len(maps)), key=losses.__getitem__)]

    def _present(self, view: str, side: LabelledClips) -> tuple[Tensor, Tensor]:
        """Vectors and labels of the clips that have the view."""
        here = side.lengths[view] > 0
        vectors = _unscaled(self._pooling.vectors({view: side.clips[view]}, side.lengths))
        return vectors[view][here], side.labels[here]

    def state(self) -> dict[str, Tensor]:
        """Scales, maps and view weights."""
        maps = {f"map.{view}": tensor for view, tensor in self._maps.items()}
        return self._pooling.state() | maps | {"posterior.weights": self._weights}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state()` gave."""
        self._pooling.load_state(state)
        self._maps = {k.removeprefix("map."): v for k, v in state.items() if k.startswith("map.")}
        self._weights = state["posterior.weights"]


def _unscaled(vectors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Pooled views with variance 1 in each number."""
    return {view: vector * vector.shape[1] ** 0.5 for view, vector in vectors.items()}
