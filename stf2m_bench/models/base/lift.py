"""Whatever people hand in, as a model: a key, a saved folder, `pkg.mod:factory`, a class, a function, a torch module,
a scikit-learn classifier."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import InputError, UnknownNameError, UsageError
from stf2m_bench.models import ROOM
from stf2m_bench.models.base.model import Model, SavedModel, load_model, make_model
from stf2m_bench.models.base.per_episode import PerEpisode


@dataclass(frozen=True)
class NamedModel:
    """A model with where it came from.

    Attributes:
        name: for tables. key: what `config.json` calls it. source: `built-in`, a folder's name, `python:pkg.mod:f`.
        saved: what its folder holds, if it came from one: one model a fold from `fold-0/`, `fold-1/` ..., or a single
            one. It is not fitted again.
    """

    name: str
    key: str
    source: str
    model: Model
    saved: tuple[SavedModel, ...] = ()


class Function(Model):
    """A plain function `problem -> logits [B, Q, N]`."""

    def __init__(self, function: Callable[[Problem], Tensor]) -> None:
        self._function = function

    def predict(self, problem: Problem) -> Tensor:
        """What the function gives."""
        return self._function(problem)

    def config(self) -> dict[str, Any]:
        """The SHA-256 of the function's source, or its name where the source is not to be had."""
        return {"function": _fingerprint(self._function)}


class Module(Model):
    """A torch module whose `forward(problem)` gives logits `[B, Q, N]`; it comes with its weights."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()

    def predict(self, problem: Problem) -> Tensor:
        """What the module gives."""
        logits: Tensor = self._module.to(problem.query_index.device)(problem)
        return logits

    def config(self) -> dict[str, Any]:
        """The module's text."""
        return {"module": repr(self._module), "code": _fingerprint(type(self._module).forward)}

    def state(self) -> dict[str, Tensor]:
        """The module's parameters and buffers."""
        return dict(self._module.state_dict())

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        self._module.load_state_dict(dict(state))


def _fingerprint(function: Any) -> str:
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):
        return str(getattr(function, "__qualname__", type(function).__name__))


def lift(thing: Any) -> Model:
    """A model from an object.

    Raises:
        InputError: it is none of: model, model class, torch module, scikit-learn classifier, function.
    """
    if isinstance(thing, type):
        thing = thing()
    if isinstance(thing, Model):
        return thing
    if isinstance(thing, nn.Module):
        return Module(thing)
    if hasattr(thing, "fit") and hasattr(thing, "predict") and hasattr(thing, "get_params"):
        return PerEpisode(thing)
    if callable(thing):
        return Function(thing)
    raise InputError(
        f"{type(thing).__name__} is no model; hand in a Model, a function from a problem to logits, a torch module or a"
        " scikit-learn classifier."
    )


def find_model(name: Any, **config: Any) -> NamedModel:
    """The model that was asked for.

    Args:
        name: a key, a folder, `pkg.mod:factory`, or an object for `lift`.
        config: settings of a built-in model.

    Raises:
        UnknownNameError, UsageError, InputError: nothing of this name, or it is broken.
    """
    if not isinstance(name, str | Path):
        model = lift(name)
        label = getattr(name, "name", None) or getattr(name, "__name__", type(name).__name__)
        return NamedModel(str(label), str(label), "python", model)
    text = str(name)
    known = ROOM.keys()
    if text in known:
        return NamedModel(text, text, "built-in", make_model(text, **config))
    if config:
        raise UsageError(f"Settings are for built-in models; '{text}' is none.")
    if Path(text).is_dir():
        return _from_folder(Path(text))
    if ":" in text:
        return _from_python(text)
    raise UnknownNameError("model (key, folder or pkg.mod:factory)", text, known)


def _from_folder(folder: Path) -> NamedModel:
    folds = sorted(folder.glob("fold-*"), key=lambda path: int(path.name.removeprefix("fold-")))
    loaded = [load_model(fold) for fold in folds] or [load_model(folder)]
    label = folder.resolve().name
    return NamedModel(label, loaded[0].key, label, loaded[0].model, tuple(loaded))


def _needed(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that a call has to give."""
    empty = inspect.Parameter.empty
    takes = inspect.signature(function).parameters.values()
    return [p.name for p in takes if p.default is empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _from_python(text: str) -> NamedModel:
    module, _, attribute = text.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, SyntaxError, ValueError) as error:
        raise UsageError(f"'{text}' could not be imported ({error}); expected pkg.mod:factory.") from error
    factory = inspect.isroutine(found) and not _needed(found)
    thing = found() if factory else found
    return NamedModel(attribute, attribute, f"python:{text}", lift(thing))
