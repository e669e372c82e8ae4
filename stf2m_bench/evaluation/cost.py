"""What one problem costs a fitted model: operations and memory, measured on a batch of one."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, UntypedStorage
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from stf2m_bench.episode.drawing import Drawer, Episode
from stf2m_bench.episode.problems import make_problem
from stf2m_bench.episode.views import TaskViews
from stf2m_bench.evaluation.flops import count_flops
from stf2m_bench.models.base.model import Model
from stf2m_bench.tasks.task import Task

_EXITS = (Tensor.numpy, Tensor.__array__, Tensor.__dlpack__)


@dataclass(frozen=True)
class ProblemCost:
    """Cost of predicting one problem.

    Attributes:
        flops: see `count_flops`; None where the model hands tensors to NumPy, scikit-learn or another library, whose
            work is not counted, or where torch cannot take it apart.
        adaptation_flops: of the same problem with one query alone: nearly all of it goes into the support.
        peak_memory: bytes, see `peak_memory`.
    """

    flops: int | None
    adaptation_flops: int | None
    peak_memory: int


def problem_cost(model: Model, task: Task, views: TaskViews, device: str) -> ProblemCost:
    """The cost of the task's first problem of the most shots to the model of fold 0, on the device where it shall run.

    It is predicted four to six times: to warm up, to see whether torch is left, for memory and for operations.
    """
    episode = Drawer(task).draw(max(task.protocol.shots), 0)
    one_query = replace(episode, query=episode.query[:1], query_labels=episode.query_labels[:1])
    predict, adapt = (_prediction(model, one, views, device) for one in (episode, one_query))
    predict()
    outside = leaves_torch(predict)
    flops = adaptation = None
    if not outside:
        with suppress(Exception):
            flops, adaptation = count_flops(predict), count_flops(adapt)
    return ProblemCost(flops, adaptation, peak_memory(predict, outside=outside))


def _prediction(model: Model, episode: Episode, views: TaskViews, device: str) -> Callable[[], None]:
    """What predicts this episode."""
    gathered, _ = make_problem(views, [episode])
    problem, names = gathered.to(device), [list(episode.emotions)]
    problem = problem if model.uses_votes else replace(problem, support_votes=None)

    def predict() -> None:
        fresh = replace(problem)
        with torch.no_grad():
            _ = model.predict_named(fresh, names) if model.told_names else model.predict(fresh)

    return predict


def leaves_torch(run: Callable[[], Any]) -> bool:
    """Whether a tensor is handed to NumPy, or by DLPack to any other library, in this call."""
    exits = _Exits()
    with exits:
        run()
    return exits.taken


def peak_memory(run: Callable[[], Any], *, outside: bool = False) -> int:
    """Bytes held at most at one time by what a call makes: weights and problem, there before, are not counted.

    The storages of all tensors that torch's operations return, while they live: the same on every device and machine,
    without rounding to blocks. Scratch space within one operation is not seen.

    Args:
        outside: add the peak of Python's own allocator, which NumPy uses too (`tracemalloc`); where both peaks are not
            at the same time this is an upper bound. What C libraries allocate by themselves is not seen.
    """
    if not outside:
        storages = _Storages()
        with storages:
            run()
        return storages.peak
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        run()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak_memory(run) + most - before


class _Exits(TorchFunctionMode):
    """Notes whether a tensor is handed out of torch."""

    taken = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.taken = self.taken or func in _EXITS
        return func(*args, **(kwargs or {}))


class _Storages(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows the storages that operations make until they are freed; those first seen as an argument were there."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known: weakref.WeakSet[UntypedStorage] = weakref.WeakSet()
        self.held = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        self.known.update(_storages((args, kwargs)))
        made = func(*args, **kwargs)
        for storage in _storages(made):
            if storage not in self.known:
                self.known.add(storage)
                self.held += storage.nbytes()
                weakref.finalize(storage, self._freed, storage.nbytes()).atexit = False
        self.peak = max(self.peak, self.held)
        return made

    def _freed(self, size: int) -> None:
        self.held -= size


def _storages(tree: Any) -> Iterator[UntypedStorage]:
    return (leaf.untyped_storage() for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))
