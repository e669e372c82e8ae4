"""Train and score the rows of an ablation that are missing: `python benchmarks/ablate.py TASK [--row R] [--seeds 3]`.

Rows are told in leaderboards/ablations/rows.toml. Results are written beside it, without predictions, whose SHA-256
they hold; figures on the frozen meta-val episodes, on which choices are made, go to TASK/validation.csv. With `--costs`
nothing is scored: operations of adaptation are counted for results that do not state them.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from stf2m_bench.cli.console import progress_bars
from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.errors import InputError
from stf2m_bench.evaluation.cost import problem_cost
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.fit import Fitted, fit_folds
from stf2m_bench.files import replacing, write_text
from stf2m_bench.leaderboards.ablation_plan import ROWS, Row, read_plan
from stf2m_bench.models.base.lift import NamedModel, find_model
from stf2m_bench.models.base.model import Model, SavedModel, TrainedOn
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.progress import Progress
from stf2m_bench.scoring.result import read_result, to_text
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.training.loop import fit_model

FOLDER = Path(__file__).parents[1] / "leaderboards" / "ablations"


def rows() -> tuple[Row, ...]:
    """All rows, in order."""
    return read_plan(FOLDER / ROWS).rows


class Controlled(Model):
    """A fitted model that is shown the episode with shuffled `labels` or `frames`, the same each time."""

    def __init__(self, inner: Model, control: str) -> None:
        self.inner, self.control = inner, control

    def predict(self, problem: Problem) -> Tensor:
        """The inner model's logits for the changed problem."""
        return self.inner.predict({"labels": shuffled_labels, "frames": shuffled_frames}[self.control](problem))

    def config(self) -> dict[str, Any]:
        """That of the inner model, and what is done to its problems."""
        return self.inner.config() | {"shuffled": self.control}

    def state(self) -> dict[str, Tensor]:
        """That of the inner model."""
        return self.inner.state()


def shuffled_labels(problem: Problem) -> Problem:
    """Every shot of an episode gets the class of another one."""
    index = problem.support_index
    order = torch.rand(index.shape, generator=torch.Generator().manual_seed(0)).argsort(1)
    return replace(problem, support_index=index.gather(1, order.to(index.device)))


def shuffled_frames(problem: Problem) -> Problem:
    """The rows of every clip in one random order, which is the same for clips of the same length."""
    clips = {}
    for view, array in problem.clips.items():
        score = torch.rand(array.shape[1], generator=torch.Generator().manual_seed(0)).to(array.device)
        outside = torch.arange(array.shape[1], device=array.device)[None, :] >= problem.lengths[view][:, None]
        order = (score[None, :] + 2.0 * outside).argsort(1)
        clips[view] = torch.stack([one[rows] for one, rows in zip(array, order, strict=True)])
    return replace(problem, clips=clips)


def with_fewer_people(task: Task, people: int) -> Task:
    """The task with the first so many training people of each fold; its test episodes are what they were."""
    folds = tuple(fold.model_copy(update={"meta_train": fold.meta_train[:people]}) for fold in task.protocol.folds)
    return Task(task.protocol.model_copy(update={"folds": folds}), task.clips)


def fitted_row(row: Row, task: Task, views: TaskViews, seed: int, progress: Progress) -> tuple[NamedModel, Fitted]:
    """The row's model, fitted on each fold."""
    named = find_model(row.model, **row.set)
    seen = TaskViews(with_fewer_people(task, row.people), views.stores) if row.people else views
    fits = fit_folds(named, seen, seed=seed, device="cpu", progress=progress, shipped=False)
    shuffles = row.control in ("labels", "frames")
    return named, replace(fits, models=[Controlled(m, row.control) if shuffles else m for m in fits.models])


def as_saved(row: Row, named: NamedModel, fits: Fitted, task: Task, views: TaskViews) -> NamedModel:
    """The fitted models as `evaluate` takes them."""
    seconds = (fits.seconds or 0.0) / len(fits.models)
    saved = [
        SavedModel(
            named.key, model, views.specs, TrainedOn(task.name, task.hash, fold, tuple(task.protocol.datasets), seconds)
        )
        for fold, model in enumerate(fits.models)
    ]
    return NamedModel(row.name, named.key, "built-in", fits.models[0], tuple(saved))


def on_validation(fits: Fitted, views: TaskViews, seed: int) -> dict[int, tuple[float, float]]:
    """K -> accuracy in percent and NLL on the frozen meta-val episodes of all folds."""
    sides = [TrainingSides(views, fold, seed=seed) for fold in range(len(fits.models))]
    found = {}
    for shot in views.task.protocol.shots:
        pairs = [
            (model.predict(problem).flatten(0, 1), labels.flatten())
            for model, side in zip(fits.models, sides, strict=True)
            for problem, labels in side.validation(shot)
        ]
        logits, labels = torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs])
        right = (logits.argmax(-1) == labels).float().mean()
        found[shot] = (100 * float(right), float(cross_entropy(logits, labels)))
    return found


def note_validation(folder: Path, row: Row, seed: int, figures: dict[int, tuple[float, float]]) -> None:
    """Put the row's lines into validation.csv, in the order of rows.toml."""
    path = folder / "validation.csv"
    known = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            known = {(line["row"], int(line["seed"]), int(line["shot"])): line for line in csv.DictReader(file)}
    for shot, (accuracy, nll) in figures.items():
        known[row.name, seed, shot] = {
            "row": row.name, "seed": str(seed), "shot": str(shot), "accuracy": f"{accuracy:.2f}", "nll": f"{nll:.4f}",
        }  # fmt: skip
    order = [one.name for one in rows()]
    lines = sorted(known, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), *key[1:]))
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("row", "seed", "shot", "accuracy", "nll"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(known[key] for key in lines)


def add_adaptation(path: Path, row: Row, task: Task, views: TaskViews) -> None:
    """Count what adaptation takes a row whose result does not state it; operations do not depend on the weights.

    Raises:
        InputError: the operations of a problem are not those that the result states.
    """
    result = read_result(path)
    if result.cost.adaptation_flops is not None:
        return
    seen = TaskViews(with_fewer_people(task, row.people), views.stores) if row.people else views
    brief = Recipe(iterations=1, check_every=1)
    model = fit_model(find_model(row.model, **row.set).model, TrainingSides(seen, 0), recipe=brief)
    found = problem_cost(model, task, views, "cpu")
    if found.flops != result.cost.flops:
        raise InputError(f"{path} states {result.cost.flops} operations a problem, but {found.flops} are counted.")
    cost = result.cost.model_copy(update={"adaptation_flops": found.adaptation_flops})
    write_text(path, to_text(result.model_copy(update={"cost": cost})))


@click.command()
@click.argument("task")
@click.option("--row", "names", multiple=True, help="Only these rows; may be given several times.")
@click.option("--seeds", default=1, show_default=True, help="Training seeds 0, 1 and so on.")
@click.option("--data", type=click.Path(exists=True, path_type=Path), help="The dataset's folder.")
@click.option("--costs", is_flag=True, help="Only count operations of adaptation where a result does not state them.")
def main(task: str, names: tuple[str, ...], seeds: int, data: Path | None, costs: bool) -> None:
    """Train and score the rows of TASK that are missing."""
    torch.set_num_threads(1)
    found, folder = load_task(task), FOLDER / task
    chosen = [row for row in rows() if not names or row.name in names]
    with progress_bars() as progress:
        views = open_views(found, data=data, progress=progress)
        for seed in range(seeds):
            for row in chosen:
                path = folder / (f"{row.name}.seed-{seed}.json" if seed else f"{row.name}.json")
                if path.exists() and costs:
                    add_adaptation(path, row, found, views)
                if path.exists() or costs:
                    continue
                named, fits = fitted_row(row, found, views, seed, progress)
                with torch.no_grad():
                    note_validation(folder, row, seed, on_validation(fits, views, seed))
                saved = as_saved(row, named, fits, found, views)
                with TemporaryDirectory() as apart:  # rows have names that results of the home may have
                    done = evaluate(found, saved, name=row.name, views=views, seed=seed, results=Path(apart))
                    write_text(path, done.path.read_text(encoding="utf-8"))
                click.echo(f"{task} {path.stem}: " + str({k: one.uar for k, one in done.result.figures.shots.items()}))


if __name__ == "__main__":
    main()
