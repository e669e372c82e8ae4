"""Finding loaders, extractors and models: one module in the room's folder is one of them, its file name is its key.

Listing keys reads folder and entry-point names only; nothing is imported before it is used.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any

from stf2m_bench.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Room:
    """One room of plug-ins, e.g. `Room("dataset", "stf2m_bench.datasets", "stf2m_bench.datasets")`.

    Attributes:
        kind: the word used in messages.
        package: each module directly in it is one plug-in; sub-packages hold what they share.
        entry_points: the group by which installed packages of others join.
        dotted: the first `_` of a file name reads as `.` in the key (`audio_logmel.py` is `audio.logmel`).
    """

    kind: str
    package: str
    entry_points: str
    dotted: bool = False

    def keys(self) -> list[str]:
        """All keys, sorted."""
        return sorted({self._key(module) for module in self._modules()} | set(self._others()))

    def load(self, key: str, base: type) -> Any:
        """The class of this key: the one subclass of `base` that its module defines.

        Raises:
            UnknownNameError: no such key; names the nearest.
            InputError: the module or entry point holds no such class.
        """
        for module in self._modules():
            if self._key(module) == key:
                return _only_subclass(f"{self.package}.{module}", base)
        others = self._others()
        if key in others:
            found = others[key].load()
            if not (inspect.isclass(found) and issubclass(found, base)):
                raise InputError(
                    f"The entry point '{key}' of {self.entry_points} is no {base.__name__}; mend its package."
                )
            return found
        raise UnknownNameError(self.kind, key, self.keys())

    def _key(self, module: str) -> str:
        return module.replace("_", ".", 1) if self.dotted else module

    def _modules(self) -> list[str]:
        spec = find_spec(self.package)
        folders: Sequence[str] = list(spec.submodule_search_locations or []) if spec else []
        return [module.name for module in pkgutil.iter_modules(folders) if not module.ispkg]

    def _others(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self.entry_points)}


def _only_subclass(module: str, base: type) -> Any:
    members = vars(import_module(module)).values()
    found = [m for m in members if inspect.isclass(m) and m.__module__ == module and issubclass(m, base)]
    if len(found) != 1:
        raise InputError(f"{module} defines {len(found)} classes of {base.__name__}; one file holds exactly one.")
    return found[0]
