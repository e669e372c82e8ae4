import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, confusion_matrix, f1_score, log_loss, recall_score

from stf2m_bench.scoring import metrics

CLASSES = 5


@pytest.fixture
def flat():
    """Queries whose class c is emotion c."""
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(CLASSES), 400)
    return np.log(p), rng.integers(0, CLASSES, 400)


def test_the_worked_examples_hold():
    failed, tried = doctest.testmod(metrics, extraglobs={"np": np})
    assert failed == 0
    assert tried >= 10


def test_uar_confusion_and_f1_agree_with_scikit_learn(flat):
    logs, truth = flat
    decided = logs.argmax(axis=1)
    correct = metrics.tie_split_correct(logs, truth)
    recall = metrics.recalls(correct, truth, np.zeros_like(truth), emotions=CLASSES, folds=1)
    classes = np.tile(np.arange(CLASSES), (len(truth), 1))
    matrix = metrics.confusion(metrics.top_shares(logs), truth, classes, emotions=CLASSES)
    assert metrics.uar(recall) == pytest.approx(recall_score(truth, decided, average="macro"))
    assert metrics.macro_f1(matrix) == pytest.approx(f1_score(truth, decided, average="macro"))
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, decided))


def test_nll_and_brier_agree_with_scikit_learn(flat):
    logs, truth = flat
    p = np.exp(logs)
    assert metrics.nll(logs, truth) == pytest.approx(log_loss(truth, p, labels=range(CLASSES)))
    theirs = brier_score_loss(truth, p, labels=range(CLASSES), scale_by_half=False)
    assert metrics.brier(logs, truth) == pytest.approx(theirs)


def test_calibration_error_agrees_with_a_loop_over_the_bins(flat):
    logs, truth = flat
    confidence, correct = np.exp(logs).max(axis=1), logs.argmax(axis=1) == truth
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    assert metrics.ece(logs, correct.astype(float)) == pytest.approx(expected)


@given(st.integers(2, 9), st.data())
def test_tied_tops_share_the_decision_equally(ways, data):
    tied = data.draw(st.sets(st.integers(0, ways - 1), min_size=1))
    label = data.draw(st.integers(0, ways - 1))
    logs = np.array([-0.5 if c in tied else -3.0 for c in range(ways)])
    correct = metrics.tie_split_correct(logs, np.array(label))
    assert correct == pytest.approx(1 / len(tied) if label in tied else 0)


def test_an_emotion_that_is_never_right_counts_zero_and_one_that_never_occurs_does_not_count():
    matrix = np.array([[0.0, 2.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    assert metrics.macro_f1(matrix) == pytest.approx((0 + 2 / 3) / 2)


def test_folds_average_equally_whatever_their_number_of_queries():
    fold = np.array([0, 0, 0, 0, 1, 1])
    emotion = np.array([0, 0, 0, 1, 0, 1])
    recall = metrics.recalls(np.array([1.0, 1, 1, 1, 0, 0]), emotion, fold, emotions=2, folds=2)
    assert metrics.uar(recall) == 0.5
