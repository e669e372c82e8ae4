"""Any scikit-learn classifier, fitted anew on each support."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from toys import make_task, make_views

from stf2m_bench.episode.problems import episodes
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.per_episode import PerEpisode


class Few(TrainingSides):
    """A handful of validation episodes."""

    def validation(self, shot):
        return list(self.problems(shot, count=6, batch=6, side="meta_val"))


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(), absent={"p00-fear-0", "p05-anger-3"})


def problem_of(views, shot=5):
    return next(episodes(views.task, shot=shot, views=views, batch=10))


@pytest.mark.parametrize(
    "estimator",
    [KNeighborsClassifier(1), SVC(), RandomForestClassifier(10, random_state=0), LogisticRegression()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_any_classifier_is_lifted_and_does_better_than_chance(views, estimator):
    model = PerEpisode(estimator).fit(Few(views, 0))
    problem, truth = problem_of(views)
    logits = model.predict(problem)
    assert logits.shape == (10, 6, 3)
    assert torch.isfinite(logits).all()
    assert (logits.argmax(-1) == truth.query_labels).double().mean() > 0.6
    assert not hasattr(estimator, "classes_")


def test_scores_are_the_log_probabilities_of_the_classifier_fitted_on_the_standardised_support(views):
    model = PerEpisode(LogisticRegression()).fit(Few(views, 0))
    problem, _ = problem_of(views)
    found = model._view_logits(problem)["audio.logmel"]
    clips = problem.clips["audio.logmel"]
    vectors = model._pooling.vectors({"audio.logmel": clips}, problem.lengths)["audio.logmel"].double() * 18**0.5
    for b in range(10):
        fitted = LogisticRegression().fit(vectors[problem.support_index[b]], problem.support_labels[b])
        expected = fitted.predict_log_proba(vectors[problem.query_index[b]])
        assert found[b].numpy() == pytest.approx(expected, abs=2e-3)


def test_a_classifier_without_probabilities_votes(views):
    model = PerEpisode(SVC()).fit(Few(views, 0))
    scores = model._view_logits(problem_of(views)[0])["audio.logmel"]
    assert set(scores.unique().tolist()) == {-15.0, 0.0}
    assert (scores.argmax(-1, keepdim=True) >= 0).all()
    assert ((scores == 0).sum(-1) == 1).all()


@pytest.mark.parametrize("shot", [1, 5])
def test_the_span_of_the_support_gives_a_rotation_free_classifier_the_same_answers(views, shot):
    estimator = LogisticRegression(solver="newton-cholesky", tol=1e-6)
    plain, rotated = PerEpisode(estimator), PerEpisode(estimator, rotation_free=True)
    sides = Few(views, 0)
    for model in (plain, rotated):
        model._pooling.fit(sides)
    problem, _ = problem_of(views, shot)
    for view, scores in plain._view_logits(problem).items():
        assert rotated._view_logits(problem)[view].numpy() == pytest.approx(scores.numpy(), abs=1e-4)


def scores(support, labels, **settings):
    model = PerEpisode(LogisticRegression(), **settings)
    return model._scores(np.asarray(support, float), np.ones((2, len(support[0]) if len(support) else 4)), labels, 3)


def test_a_class_without_a_shot_of_the_view_gets_the_mean_of_the_others():
    found = scores([[1, 0, 0, 0], [0, 1, 0, 0]], np.array([0, 2]))
    assert found[:, 1] == pytest.approx(found[:, [0, 2]].mean(1))
    assert np.exp(found[:, [0, 2]]).sum(1) == pytest.approx([1, 1])


@pytest.mark.parametrize("labels", [[], [1]])
def test_fewer_than_two_classes_with_the_view_favour_none(labels):
    assert not scores(np.ones((len(labels), 4)), np.array(labels, dtype=np.int64)).any()


def test_a_support_of_zeros_alone_is_no_hindrance():
    found = scores(np.zeros((3, 4)), np.arange(3), rotation_free=True)
    assert found == pytest.approx(np.full((2, 3), np.log(1 / 3)), abs=1e-3)
