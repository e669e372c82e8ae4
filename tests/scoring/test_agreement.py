import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax, rel_entr
from scipy.stats import entropy, pearsonr

from stf2m_bench.scoring.agreement import ccc, pearson, vote_cross_entropy, vote_divergence
from stf2m_bench.scoring.calibration import nll

RATINGS = hnp.arrays(np.float64, st.integers(3, 12), elements=st.integers(-8, 8).map(lambda n: n / 8))


@st.composite
def voted(draw):
    """Log-probabilities and shares of votes, both `[n, N]`; votes may be zero."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 6)))
    logits = draw(hnp.arrays(np.float64, shape, elements=st.floats(-9, 9)))
    votes = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 5))) + np.eye(shape[1], dtype=int)[0]
    return log_softmax(logits, axis=-1), votes / votes.sum(axis=-1, keepdims=True)


@pytest.fixture
def ratings():
    rng = np.random.default_rng(2)
    rated = rng.uniform(-1, 1, 80)
    return 0.5 * rated + 0.2 + rng.normal(0, 0.3, 80), rated


def test_pearson_agrees_with_scipy_and_ccc_with_its_form_by_r(ratings):
    predicted, rated = ratings
    r = pearsonr(predicted, rated).statistic
    assert pearson(predicted, rated) == pytest.approx(r)
    by_r = 2 * r * predicted.std() * rated.std()
    by_r /= predicted.var() + rated.var() + (predicted.mean() - rated.mean()) ** 2
    assert ccc(predicted, rated) == pytest.approx(by_r)


@given(RATINGS, st.randoms(use_true_random=False))
def test_concordance_is_at_most_correlation_and_the_same_both_ways(rated, random):
    predicted = np.array(random.sample(list(rated), len(rated)))
    agreed, r = ccc(predicted, rated), pearson(predicted, rated)
    if np.ptp(rated) == 0:
        assert np.isnan(agreed)
        assert np.isnan(r)
    else:
        assert agreed == pytest.approx(ccc(rated, predicted))
        assert abs(agreed) <= abs(r) + 1e-12
        assert abs(r) <= 1 + 1e-12
        assert ccc(rated, rated) == pytest.approx(1)
        assert ccc(rated + 1, rated) < 1


def test_a_shift_or_another_scale_leaves_correlation_and_lowers_concordance(ratings):
    rated = ratings[1] - ratings[1].mean()
    assert pearson(3 * rated + 1, rated) == pytest.approx(1)
    assert ccc(3 * rated, rated) == pytest.approx(0.6)
    assert ccc(-rated, rated) < 0


def test_a_model_that_always_says_the_same_agrees_in_nothing(ratings):
    _, rated = ratings
    constant = np.full(80, 0.25)
    assert ccc(constant, rated) == 0
    assert np.isnan(pearson(constant, rated))


@given(voted())
def test_cross_entropy_to_votes_is_entropy_plus_divergence_as_scipy_has_them(case):
    logs, votes = case
    theirs = (entropy(votes, axis=-1) + entropy(votes, np.exp(logs), axis=-1)).mean()
    assert vote_cross_entropy(logs, votes).mean() == pytest.approx(theirs, abs=1e-12)


@given(voted())
def test_divergence_to_votes_is_the_mean_relative_entropy_to_the_middle_as_scipy_has_it(case):
    logs, votes = case
    p = np.exp(logs)
    middle = (p + votes) / 2
    theirs = (rel_entr(p, middle) + rel_entr(votes, middle)).sum(axis=-1).mean() / 2 / np.log(2)
    assert vote_divergence(logs, votes).mean() == pytest.approx(theirs, abs=1e-12)
    assert -1e-12 <= vote_divergence(logs, votes).min() <= vote_divergence(logs, votes).max() <= 1 + 1e-12


@given(voted(), st.randoms(use_true_random=False))
def test_agreement_with_votes_does_not_depend_on_the_numbers_of_the_classes(case, random):
    logs, votes = case
    order = list(range(logs.shape[-1]))
    random.shuffle(order)
    moved = (logs[:, order], votes[:, order])
    assert vote_cross_entropy(*moved) == pytest.approx(vote_cross_entropy(logs, votes), abs=1e-12)
    assert vote_divergence(*moved) == pytest.approx(vote_divergence(logs, votes), abs=1e-12)


def test_where_all_raters_agree_cross_entropy_is_the_negative_log_likelihood():
    logs = log_softmax(np.random.default_rng(0).normal(size=(40, 5)), axis=-1)
    labels = np.arange(40) % 5
    assert vote_cross_entropy(logs, np.eye(5)[labels]).mean() == pytest.approx(nll(logs, labels))


def test_divergence_to_votes_is_the_square_of_scipys_distance():
    rng = np.random.default_rng(1)
    p, votes = rng.dirichlet(np.ones(5), (2, 40))
    theirs = (jensenshannon(p, votes, base=2, axis=-1) ** 2).mean()
    assert vote_divergence(np.log(p), votes).mean() == pytest.approx(theirs)


def test_saying_what_the_raters_say_gives_no_divergence_and_the_contrary_one_bit():
    votes = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    with np.errstate(divide="ignore"):
        same, contrary = np.log(votes), np.log([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]])
    assert vote_divergence(same, votes).tolist() == [0, 0]
    assert vote_divergence(contrary, votes) == pytest.approx([1, 1])
