"""Names, no shots: a supervised classifier of the training people, told the episode's emotions. A reference row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import NotForThisTaskError, UsageError
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.posteriors import Posteriors


class NamesNoShots(Model):
    """Ignores the support. What it scores, the shots are not needed for."""

    told_names = True
    reference = True

    def __init__(self) -> None:
        self._posteriors = Posteriors()
        self._emotions: tuple[str, ...] = ()

    def fit(self, sides: TrainingSides) -> NamesNoShots:
        """Train the classifier."""
        self._posteriors.fit(sides)
        self._emotions = tuple(sides.emotions)
        return self

    def predict(self, problem: Problem) -> Tensor:
        """Refused: it needs names.

        Raises:
            UsageError: always.
        """
        raise UsageError("names_no_shots has to be told names; evaluate does so, other callers use predict_named.")

    def predict_named(self, problem: Problem, names: Sequence[Sequence[str]]) -> Tensor:
        """Log-posteriors of the named emotions `[B, Q, N]`.

        Raises:
            NotForThisTaskError: an emotion that training did not have, as on boards of new emotions.
        """
        if unknown := {name for row in names for name in row} - set(self._emotions):
            raise NotForThisTaskError(
                f"names_no_shots knows the emotions of training alone, and these episodes ask for {min(unknown)}; leave"
                " it out of this board."
            )
        logs = self._posteriors.log_posteriors(problem.clips, problem.lengths)[problem.query_index]
        columns = torch.tensor([[self._emotions.index(name) for name in row] for row in names], device=logs.device)
        return logs.gather(2, columns.unsqueeze(1).expand(-1, logs.shape[1], -1))

    def state(self) -> dict[str, Tensor]:
        """The classifier, and its emotions as text in bytes."""
        names = torch.frombuffer(bytearray("\n".join(self._emotions).encode()), dtype=torch.uint8)
        return self._posteriors.state() | {"emotions": names}

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._posteriors.load_state(state)
        self._emotions = tuple(bytes(state["emotions"].tolist()).decode().split("\n"))
