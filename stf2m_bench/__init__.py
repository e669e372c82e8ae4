"""stf2m-bench: few-shot, multi-modal, fine-grained emotion recognition, benchmarked.

Importing this package imports nothing heavy; the three names below load what they need on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stf2m_bench.episode.problems import episodes
    from stf2m_bench.evaluation.evaluate import evaluate
    from stf2m_bench.tasks.task import load_task

__version__ = "0.1.0"
__all__ = ["__version__", "episodes", "evaluate", "load_task"]

_HOMES = {
    "episodes": "stf2m_bench.episode.problems",
    "evaluate": "stf2m_bench.evaluation.evaluate",
    "load_task": "stf2m_bench.tasks.task",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
