"""Operations against counts by hand, memory against allocations of known size, both of a model on a toy task."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from toys import make_task, make_views

from stf2m_bench.errors import InputError
from stf2m_bench.evaluation.cost import leaves_torch, peak_memory, problem_cost
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.flops import count_flops, taken_apart
from stf2m_bench.models.base.model import Model

B, T, D, H = 2, 7, 8, 16
ROWS = B * T
KB = 1024


def x():
    return torch.randn(B, T, D, generator=torch.Generator().manual_seed(0))


def attention(need_weights, module=None):
    module = module or nn.MultiheadAttention(D, 2, batch_first=True)
    return lambda v: module(v, v, v, need_weights=need_weights)


def packed(layer):
    return lambda v: layer(nn.utils.rnn.pack_padded_sequence(v, torch.tensor([7, 5]), batch_first=True))


def time_first(layer):
    return lambda v: layer(v.mT)


PROJECTIONS = 4 * 2 * ROWS * D * D
PRODUCTS = 2 * 2 * B * T * T * D
BY_HAND = {
    "linear": (nn.Linear(D, H), 2 * ROWS * D * H),
    "convolution, 3 taps, stride 2": (time_first(nn.Conv1d(D, H, 3, stride=2)), 2 * B * 3 * H * D * 3),
    "LSTM, 2 layers, both ways": (
        nn.LSTM(D, H, 2, batch_first=True, bidirectional=True),
        2 * (2 * ROWS * 4 * H * (D + H) + 2 * ROWS * 4 * H * (2 * H + H)),
    ),
    "LSTM, packed": (packed(nn.LSTM(D, H, batch_first=True)), 2 * (7 + 5) * 4 * H * (D + H)),
    "GRU, 2 layers": (nn.GRU(D, H, 2, batch_first=True), 2 * ROWS * 3 * H * (D + H) + 2 * ROWS * 3 * H * (H + H)),
    "plain recurrence": (nn.RNN(D, H, batch_first=True), 2 * ROWS * H * (D + H)),
    "attention": (attention(False), PROJECTIONS + PRODUCTS),
    "attention with its weights": (attention(True), PROJECTIONS + PRODUCTS),
    "attention, evaluation mode": (
        attention(False, nn.MultiheadAttention(D, 2, batch_first=True).eval()),
        PROJECTIONS + PRODUCTS,
    ),
    "scaled dot product": (lambda v: scaled_dot_product_attention(v, v, v), PRODUCTS),
    "transformer layer, evaluation mode": (
        nn.TransformerEncoderLayer(D, 2, H, batch_first=True).eval(),
        PROJECTIONS + PRODUCTS + 2 * 2 * ROWS * D * H,
    ),
    "few distances": (lambda v: torch.cdist(v, v[:, :3]), 3 * B * T * 3 * D),
    "many distances": (lambda v: torch.cdist(v.repeat(1, 6, 1), v), 3 * B * 6 * T * T * D),
    "solving": (lambda v: torch.linalg.solve(torch.eye(T).expand(B, T, T), v), B * (2 * T**3 // 3 + 2 * T * T * D)),
    "solving for one": (lambda v: torch.linalg.solve(torch.eye(T), v[0, :, 0]), 2 * T**3 // 3 + 2 * T * T),
    "matrix by vector": (lambda v: v[0] @ v[0, 0], 2 * T * D),
    "einsum": (lambda v: torch.einsum("btd,bsd->bts", v, v), 2 * B * T * T * D),
    "only element-wise": (lambda v: torch.relu(v).mean(1), 0),
}


@pytest.mark.parametrize(("run", "by_hand"), BY_HAND.values(), ids=BY_HAND.keys())
def test_operations_are_those_counted_by_hand(run, by_hand):
    with torch.no_grad():
        assert count_flops(lambda: run(x())) == by_hand


@pytest.mark.parametrize(
    "layer",
    [
        nn.LSTM(D, H, batch_first=True),
        nn.GRU(D, H, batch_first=True),
        nn.TransformerEncoderLayer(D, 2, H, batch_first=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_taken_apart_gives_what_the_fused_one_gives(layer):
    layer.eval()
    with torch.no_grad():
        fused = layer(x())
        with taken_apart():
            apart = layer(x())
    torch.testing.assert_close(apart, fused)


def test_what_was_switched_off_for_counting_is_on_again_even_after_an_error():
    with pytest.raises(ValueError, match="mine"):
        count_flops(raising)
    assert torch.backends.mha.get_fastpath_enabled()
    assert torch.backends.mkldnn.enabled
    assert torch.backends.cudnn.enabled
    assert torch.backends.cuda.flash_sdp_enabled()


def raising():
    raise ValueError("mine")


@pytest.mark.parametrize(
    ("run", "leaves"),
    [
        (lambda v: v.numpy(), True),
        (lambda v: np.asarray(v), True),
        (lambda v: np.stack([one.detach().cpu().numpy() for one in v]), True),
        (lambda v: np.from_dlpack(v), True),
        (lambda v: (v @ v.mT).softmax(-1), False),
        (lambda v: torch.from_numpy(np.ones(3)) * float(v.sum()) if v.any() else v.tolist(), False),
    ],
)
def test_a_tensor_handed_to_numpy_is_noticed(run, leaves):
    assert leaves_torch(lambda: run(x())) is leaves


def held(v):
    one = torch.zeros(64 * KB)
    two = one + 1
    del one
    return two + v.sum()


@pytest.mark.parametrize(
    ("run", "bytes_held"),
    [
        (lambda v: torch.zeros(64 * KB), 256 * KB),
        (lambda v: [torch.zeros(64 * KB) for _ in range(3)], 3 * 256 * KB),
        (lambda v: [torch.zeros(64 * KB).sum() for _ in range(3)], 256 * KB + 3 * 4),
        (lambda v: torch.zeros(64 * KB, dtype=torch.float64).reshape(-1, 2).mT[:, 3:], 512 * KB),
        (lambda v: torch.zeros(64 * KB).add_(1).relu_(), 256 * KB),
        (held, 2 * 256 * KB + 4),
        (lambda v: v.mT[1:], 0),
        (lambda v: v.mul_(2), 0),
    ],
    ids=["one", "three at once", "one after another", "views", "in place", "freed between", "of the input", "into it"],
)
def test_memory_is_the_most_that_lives_at_once_beyond_what_was_there(run, bytes_held):
    given = x()
    assert peak_memory(lambda: run(given)) == bytes_held


def test_outside_torch_the_arrays_of_numpy_count_too():
    def run():
        array = torch.zeros(64 * KB).numpy()
        np.sqrt(np.concatenate([array, array]))

    most = peak_memory(run, outside=True)
    assert 5 * 256 * KB <= most < 5 * 256 * KB + 16 * KB


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(freeze=True))


def test_one_problem_of_the_most_shots_is_measured(views):
    seen = []

    class Projecting(Model):
        def predict(self, problem):
            seen.append((tuple(problem.support_labels.shape), tuple(problem.query_index.shape)))
            support, query = (side["audio.logmel"].mean(2) for side in (problem.support, problem.query))
            logits = query @ support.mT
            return logits.reshape(*logits.shape[:2], problem.ways, -1).mean(-1)

    cost = problem_cost(Projecting(), views.task, views, "cpu")
    ways, shot, queries = 3, 5, 6
    frames, bands, columns = 12, 6, 5
    assert set(seen) == {((1, ways * shot), (1, queries)), ((1, ways * shot), (1, 1))}
    assert cost.flops == 2 * queries * ways * shot * bands
    assert cost.adaptation_flops == 2 * ways * shot * bands
    laid_out = (ways * shot + queries) * (frames * bands + columns)
    means = (ways * shot + queries) * bands
    logits = queries * ways * shot + queries * ways
    assert cost.peak_memory == 4 * (laid_out + means + logits)


def test_the_cost_stands_in_the_result(views):
    cost = evaluate(views.task, "ridge", views=views).result.cost
    assert min(cost.flops, cost.peak_memory, cost.parameters, cost.seconds_per_problem, cost.fit_seconds) > 0
    cost = evaluate(views.task, "chance", views=views).result.cost
    assert (cost.flops, cost.parameters) == (0, 0)


def test_a_model_that_computes_outside_torch_has_no_count_of_operations(views):
    cost = evaluate(views.task, KNeighborsClassifier(1), views=views).result.cost
    assert cost.flops is None
    assert cost.peak_memory > 0


def test_a_model_that_does_not_run_while_counting_has_no_count_of_operations(views):
    class Fussy(Model):
        def predict(self, problem):
            if not torch.backends.mha.get_fastpath_enabled():
                raise RuntimeError("the fast path or nothing")
            return torch.zeros(*problem.query_index.shape, problem.ways)

    assert problem_cost(Fussy(), views.task, views, "cpu").flops is None


def test_a_model_that_fails_on_one_problem_is_told_in_one_sentence(views):
    def proud(problem):
        raise RuntimeError("only large batches")

    with pytest.raises(InputError, match="The model 'proud' raised RuntimeError in predict: only large batches"):
        evaluate(views.task, proud, views=views)
