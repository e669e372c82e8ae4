"""Two steps of training, for one process or for each of several; run by `accelerate launch` in a test."""

from __future__ import annotations

import sys
from pathlib import Path

from accelerate import PartialState
from safetensors.torch import save_file
from toys import make_task, make_views

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.prototypical import Prototypical
from stf2m_bench.training.loop import fit_model


class Worse(TrainingSides):
    """Validation that gets better with training, so that the last weights are kept."""

    def validation(self, shot):
        return list(self.problems(shot, count=8, batch=8, side="meta_train"))


def train_twice(batch):
    """Logits of some episodes after one step of each K; a bias, which no distance depends on, may be anything."""
    recipe = Recipe(iterations=2, batch=batch, check_every=2, learning_rate=1e-2)
    sides = Worse(make_views(make_task()), 0)
    model = fit_model(Prototypical(width=8, dropout=0.0), sides, recipe=recipe)
    return {f"{shot} shot": model.predict(sides.problem(shot, side="meta_val")[0]).detach() for shot in sides.shots}


if __name__ == "__main__":
    state = PartialState(cpu=True)
    save_file(train_twice(2), Path(sys.argv[1]) / f"{state.process_index}.safetensors")
