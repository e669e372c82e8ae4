"""The contract of a model: from a problem to logits. Fitting is optional and sees the training sides only."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import ViewSpec
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.files import canonical_json, replacing_folder
from stf2m_bench.models import ROOM
from stf2m_bench.models.base.recipe import Recipe

CONFIG, WEIGHTS = "config.json", "model.safetensors"


class Model(ABC):
    """Anything that turns problems into logits.

    `__init__` takes keyword arguments with defaults, which are the model's configuration; all that is learned is in
    `state()`, as tensors, so that a saved model holds nothing executable.

    Attributes:
        transductive: one query may move another's logits.
        uses_votes: reads `support_votes`; else they are withheld when it is asked.
        told_names: is told the emotion of each class number (a reference row, never ranked).
        pretrained_on: datasets that weights were trained on before `fit`.
    """

    transductive: ClassVar[bool] = False
    uses_votes: bool = False
    told_names: ClassVar[bool] = False
    reference: ClassVar[bool] = False
    pretrained_on: tuple[str, ...] = ()

    def fit(self, sides: TrainingSides) -> Model:
        """Learn from meta-train, choose on meta-val."""
        return self

    @abstractmethod
    def predict(self, problem: Problem) -> Tensor:
        """Logits `[B, Q, N]`, float32, of each query for each class number."""

    def predict_named(self, problem: Problem, names: Sequence[Sequence[str]]) -> Tensor:
        """As `predict`, told the emotion `names[b][n]` of each class number; asked only where `told_names`."""
        raise UsageError(f"{type(self).__name__} is not a model that is told names.")

    def config(self) -> dict[str, Any]:
        """The keyword arguments that make this model again."""
        return {}

    def state(self) -> dict[str, Tensor]:
        """All that was learned; empty for a model that learns nothing."""
        return {}

    def load_state(self, state: Mapping[str, Tensor], view_specs: Mapping[str, ViewSpec]) -> None:
        """Take back what `state()` gave."""
        return None


class TrainedModel(Model):
    """A model whose network is trained by the plain loop of the training room.

    `build` makes `network` for given views; `loss` is minimised over meta-train problems as `recipe` says; `finish` may
    then fit small things on meta-val (for example temperatures). After training and loading, `network` lies on the CPU
    and is in evaluation mode; `predict` moves it to where the problem lies.

    Attributes:
        soft_labels: is trained on the votes of the queries, where the task has votes.
    """

    soft_labels: bool = False
    network: nn.Module
    recipe: Recipe = Recipe()

    @abstractmethod
    def build(self, view_specs: Mapping[str, ViewSpec], emotions: Sequence[str]) -> None:
        """Make `network`, with weights from torch's current random state."""

    @abstractmethod
    def loss(self, problem: Problem, labels: Tensor) -> Tensor:
        """The scalar to minimise on a batch; `labels` are the queries' class numbers `[B, Q]`, in training with
        `soft_labels` perhaps their votes `[B, Q, N]`."""

    def prepare(self, sides: TrainingSides) -> None:
        """Take statistics from meta-train before training."""

    def finish(self, sides: TrainingSides) -> None:
        """Choose what is chosen on meta-val after training."""

    def state(self) -> dict[str, Tensor]:
        """The network's parameters and buffers."""
        return dict(self.network.state_dict())


def make_model(key: str, **config: Any) -> Model:
    """A built-in or installed model by its key, unfitted.

    Raises:
        UnknownNameError: no such model. UsageError: an unknown or mistyped setting.
    """
    found: type[Model] = ROOM.load(key, Model)
    known = settings_of(found)
    for name, value in config.items():
        if name not in known:
            raise UsageError(f"The model '{key}' has no setting '{name}'; it has: {', '.join(known) or 'none'}.")
        if type(value) is int and isinstance(known[name], float):
            config = {**config, name: float(value)}
        elif type(value) is not type(known[name]):
            raise UsageError(f"The setting '{name}' of '{key}' is like {known[name]!r}, not {value!r}.")
    return found(**config)


def settings_of(kind: type[Model]) -> dict[str, Any]:
    """Every setting of a model with its default; `config` may leave out one that came later and is at its default."""
    return {name: setting.default for name, setting in signature(kind).parameters.items()}


def declarations(model: Model) -> dict[str, Any]:
    """What a model says of itself, shown on the leaderboard."""
    return {
        "transductive": model.transductive,
        "uses_votes": model.uses_votes,
        "told_names": model.told_names,
        "reference": model.reference,
        "pretrained_on": list(model.pretrained_on),
    }


def identity(key: str, model: Model) -> str:
    """SHA-256 over a model's key, configuration and weights."""
    digest = hashlib.sha256(canonical_json({"model": key, "config": model.config()}).encode())
    for name, tensor in sorted(model.state().items()):
        array = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {array.dtype} {list(array.shape)}".encode())
        digest.update(array.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class TrainedOn:
    """What weights were fitted on: the training people of one fold of a task; and in how many seconds."""

    task: str
    task_hash: str
    fold: int
    datasets: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class SavedModel:
    """A model read from its folder.

    Attributes:
        view_specs: the views that it was fitted on.
        trained_on: None where its folder does not say.
    """

    key: str
    model: Model
    view_specs: Mapping[str, ViewSpec]
    trained_on: TrainedOn | None


def save_model(
    key: str,
    model: Model,
    view_specs: Mapping[str, ViewSpec],
    folder: Path,
    *,
    trained_on: TrainedOn | None = None,
    half: bool = False,
) -> None:
    """Write `config.json` and `model.safetensors`; nothing in them is executable.

    Args:
        half: keep 16 bits of each number, which halves the file; it is read back as float32.
    """
    from safetensors.torch import save_file

    config = {
        "format": 1,
        "model": key,
        "config": model.config(),
        "declarations": declarations(model),
        "views": [asdict(spec) for spec in view_specs.values()],
        "trained_on": trained_on and asdict(trained_on),
    }
    with replacing_folder(folder) as new:
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state().items()}
        save_file({name: _halved(tensor) if half else tensor for name, tensor in state.items()}, new / WEIGHTS)
        (new / CONFIG).write_text(canonical_json(config) + "\n", encoding="utf-8")


def _halved(tensor: Tensor) -> Tensor:
    """Half of the bits, where the numbers fit into them."""
    fits = tensor.dtype == torch.float32 and bool((tensor.abs() < torch.finfo(torch.float16).max).all())
    return tensor.half() if fits else tensor


def load_model(folder: Path) -> SavedModel:
    """The model saved in a folder.

    Raises:
        InputError: a file is missing or broken.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        state = {k: v.float() if v.dtype == torch.float16 else v for k, v in load_file(folder / WEIGHTS).items()}
        specs = {v["name"]: ViewSpec(**(v | {"shape": tuple(v["shape"])})) for v in config["views"]}
        key, settings = config["model"], config["config"]
        said = config.get("trained_on")
        trained_on = TrainedOn(**(said | {"datasets": tuple(said["datasets"])})) if said else None
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(
            f"{folder} is not a saved model ({type(error).__name__}: {error}); expected {CONFIG} and {WEIGHTS}."
        ) from error
    model = make_model(key, **settings)
    try:
        model.load_state(state, specs)
    except (KeyError, RuntimeError) as error:
        raise InputError(f"The weights in {folder} do not fit the model '{key}': {error}.") from error
    return SavedModel(key, model, specs, trained_on)
