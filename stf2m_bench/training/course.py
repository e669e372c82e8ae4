"""How a training goes, and keeping it so that it can go on after an interruption."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from stf2m_bench.files import replacing


@dataclass
class Course:
    """The steps taken, the validation loss at each check, and the weights of the best of them."""

    step: int = 0
    losses: list[float] = field(default_factory=list)
    best: float = float("inf")
    best_state: dict[str, Tensor] = field(default_factory=dict)

    def stale(self) -> int:
        """Checks since the best one."""
        return len(self.losses) - 1 - self.losses.index(self.best)


@dataclass(frozen=True)
class Keeper:
    """Keeps a training in a file.

    Attributes:
        identity: what the training rests on; a file of another one is not taken up.
    """

    path: Path
    identity: str

    def write(self, course: Course, network: nn.Module, optimiser: Optimizer, schedule: LRScheduler) -> None:
        """Everything that the next step depends on, whole or not at all."""
        with replacing(self.path) as temporary:
            torch.save(
                {
                    "identity": self.identity,
                    "course": vars(course),
                    "network": network.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "random": _random_state(),
                },
                temporary,
            )

    def read(self, course: Course, network: nn.Module, optimiser: Optimizer, schedule: LRScheduler) -> None:
        """Put all back to where the file was written; leave it as it is where there is no file of this training."""
        try:
            kept = torch.load(self.path, map_location="cpu", weights_only=True)
        except (OSError, EOFError, RuntimeError, ValueError):
            return
        if not isinstance(kept, dict) or kept.get("identity") != self.identity:
            return
        vars(course).update(kept["course"])
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        schedule.load_state_dict(kept["schedule"])
        torch.set_rng_state(kept["random"]["cpu"])
        if torch.cuda.is_available():
            torch.cuda.set_rng_state_all(kept["random"]["cuda"])

    def done(self) -> None:
        """The training ended: nothing needs to be kept."""
        self.path.unlink(missing_ok=True)


def _random_state() -> dict[str, Any]:
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}
