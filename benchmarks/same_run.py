"""How many queries keep their top class when a model is fitted on slightly other views, and from another seed: where
the limit of `stf2m_bench/evaluation/rerun.py` comes from. `python benchmarks/same_run.py emosynth-personal`

Datasets must be prepared or remembered. Noise stands for another machine's decoding and rounding.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.evaluation.evaluate import predict_all
from stf2m_bench.evaluation.fit import fit_folds
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.progress import silent
from stf2m_bench.scoring.predictions import Predictions, same_top
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import load_task

MODELS = ("nearest_mean", "ridge", "prototypical")
NOISE = (1e-4, 1e-2)  # standard deviations of the view


def main() -> None:
    """Print a line for each task, model, change and shot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="+")
    for name in parser.parse_args().tasks:
        views = open_views(load_task(name))
        for model in MODELS:
            first = predictions(model, views)
            for noise in NOISE:
                tell(f"{model}, noise {noise:g}", views, first, predictions(model, noisy(views, noise)))
            if model == "prototypical":
                for seed in (1, 2):
                    tell(f"{model}, seed {seed}", views, first, predictions(model, views, seed))


def predictions(model: str, views: TaskViews, seed: int = 0) -> Predictions:
    """Of the model fitted anew on every fold."""
    fitted = fit_folds(find_model(model), views, seed=seed, device="cpu", progress=silent, kept=False).models
    return predict_all(views.task, fitted, views, "cpu", silent(""), title=model)[0]


def noisy(views: TaskViews, size: float) -> TaskViews:
    """Every number moved by normal noise of `size` standard deviations of its view."""
    rng, stores = np.random.default_rng(0), {}
    for view, store in views.stores.items():
        data = np.asarray(store.data, dtype=np.float32)
        noise = rng.standard_normal(data.shape, dtype=np.float32)
        stores[view] = replace(store, data=data + size * data.std() * noise)
    return TaskViews(views.task, stores)


def tell(what: str, views: TaskViews, one: Predictions, other: Predictions) -> None:
    """Share of equal top classes, difference of UAR and mean difference of log-probabilities."""
    uar = [score(views.task, predicted).shots for predicted in (one, other)]
    for shot in one.logs:
        a, b = one.logs[shot], other.logs[shot]
        moved = abs(a.astype(np.float64) - b.astype(np.float64)).mean()
        found = f"same top {same_top(a, b):.4f}  UAR {uar[1][shot].uar - uar[0][shot].uar:+.3f}  log p {moved:.4f}"
        print(f"{views.task.name}: {what:26} {shot}-shot  {found}", flush=True)


if __name__ == "__main__":
    main()
