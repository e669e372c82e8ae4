"""ST-F2M as a whole: every switch trains, the paper's view-based tasks, the space of training emotions."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from moved import moved

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.views import TaskViews, ViewSpec
from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.class_space import assignment, matching
from stf2m_bench.models.base.mock import MockSides, mock_views, sample, with_classes, with_padding, with_queries
from stf2m_bench.models.base.model import load_model, make_model, save_model
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.stf2m import CHOICES, STF2M
from stf2m_bench.models.stf2m_parts.encoder import SpatioTemporalEncoder, shrunk_statistics
from stf2m_bench.models.stf2m_parts.policies import with_policy
from stf2m_bench.models.stf2m_parts.sites import averaged, layout_of, to_sites
from stf2m_bench.models.stf2m_parts.temporal import TemporalConvolution, pooled_over_time
from stf2m_bench.training.loop import fit_model

SWITCHED = [
    *({name: value} for name, values in CHOICES.items() for value in values[1:]),
    *({name: False} for name in ("task_norm", "site_gate", "view_gate", "class_space", "shot_ridge", "shot_trust")),
    *({"policy": policy} for policy in ("all", "cross", "mix", "audio.logmel")),
    {"pretrain": 2},
    {"augment": True},
    {"votes": True},
]


@cache
def views() -> TaskViews:
    return mock_views()


def ways_of(made: STF2M, problem: Problem) -> dict[str, torch.Tensor]:
    return made._matching.ways(problem, made._matching.seen(problem, made.network), made.network)


def built(**config: object) -> STF2M:
    return moved(MockSides(views(), 0), **config)


@pytest.mark.parametrize("config", SWITCHED, ids=lambda config: "-".join(f"{k}={v}" for k, v in config.items()))
def test_every_switch_trains_and_predicts(config):
    made, sides = built(**config), MockSides(views(), 0)
    made.network.train()
    problem, labels = next(sides.problems(5, count=2, batch=2))
    with torch.random.fork_rng():
        loss = made.loss(problem, labels)
    loss.backward()
    moved = [p for p in made.network.parameters() if p.grad is not None and p.grad.any()]
    assert torch.isfinite(loss)
    assert moved
    assert all(torch.isfinite(p.grad).all() for p in moved)
    made.network.eval()
    given_ = sample(views(), shot=1)
    with torch.no_grad():
        assert made.predict(given_.problem).shape == (4, given_.problem.query_index.shape[1], 5)


def test_a_setting_that_is_none_is_refused_with_what_there_is():
    with pytest.raises(UsageError, match="no fuzzy 'rules'; it has tsk, mlp, none"):
        make_model("stf2m", fuzzy="rules")


def test_a_policy_that_is_neither_known_nor_a_view_is_refused():
    given_ = sample(views(), shot=1)
    with pytest.raises(UsageError, match=r"no policy 'half'; it has random, .* or a view: audio.logmel"):
        with_policy(given_.problem, "half")


@pytest.mark.parametrize("shot", [1, 5])
def test_with_all_corrections_moved_the_invariances_hold(shot):
    made, given_ = built(), sample(views(), shot=shot)
    problem = given_.problem
    with torch.no_grad():
        logits = made.predict(problem)
        order = [2, 0, 4, 1, 3]
        if shot == 1:
            renumbered = made.predict(with_classes(problem, order))
            assert torch.allclose(renumbered, logits[..., order], atol=1e-4)
        few = made.predict(with_queries(problem, [3, 1]))
        assert torch.allclose(few, logits[:, [3, 1]], atol=1e-4)
        assert torch.allclose(made.predict(with_padding(problem, 4)), logits, atol=1e-4)


@pytest.mark.parametrize("policy", ["random", "cross", "mix", "imported:mock"])
def test_a_policy_leaves_every_clip_a_view_that_it_had_and_changes_nothing_in_place(policy):
    given_ = sample(views(), shot=5)
    before = {view: lengths.clone() for view, lengths in given_.problem.lengths.items()}
    with torch.random.fork_rng():
        torch.manual_seed(3)
        seen = with_policy(given_.problem, policy)
    assert all(torch.equal(before[view], given_.problem.lengths[view]) for view in before)
    shown = torch.stack(list(seen.present.values()))
    if policy == "imported:mock":
        assert torch.equal(shown[2], given_.problem.present["imported:mock"])
        assert not shown[:2].any()
        return
    assert shown.any(0).all()
    assert not torch.equal(shown, torch.stack(list(given_.problem.present.values())))


def test_mixing_takes_views_from_clips_of_the_same_class_only():
    problem = sample(views(), shot=5, batch=1).problem
    with torch.random.fork_rng():
        torch.manual_seed(3)
        seen = with_policy(problem, "mix")
    shots = problem.support_index.reshape(5, 5)
    for view in problem.clips:
        for row in shots:
            mixed = {tuple(x.flatten().tolist()) for x in seen.clips[view][row]}
            assert mixed == {tuple(x.flatten().tolist()) for x in problem.clips[view][row]}
        assert torch.equal(seen.clips[view][problem.query_index], problem.clips[view][problem.query_index])


@settings(max_examples=30)
@given(st.integers(2, 6), st.integers(0, 4), st.integers(0, 10_000))
def test_no_two_classes_take_the_same_emotion(ways, more, seed):
    evidence = 5 * torch.randn(2, ways, ways + more, generator=torch.Generator().manual_seed(seed))
    shares = assignment(evidence).exp()
    assert torch.allclose(shares.sum(2), torch.ones(2, ways), atol=1e-4)
    assert shares.sum(1).max() < 1.1


def test_a_class_in_doubt_gives_way_to_one_that_is_sure():
    sure, doubtful = [9.0, 0.0, 0.0], [2.0, 1.8, 0.0]
    shares = assignment(torch.tensor([[sure, doubtful]])).exp()[0]
    assert shares[0, 0] > 0.9
    assert shares[1, 1] > 0.6 > 0.2 > shares[1, 0]


def test_with_fewer_emotions_than_classes_there_is_no_exclusion():
    evidence = torch.randn(1, 4, 2)
    assert torch.allclose(assignment(evidence), evidence.log_softmax(-1))


def test_matching_is_the_sum_over_emotions_written_out():
    queries, classes = torch.randn(1, 3, 4).log_softmax(-1), torch.randn(1, 2, 4).log_softmax(-1)
    direct = sum(queries[0, 1, e].exp() * classes[0, 0, e].exp() for e in range(4)).log()
    assert torch.allclose(matching(queries, classes)[0, 1, 0], direct, atol=1e-6)


def test_statistics_of_few_or_constant_values_move_toward_the_training_people():
    values = torch.zeros(1, 5, 2, 1)
    values[0, :, 1] = 3.0
    mean, scale = shrunk_statistics(values, torch.ones(1, 5))
    assert torch.allclose(mean.flatten(), torch.tensor([0.0, 3 * 5 / 25]))
    assert (scale > 0.85).all()
    many, _ = shrunk_statistics(values.repeat(1, 400, 1, 1), torch.ones(1, 2000))
    assert many[0, 0, 1, 0] > 2.9


def test_pooling_counts_valid_rows_alone_and_is_smooth_on_constant_ones():
    rows = torch.full((2, 6, 3, 4), 2.0, requires_grad=True)
    mask = torch.ones(2, 6, 1, 1)
    mask[0, 2:] = 0
    mask[1] = 0
    pooled = pooled_over_time(rows, mask)
    assert torch.allclose(pooled[0, 0, [0, 8]], torch.tensor([2.0, 2.0]))
    assert torch.isfinite(pooled).all()
    pooled.sum().backward()
    assert torch.isfinite(rows.grad).all()


@pytest.mark.parametrize(("kind", "sees"), [("multi", True), ("single", True), ("none", False)])
def test_only_convolution_sees_the_order_of_rows(kind, sees):
    torch.manual_seed(0)
    convolution = TemporalConvolution(kind, "none", 8, 0.1)
    rows, valid = torch.randn(2, 12, 3, 8), torch.ones(2, 12, dtype=torch.bool)
    shuffled = convolution(rows[:, torch.randperm(12)], valid)
    assert torch.allclose(shuffled, convolution(rows, valid), atol=1e-5) is not sees


def test_several_dilations_reach_farther_than_one():
    def reach(kind: str) -> int:
        torch.manual_seed(0)
        convolution = TemporalConvolution(kind, "none", 8, 0.1, layers=1)
        rows = torch.randn(1, 21, 1, 8, requires_grad=True)
        mask = torch.ones(1, 21, 1, 1)
        convolution._layer(0, rows, mask)[0, 10].sum().backward()
        return int((rows.grad.abs().sum((0, 2, 3)) > 0).sum())

    assert (reach("single"), reach("multi")) == (3, 7)


@pytest.mark.parametrize(
    ("spec", "kind", "shape"),
    [
        (ViewSpec("audio.logmel", (40,), 179, 50.0, "mel band"), "line", (23, 10, 4)),
        (ViewSpec("video.face", (32, 32), 30, 12.5, "pixel row"), "grid", (15, 16, 64)),
        (ViewSpec("imported:au", (35,), 1, None, "column"), "named", (1, 35, 1)),
        (ViewSpec("text.hashed", (128,), 8, None, "hash bucket"), "point", (8, 1, 128)),
        (ViewSpec("signal.window:eda", (1,), 39, 16.0, "channel"), "point", (20, 1, 1)),
    ],
)
def test_views_lie_on_the_sites_that_suit_them(spec, kind, shape):
    layout = layout_of(spec)
    rows, steps = averaged(
        to_sites(torch.randn(2, spec.rows, *spec.shape), layout), torch.tensor([spec.rows, 1]), layout.window
    )
    assert layout.kind == kind
    assert rows.shape[1:] == shape
    assert steps.sum(1).tolist() == [shape[0], 1]


def test_a_patch_of_a_picture_holds_the_pixels_of_its_corner():
    picture = torch.zeros(1, 1, 32, 32)
    picture[..., 24:, :8] = 1
    sites = to_sites(picture, layout_of(ViewSpec("video.face", (32, 32), 30, 12.5, "pixel row")))
    assert sites[0, 0].sum(1).nonzero().flatten().tolist() == [12]


def test_windows_are_means_of_their_valid_rows():
    rows = torch.arange(7.0).reshape(1, 7, 1, 1)
    means, steps = averaged(rows, torch.tensor([5]), 3)
    assert means.flatten().tolist() == [1.0, 3.5, 0.0]
    assert steps.tolist() == [[True, True, False]]


def test_the_gate_of_sites_starts_open_and_knows_no_difference():
    spec = ViewSpec("imported:au", (35,), 1, None, "column")
    encoder = SpatioTemporalEncoder(
        spec, spatial="auto", temporal="multi", position="seconds", task_norm=True, gate=True, site_width=8, width=16,
        dropout=0.5,
    ).eval()  # fmt: skip
    clips = encoder.encode(torch.randn(10, 1, 35), torch.ones(10, dtype=torch.int64))
    gates = encoder.site_gates(clips, torch.arange(5).unsqueeze(0))
    assert torch.allclose(gates, torch.tensor(2.0).sigmoid().expand(1, 35))


def test_weights_saved_in_half_are_read_back_as_float32_within_their_rounding(tmp_path):
    made = built()
    save_model("stf2m", made, views().specs, tmp_path / "half", half=True)
    read, kept = load_model(tmp_path / "half").model.state(), made.state()
    assert read.keys() == kept.keys()
    for name, tensor in kept.items():
        assert read[name].dtype == tensor.dtype
        assert torch.allclose(read[name], tensor, rtol=1e-3, atol=1e-5)


def test_where_the_task_tests_other_emotions_the_space_of_training_emotions_is_left_out(tmp_path):
    sides = MockSides(views(), 0)
    sides.new_emotions = True
    made = fit_model(make_model("stf2m", width=16, site_width=8), sides, recipe=Recipe(iterations=2, check_every=2))
    assert not any(name.startswith(("map.", "class_weights")) for name in made.state())
    assert set(ways_of(made, sides.validation(1)[0][0])) == {"episode", "ridge"}
    save_model("stf2m", made, sides.view_specs, tmp_path / "saved")
    problem, _ = sides.validation(5)[0]
    assert torch.equal(load_model(tmp_path / "saved").model.predict(problem), made.predict(problem))


def test_ridge_regression_on_the_shots_is_that_of_the_board_and_its_scale_is_saved_once(tmp_path):
    sides = MockSides(views(), 0)
    made = fit_model(make_model("stf2m", width=16, site_width=8), sides, recipe=Recipe(iterations=2, check_every=2))
    problem, _ = sides.validation(5)[0]
    alone = make_model("ridge").fit(sides)
    assert torch.equal(ways_of(made, problem)["ridge"], alone.predict(problem))
    assert sum("pooling.mean.audio.logmel" in name for name in made.state()) == 1
    save_model("stf2m", made, sides.view_specs, tmp_path / "saved")
    assert torch.equal(load_model(tmp_path / "saved").model.predict(problem), made.predict(problem))


def test_what_training_taught_may_give_way_to_the_shots_by_a_switch():
    sides, brief = MockSides(views(), 0), Recipe(iterations=2, check_every=2)
    made, off = (
        fit_model(make_model("stf2m", width=16, site_width=8, shot_trust=on), sides, recipe=brief)
        for on in (True, False)
    )
    problem, _ = sides.validation(5)[0]
    assert not torch.equal(made.predict(problem), off.predict(problem))
    assert {name.split(".")[0] for name in made.state()} - {name.split(".")[0] for name in off.state()} == {"trust"}
    assert "shot_trust" not in make_model("stf2m", shot_ridge=False).config()
