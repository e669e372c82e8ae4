"""Checks of a model that anyone can run: the mock run, on tiny generated episodes of every kind, before a real one."""

from __future__ import annotations

import copy
import pickle
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stf2m_bench.checks import Check
from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.files import canonical_json
from stf2m_bench.models import ROOM
from stf2m_bench.models.base.lift import NamedModel
from stf2m_bench.models.base.mock import (
    MockSides,
    Sample,
    mock_views,
    only_episode,
    sample,
    with_classes,
    with_padding,
    with_votes,
    without_view,
)
from stf2m_bench.models.base.model import (
    CONFIG,
    WEIGHTS,
    Model,
    TrainedModel,
    identity,
    load_model,
    make_model,
    save_model,
)
from stf2m_bench.models.base.transduction import TOLERANCE, moved_by_other_queries, probabilities_apart

STEPS = 30
KINDS = [(ways, shot) for ways in (2, 3, 4, 5) for shot in (1, 5)]


class _NotApplicable(Exception):
    """The check says nothing about this model; the message tells why."""


@dataclass(frozen=True)
class _Trial:
    """A model fitted on the mock task.

    Attributes:
        fit: a fresh copy of the model, fitted on other views.
        samples: (ways, shots) -> episodes of the mock task that it was fitted on.
    """

    named: NamedModel
    model: Model
    fit: Callable[[TaskViews], Model]
    views: TaskViews
    samples: dict[tuple[int, int], Sample]

    @property
    def five_way(self) -> Sample:
        """The episodes that most checks look at."""
        return self.samples[5, 5]

    @property
    def can_be_saved(self) -> bool:
        """Only what `config.json` can name can be read back."""
        return self.named.key in ROOM.keys() and self.named.source != "python"


def check_model(named: NamedModel) -> list[Check]:
    """Every check of a model on the mock task; weights that are given for other views are left out.

    A check that fails says in one sentence what was found and what to do. Later ones are left out where the model
    cannot be constructed, fitted or asked.
    """
    first: list[tuple[str, Callable[[], Any]]] = [("constructs", lambda: _fresh(named)), ("fits", lambda: _try(named))]
    found: Any = None
    checks: list[Check] = []
    for name, step in first:
        try:
            found = step()
        except Exception as error:  # whatever a stranger's code raises
            return [*checks, Check(name, False, _told(error))]
        checks.append(Check(name, True))
    for name, check in CHECKS.items():
        checks.append(_outcome(name, check, found))
        if name == "shapes" and not checks[-1].passed:
            break
    return checks


def _outcome(name: str, check: Callable[[_Trial], str], trial: _Trial) -> Check:
    try:
        fault = check(trial)
    except _NotApplicable as reason:
        return Check(name, None, str(reason))
    except Exception as error:  # whatever a stranger's code raises
        return Check(name, False, _told(error))
    return Check(name, not fault, fault)


def _told(error: Exception) -> str:
    return f"it raised {type(error).__name__}: {str(error) or 'without a message'}"


def _fresh(named: NamedModel) -> Model:
    """An unfitted copy; a saved one is made anew from its settings."""
    canonical_json(named.model.config())
    return make_model(named.key, **named.model.config()) if named.saved else copy.deepcopy(named.model)


def _fit(named: NamedModel, views: TaskViews) -> Model:
    model, sides = _fresh(named), MockSides(views, 0)
    with torch.random.fork_rng():
        torch.manual_seed(sides.seed)
        if not isinstance(model, TrainedModel):
            return model.fit(sides)
        model.build(sides.view_specs, sides.emotions)
        model.prepare(sides)
        _take_steps(model, sides)
        model.network.eval()
        model.finish(sides)
    return model


def _take_steps(model: TrainedModel, sides: MockSides) -> None:
    """A few plain steps: the mock run looks at the model, not at the training loop."""
    optimiser = torch.optim.AdamW(model.network.parameters(), lr=3e-3)
    model.network.train()
    for shot in sides.shots:
        for problem, labels in sides.problems(shot, count=STEPS * 4):
            optimiser.zero_grad()
            torch.autograd.backward(model.loss(problem, labels))
            optimiser.step()


def _try(named: NamedModel) -> _Trial:
    views = mock_views()
    samples = {(ways, shot): sample(mock_views(ways=ways), shot=shot) for ways, shot in KINDS}
    return _Trial(named, _fit(named, views), lambda other: _fit(named, other), views, samples)


def _logits(model: Model, given: Sample, problem: Problem | None = None) -> Tensor:
    problem = problem or given.problem
    with torch.no_grad():
        return model.predict_named(problem, given.names) if model.told_names else model.predict(problem)


# Each check gives an empty text, or what is wrong and what to do.


def _shapes(trial: _Trial) -> str:
    for (ways, shot), given in trial.samples.items():
        logits = _logits(trial.model, given)
        expected = [*given.problem.query_index.shape, ways]
        if not isinstance(logits, Tensor) or list(logits.shape) != expected or not logits.is_floating_point():
            found = f"{logits.dtype} {list(logits.shape)}" if isinstance(logits, Tensor) else type(logits).__name__
            return f"{ways}-way {shot}-shot logits are {found}; predict must give a float tensor {expected}: [B, Q, N]"
    return ""


def _finite(trial: _Trial) -> str:
    for (ways, shot), given in trial.samples.items():
        if not torch.isfinite(_logits(trial.model, given)).all():
            return f"{ways}-way {shot}-shot logits hold NaN or infinity; look for log(0) and division by zero"
    return ""


def _other_views(trial: _Trial) -> str:
    for chosen in (("audio.logmel",), ("imported:mock",)):
        views = mock_views(chosen)
        given = sample(views, shot=5)
        try:
            logits = _logits(trial.fit(views), given)
        except Exception as error:  # whatever a stranger's code raises
            why = f"with {chosen[0]} alone {_told(error)}; fine if it is made for other views"
            raise _NotApplicable(why) from error
        if logits.shape != (*given.problem.query_index.shape, 5) or not torch.isfinite(logits).all():
            return f"with {chosen[0]} alone its logits are not finite or of another shape; take any set of views"
    return ""


def _repeats(trial: _Trial) -> str:
    given = trial.five_way
    same = torch.equal(_logits(trial.model, given), _logits(trial.model, given))
    return "" if same else "the same problem twice gives other logits; switch off dropout, seed what is random"


def _same_seed(trial: _Trial) -> str:
    same = _same_model(trial, trial.fit(trial.views))
    return "" if same else "fitted twice with one seed it gives other weights; draw from torch, or from sides.seed"


def _meta_test(trial: _Trial) -> str:
    if not _same_model(trial, trial.fit(trial.views)):
        raise _NotApplicable("it fits differently each time")
    same = _same_model(trial, trial.fit(mock_views(other_test_people=True)))
    return "" if same else "other clips of the meta-test people give other weights; fit may not look at them"


def _same_model(trial: _Trial, other: Model) -> bool:
    given, key = trial.five_way, trial.named.key
    same = torch.equal(_logits(trial.model, given), _logits(other, given))
    return same and identity(key, trial.model) == identity(key, other)


def _inputs(trial: _Trial) -> str:
    problem = trial.five_way.problem
    before = copy.deepcopy(problem)
    _logits(trial.model, trial.five_way)
    tensors = [(f"clips[{v!r}]", problem.clips[v], before.clips[v]) for v in before.clips]
    tensors += [(f"lengths[{v!r}]", problem.lengths[v], before.lengths[v]) for v in before.lengths]
    names = ("support_index", "support_labels", "query_index", "support_votes")
    tensors += [(name, getattr(problem, name), getattr(before, name)) for name in names]
    changed = [name for name, now, then in tensors if not torch.equal(now, then)]
    return f"predict changed problem.{changed[0]}; let it work on a copy" if changed else ""


def _classes(trial: _Trial) -> str:
    for given in (trial.samples[3, 1], trial.five_way):
        order = [*range(1, given.problem.ways), 0]
        told = Sample(given.problem, [[row[c] for c in order] for row in given.names], given.labels)
        other = _logits(trial.model, told, with_classes(given.problem, order))
        if (gap := probabilities_apart(other, _logits(trial.model, given)[..., order])) > TOLERANCE:
            raise _NotApplicable(
                f"numbering the classes or ordering the shots otherwise moves probabilities by {gap:.2g}; allowed, but"
                " both are arbitrary"
            )
    return ""


def _queries(trial: _Trial) -> str:
    if trial.model.transductive:
        raise _NotApplicable("it is declared transductive")
    given = trial.five_way
    gap = moved_by_other_queries(lambda problem: _logits(trial.model, given, problem), given.problem)
    told = f"other queries beside it move a query's probabilities by {gap:.2g}; declare transductive = True"
    return told if gap > TOLERANCE else ""


def _batches(trial: _Trial) -> str:
    for given in (trial.samples[2, 1], trial.five_way):
        whole = _logits(trial.model, given)
        for b in range(len(whole)):
            one = Sample(only_episode(given.problem, b), given.names[b : b + 1], given.labels[b : b + 1])
            if (gap := probabilities_apart(_logits(trial.model, one), whole[b : b + 1])) > TOLERANCE:
                return f"an episode alone has probabilities {gap:.2g} away from those in a batch; keep episodes apart"
    return ""


def _padding(trial: _Trial) -> str:
    given = trial.five_way
    longer = _logits(trial.model, given, with_padding(given.problem, 3))
    gap = probabilities_apart(longer, _logits(trial.model, given))
    return f"three more zero rows move probabilities by {gap:.2g}; use problem.lengths" if gap > TOLERANCE else ""


def _absent(trial: _Trial) -> str:
    problem = trial.five_way.problem
    everywhere = torch.arange(len(problem.lengths["audio.logmel"]))
    cases = {"a query lacks": problem.query_index[:, 0], "a class lacks": problem.support_index[:, :5].flatten()}
    for case, clips in (cases | {"all clips lack": everywhere}).items():
        for view in problem.clips:
            logits = _logits(trial.model, trial.five_way, without_view(problem, view, clips))
            if not torch.isfinite(logits).all():
                return f"where {case} the view {view} (length 0) its logits are NaN or infinite; use problem.present"
    return ""


def _votes(trial: _Trial) -> str:
    given, problem = trial.five_way, trial.five_way.problem
    without = _logits(trial.model, given, with_votes(problem, None))
    if not trial.model.uses_votes:
        gap = probabilities_apart(_logits(trial.model, given), without)
        return f"votes of the shots move probabilities by {gap:.2g}; declare uses_votes = True" if gap > 0 else ""
    labels = torch.nn.functional.one_hot(problem.support_labels, problem.ways).float()
    gap = probabilities_apart(_logits(trial.model, given, with_votes(problem, labels)), without)
    told = f"votes that say what the labels say move probabilities by {gap:.2g} from those without votes"
    return f"{told}; let the two agree, since a task may have no votes" if gap > TOLERANCE else ""


def _saving(trial: _Trial) -> str:
    if not trial.can_be_saved:
        raise _NotApplicable("only built-in and installed models can be saved and loaded by name")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "saved"
        save_model(trial.named.key, trial.model, trial.views.specs, folder)
        files = sorted(path.name for path in folder.iterdir())
        if files != [CONFIG, WEIGHTS]:
            return f"it saved {', '.join(files)}; expected {CONFIG} and {WEIGHTS} alone"
        loaded = load_model(folder).model
    few = (trial.samples[2, 1], trial.five_way)
    same = all(torch.equal(_logits(loaded, given), _logits(trial.model, given)) for given in few)
    return "" if same else "loaded again it gives other logits; put all that is learned into state() and load_state()"


def _beats_chance(trial: _Trial) -> str:
    given = sample(trial.views, shot=5, batch=24)
    logits = _logits(trial.model, given)
    if float((logits - logits[..., :1]).abs().max()) == 0:
        raise _NotApplicable("it gives every class the same logit")
    right = 100 * float((logits.argmax(-1) == given.labels).double().mean())
    enough = 100 * (0.2 + 3 * (0.2 * 0.8 / given.labels.numel()) ** 0.5)
    found = f"{right:.0f} % of the queries of an easy 5-way task are right, where chance is 20"
    return "" if right > enough else f"{found}; look for a wrong sign or order"


def _random_states(trial: _Trial) -> str:
    before = _states()
    _logits(trial.fit(trial.views), trial.five_way)
    moved = " and ".join(name for name, state in _states().items() if state != before[name])
    return f"it draws from the global state of {moved}; use a generator of its own, made from a seed" if moved else ""


def _states() -> dict[str, str]:
    """The global states of random numbers; torch's is set and put back around `fit` by the loop."""
    return {
        "random": str(random.getstate()),
        "numpy.random": repr(pickle.dumps(np.random.get_state())),  # noqa: NPY002
        "torch": str(torch.get_rng_state().tolist()),
    }


CHECKS: dict[str, Callable[[_Trial], str]] = {
    "shapes": _shapes,
    "finite": _finite,
    "other views": _other_views,
    "repeats": _repeats,
    "same seed, same weights": _same_seed,
    "meta-test out of reach": _meta_test,
    "inputs unchanged": _inputs,
    "classes in any order": _classes,
    "queries apart": _queries,
    "episodes apart": _batches,
    "padding": _padding,
    "absent views": _absent,
    "votes": _votes,
    "save and load": _saving,
    "beats chance": _beats_chance,
    "global random state": _random_states,
}
