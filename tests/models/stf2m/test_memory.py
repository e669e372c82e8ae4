"""Memories of classes: closed forms against plain routes, the recurrent learner's promises, weights of views."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from stf2m_bench.models.base.prototypes import distance_logits
from stf2m_bench.models.ridge import ridge_logits
from stf2m_bench.models.stf2m_parts.memory import (
    Memory,
    Slots,
    Support,
    ViewGate,
    class_means,
    prototypes,
    ridge,
    support_scores,
    view_weights,
)

BATCH, VIEWS, WAYS, WIDTH = 2, 3, 5, 12


def support(shots: int, seed: int = 0, absent: float = 0.0) -> Support:
    maker = torch.Generator().manual_seed(seed)
    shape = (BATCH, VIEWS, WAYS, shots)
    present = torch.rand(shape, generator=maker) >= absent
    values = torch.randn(*shape, WIDTH, generator=maker) * present.unsqueeze(-1)
    return Support(values, torch.rand(shape, generator=maker), present)


def start(given: Support) -> Memory:
    return prototypes(class_means(given, torch.tensor(0.0)))


def moved(refine: int = 2) -> Slots:
    """A learner whose corrections are not zero."""
    torch.manual_seed(1)
    slots = Slots(WIDTH, refine)
    with torch.no_grad():
        for layer in (slots.to_memory, slots.to_gate):
            layer.weight.normal_(0, 0.3)
    return slots


@pytest.mark.parametrize("shots", [1, 5])
def test_prototype_scores_are_minus_squared_distances_but_for_what_classes_share(shots):
    given, queries = support(shots), torch.randn(BATCH, VIEWS, 7, WIDTH)
    found = start(given).scores(queries)
    for view in range(VIEWS):
        direct = distance_logits(given.shots[:, view].flatten(1, 2), queries[:, view], WAYS)
        assert torch.allclose(found[:, view].softmax(-1), direct.softmax(-1), atol=1e-5)


@pytest.mark.parametrize("shots", [1, 5])
def test_ridge_scores_are_those_of_the_ridge_model(shots):
    given, queries = support(shots), torch.randn(BATCH, VIEWS, 7, WIDTH)
    found = ridge(given, torch.tensor(0.7)).scores(queries)
    labels = torch.arange(WAYS).repeat_interleave(shots).expand(BATCH, -1)
    for view in range(VIEWS):
        direct = ridge_logits(given.shots[:, view].flatten(1, 2), queries[:, view], labels, WAYS, 0.7)
        assert torch.allclose(found[:, view].softmax(-1), direct.softmax(-1), atol=1e-5)


@pytest.mark.parametrize("shots", [1, 5])
@pytest.mark.parametrize("closed_form", [start, lambda given: ridge(given, torch.tensor(1.0))])
def test_untrained_slots_give_the_start_memory_itself(shots, closed_form):
    given = support(shots, absent=0.3)
    memory = Slots(WIDTH, 2).memory(given, closed_form(given))
    assert torch.allclose(memory.vectors, closed_form(given).vectors)
    assert torch.allclose(memory.offset, closed_form(given).offset, atol=1e-5)


def test_leaving_a_shot_out_is_the_prototype_of_the_others():
    given = support(4)
    scores = support_scores(given, start(given))
    shot = given.shots[0, 1, 2, 3]
    others = given.shots[0, 1].clone()
    means = others.mean(1)
    means[2] = others[2, :3].mean(0)
    direct = -(shot - means).square().sum(-1)
    assert torch.allclose(scores[0, 1, 2, 3].softmax(-1), direct.softmax(-1), atol=1e-5)


def test_the_error_signal_is_the_gradient_of_the_supports_cross_entropy():
    given = support(1)
    vectors = torch.randn(BATCH, VIEWS, WAYS, WIDTH, requires_grad=True)
    memory = Memory(vectors, torch.zeros(BATCH, VIEWS, WAYS), torch.ones(BATCH, VIEWS, 1, WIDTH))
    scores = given.shots[:, :, :, 0] @ vectors.mT * 2
    labels = torch.arange(WAYS).expand(BATCH, VIEWS, -1)
    loss = cross_entropy(scores.flatten(0, 2), labels.flatten(), reduction="sum")
    loss.backward()
    error = Slots(WIDTH, 1)._error(given, memory).detach()
    assert torch.allclose(error[..., :WIDTH], vectors.grad / 2, atol=1e-5)
    assert torch.allclose(error[..., -1].sum(), loss.detach(), rtol=1e-5)


@pytest.mark.parametrize("shots", [1, 5])
def test_renumbered_classes_renumber_the_scores(shots):
    given, slots, queries = support(shots, absent=0.2), moved(), torch.randn(BATCH, VIEWS, 7, WIDTH)
    order = [3, 0, 4, 1, 2]
    other = Support(given.shots[:, :, order], given.certainty[:, :, order], given.present[:, :, order])
    found = slots(given, queries, start(given))
    assert not torch.allclose(found, start(given).scores(queries), atol=1e-2)
    assert torch.allclose(slots(other, queries, start(other)), found[..., order], atol=1e-5)


def test_with_one_shot_there_is_no_order_and_with_five_the_order_matters_until_it_is_averaged():
    one, five, slots = support(1), support(5), moved()
    queries = torch.randn(BATCH, VIEWS, 7, WIDTH)
    assert torch.equal(slots.memory(one.rolled(1), start(one)).vectors, slots.memory(one, start(one)).vectors)

    def mean(given: Support) -> torch.Tensor:
        return torch.stack([slots(given.rolled(n), queries, start(given)) for n in range(5)]).mean(0)

    assert not torch.allclose(
        slots.memory(five.rolled(2), start(five)).vectors, slots.memory(five, start(five)).vectors, atol=1e-3
    )
    assert torch.allclose(mean(five), mean(five.rolled(2)), atol=1e-4)


def test_an_absent_view_does_not_touch_the_memory_of_the_others():
    given, slots = support(5), moved()
    here = given.present.clone()
    here[:, 2] = False
    other = Support(given.shots, given.certainty, here)
    assert torch.allclose(
        slots.memory(other, start(other)).vectors[:, :2], slots.memory(given, start(given)).vectors[:, :2], atol=1e-6
    )
    assert torch.isfinite(slots.memory(other, start(other)).vectors).all()


def test_weights_of_views_sum_to_their_number_and_skip_absent_ones():
    present = torch.tensor([[[True, True], [True, False], [True, False]]])
    weights = view_weights(torch.tensor([[0.0, 2.0, -1.0]]), torch.rand(1, 3, 2), torch.tensor(1.0), present)
    assert torch.allclose(weights.sum(1), torch.tensor([[3.0, 1.0]]))
    assert (weights[~present] == 0).all()
    assert weights[0, 1, 0] > weights[0, 0, 0] > weights[0, 2, 0]


def test_the_gate_of_views_tells_a_view_with_apart_classes_from_noise_once_it_is_trained():
    torch.manual_seed(0)
    gate = ViewGate(VIEWS)
    optimiser = torch.optim.Adam(gate.parameters(), lr=0.01)

    def episode(good: int) -> Support:
        centres = torch.randn(BATCH, VIEWS, WAYS, 1, WIDTH)
        clean = centres + 0.3 * torch.randn(BATCH, VIEWS, WAYS, 5, WIDTH)
        shots = torch.randn(BATCH, VIEWS, WAYS, 5, WIDTH)
        shots[:, good] = clean[:, good]
        everywhere = torch.ones(shots.shape[:-1], dtype=torch.bool)
        return Support(shots, torch.zeros(shots.shape[:-1]), everywhere)

    for step in range(60):
        given = episode(step % VIEWS)
        loss = cross_entropy(gate(given, start(given)), torch.full((BATCH,), step % VIEWS))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for good in range(VIEWS):
        given = episode(good)
        assert gate(given, start(given)).softmax(1)[:, good].min() > 0.7


def test_the_gate_of_views_is_finite_where_no_shot_has_a_view():
    given = support(5)
    given.present[:, 1] = False
    assert torch.isfinite(ViewGate(VIEWS)(given, start(given))).all()
