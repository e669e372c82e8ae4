"""Running a result's model again: on the frozen episodes, and on new ones of the same protocol. Writes no result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.evaluation.evaluate import pick_device, predict_all, require_frozen
from stf2m_bench.evaluation.fit import fit_folds
from stf2m_bench.files import hash_of
from stf2m_bench.models import ROOM
from stf2m_bench.models.base.lift import NamedModel, find_model
from stf2m_bench.models.base.model import identity
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.figures import Figures
from stf2m_bench.scoring.result import Result
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task

TOLERANCE = 0.5
"""Points of UAR by which another machine may differ."""


@dataclass(frozen=True)
class Again:
    """One shot: UAR in percent.

    Attributes:
        stated: in the result. again: now, on the same episodes. fresh: now, on new episodes; None where not asked for.
        error: half the 95% Monte-Carlo interval of `stated - fresh`: both sets of episodes are draws of one protocol.
    """

    stated: float
    again: float
    fresh: float | None = None
    error: float | None = None

    @property
    def reproduced(self) -> bool:
        """Within half a point on the frozen episodes."""
        return abs(self.stated - self.again) <= TOLERANCE

    @property
    def tuned(self) -> bool:
        """Better on the frozen episodes than on new ones by more than drawing explains (by chance 1 in 40)."""
        return self.fresh is not None and self.error is not None and self.stated - self.fresh > self.error


@dataclass(frozen=True)
class Rerun:
    """What came of it.

    Attributes:
        same_weights: configuration and weights of every fold are those of the result, bit for bit.
        shots: by number of shots.
    """

    same_weights: bool
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
            " --model NAME, FOLDER or pkg.mod:factory."
        )
    return find_model(result.model.name, **result.model.config)


def rerun(
    result: Result,
    task: Task,
    named: NamedModel,
    *,
    fresh: int | None = None,
    data: Path | None = None,
    views: TaskViews | None = None,
    device: str = "auto",
    workers: int = 1,
    progress: Progress = silent,
) -> Rerun:
    """Fit the model anew on each fold, with the result's first seed, and score it; fits kept in the home are not used.

    Args:
        named: the model, see `model_of`.
        fresh: seed of new episodes: the task with this seed and all else the same.
        data: the dataset's folder, if it was not given before.

    Raises:
        InputError: the result is of another task or version. UsageError: `fresh` is the task's own seed.
    """
    if result.task.hash != task.hash:
        raise InputError(f"The result is of another task or version than '{task.name}' {task.protocol.version}.")
    if fresh == task.protocol.seed:
        raise UsageError(f"The seed {fresh} is the one of '{task.name}'; new episodes need another: --fresh SEED.")
    require_frozen(task)
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    place = pick_device(device)
    seed = result.seeds[0] if result.seeds else 0
    fitted = fit_folds(named, views, seed=seed, device=place, progress=progress, kept=False).models

    def figures_on(episodes: Task, title: str) -> Figures:
        report = progress(f"{task.name}: {named.name}, {title}")
        predictions, _ = predict_all(episodes, fitted, views, place, report, title=named.name)
        return score(episodes, predictions)

    again = figures_on(task, "frozen episodes")
    new = None if fresh is None else figures_on(with_seed(task, fresh), "new episodes")
    return Rerun(
        same_weights=hash_of([identity(named.key, model) for model in fitted]) == result.model.sha256,
        shots={shot: _compared(shot, result.figures, again, new) for shot in task.protocol.shots},
    )


def with_seed(task: Task, seed: int) -> Task:
    """The same protocol with other episodes, in memory alone: people, folds, clips and numbers stay."""
    return Task(task.protocol.model_copy(update={"seed": seed, "frozen": ""}), task.clips)


def _compared(shot: int, stated: Figures, again: Figures, fresh: Figures | None) -> Again:
    was, now = stated.shots[shot], again.shots[shot]
    if fresh is None:
        return Again(was.uar, now.uar)
    new = fresh.shots[shot]
    errors = [one.halfwidth for one in (was.these_people, new.these_people) if one]
    return Again(was.uar, now.uar, new.uar, math.hypot(*errors) if len(errors) == 2 else None)
