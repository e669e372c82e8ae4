"""The sanity run: the same protocol with permuted truth. Whatever scores above chance there knows it from elsewhere.

It finds what episodes give away (order, class numbers, reused clips) and models that reach the truth behind them. It
does not find a view that holds the corpus's own labels, which are permuted away: `tasks check` looks for those.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stf2m_bench.checks import Check
from stf2m_bench.episode.new_task import freeze
from stf2m_bench.episode.randomness import Words
from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.evaluation.evaluate import pick_device, predict_all, require_frozen
from stf2m_bench.evaluation.fit import fit_folds, saved_folds
from stf2m_bench.models.base.lift import NamedModel, find_model
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.figures import ShotFigures, six
from stf2m_bench.scoring.intervals import FEWEST_PEOPLE
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task, load_task

LEVEL = 0.001
MARGIN = 2.0  # points above chance; clips drawn without replacement from few tell a little of each other's labels


def sanity_task(task: Task, number: int = 0) -> Task:
    """The task with the emotions (and votes) of each person's clips permuted, frozen anew, in memory only.

    Where stimuli are new, clips of those that are queried are permuted among themselves.

    How many clips of an emotion a person has stays as it was, so that every episode can be drawn; the numbers of the
    drawn clips tell nothing of the labels any more.

    Args:
        number: which of the permutations.
    """
    protocol, clips = task.protocol, task.clips
    words = Words(protocol.name, protocol.version, protocol.seed, "sanity", number)
    emotion, votes, drawn_from = list(clips.emotion), list(clips.votes), set(protocol.every_emotion)
    asked = [tuple(stimulus in fold.query_stimuli for fold in protocol.folds) for stimulus in clips.stimulus]
    cells = list(zip(task.subject, asked, strict=True))
    for cell in dict.fromkeys(cells):
        rows = [
            row
            for row, drawable in enumerate(cells)
            if drawable == cell and not clips.duplicate_of[row] and clips.emotion[row] in drawn_from
        ]
        for row, other in zip(rows, words.sample(rows, len(rows)), strict=True):
            emotion[row] = clips.emotion[other]
            if votes:
                votes[row] = clips.votes[other]
    renamed = protocol.model_copy(update={"name": f"{protocol.name}-sanity", "frozen": ""})
    return freeze(Task(renamed, replace(clips, emotion=emotion, votes=votes)))


def check_sanity(
    task: Task | str,
    model: Any,
    *,
    data: Path | None = None,
    views: TaskViews | None = None,
    seed: int = 0,
    device: str = "auto",
    workers: int = 1,
    progress: Progress = silent,
    **config: Any,
) -> list[Check]:
    """Fit and run a model on the sanity task; one check a shot. Nothing is written.

    A shot fails if its UAR lies more than 2 points above chance *and* the one-sided t test of the people's
    contributions against chance has p < 0.001; with fewer than 6 people, if it lies more than 2 points and five
    Monte-Carlo errors above chance.

    Args:
        as `evaluate`.

    Raises:
        as `evaluate`.
    """
    task = load_task(task) if isinstance(task, str) else task
    named = model if isinstance(model, NamedModel) else find_model(model, **config)
    require_frozen(task)
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    permuted, place = sanity_task(task), pick_device(device)
    seen = TaskViews(permuted, views.stores)
    if named.saved:
        fitted = saved_folds(named, task)
    else:
        fitted = fit_folds(named, seen, seed=seed, device=place, progress=progress, kept=False).models
    report = progress(f"{permuted.name}: {named.name}")
    predictions, _ = predict_all(permuted, fitted, seen, place, report, title=named.name)
    figures = score(permuted, predictions).shots
    return [_check_shot(shot, figures[shot], 100 / task.protocol.ways) for shot in task.protocol.shots]


def _check_shot(shot: int, figures: ShotFigures, chance: float) -> Check:
    p = above_chance(figures, chance)
    found = f"UAR {figures.uar:.1f} with permuted truth, where chance is {chance:.1f} (p = {p:.2g})"
    cheats = figures.uar > chance + MARGIN and p < LEVEL
    remedy = "it learns labels from elsewhere than the support; look for what gives them away"
    return Check(f"permuted truth, {shot} shot", not cheats, f"{found}: {remedy}" if cheats else found)


def above_chance(figures: ShotFigures, chance: float) -> float:
    """One-sided p of the people's contributions, in percent, against chance; of few people, 0 or 1 by five errors."""
    values = np.array(list(figures.subjects.values()))
    above = figures.uar - six(chance)
    if len(values) < FEWEST_PEOPLE:
        error = figures.these_people.halfwidth / 1.96 if figures.these_people else np.inf
        return 0.0 if above > 5 * error else 1.0
    from scipy.special import stdtr

    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    ratio = above / error if error > 0 else np.inf * np.sign(above) if above else 0.0
    return float(stdtr(len(values) - 1, -ratio))
