"""Running a result's model again: on the frozen episodes, and on new ones of the same protocol. Writes no result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.errors import UsageError
from stf2m_bench.evaluation.evaluate import pick_device, predict_all, require_frozen
from stf2m_bench.evaluation.fit import fit_folds
from stf2m_bench.files import canonical_json, hash_of
from stf2m_bench.models import ROOM
from stf2m_bench.models.base.lift import NamedModel, find_model
from stf2m_bench.models.base.model import identity
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.checks import require_task
from stf2m_bench.scoring.figures import Figures
from stf2m_bench.scoring.predictions import Predictions, moved, same_top
from stf2m_bench.scoring.result import Result
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task

TOLERANCE = 0.5
"""Points of UAR by which another machine may differ."""
SAME_TOP = 0.99
"""Least share of queries with the same top class. The closest two training seeds of `prototypical` on any published
board share 0.984, so that another seed is not the same run, whatever its UAR. Of views changed by 1e-4 of their
standard deviation, in place of other decoding and rounding, 0.998 stay (`python benchmarks/same_run.py TASK`)."""
LEVEL = 0.025
"""Chance that an honest model is called tuned, over all shots together."""


@dataclass(frozen=True)
class Again:
    """One shot: UAR in percent.

    Attributes:
        stated: in the result. again: now, on the same episodes. fresh: now, on new episodes; None where not asked for.
        error: by how much `stated` may lie above `fresh` at a level of 2.5% over all shots (Bonferroni): both sets of
            episodes are draws of one protocol.
        same_top: share of queries with the same top class as in the stored predictions; of tied ones, the share that
            both have. None where no predictions are stored.
        moved: mean absolute difference of log-probabilities from the stored ones, in nats.
    """

    stated: float
    again: float
    fresh: float | None = None
    error: float | None = None
    same_top: float | None = None
    moved: float | None = None

    @property
    def fault(self) -> str:
        """What speaks against its being the same run; empty where nothing does."""
        if abs(self.stated - self.again) > TOLERANCE:
            return f"NOT within {TOLERANCE} point"
        if self.same_top is not None and self.same_top < SAME_TOP:
            return f"NOT {100 * SAME_TOP:.0f} % the same top class: another seed or model"
        return ""

    @property
    def reproduced(self) -> bool:
        """Within half a point on the frozen episodes, and with the same top class for 99 of 100 queries."""
        return not self.fault

    @property
    def tuned(self) -> bool:
        """Better on the frozen episodes than on new ones by more than drawing explains (by chance 1 in 40)."""
        return self.fresh is not None and self.error is not None and self.stated - self.fresh > self.error


@dataclass(frozen=True)
class Rerun:
    """What came of it.

    Attributes:
        differing: settings whose value is another one than in the result, as sentences.
        same_weights: configuration and weights of every fold are those of the result, bit for bit.
        device: where it ran now.
        shots: by number of shots.
    """

    differing: tuple[str, ...]
    same_weights: bool
    device: str
    shots: dict[int, Again]

    @property
    def holds(self) -> bool:
        """Nothing speaks against the result."""
        return all(one.reproduced and not one.tuned for one in self.shots.values())


def model_of(result: Result) -> NamedModel:
    """The built-in model that a result names.

    Raises:
        UsageError: it is none, so that the model has to be handed in.
    """
    if result.model.source == "probe":
        raise UsageError(f"'{result.model.name}' is a shortcut probe; run it again with 'stf2m-bench tasks probe'.")
    if result.model.source != "built-in" or result.model.name not in ROOM.keys():
        raise UsageError(
            f"'{result.model.name}' ({result.model.source}) is no built-in model under its own name; hand it in:"
            " --model NAME, FOLDER, hub:ORG/NAME@REV or pkg.mod:factory."
        )
    return find_model(result.model.name, **result.model.config)


def rerun(
    result: Result,
    task: Task,
    named: NamedModel,
    *,
    stored: Predictions | None = None,
    fresh: int | None = None,
    data: Path | None = None,
    views: TaskViews | None = None,
    device: str = "auto",
    workers: int = 1,
    progress: Progress = silent,
) -> Rerun:
    """Fit the model anew on each fold, with the result's first seed, and score it; weights that exist are not used.

    Args:
        named: the model, see `model_of`.
        stored: the predictions that lie beside the result; compared query by query where they are given.
        fresh: seed of new episodes: the task with this seed and all else the same.
        data: the dataset's folder, if it was not given before.

    Raises:
        InputError: the result is of another task or version, or `stored` does not fit it. UsageError: `fresh` is the
        task's own seed.
    """
    require_task(result, task)
    if stored is not None:
        stored.require(task)
    if fresh == task.protocol.seed:
        raise UsageError(f"The seed {fresh} is the one of '{task.name}'; new episodes need another: --fresh SEED.")
    require_frozen(task)
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    place = pick_device(device)
    seed = result.seeds[0] if result.seeds else 0
    fits = fit_folds(named, views, seed=seed, device=place, progress=progress, kept=False, shipped=False)
    fitted = fits.models

    def predict_on(episodes: Task, title: str) -> Predictions:
        report = progress(f"{task.name}: {named.name}, {title}")
        return predict_all(episodes, fitted, views, place, report, title=named.name)[0]

    now = predict_on(task, "frozen episodes")
    shots = {
        shot: Again(result.figures.shots[shot].uar, again.uar, **_agreement(stored, now, shot))
        for shot, again in score(task, now).shots.items()
    }
    if fresh is not None:
        others = with_seed(task, fresh)
        found = score(others, predict_on(others, "new episodes"))
        shots = {shot: _beside_new(one, shot, result.figures, found) for shot, one in shots.items()}
    return Rerun(
        differing=_differing(result.model.config, named.model.config()),
        same_weights=hash_of([identity(named.key, model) for model in fitted]) == result.model.sha256,
        device=place,
        shots=shots,
    )


def with_seed(task: Task, seed: int) -> Task:
    """The same protocol with other episodes, in memory alone: people, folds, clips and numbers stay."""
    return Task(task.protocol.model_copy(update={"seed": seed, "frozen": ""}), task.clips)


def _agreement(stored: Predictions | None, now: Predictions, shot: int) -> dict[str, float]:
    if stored is None:
        return {}
    one, other = stored.logs[shot], now.logs[shot]
    return {"same_top": same_top(one, other), "moved": moved(one, other)}


def _beside_new(one: Again, shot: int, stated: Figures, fresh: Figures) -> Again:
    intervals = (stated.shots[shot].these_people, fresh.shots[shot].these_people)
    quantile = NormalDist().inv_cdf(1 - LEVEL / len(fresh.shots)) / NormalDist().inv_cdf(0.975)
    errors = [quantile * interval.halfwidth for interval in intervals if interval]
    return replace(one, fresh=fresh.shots[shot].uar, error=math.hypot(*errors) if len(errors) == 2 else None)


def _differing(stated: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    stated, now = ({key: canonical_json(value) for key, value in config.items()} for config in (stated, now))
    return tuple(
        f"{key} is {stated.get(key, 'not stated')} in the result, {now.get(key, 'not stated')} now"
        for key in sorted(stated.keys() | now.keys())
        if stated.get(key) != now.get(key)
    )
