"""Tiers, the smallest difference, ranked or control: worked on toy people, held against scipy."""

from __future__ import annotations

import pytest
from scipy.stats import t as student
from scipy.stats import ttest_rel
from toy_boards import few_people, result_of
from toy_results import frozen_toy

from stf2m_bench.leaderboards.board import board, models_of, verdict
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.leaderboards.standing import above_shortcuts, smallest_difference, tiers_of


@pytest.fixture(scope="module")
def task():
    return frozen_toy()


@pytest.fixture(scope="module")
def models(task):
    return {
        name: result_of(task, name, skill, seed)
        for name, skill, seed in (("best", 2.0, 1), ("near", 1.8, 2), ("poor", 0.5, 3))
    }


@pytest.fixture(scope="module")
def loudness(task):
    return result_of(task, "probe.loudness", 0.4, 4, source="probe", reference=True)


def test_rows_of_one_tier_are_those_that_the_paired_test_does_not_separate(task, models):
    rows = {row.model: row for row in board(models.values(), task)}
    assert [rows[name].tier for name in ("best", "near", "poor")] == [{1: 1, 5: 1}, {1: 1, 5: 1}, {1: 2, 5: 2}]
    assert rows["chance"].tier == {}


def test_tiers_follow_the_uar_of_their_own_shot_not_the_order_given(models):
    backwards = [models[name].figures.shots for name in ("poor", "near", "best")]
    assert tiers_of(backwards, 1) == [2, 1, 1]


def test_the_smallest_difference_is_that_of_the_paired_t_test_and_stands_on_the_page(task, models):
    (best, near, poor) = (models[name].figures.shots[5].subjects for name in ("best", "near", "poor"))

    def detectable(other):
        differences = [best[person] - other[person] for person in best]
        mean = sum(differences) / 12
        error = (sum((d - mean) ** 2 for d in differences) / 11 / 12) ** 0.5
        return (student.ppf(0.975, 11) + student.ppf(0.8, 11)) * error

    found = smallest_difference([result.figures.shots for result in models.values()], 5)
    assert found == pytest.approx((detectable(near) + detectable(poor)) / 2)
    assert smallest_difference([models["best"].figures.shots], 5) is None
    page = to_markdown(board(models.values(), task), task)
    assert "the paired test on these 12 people finds 4 times in 5 (median over the other models): " in page
    assert f"{found:.1f} points at 5-shot." in page


def test_models_above_the_best_shortcut_are_ranked_and_the_page_shows_the_probe_apart(task, models, loudness):
    rows = board([*models.values(), loudness], task)
    assert [(row.kind, row.model) for row in rows] == [
        ("ranked", "best"),
        ("ranked", "near"),
        ("ranked", "poor"),
        ("chance", "chance"),
        ("probe", "probe.loudness"),
    ]
    page = to_markdown(rows, task)
    ranking, _, shortcuts = page.partition("## What a shortcut that sees no expression gets")
    assert "probe.loudness" not in ranking
    assert f"| probe.loudness | {loudness.figures.shots[1].uar:.1f} ± " in shortcuts
    one, other = (r.figures.shots[5].subjects for r in (models["best"], loudness))
    p = ttest_rel(list(one.values()), [other[person] for person in one]).pvalue
    assert p < 0.001
    points = sum(one[person] - other[person] for person in one) / 12
    assert f"5-shot: best over probe.loudness by {points:.1f} points, p &lt; 0.001" in shortcuts


def test_a_task_whose_best_model_is_not_above_its_best_shortcut_is_a_control(task, models, loudness):
    strong = result_of(task, "probe.length", 2.0, 5, source="probe", reference=True)
    rows = board([*models.values(), loudness, strong], task)
    assert {row.kind for row in rows} == {"control", "chance", "probe"}
    assert {row.rank for row in rows} == {None}
    assert not verdict(rows, task).ranked
    page = to_markdown(rows, task)
    assert "> **Control task.**" in page
    assert "best over probe.length" in page


def test_one_shot_at_which_the_shortcut_is_not_beaten_is_enough_for_a_control(task, models):
    weak, strong = (result_of(task, "probe", skill, 6, source="probe").figures.shots for skill in (0.0, 2.0))
    best = {"best": models["best"].figures.shots}
    assert above_shortcuts(best, {"probe": weak}, (1, 5)).ranked
    assert not above_shortcuts(best, {"probe": {1: strong[1], 5: weak[5]}}, (1, 5)).ranked
    assert not above_shortcuts(best, {"probe": {1: weak[1], 5: strong[5]}}, (1, 5)).ranked


def test_without_a_probe_the_task_file_decides_and_the_page_says_that_none_was_run(task, models):
    rows = board(models.values(), task)
    assert rows[0].rank == 1
    assert "No shortcut probe was run on this task yet" in to_markdown(rows, task)


def test_where_no_shortcut_applies_the_page_says_so_and_models_stand_against_what_sees_nothing(task, models):
    nothing = result_of(task, "probe.none", 0.0, 7, source="probe", reference=True)
    page = to_markdown(board([*models.values(), nothing], task), task)
    assert "No shortcut applies to this task" in page
    assert "No shortcut probe was run" not in page
    assert "best over probe.none" in page
    assert "No shortcut applies" not in to_markdown(board(models.values(), task), task)


def test_a_retracted_probe_holds_nothing_against_the_models(task, models):
    strong = result_of(task, "probe.length", 3.0, 5, source="probe", reference=True)
    rows = board([*models.values(), strong.model_copy(update={"state": "retracted", "reason": "bug"})], task)
    assert rows[0].rank == 1


def test_fewer_than_six_people_have_no_interval_no_tiers_but_every_persons_value():
    task = few_people()
    results = [result_of(task, "good", 2.0, 1), result_of(task, "poor", 0.3, 2)]
    rows = board(results, task)
    assert [row.tier for row in rows[:2]] == [{1: None, 5: None}] * 2
    assert smallest_difference([figures for _, figures in models_of(rows)], 5) is None
    page = to_markdown(rows, task)
    assert "±" not in page.partition("UAR is the mean recall")[0]
    assert "not separated" not in page
    assert "Fewer than 6 people" in page
    for person, value in results[0].figures.shots[5].subjects.items():
        assert f"| 0 | {person} | {value:.1f} | {results[1].figures.shots[5].subjects[person]:.1f} |" in page
    probe = result_of(task, "probe.length", 0.0, 3, source="probe")
    assert "cannot be tested, there are too few people" in verdict(board([*results, probe], task), task).says
