from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t
from toy_results import toy_folds, toy_task

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.intervals import (
    contributions,
    linearised,
    monte_carlo,
    monte_carlo_variance,
    new_people,
    over_unlike_folds,
    t_halfwidth,
)
from stf2m_bench.scoring.metrics import recalls, uar
from stf2m_bench.tasks.task import load_task


def fold_recall(correct, truth, emotions=6):
    return recalls(correct, truth, np.zeros_like(truth), emotions=emotions, folds=1)[0]


def test_linearised_correctness_averages_to_the_uar_not_to_the_accuracy():
    rng = np.random.default_rng(0)
    truth = rng.choice(6, 500, p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    correct = (rng.random(500) < np.where(truth == 0, 0.9, 0.3)).astype(float)
    recall = fold_recall(correct, truth)
    assert linearised(correct, truth, recall).mean() == pytest.approx(recall.mean())
    assert abs(correct.mean() - recall.mean()) > 0.1


def test_linearised_correctness_tells_how_the_uar_moves_with_the_weight_of_a_query():
    truth = np.array([0, 0, 0, 0, 1, 2, 2])
    correct = np.array([1.0, 0, 1, 1, 1, 0, 1])
    z = linearised(correct, truth, fold_recall(correct, truth, emotions=3))

    def weighted_uar(weights):
        return np.mean([np.average(correct[truth == e], weights=weights[truth == e]) for e in range(3)])

    for query in range(7):
        nudge = 1 + 1e-6 * (np.arange(7) == query)
        slope = (weighted_uar(nudge) - weighted_uar(np.ones(7))) / 1e-6
        assert slope == pytest.approx((z[query] - z.mean()) / 7, abs=1e-6)


def test_monte_carlo_variance_of_balanced_episodes_is_that_of_a_mean():
    rng = np.random.default_rng(6)
    truth = np.tile([0, 1, 2, 0, 1, 2], (5, 1))
    correct = rng.integers(0, 2, (5, 6)).astype(float)
    expected = correct.mean(axis=1).var(ddof=1) / 5
    assert monte_carlo_variance(correct, truth, emotions=3) == pytest.approx(expected)


def test_monte_carlo_variance_agrees_with_a_jackknife_over_episodes():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 6, (150, 8))
    correct = (rng.random((150, 8)) < rng.random((150, 1))).astype(float)
    variance = monte_carlo_variance(correct, truth, emotions=6)
    left_out = np.array([fold_recall(np.delete(correct, i, 0), np.delete(truth, i, 0)).mean() for i in range(150)])
    jackknife = 149 / 150 * ((left_out - left_out.mean()) ** 2).sum()
    assert variance == pytest.approx(jackknife, rel=0.05)


def test_the_interval_for_these_people_adds_the_variances_of_the_folds():
    interval = monte_carlo(0.5, [0.0003, 0.0001])
    assert interval.halfwidth == pytest.approx(100 * 1.959964 * 0.02 / 2, abs=1e-4)
    assert (interval.label, interval.people) == ("episodes", None)


def test_one_episode_gives_no_monte_carlo_error():
    variance = monte_carlo_variance(np.ones((1, 4)), np.array([[0, 1, 0, 1]]), emotions=2)
    assert monte_carlo(0.5, [0.01, variance]) is None


def test_contributions_find_the_effects_of_asking_and_of_supporting():
    rng = np.random.default_rng(2)
    a, b = (e - e.mean() for e in rng.normal(0, 0.1, (2, 5)))
    pairs = np.array([(i, j) for i in range(5) for j in range(5) if i != j] * 3)
    z = 0.6 + a[pairs[:, 0]] + b[pairs[:, 1]]
    found = contributions(z, pairs[:, 0], pairs[:, 1:])
    assert found.told_apart
    np.testing.assert_allclose(found.values, 0.6 + a + b)


def test_contributions_are_the_shortest_least_squares_solution():
    rng = np.random.default_rng(3)
    asking = rng.integers(0, 4, 200)
    supporting = (asking[:, None] + rng.integers(1, 4, (200, 10))) % 4
    z = rng.random(200)
    dummies = np.eye(4)[asking]
    shares = np.eye(4)[supporting].mean(axis=1)
    centre = np.eye(4) - 1 / 4
    design = np.hstack([np.ones((200, 1)), dummies @ centre, shares @ centre])
    effects = np.linalg.lstsq(design, z, rcond=None)[0][1:]
    found = contributions(z, asking * 10, supporting * 10)
    np.testing.assert_allclose(found.values, z.mean() + effects[:4] + effects[4:])
    np.testing.assert_array_equal(found.people, [0, 10, 20, 30])


def test_in_the_personal_track_a_person_contributes_by_asking_alone():
    asking = np.array([0, 0, 1, 1, 2, 2])
    found = contributions(np.array([1.0, 0, 1, 1, 0, 0]), asking, None)
    np.testing.assert_allclose(found.values, [0.5, 1, 0], atol=1e-12)


def test_two_people_who_only_ask_each_other_cannot_be_told_apart():
    asking = np.array([0, 1] * 50)
    found = contributions(np.tile([1.0, 0.0], 50), asking, 1 - asking[:, None])
    assert not found.told_apart


def test_the_interval_for_new_people_is_the_t_interval_of_their_contributions():
    values = np.random.default_rng(4).normal(0.6, 0.1, 12)
    interval = new_people(0.6, values)
    assert interval.halfwidth == pytest.approx(100 * t.ppf(0.975, 11) * values.std(ddof=1) / np.sqrt(12), abs=1e-5)
    assert interval.lower == pytest.approx(60 - interval.halfwidth, abs=2e-6)
    assert (interval.people, interval.label) == (12, "people")


@pytest.mark.parametrize(("people", "label"), [(5, None), (6, "rough"), (11, "rough"), (12, "people")])
def test_few_people_make_it_rough_and_fewer_than_six_give_none(people, label):
    interval = new_people(0.5, np.linspace(0.4, 0.6, people))
    assert (interval and interval.label) == label


@pytest.mark.parametrize(("shot", "folds"), [(1, 3), (5, 3), (1, 2)])
def test_in_simulation_the_interval_for_new_people_covers_and_monte_carlo_does_not(shot, folds):
    """Twelve people with effects in both roles, a chance of 0.6 for new people, 300 draws of people and answers."""
    drawn = draw_all(Drawer(toy_task(folds=toy_folds(12 // folds), episodes=120)), shot)
    asking, supporting = drawn.query // 36, drawn.support // 36
    rng = np.random.default_rng(5)
    covered = np.zeros(2)
    for _ in range(300):
        a, b = rng.normal(0, 0.1, 12), rng.normal(0, 0.08, 12)
        chance = 0.6 + a[asking] + b[supporting].mean(axis=1, keepdims=True)
        correct = (rng.random(asking.shape) < chance).astype(float)
        values, variances, means = [], [], []
        for fold in range(folds):
            rows = drawn.fold == fold
            y, truth = correct[rows].ravel(), drawn.truth[rows].ravel()
            recall = fold_recall(y, truth)
            support = np.repeat(supporting[rows], asking.shape[1], axis=0)
            values.append(contributions(linearised(y, truth, recall), asking[rows].ravel(), support).values)
            means.append(uar(recall[None]))
            variances.append(monte_carlo_variance(correct[rows], drawn.truth[rows], emotions=6))
        estimate = float(np.mean(means))
        for n, interval in enumerate([new_people(estimate, np.concatenate(values)), monte_carlo(estimate, variances)]):
            covered[n] += interval.lower <= 60 <= interval.upper
    new, these = covered / 300
    assert 0.9 <= new <= 0.995
    assert these < 0.7


def test_in_simulation_the_interval_covers_where_some_only_ask_and_some_only_support():
    """The layout of EEVR: two folds, 18 or 19 people ask, 6 or 7 others support; 200 draws of people and answers."""
    task = load_task("eevr-new-stimuli")
    drawn, person = draw_all(Drawer(task), 5), np.unique(task.clips.subject, return_inverse=True)[1]
    rng, draws, people = np.random.default_rng(6), 200, int(person.max()) + 1
    a, b = rng.normal(0, 0.1, (draws, people)), rng.normal(0, 0.08, (draws, people))
    values, uars = [], []
    for fold in (0, 1):
        rows = drawn.fold == fold
        asking, supporting = person[drawn.query[rows]], person[drawn.support[rows]]
        chance = 0.5 + a[:, asking] + b[:, supporting].mean(axis=2)[:, :, None]
        correct = (rng.random(chance.shape) < chance).astype(float).reshape(draws, -1)
        truth = drawn.truth[rows].ravel()
        recall = np.array([fold_recall(one, truth, emotions=4) for one in correct])
        support = np.repeat(supporting, asking.shape[1], axis=0)
        found = contributions(linearised(correct, truth, recall), asking.ravel(), support)
        assert found.told_apart
        values.append(found)
        uars.append(recall.mean(axis=1))
    covered = 0
    for draw in range(draws):
        ones = [replace(one, values=one.values[draw]) for one in values]
        c = over_unlike_folds(ones, np.array([one[draw] for one in uars]))
        estimate = float(np.mean([one[draw] for one in uars]))
        assert np.mean(list(c.values())) == pytest.approx(estimate)
        interval = new_people(estimate, np.array(list(c.values())))
        covered += interval.lower <= 50 <= interval.upper
    assert (len(c), interval.label) == (37, "people")
    assert 0.88 <= covered / draws <= 0.995


def test_many_models_at_once_are_scored_as_each_alone():
    rng = np.random.default_rng(7)
    truth, asking = rng.integers(0, 6, 400), rng.integers(0, 5, 400)
    supporting = (asking[:, None] + rng.integers(1, 5, (400, 3))) % 5
    correct = (rng.random((2, 3, 400)) < 0.6).astype(float)
    recall = np.array([[fold_recall(one, truth) for one in row] for row in correct])
    z = linearised(correct, truth, recall)
    together = contributions(z, asking, supporting)
    for model in np.ndindex(2, 3):
        alone = linearised(correct[model], truth, recall[model])
        np.testing.assert_allclose(z[model], alone)
        np.testing.assert_allclose(together.values[model], contributions(alone, asking, supporting).values)


def test_the_half_width_of_many_means_is_that_of_each():
    values = np.random.default_rng(8).normal(0.6, 0.1, (4, 9))
    expected = [(t.interval(0.95, 8, row.mean(), row.std(ddof=1) / 3)[1] - row.mean()) for row in values]
    np.testing.assert_allclose(t_halfwidth(values), expected)
