"""Body signals that lie beside the repository: their folders and their manifests, by a dataset's key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from real_signals import CORPORA

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest


@pytest.fixture(scope="session")
def root(lying_beside: Callable[[str], Path]) -> Callable[[str], Path]:
    """The folder of a dataset's key; people of some lie in a zip file in it."""
    return lambda key: lying_beside(CORPORA[key])


@pytest.fixture(scope="session")
def manifest(root: Callable[[str], Path]) -> Callable[[str], Manifest]:
    known: dict[str, Manifest] = {}

    def build(key: str) -> Manifest:
        if key not in known:
            known[key] = build_manifest(key, root(key))
        return known[key]

    return build
