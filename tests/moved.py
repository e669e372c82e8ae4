"""ST-F2M untrained, with every correction that starts at zero moved away from it, so that all parts take part."""

from __future__ import annotations

import torch

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.model import make_model
from stf2m_bench.models.stf2m import STF2M


def moved(sides: TrainingSides, **config: object) -> STF2M:
    """A small one, built for the views of these sides, in evaluation mode."""
    made = make_model("stf2m", width=16, site_width=8, **config)
    assert isinstance(made, STF2M)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made.build(sides.view_specs, sides.emotions)
        made.prepare(sides)
        with torch.no_grad():
            for parameter in made.network.parameters():
                if not parameter.any():
                    parameter.normal_(0, 0.2)
        made.network.steps += 1000
    made.network.eval()
    return made
