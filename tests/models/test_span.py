"""The space that rows span."""

from __future__ import annotations

import numpy as np
import pytest

from stf2m_bench.models.base import span
from stf2m_bench.models.base.span import MANY, span_of


@pytest.mark.parametrize("shape", [(12, 5), (5, 12)], ids=["more rows", "more columns"])
@pytest.mark.parametrize("many", [1, MANY], ids=["many", "few"])
def test_many_rows_and_few_span_the_same_space(shape, many, monkeypatch):
    monkeypatch.setattr(span, "MANY", many)
    rows = np.random.default_rng(0).normal(size=shape)
    rows[:, -1] = 2 * rows[:, 0]
    basis = span_of(rows)
    assert basis.shape == (shape[1], np.linalg.matrix_rank(rows))
    assert basis.T @ basis == pytest.approx(np.eye(basis.shape[1]), abs=1e-9)
    assert rows @ basis @ basis.T == pytest.approx(rows, abs=1e-9)


def test_thousands_of_short_rows_take_no_room_for_their_products():
    assert span_of(np.random.default_rng(0).normal(size=(1_000_000, 3))).shape == (3, 3)
