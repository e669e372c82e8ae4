"""Logistic regression fitted on the pooled support of each episode (scikit-learn)."""

from __future__ import annotations

from typing import Any

from stf2m_bench.models.base.per_episode import PerEpisode


class Logistic(PerEpisode):
    """Multinomial, squared penalty with inverse strength `C`, on standardised pooled views."""

    def __init__(self, C: float = 1.0) -> None:
        from sklearn.linear_model import LogisticRegression

        super().__init__(LogisticRegression(C=C, solver="newton-cg"), rotation_free=True)
        self._c = C

    def config(self) -> dict[str, Any]:
        """The strength of the penalty."""
        return {"C": self._c}
