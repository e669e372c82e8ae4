"""What a trained ST-F2M does on the frozen meta-val episodes of a fold: means over people, nothing of a single clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.episode.problems import Problem, Truth, episodes
from stf2m_bench.episode.training_sides import VALIDATION_BATCH, VALIDATION_EPISODES, LabelledClips, TrainingSides
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.evaluation.ambiguity import correlation, vote_ambiguity
from stf2m_bench.evaluation.explanation import (
    Ambiguity,
    Branches,
    Explanation,
    Figures,
    Rules,
    Shares,
    Sites,
)
from stf2m_bench.evaluation.fit import fit_folds
from stf2m_bench.models.base.lift import NamedModel
from stf2m_bench.models.stf2m import STF2M
from stf2m_bench.models.stf2m_parts.encoder import SpatioTemporalEncoder
from stf2m_bench.models.stf2m_parts.fuzzy import FuzzyRules
from stf2m_bench.models.stf2m_parts.network import Network
from stf2m_bench.progress import Progress, silent
from stf2m_bench.scoring.calibration import ece, nll
from stf2m_bench.scoring.metrics import Floats, Ints, tie_split_correct
from stf2m_bench.scoring.predictions import from_logits
from stf2m_bench.tasks.task import Task

LEAST, PART = 5, 0.1  # clips, and of all clips; a mean over fewer is not told
TERMS = ("low", "medium", "high")
SHOWN = 3.0  # memberships are told from -3 to 3


@dataclass(frozen=True)
class Seen:
    """What some episodes show of their n queries in all.

    Attributes:
        emotion, row: `[n]`, place in the task's emotions and in its clip list. label: class number.
        logits, episode: `[n, N]`, of the model and of its matching within the episode.
        weights, certainty, present: `[n, M]`; weights sum to 1.
        firing, variables, added: view -> `[n, R]`, `[n, F]`, `[n]`. gates: view -> `[B, P]`.
    """

    emotion: Ints
    row: Ints
    label: Ints
    logits: Floats
    episode: Floats
    weights: Floats
    certainty: Floats
    present: NDArray[np.bool_]
    firing: Mapping[str, Floats]
    variables: Mapping[str, Floats]
    added: Mapping[str, Floats]
    gates: Mapping[str, Floats]


def require_explainable(named: NamedModel, task: Task, *, fold: int, shot: int) -> None:
    """Refuse what `explain` could not explain, before anything is trained.

    Raises:
        UsageError: another model; no such fold or K. InputError: weights of another task.
    """
    if not isinstance(named.model, STF2M):
        raise UsageError(
            f"Only stf2m can be explained; '{named.name}' is no ST-F2M, it has no rules, gates and memories."
        )
    if not 0 <= fold < len(task.protocol.folds):
        raise UsageError(f"The task '{task.name}' has folds 0 to {len(task.protocol.folds) - 1}, not {fold}.")
    if shot not in task.protocol.shots:
        raise UsageError(f"The task '{task.name}' has no {shot}-shot episodes; it has K = {task.protocol.shots}.")
    for one in named.saved:
        if one.trained_on is None or one.trained_on.task_hash != task.hash:
            known = f"'{one.trained_on.task}'" if one.trained_on else "something that its folder does not name"
            raise InputError(f"'{named.name}' was trained on {known}, not on '{task.name}'; train it on this task.")


def explain(
    named: NamedModel,
    views: TaskViews,
    *,
    fold: int = 0,
    shot: int = 5,
    seed: int = 0,
    device: str = "cpu",
    clips: pd.DataFrame | None = None,
    progress: Progress = silent,
) -> Explanation:
    """Fit ST-F2M as `evaluate` does, or take its weights, and gather what it does on the meta-val episodes of a fold.

    Args:
        clips: the table of the dataset's manifest, for the votes in it.

    Raises:
        UsageError, InputError: see `require_explainable`.
    """
    task = views.task
    require_explainable(named, task, fold=fold, shot=shot)
    model = fit_folds(named, views, seed=seed, device=device, progress=progress).models[fold]
    assert isinstance(model, STF2M)
    drawn = episodes(
        task, shot=shot, side="meta_val", fold=fold, count=VALIDATION_EPISODES, batch=VALIDATION_BATCH, views=views
    )
    with torch.no_grad():
        parts = [_look(model, problem.to(device), truth, task.emotions("meta_val")) for problem, truth in drawn]
        seen = joined(parts)
        people = TrainingSides(views, fold, seed=seed, device=device).clips("meta_val")
        network = model.network
        return Explanation(
            model=named.name,
            settings=model.config(),
            task=task.name,
            synthetic=any(load_loader(dataset).card.synthetic for dataset in task.protocol.datasets),
            fold=fold,
            shot=shot,
            episodes=VALIDATION_EPISODES,
            queries=len(seen.label),
            emotions=task.emotions("meta_val"),
            views=network.views,
            figures=_figures(seen, shot),
            ambiguity=_ambiguity(seen, shot, None if clips is None else vote_ambiguity(clips, task.clips.clip_id)),
            rules={view: _rules(network, view, seen) for view in seen.firing},
            sites={view: _sites(network, view, gates, views) for view, gates in seen.gates.items()},
            branches={
                view: found for view, one in network.encoders() if (found := _branches(one, view, people, device))
            },
            shares=_shares(seen, len(task.emotions("meta_val"))) if len(network.views) > 1 else None,
        )


def _look(model: STF2M, problem: Problem, truth: Truth, emotions: Sequence[str]) -> Seen:
    logits = model.predict(problem)
    network, shots = model.network, problem.support_index.shape[1]
    encoded = network.encoded(problem.clips, problem.lengths)
    reading = network(problem, encoded=encoded)
    items = torch.cat([problem.support_index, problem.query_index], dim=1)
    supporting = (torch.arange(items.shape[1], device=items.device) < shots).expand_as(items)
    firing, variables, added, gates = {}, {}, {}, {}
    for (view, encoder), rules in zip(network.encoders(), network.rules, strict=True):
        if encoder.gate is not None:
            gates[view] = _array(encoder.site_gates(encoded[view], problem.support_index))
        if isinstance(rules, FuzzyRules):
            z = encoder.embed(encoded[view], items, problem.support_index)
            u = rules.variables(z, supporting & problem.present[view][items])
            size = (network.rules_weight() * reading.fired[view].added).norm(dim=-1) / z.norm(dim=-1).clamp_min(1e-9)
            firing[view] = _array(reading.fired[view].firing[:, shots:].flatten(0, 1))
            variables[view] = _array(u[:, shots:].flatten(0, 1))
            added[view] = _array(size[:, shots:].flatten())
    present = torch.stack([problem.present[view][problem.query_index] for view in network.views], dim=-1)
    weights = reading.weights.transpose(1, 2).flatten(0, 1)
    certainty = [one.certainty[:, shots:].flatten() for one in reading.fired.values()]
    return Seen(
        emotion=np.array([emotions.index(one.emotions[c]) for one in truth.episodes for c in one.query_labels]),
        row=np.concatenate([one.query for one in truth.episodes]).astype(np.int64),
        label=truth.query_labels.flatten().numpy(),
        logits=_array(logits.flatten(0, 1)),
        episode=_array(reading.logits.flatten(0, 1)),
        weights=_array(weights / weights.sum(1, keepdim=True).clamp_min(1e-9)),
        certainty=_array(torch.stack(certainty, dim=-1)) if certainty else np.zeros((len(weights), 0)),
        present=present.flatten(0, 1).cpu().numpy(),
        firing=firing,
        variables=variables,
        added=added,
        gates=gates,
    )


def joined(parts: Sequence[Seen]) -> Seen:
    """The queries of all parts, in order."""

    def join(values: Sequence[object]) -> object:
        first = values[0]
        if isinstance(first, Mapping):
            return {view: np.concatenate([one[view] for one in values if isinstance(one, Mapping)]) for view in first}
        return np.concatenate([np.asarray(one) for one in values])

    return Seen(**{field.name: join([getattr(part, field.name) for part in parts]) for field in fields(Seen)})  # type: ignore[arg-type]


def _rules(network: Network, view: str, seen: Seen) -> Rules:
    place = network.views.index(view)
    rules, head = network.rules[place], network.heads[place]
    assert isinstance(rules, FuzzyRules)
    assert isinstance(head, nn.Linear)
    importances, centres = rules.importances(), rules.at_centres()
    towards = network.rules_weight() * rules.consequents(centres * (importances > 0.5)) @ head.weight.mT
    here = seen.present[:, place]
    firing, emotion, variables = seen.firing[view][here], seen.emotion[here], seen.variables[view][here]
    grid = torch.linspace(-SHOWN, SHOWN, 31, device=centres.device)
    curves = rules.memberships(grid[:, None].expand(-1, centres.shape[1])).permute(0, 2, 3, 1)
    if rules.antecedent == "terms":
        order = rules.centres.argsort(dim=0)
        curves = curves.gather(1, order[None, :, :, None].expand_as(curves))
    return Rules(
        weight=float(network.rules_weight()),
        added=float(seen.added[view][here].mean()),
        certainty=float(seen.certainty[here, place].mean()),
        importances=_array(importances),
        centres=_array(centres),
        terms=_terms(rules) if rules.antecedent == "terms" else None,
        usage=firing.mean(0),
        by_emotion=np.stack([_mean(firing[emotion == e]) for e in range(towards.shape[1])]),
        towards=_array(towards - towards.mean(1, keepdim=True)),
        quantiles=np.quantile(variables, (0.05, 0.5, 0.95), axis=0),
        grid=_array(grid),
        curves=_array(curves),
    )


def _terms(rules: FuzzyRules) -> list[list[str]]:
    """The weightiest term of each variable in each rule, named by the order of the learned centres."""
    rank = rules.centres.argsort(dim=0).argsort(dim=0)
    return [[TERMS[int(one)] for one in row] for row in rank.gather(0, rules.terms.argmax(-1))]


def _sites(network: Network, view: str, gates: Floats, views: TaskViews) -> Sites:
    encoder = dict(network.encoders())[view]
    return Sites(encoder.layout.kind, views.specs[view].sites, gates.mean(0), gates.std(0))


def _branches(encoder: SpatioTemporalEncoder, view: str, clips: LabelledClips, device: str) -> Branches | None:
    """None for a view without time or gate."""
    if not encoder.temporal.gated or -(-clips.clips[view].shape[1] // encoder.layout.window) < 2:
        return None
    parts = [torch.split(one[view], VALIDATION_BATCH) for one in (clips.clips, clips.lengths)]
    found = [encoder.branch_weights(a.to(device), n.to(device)) for a, n in zip(*parts, strict=True)]
    sums = sum(_array((weights.mean(3) * valid[..., None]).sum(1)) for weights, valid in found)
    counts = sum(_array(valid.sum(0)) for _, valid in found)
    assert isinstance(sums, np.ndarray)
    assert isinstance(counts, np.ndarray)
    told = counts >= max(LEAST, PART * counts.max())
    weights = sums[:, told] / counts[told][:, None]
    return Branches(encoder.temporal.dilations, encoder.layout.seconds, weights, counts[told].astype(np.int64))


def _shares(seen: Seen, emotions: int) -> Shares:
    by_emotion = [_mean(seen.weights[seen.emotion == e]) for e in range(emotions)]
    top = seen.weights == seen.weights.max(1, keepdims=True)
    return Shares(seen.weights.mean(0), np.stack(by_emotion), (top / top.sum(1, keepdims=True)).mean(0))


def _figures(seen: Seen, shot: int) -> Figures:
    logs = _logs(seen.logits, shot)
    correct = tie_split_correct(logs, seen.label)
    alone = tie_split_correct(_logs(seen.episode, shot), seen.label)
    return Figures(float(correct.mean()), nll(logs, seen.label), ece(logs, correct), float(alone.mean()))


def _logs(logits: Floats, shot: int) -> Floats:
    logs: Floats = from_logits(logits[None], shot=shot)[0].astype(np.float64)
    return logs


def _ambiguity(seen: Seen, shot: int, ambiguity: Floats | None) -> Ambiguity | None:
    if ambiguity is None or np.isnan(ambiguity[seen.row]).all():
        return None
    logs = _logs(seen.logits, shot)
    told = ambiguity[seen.row]
    rules = None
    if seen.firing:
        certainty = (seen.certainty * seen.present).sum(1) / seen.present.sum(1).clip(1)
        rules = correlation(1 - certainty, told, seen.row)
    voted = len(np.unique(seen.row[~np.isnan(told)]))
    return Ambiguity(voted, rules, correlation(-(np.exp(logs) * logs).sum(1), told, seen.row))


def _mean(values: Floats) -> Floats:
    found: Floats = values.mean(0) if len(values) else np.full(values.shape[1:], np.nan)
    return found


def _array(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().double().cpu().numpy())
