"""Shortcut probes: what a task yields to a model that sees length, loudness, place ... of clips, and nothing else.

A probe is evaluated on the frozen episodes and written as any result, so that it can be checked and rescored like one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stf2m_bench.datasets.base.manifest import Manifest, load_loader
from stf2m_bench.episode.corpora import join_manifests, open_manifests, prepare_views
from stf2m_bench.episode.views import TaskViews, open_views
from stf2m_bench.evaluation.evaluate import Evaluation, environment, predict_all, require_frozen
from stf2m_bench.evaluation.fit import fit_folds
from stf2m_bench.evaluation.probe_model import Probe
from stf2m_bench.evaluation.shortcuts import Table, as_store, shortcut_tables, telling
from stf2m_bench.files import hash_of
from stf2m_bench.home import results_of
from stf2m_bench.models.base.lift import NamedModel
from stf2m_bench.models.base.model import Model, identity
from stf2m_bench.models.names_no_shots import NamesNoShots
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.result import Cost, Declarations, ModelMark, make_result, write_result
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.fingerprints import has_sound
from stf2m_bench.views.base.store import Store

STIMULUS = "probe.stimulus"
OTHERS = "probe.stimulus_in_others"
NONE = "none"


@dataclass(frozen=True)
class Probes:
    """What the probes of one task gave.

    Attributes:
        evaluations: `probe.<shortcut>` -> its evaluation; `probe.all` sees every shortcut, where there are several.
            `probe.stimulus_in_others` answers what people of training mostly have under the stimulus of the query,
            told the emotions and shown no shot: where such people had the same stimuli. Where no shortcut applies,
            `probe.none` alone: it sees the same number for every clip and gets what chance does, so that the board
            tells that shortcuts were looked for.
        left_out: shortcuts that are unknown, or the same for every clip.
    """

    evaluations: dict[str, Evaluation]
    left_out: tuple[str, ...]


def run_probes(
    task: Task,
    *,
    data: Path | None = None,
    views: TaskViews | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Probes:
    """Evaluate every shortcut probe of a task and keep the results in the home.

    Raises:
        InputError: the frozen episodes cannot be redrawn; broken media.
    """
    require_frozen(task)
    views = views or open_views(task, data=data, workers=workers, progress=progress)
    manifests = open_manifests(task, data=data, workers=workers, progress=progress)
    manifest, sound = join_manifests(manifests), None
    if has_sound(manifest, task.protocol.views):
        sound = prepare_views(manifests, ["audio.shortcuts"], workers=workers, progress=progress)["audio.shortcuts"]
    tables = shortcut_tables(task, manifest, views.stores, sound) | _of_corpus(task, manifests)
    return probe_tables(task, tables, progress=progress)


def _of_corpus(task: Task, manifests: Mapping[str, Manifest]) -> dict[str, Table]:
    """What the corpus itself tells of what was shown `[clips of the task, 1]`; of two corpora nothing."""
    if len(manifests) > 1:
        return {}
    ((dataset, manifest),) = manifests.items()
    clips = manifest.table.set_index("clip_id").loc[task.clips.clip_id].reset_index().to_dict("records")
    told = load_loader(dataset).shortcuts(manifest.root, [{str(k): v for k, v in clip.items()} for clip in clips])
    return {name: np.array(numbers, np.float64)[:, None] for name, numbers in told.items()}


def probe_tables(task: Task, tables: Mapping[str, Table], *, progress: Progress = silent) -> Probes:
    """Evaluate the probes of these shortcuts (`[clips of the task, D]`, NaN = unknown), each alone and all together."""
    told = {name: columns for name, table in tables.items() if (columns := telling(table)).shape[1]}
    told = told or {NONE: np.zeros((len(task.clips), 1))}
    stores = {f"probe.{name}": as_store(f"probe.{name}", table, task) for name, table in told.items()}
    seen = {name: {name: store} for name, store in stores.items()}
    if len(stores) > 1:
        seen["probe.all"] = stores
    evaluations = {name: _evaluate(task, name, Probe(), views, progress) for name, views in seen.items()}
    if STIMULUS in stores and task.protocol.track in ("new-subjects", "personal"):
        known = {STIMULUS: stores[STIMULUS]}
        evaluations[OTHERS] = _evaluate(task, OTHERS, NamesNoShots(), known, progress)
    return Probes(evaluations, tuple(name for name in tables if name not in told))


def _evaluate(task: Task, name: str, probe: Model, stores: Mapping[str, Store], progress: Progress) -> Evaluation:
    views = TaskViews(task, stores)
    named = NamedModel(name, name, "probe", probe)
    fitted = fit_folds(named, views, seed=0, device="cpu", progress=progress).models
    predictions, _ = predict_all(task, fitted, views, "cpu", progress(f"{task.name}: {name}"), title=name)
    result = make_result(
        task,
        predictions,
        model=ModelMark(
            name=name,
            source="probe",
            config={"sees": list(stores)},
            sha256=hash_of([identity(name, model) for model in fitted]),
            training_data=tuple(task.protocol.datasets),
            reference=True,
            declarations=Declarations(told_names=probe.told_names),
        ),
        view_stores={view: store.hash for view, store in stores.items()},
        environment=environment("cpu"),
        cost=Cost(),
        seeds=(0,),
    )
    return Evaluation(result, predictions, write_result(result, predictions, results_of(task.name)))
