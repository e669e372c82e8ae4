"""Every reading of "meta-recurrent" keeps the same promises; each is what it says, by a second route; each learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.mock import (
    MockSides,
    mock_views,
    only_episode,
    sample,
    with_classes,
    with_padding,
    with_queries,
)
from stf2m_bench.models.base.model import load_model, make_model, save_model
from stf2m_bench.models.stf2m import STF2M
from stf2m_bench.models.stf2m_parts.gated_maml import GatedMAML
from stf2m_bench.models.stf2m_parts.learners import LEARNERS, make_learner
from stf2m_bench.models.stf2m_parts.memory import Memory, Slots, Support, class_means, prototypes
from stf2m_bench.models.stf2m_parts.meta_lstm import MetaLSTM, _error
from stf2m_bench.models.stf2m_parts.numbering import numberings

BATCH, VIEWS, WAYS, WIDTH = 2, 3, 5, 12
TOLD_NUMBERS = ("flat", "gated_maml")
SHARED = mock_views()


def support(shots: int, *, ways: int = WAYS, absent: float = 0.0, scale: float = 1.0) -> Support:
    maker = torch.Generator().manual_seed(0)
    shape = (BATCH, VIEWS, ways, shots)
    present = torch.rand(shape, generator=maker) >= absent
    return Support(scale * torch.randn(*shape, WIDTH, generator=maker), torch.zeros(shape), present)


def start(given: Support) -> Memory:
    return prototypes(class_means(given, torch.tensor(0.0)))


def queries(count: int = 7) -> Tensor:
    return torch.randn(BATCH, VIEWS, count, WIDTH, generator=torch.Generator().manual_seed(1))


def learner(memory: str, *, carry: float = 0.0) -> nn.Module:
    """In evaluation, with every correction that starts at zero moved away from it."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = make_learner(WIDTH, {"memory": memory, "refine": 2, "carry": carry})
        for parameter in made.parameters():
            if not parameter.any():
                nn.init.normal_(parameter, 0, 0.3)
    return made.eval()


def scores(made: nn.Module, given: Support, asked: Tensor | None = None) -> Tensor:
    return made(given, queries() if asked is None else asked, start(given)).detach()


@pytest.mark.parametrize("memory", LEARNERS)
@pytest.mark.parametrize("shots", [1, 5])
def test_renumbered_classes_renumber_the_scores(memory, shots):
    given, made, order = support(shots, absent=0.3), learner(memory), [3, 0, 4, 1, 2]
    other = Support(given.shots[:, :, order], given.certainty[:, :, order], given.present[:, :, order])
    found, known = scores(made, given)[..., order], other.known.unsqueeze(2)
    assert found.dtype == torch.float32
    assert found.std() > 1e-4
    assert torch.allclose(scores(made, other) * known, found * known, atol=1e-5)


@pytest.mark.parametrize("memory", LEARNERS)
def test_a_query_is_answered_as_if_it_were_alone(memory):
    given, made, asked = support(5), learner(memory), queries()
    assert torch.allclose(scores(made, given, asked[:, :, 2:3]), scores(made, given, asked)[:, :, 2:3], atol=1e-5)


@pytest.mark.parametrize("memory", LEARNERS)
@pytest.mark.parametrize("shots", [1, 5])
def test_what_a_shot_without_the_view_would_hold_moves_nothing(memory, shots):
    given, made = support(shots, absent=0.4), learner(memory)
    other = replace(given, shots=torch.where(given.present.unsqueeze(-1), given.shots, 9.0))
    known = given.known.unsqueeze(2)
    assert torch.allclose(scores(made, other) * known, scores(made, given) * known, atol=1e-5)


@pytest.mark.parametrize("memory", LEARNERS)
def test_shots_that_nobody_has_are_as_if_they_were_not_there(memory):
    given, made = support(5), learner(memory)
    here = given.present.clone()
    here[:, :, :, 1] = False
    others = [0, 2, 3, 4]
    fewer = Support(given.shots[:, :, :, others], given.certainty[:, :, :, others], given.present[:, :, :, others])
    assert torch.allclose(scores(made, replace(given, present=here)), scores(made, fewer), atol=1e-5)


@pytest.mark.parametrize("memory", LEARNERS)
def test_a_view_that_no_shot_has_is_finite_and_leaves_the_others_alone(memory):
    given, made = support(5), learner(memory)
    here = given.present.clone()
    here[:, 2] = False
    found = scores(made, replace(given, present=here))
    other = given.shots.clone()
    other[:, 2] = 9
    assert torch.isfinite(found).all()
    assert torch.allclose(scores(made, replace(given, shots=other, present=here)), found, atol=1e-5)
    assert torch.allclose(found[:, :2], scores(made, given)[:, :2], atol=1e-5)


@pytest.mark.parametrize("memory", LEARNERS)
@pytest.mark.parametrize("shots", [1, 5])
def test_gradients_reach_support_queries_and_every_weight_and_are_finite(memory, shots):
    given, made, asked = support(shots, absent=0.2), learner(memory).train(), queries().requires_grad_()
    given.shots.requires_grad_()
    found = made(given, asked, start(given)).flatten(0, 2)
    loss = cross_entropy(found, torch.arange(len(found)) % WAYS)
    loss.backward()
    slopes = [given.shots.grad, asked.grad, *(p.grad for p in made.parameters())]
    assert torch.isfinite(loss)
    assert all(slope is not None and slope.any() and torch.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("memory", LEARNERS)
def test_scores_without_gradients_and_with_frozen_weights_are_the_same_each_time(memory):
    given, made = support(5, absent=0.2), learner(memory)
    found = scores(made, given)
    made.requires_grad_(False)
    with torch.no_grad():
        assert torch.equal(scores(made, given), found)


def test_numbers_are_drawn_for_each_episode_in_training_and_take_every_turn_in_evaluation():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        (drawn,), (again,) = (numberings(support(1), at_random=True) for _ in range(2))
    assert torch.equal(drawn.sort(2).values, torch.arange(WAYS).expand_as(drawn))
    assert len(torch.unique(torch.stack([drawn, again]).flatten(0, 2), dim=0)) > 6
    turns = torch.stack(numberings(support(1), at_random=False), dim=-1)
    assert torch.equal(turns.sort(-1).values, torch.arange(WAYS).expand_as(turns))


@pytest.mark.parametrize("memory", TOLD_NUMBERS)
def test_scores_in_training_are_those_of_the_seed(memory):
    given, made = support(1), learner(memory).train()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        first, second = scores(made, given), scores(made, given)
        torch.manual_seed(3)
        again = scores(made, given)
    assert torch.equal(again, first)
    assert not torch.allclose(second, first, atol=1e-6)


@pytest.mark.parametrize("memory", LEARNERS)
def test_any_number_of_classes_will_do_but_for_those_that_are_told_numbers(memory):
    made = learner(memory)
    for ways in (2, 10):
        assert scores(made, support(2, ways=ways)).shape == (BATCH, VIEWS, 7, ways)
    if memory in TOLD_NUMBERS:
        with pytest.raises(UsageError, match="at most 10 classes apart, and this episode has 12; set memory to slots"):
            scores(made, support(2, ways=12))
    else:
        assert torch.isfinite(scores(made, support(2, ways=12))).all()


@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_gated_maml_is_three_clamped_steps_of_plain_gradient_descent(scale):
    given, made, asked = support(4, scale=scale), learner("gated_maml"), queries()
    assert isinstance(made, GatedMAML)
    found, gates = scores(made, given, asked), made._gates(given)
    labels = torch.arange(WAYS).repeat_interleave(4)
    for view in range(VIEWS):
        head = [nn.Linear(WIDTH, 40), nn.Linear(40, 40), nn.Linear(40, WAYS)]
        for layer, own in zip(head, made.hidden, strict=False):
            layer.load_state_dict(own.state_dict())
        nn.init.zeros_(head[2].weight)
        nn.init.zeros_(head[2].bias)

        def answer(items: Tensor, head: list[nn.Linear] = head, view: int = view) -> Tensor:
            first = gates[0][1, view].detach() * head[0](items).relu()
            return head[2](gates[1][1, view].detach() * head[1](first).relu())

        weights = [p for layer in head for p in layer.parameters()]
        optimiser = torch.optim.SGD(weights, lr=0.05)
        for _ in range(3):
            optimiser.zero_grad()
            cross_entropy(answer(given.shots[1, view].flatten(0, 1)), labels).backward()
            nn.utils.clip_grad_value_(weights, 10.0)
            optimiser.step()
        assert torch.allclose(found[1, view], answer(asked[1, view]), rtol=1e-3, atol=1e-5)


def test_the_gradient_that_meta_lstm_is_told_is_that_of_the_supports_cross_entropy():
    given, head = support(3), torch.randn(BATCH, VIEWS, WAYS, WIDTH + 1, requires_grad=True)
    loss, slope = _error(given, head.detach())
    labels = torch.arange(WAYS).repeat_interleave(3)
    for b, m in ((0, 0), (1, 2)):
        found = 2 * given.shots[b, m].flatten(0, 1) @ head[b, m, :, :-1].T + head[b, m, :, -1]
        direct = cross_entropy(found, labels)
        (direct_slope,) = torch.autograd.grad(direct, head)
        assert torch.allclose(loss[b, m], direct, rtol=1e-4)
        assert torch.allclose(slope[b, m], direct_slope[b, m], atol=1e-5)


def test_meta_lstm_with_blind_gates_is_five_small_steps_of_gradient_descent_from_the_start():
    given, made, asked = support(3), learner("meta_lstm"), queries()
    assert isinstance(made, MetaLSTM)
    for gate, level in ((made.to_forget, 60.0), (made.to_input, -4.0)):
        nn.init.zeros_(gate.weight)
        nn.init.constant_(gate.bias, level)
    begun = start(given)
    head = torch.cat([begun.vectors, begun.offset.unsqueeze(-1)], dim=-1)
    for _ in range(5):
        head = head - torch.tensor(-4.0).sigmoid() * _error(given, head)[1]
    direct = 2 * asked @ head[..., :-1].mT + head[..., -1].unsqueeze(2)
    assert torch.allclose(scores(made, given, asked), direct, atol=1e-4)


def test_untrained_meta_lstm_judges_nearly_as_its_start():
    given = support(5)
    made, begun = make_learner(WIDTH, {"memory": "meta_lstm"}), start(given).scores(queries())
    moved = (scores(made, given).softmax(-1) - begun.softmax(-1)).abs()
    assert 1e-6 < moved.max() < 0.1


def test_carried_states_move_the_learner_in_training_and_never_in_evaluation():
    given, plain, carrying = support(5), learner("slots"), learner("slots", carry=0.5)
    assert isinstance(carrying, Slots)
    assert plain.state_dict().keys() == carrying.state_dict().keys() - {"carried"}
    carrying.load_state_dict(plain.state_dict(), strict=False)
    first = scores(carrying.train(), given)
    assert carrying.carried.any()
    assert not torch.allclose(scores(carrying, given), first, atol=1e-4)
    kept = carrying.carried.clone()
    assert torch.equal(scores(carrying.eval(), given), scores(plain, given))
    assert torch.equal(carrying.carried, kept)


def gaussians(batch: int) -> tuple[Support, Tensor, Tensor]:
    """Five classes, three shots and two queries each; four coordinates tell the classes apart, eight are noise."""
    telling = torch.arange(WIDTH) < 4
    items = telling * torch.randn(batch, 1, WAYS, 1, WIDTH) + (1 - 0.7 * telling) * torch.randn(
        batch, 1, WAYS, 5, WIDTH
    )
    shots, labels = items[:, :, :, :3], torch.arange(WAYS).repeat_interleave(2).repeat(batch)
    given = Support(shots, torch.zeros(shots.shape[:-1]), torch.ones(shots.shape[:-1], dtype=torch.bool))
    return given, items[:, :, :, 3:].flatten(2, 3), labels


@pytest.mark.parametrize(("memory", "steps"), [("flat", 600), ("gated_maml", 100), ("meta_lstm", 60), ("slots", 30)])
def test_what_tells_classes_apart_is_learned_in_few_steps(memory, steps):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = make_learner(WIDTH, {"memory": memory, "refine": 2, "carry": 0.0})
        held_out, asked_then, labels_then = gaussians(100)
        before = cross_entropy(scores(made.eval(), held_out, asked_then).flatten(0, 2), labels_then)
        optimiser = torch.optim.Adam(made.train().parameters(), lr=1e-2)
        for _ in range(steps):
            given, asked, labels = gaussians(16)
            optimiser.zero_grad()
            cross_entropy(made(given, asked, start(given)).flatten(0, 2), labels).backward()
            optimiser.step()
    after = scores(made.eval(), held_out, asked_then).flatten(0, 2)
    assert cross_entropy(after, labels_then) < 0.8 * before
    assert (after.argmax(1) == labels_then).float().mean() > 0.6


def built(memory: str) -> STF2M:
    """The whole untrained model, in which the rules take part."""
    made, sides = make_model("stf2m", width=16, site_width=8, memory=memory), MockSides(SHARED, 0)
    assert isinstance(made, STF2M)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made.build(sides.view_specs, sides.emotions)
        made.prepare(sides)
    made.network.steps += 1000
    made.network.eval()
    return made


@pytest.mark.parametrize("memory", LEARNERS)
def test_the_whole_model_keeps_queries_episodes_classes_and_padding_apart_and_is_read_back(memory, tmp_path):
    made, problem = built(memory), sample(SHARED, shot=1).problem
    with torch.no_grad():
        logits, order = made.predict(problem), [2, 0, 4, 1, 3]
        assert torch.allclose(made.predict(with_classes(problem, order)), logits[..., order], atol=1e-4)
        assert torch.allclose(made.predict(with_queries(problem, [3, 1])), logits[:, [3, 1]], atol=1e-4)
        assert torch.allclose(made.predict(only_episode(problem, 1)), logits[1:2], atol=1e-4)
        assert torch.allclose(made.predict(with_padding(problem, 4)), logits, atol=1e-4)
        save_model("stf2m", made, SHARED.specs, tmp_path / "saved")
        assert torch.equal(load_model(tmp_path / "saved").model.predict(problem), logits)


@pytest.mark.parametrize("memory", LEARNERS)
def test_the_encoder_learns_through_every_learner(memory):
    made = built(memory)
    problem, labels = next(MockSides(SHARED, 0).problems(5, count=2, batch=2))
    made.network.train()
    with torch.random.fork_rng():
        loss = cross_entropy(made.network(problem, shuffled=True).logits.flatten(0, 1), labels.flatten())
    loss.backward()
    assert torch.isfinite(loss)
    assert all(encoder.linear.map[1].weight.grad.any() for _, encoder in made.network.encoders())


def test_weights_of_a_learner_bear_the_name_of_its_memory():
    for memory in ("slots", "flat", "gated_maml", "meta_lstm"):
        assert f"network.{memory}.read." in " ".join(built(memory).state())
