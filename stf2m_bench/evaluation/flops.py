"""Floating-point operations of a torch computation, counted by torch, fused layers taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

Shape = Sequence[int]


def count_flops(run: Callable[[], Any]) -> int:
    """Operations of one call, a multiply-add being two.

    Matrix products, convolutions, attention and recurrent layers by torch's `FlopCounterMode`, which sees no fused
    LSTM of oneDNN or cuDNN, no fast path of attention and no attention kernel of the CPU: these are switched off while
    counting, so that the same layers run as the products that they are made of. Distances and linear solves by the
    formulas below. Element-wise functions, pooling and other factorisations are left out; padding is counted.
    """
    with taken_apart(), FlopCounterMode(display=False, custom_mapping=FORMULAS) as counter:
        run()
    return int(counter.get_total_flops())


@contextmanager
def taken_apart() -> Iterator[None]:
    """Within it no recurrent layer and no attention is fused; what they give is the same but for rounding."""
    backends: Any = torch.backends
    mha, mkldnn, cudnn = backends.mha, backends.mkldnn, backends.cudnn
    before = mha.get_fastpath_enabled(), mkldnn.enabled, cudnn.enabled
    mha.set_fastpath_enabled(False)
    mkldnn.enabled = cudnn.enabled = False
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        mha.set_fastpath_enabled(before[0])
        mkldnn.enabled, cudnn.enabled = before[1:]


def _matrix_vector(matrix: Shape, vector: Shape, **_: Any) -> int:
    """`[m, n]` by `[n]`: 2 m n."""
    return 2 * prod(matrix)


def _distances(one: Shape, other: Shape, *_: Any, out_shape: Shape, **__: Any) -> int:
    """Each of the distances `[..., P, R]` between vectors of length M: a subtraction, a square and a sum, 3 M."""
    return 3 * prod(out_shape) * one[-1]


def _solve(matrix: Shape, right: Shape, **_: Any) -> int:
    """A X = B for A `[..., n, n]` and B `[..., n, k]`: LU 2/3 n^3, substitution 2 n^2 k. Golub & Van Loan, ch. 3."""
    n, batch = matrix[-1], prod(matrix[:-2])
    columns = prod(right) // (batch * n)
    return batch * (2 * n**3 // 3 + 2 * n**2 * columns)


FORMULAS = {
    torch.ops.aten.mv: _matrix_vector,
    torch.ops.aten._cdist_forward: _distances,
    torch.ops.aten._euclidean_dist: _distances,
    torch.ops.aten._linalg_solve_ex: _solve,
}
