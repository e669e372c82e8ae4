"""Corpora of body signals on their own files, where excerpts of these lie beside the repository: what holds of all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from real_signals import CORPORA

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.views.base.checks import check_extractor


@pytest.mark.parametrize("key", CORPORA)
def test_the_real_folder_passes_every_check(key: str, root: Callable[[str], Path]) -> None:
    assert [check for check in check_dataset(key, root(key)) if check.passed is False] == []


@pytest.mark.parametrize(
    ("key", "view"),
    [
        ("stress_predict", "signal.pulse:BVP"),
        ("stress_predict", "signal.zscored:temperature:TEMP"),
        ("smartwatch_walk", "signal.motion:gyr_z"),
        ("eevr", "signal.eda:EDA"),
    ],
)
def test_views_of_real_signals_keep_the_contract_with_their_own_files_alone(
    key: str, view: str, manifest: Callable[[str], Manifest]
) -> None:
    assert [check for check in check_extractor(view, manifest(key)) if check.passed is False] == []
