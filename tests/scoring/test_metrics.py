import doctest
from inspect import isfunction

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import (
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    recall_score,
)

from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.scoring import agreement, calibration, coarse, figures, metrics

CLASSES = 5


@pytest.fixture
def flat():
    """Queries whose class c is emotion c."""
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(CLASSES), 400)
    return np.log(p), rng.integers(0, CLASSES, 400)


@pytest.mark.parametrize("module", [metrics, calibration, agreement, coarse, figures], ids=lambda m: m.__name__)
def test_every_public_function_has_a_worked_example_that_holds(module):
    failed, tried = doctest.testmod(module, extraglobs={"np": np})
    assert failed == 0
    assert tried > 0
    public = [f for name, f in vars(module).items() if isfunction(f) and f.__module__ == module.__name__]
    assert [f.__name__ for f in public if not f.__name__.startswith("_") and ">>>" not in f.__doc__] == []


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
    member = truth != 3
    theirs = recall_score(truth[member], decided[member], labels=[0, 1, 2, 4], average="macro")
    assert metrics.group_uar(correct, truth, member, emotions=CLASSES) == pytest.approx(theirs)


def test_chance_normalised_accuracy_is_the_adjusted_balanced_accuracy_of_a_balanced_episode():
    truth = np.tile(np.arange(CLASSES), 30)
    decided = np.where(np.random.default_rng(1).random(150) < 0.6, truth, 0)
    ours = metrics.chance_normalised(float((truth == decided).mean()), CLASSES)
    assert ours == pytest.approx(balanced_accuracy_score(truth, decided, adjusted=True))


@st.composite
def answered(draw):
    """Log-probabilities `[E, Q, N]` with many ties, and labels `[E, Q]`."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(2, 6)))
    scores = draw(hnp.arrays(np.int64, shape, elements=st.integers(-3, 0)))
    labels = draw(hnp.arrays(np.int64, shape[:2], elements=st.integers(0, shape[2] - 1)))
    return log_softmax(scores.astype(float), axis=-1), labels


@given(answered())
def test_figures_stay_in_their_bounds(case):
    logs, labels = case
    ways = logs.shape[-1]
    correct = metrics.tie_split_correct(logs, labels)
    recall = metrics.recalls(correct, labels, np.zeros_like(labels), emotions=ways, folds=1)
    classes = np.tile(np.arange(ways), (labels.size, 1))
    matrix = metrics.confusion(metrics.top_shares(logs).reshape(-1, ways), labels.ravel(), classes, emotions=ways)
    rows = metrics.counts(labels, np.zeros_like(labels), emotions=ways, folds=1)[0]
    np.testing.assert_allclose(matrix.sum(axis=1), rows)
    for share in (metrics.uar(recall), metrics.accuracy(correct), metrics.macro_f1(matrix)):
        assert 0 <= share <= 1 + 1e-12
    assert -1 / (ways - 1) <= metrics.chance_normalised(metrics.accuracy(correct), ways) <= 1
    assert calibration.nll(logs, labels) >= 0
    assert 0 <= calibration.brier(logs, labels) <= 2
    assert 0 <= calibration.ece(logs, correct) <= 1


@given(answered(), st.randoms(use_true_random=False))
def test_figures_do_not_depend_on_the_numbers_of_the_classes(case, random):
    logs, labels = case
    order = list(range(logs.shape[-1]))
    random.shuffle(order)
    moved, there = logs[..., order], np.argsort(order)[labels]
    correct, again = metrics.tie_split_correct(logs, labels), metrics.tie_split_correct(moved, there)
    np.testing.assert_array_equal(again, correct)
    assert calibration.nll(moved, there) == calibration.nll(logs, labels)
    assert calibration.brier(moved, there) == pytest.approx(calibration.brier(logs, labels), abs=1e-12)
    assert calibration.ece(moved, again) == calibration.ece(logs, correct)


@settings(max_examples=50)
@given(answered(), st.data())
def test_coarse_emotions_take_all_the_probability_whatever_the_order_of_the_classes(case, data):
    logs, labels = case
    episodes, _, ways = logs.shape
    parents = data.draw(hnp.arrays(np.int64, (episodes, ways), elements=st.integers(0, ways - 1)))
    order = data.draw(st.permutations(range(ways)))
    mass = coarse.coarse_mass(logs, parents, count=ways)
    np.testing.assert_allclose(mass.sum(axis=-1), 1, atol=1e-8)
    np.testing.assert_array_equal(coarse.coarse_mass(logs[..., order], parents[:, order], count=ways), mass)
    truth = np.take_along_axis(parents, labels, axis=1)
    right = np.take_along_axis(mass, truth[..., None], axis=-1)[..., 0]
    assert (right + 1e-8 >= np.exp(np.take_along_axis(logs, labels[..., None], axis=-1)[..., 0])).all()


@given(answered())
def test_coarse_emotions_with_one_class_each_are_decided_like_the_classes(case):
    logs, labels = case
    same = np.tile(np.arange(logs.shape[-1]), (len(logs), 1))
    mass = coarse.coarse_mass(logs, same, count=logs.shape[-1])
    np.testing.assert_array_equal(metrics.tie_split_correct(mass, labels), metrics.tie_split_correct(logs, labels))


def test_coarse_emotions_that_share_the_top_share_the_decision():
    logs = np.log([[[0.3, 0.2, 0.1, 0.4]]])
    mass = coarse.coarse_mass(logs, np.array([[0, 0, 1, 1]]), count=2)
    assert metrics.tie_split_correct(mass, np.array([[1]])) == 0.5


def test_every_canonical_emotion_has_one_coarse_emotion_and_coarse_ones_keep_theirs():
    names, number = coarse.coarse_emotions(list(canonical_emotions()))
    again, _ = coarse.coarse_emotions(names)
    assert again == names
    assert {"neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise", "contempt"} < set(names)
    assert len(number) == len(canonical_emotions())
    assert names[number[list(canonical_emotions()).index("calm")]] == "calm"


def test_nll_and_brier_agree_with_scikit_learn(flat):
    logs, truth = flat
    p = np.exp(logs)
    assert calibration.nll(logs, truth) == pytest.approx(log_loss(truth, p, labels=range(CLASSES)))
    theirs = brier_score_loss(truth, p, labels=range(CLASSES), scale_by_half=False)
    assert calibration.brier(logs, truth) == pytest.approx(theirs)


def test_calibration_error_agrees_with_a_loop_over_the_bins(flat):
    logs, truth = flat
    confidence, correct = np.exp(logs).max(axis=1), logs.argmax(axis=1) == truth
    expected = 0.0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            expected += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    assert calibration.ece(logs, correct.astype(float)) == pytest.approx(expected)


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
