from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stf2m_bench.scoring.comparisons import compare, holm, sign_flip, smallest_detectable, t_test, tiers
from stf2m_bench.scoring.intervals import contributions

points = st.floats(-50, 50, allow_nan=False).map(lambda value: round(value, 3))


def by_person(values):
    return {f"p{number:02d}": float(value) for number, value in enumerate(values)}


def exact_by_counting(differences):
    """The sign-flip p of whole numbers, from the exact distribution of their signed sum, one person after another."""
    ways = {0: 1}
    for value in map(int, differences):
        after = {}
        for total, count in ways.items():
            for new in (total + value, total - value):
                after[new] = after.get(new, 0) + count
        ways = after
    seen = abs(int(sum(differences)))
    return sum(count for total, count in ways.items() if abs(total) >= seen) / 2 ** len(differences)


@pytest.mark.parametrize("people", [6, 12, 24])
def test_the_paired_comparison_is_the_t_test_of_scipy(people):
    rng = np.random.default_rng(people)
    one, other = rng.normal(60, 8, people), rng.normal(57, 8, people)
    found, expected = compare(by_person(one), by_person(other)), stats.ttest_rel(one, other)
    interval = expected.confidence_interval()
    assert found.difference == pytest.approx(one.mean() - other.mean())
    assert found.p == pytest.approx(expected.pvalue)
    assert found.difference - found.halfwidth == pytest.approx(interval.low)
    assert found.difference + found.halfwidth == pytest.approx(interval.high)
    assert found.people == people


@given(st.lists(st.tuples(points, points), min_size=6, max_size=10))
def test_turning_the_pair_round_turns_the_difference_and_nothing_else(pairs):
    one, other = (by_person(values) for values in zip(*pairs, strict=True))
    there, back = compare(one, other), compare(other, one)
    assert back.difference == pytest.approx(-there.difference)
    assert (back.halfwidth, back.p, back.p_flip) == pytest.approx((there.halfwidth, there.p, there.p_flip))


def test_people_are_paired_by_name_not_by_place():
    one = by_person([60, 61, 65, 70, 50, 55])
    assert compare(one, dict(reversed(one.items()))) == compare(one, one)


def test_equal_results_differ_by_nothing_and_a_constant_gain_is_certain():
    one = by_person([60, 61, 65, 70, 50, 55])
    same = compare(one, one)
    assert (same.difference, same.halfwidth, same.p, same.p_flip) == (0, 0, 1, 1)
    gain = compare({person: value + 0.1 for person, value in one.items()}, one)
    assert gain.p == 0
    assert gain.p_flip == 2 / 2**6


def test_below_six_people_there_is_a_difference_but_no_test():
    found = compare(by_person([1, 2, 3, 4, 5]), by_person([0, 0, 0, 0, 0]))
    assert (found.difference, found.halfwidth, found.people) == (3, np.inf, 5)
    assert np.isnan([found.p, found.p_flip]).all()


def test_results_of_different_people_are_not_compared():
    with pytest.raises(ValueError, match="different people"):
        compare({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0})


def test_many_t_tests_at_once_are_those_of_one_after_the_other():
    differences = np.random.default_rng(0).normal(1, 2, (3, 4, 9))
    expected = stats.ttest_1samp(differences, 0, axis=-1).pvalue
    np.testing.assert_allclose(t_test(differences), expected)


@pytest.mark.parametrize("people", [6, 7, 11])
def test_the_sign_flip_test_is_the_permutation_test_of_scipy(people):
    differences = np.random.default_rng(people).normal(1, 3, people)
    expected = stats.permutation_test(
        (differences,), lambda values: values.sum(), permutation_type="samples", n_resamples=np.inf, vectorized=False
    )
    assert sign_flip(differences) == pytest.approx(expected.pvalue)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_the_sign_flip_test_counts_ties_as_the_enumeration_of_all_signs_does(values):
    differences = np.array(values, dtype=float)
    sums = [abs(np.dot(signs, values)) for signs in product((1, -1), repeat=len(values))]
    assert sign_flip(differences) == np.mean([total >= abs(sum(values)) for total in sums])


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_rounding_does_not_break_ties(values):
    assert sign_flip(np.array(values) * 0.1) == sign_flip(np.array(values, dtype=float))


@pytest.mark.parametrize(("people", "tolerance"), [(17, 0), (24, 0), (32, 0), (33, 0.005), (91, 0.005)])
def test_the_sign_flip_test_is_exact_up_to_32_people_and_close_beyond(people, tolerance):
    differences = np.random.default_rng(1).integers(-20, 26, people).astype(float)
    p = exact_by_counting(differences)
    assert 0.02 < p < 0.98
    assert sign_flip(differences) == pytest.approx(p, abs=tolerance + 1e-12)


def test_holm_on_the_fifteen_p_values_of_the_myocardial_infarction_study():
    """Benjamini & Hochberg 1995, JRSS B 57, section 4.1: Bonferroni and Hochberg both reject three, hence Holm, too."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    adjusted = holm(p)
    assert adjusted[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.1140])
    assert sum(value < 0.05 for value in adjusted) == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni_tests(p):
    """Marcus, Peritz & Gabriel 1976: a hypothesis falls when every intersection that holds it falls."""
    places = range(len(p))
    subsets = [set(chosen) for size in range(1, len(p) + 1) for chosen in combinations(places, size)]
    expected = [max(min(1, len(s) * min(p[i] for i in s)) for s in subsets if place in s) for place in places]
    assert holm(p) == pytest.approx(expected)


def test_holm_leaves_out_what_could_not_be_tested():
    adjusted = holm([0.01, float("nan"), 0.02])
    assert adjusted[0::2] == [0.02, 0.02]
    assert np.isnan(adjusted[1])


wobble = np.array([1.0, -1, 2, -2, 0.5, -0.5, 1.5, -1.5])


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([60], [1]),
        ([60, 60], [1, 1]),
        ([60, 50], [1, 2]),
        ([60, 59.5, 50, 49.5, 40], [1, 1, 2, 2, 3]),
    ],
)
def test_tiers_step_down_from_the_best_row(means, expected):
    """Neighbouring rows wobble against each other: the standard error of their difference is 1.04 points."""
    assert tiers([by_person(mean + (-1) ** place * wobble) for place, mean in enumerate(means)]) == expected


def test_a_row_of_great_spread_stays_with_the_leader_though_a_better_one_is_separated():
    assert tiers([by_person(60 + wobble), by_person(55 - wobble), by_person(54 + 20 * wobble)]) == [1, 2, 1]


def test_below_six_people_there_are_no_tiers():
    assert tiers([by_person([60, 61, 62, 63, 64]), by_person([10, 11, 12, 13, 14])]) is None
    assert tiers([]) == []


def test_tiers_pay_for_every_pair_of_rows():
    """A difference of p = 0.03 separates two rows; not the same two among five, where Holm asks 0.005."""
    better, worse = by_person(52.75 + wobble), by_person(50 - wobble)
    assert 0.005 < compare(better, worse).p < 0.05
    assert tiers([better, worse]) == [1, 2]
    between = [by_person(51 + 3 * np.roll(wobble, places)) for places in (1, 2, 3)]
    assert tiers([better, *between, worse]) == [1] * 5


def test_ten_equal_rows_are_rarely_split():
    """1,000 simulated boards: any row is called separated in 5% at most, but for the error of the simulation."""
    rng = np.random.default_rng(2)
    split = 0
    for _ in range(1000):
        c = rng.normal(60, 10, (10, 12))
        split += max(tiers([by_person(row) for row in c[np.argsort(-c.mean(axis=1))]])) > 1
    assert split < 65


def test_the_contributions_of_a_difference_are_the_differences_of_the_contributions():
    rng = np.random.default_rng(3)
    asking = rng.integers(0, 7, 300)
    supporting = (asking[:, None] + rng.integers(1, 7, (300, 5))) % 7
    one, other = rng.random((2, 300))
    c_one, c_other, c_both = (contributions(z, asking, supporting).values for z in (one, other, one - other))
    np.testing.assert_allclose(c_both, c_one - c_other)


@pytest.mark.parametrize("people", [6, 12, 24])
def test_the_smallest_detectable_difference_is_found_4_times_in_5(people):
    """By the noncentral t distribution, which the formula does without."""
    spread = by_person(np.random.default_rng(4).normal(0, 10, people))
    size = smallest_detectable(spread) / np.std(list(spread.values()), ddof=1) * np.sqrt(people)
    critical = stats.t.ppf(0.975, people - 1)
    power = stats.nct.sf(critical, people - 1, size) + stats.nct.cdf(-critical, people - 1, size)
    assert power == pytest.approx(0.8, abs=0.02)


def test_below_six_people_nothing_is_detectable():
    assert smallest_detectable(by_person([1, 2, 3, 4, 5])) is None
