"""How a network is trained: the numbers of the plain loop in the training room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        iterations: at most so many steps; each takes `batch` episodes of one K, the Ks in turn.
        check_every: steps between two validations; after `patience` of them without gain training stops.
    """

    iterations: int = 400
    batch: int = 4
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    clip: float = 1.0
    check_every: int = 40
    patience: int = 5
