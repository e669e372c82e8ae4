"""The supervised classifier behind the reference rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from toys import EMOTIONS, make_task, make_views

from stf2m_bench.episode.problems import episodes
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import UsageError
from stf2m_bench.models.base.posteriors import STRENGTHS, Posteriors
from stf2m_bench.models.class_memory import ClassMemory
from stf2m_bench.models.names_no_shots import NamesNoShots


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(), absent={"p00-fear-0", "p05-anger-3"})


@pytest.fixture(scope="module")
def sides(views):
    return TrainingSides(views, 0)


TWO = {"track": "new-emotions", "ways": 2, "emotions": EMOTIONS[2:], "training_emotions": EMOTIONS[:2]}


@pytest.mark.parametrize("changes", [{}, TWO], ids=["four emotions", "two emotions"])
def test_of_one_row_views_it_is_scikit_learns_regression_at_the_best_strength_on_meta_val(changes):
    sides = TrainingSides(make_views(make_task(views=("imported:x",), **changes)), 0)
    train, val = sides.clips("meta_train"), sides.clips("meta_val")
    x, x_val = (side.clips["imported:x"][:, 0].double().numpy() for side in (train, val))
    scaler = StandardScaler().fit(x)
    x, x_val = (np.clip(scaler.transform(rows), -4, 4) for rows in (x, x_val))
    tried = [LogisticRegression(C=c, tol=1e-8, max_iter=1000).fit(x, train.labels) for c in STRENGTHS]
    right = np.arange(len(x_val)), val.labels.numpy()
    best = max(tried, key=lambda fitted: fitted.predict_log_proba(x_val)[right].mean())
    posteriors = Posteriors().fit(sides)
    (found,) = posteriors.view_scores(val.clips, val.lengths).unbind(-1)
    assert found.exp().numpy() == pytest.approx(best.predict_proba(x_val), abs=0.02)


def test_posteriors_are_log_probabilities_and_right_about_new_people(views, sides):
    posteriors, val = Posteriors().fit(sides), sides.clips("meta_val")
    logs = posteriors.log_posteriors(val.clips, val.lengths)
    assert logs.exp().sum(1).numpy() == pytest.approx(1, abs=1e-5)
    assert (logs.argmax(1) == val.labels).double().mean() > 0.7


def test_a_clip_without_any_view_could_be_anything(sides):
    clips = sides.clips("meta_val")
    none = {view: torch.zeros_like(lengths) for view, lengths in clips.lengths.items()}
    logs = Posteriors().fit(sides).log_posteriors(clips.clips, none)
    assert logs.exp().numpy() == pytest.approx(1 / 4, abs=1e-6)


def test_loaded_weights_find_their_views_in_whatever_order_they_were_saved(sides):
    """safetensors sorts names; the order of a task's views is its own."""
    fitted, again, clips = Posteriors().fit(sides), Posteriors(), sides.clips("meta_val")
    again.load_state(dict(sorted(fitted.state().items(), reverse=True)))
    expected = fitted.log_posteriors(clips.clips, clips.lengths)
    assert torch.equal(again.log_posteriors(clips.clips, clips.lengths), expected)


def test_a_view_that_training_people_lack_says_nothing():
    task = make_task()
    absent = {
        c for c, s in zip(task.clips.clip_id, task.clips.subject, strict=True) if s in task.people(0, "meta_train")
    }
    sides = TrainingSides(make_views(task, absent=absent), 0)
    val = sides.clips("meta_val")
    scores = Posteriors().fit(sides).view_scores(val.clips, val.lengths)
    assert torch.isfinite(scores).all()
    assert scores[..., 1].numpy() == pytest.approx(np.log(1 / 4), abs=1e-6)


def test_names_no_shots_gives_the_posteriors_of_the_named_emotions_and_ignores_the_support(views, sides):
    model = NamesNoShots().fit(sides)
    problem, truth = next(episodes(views.task, shot=1, views=views, batch=10))
    names = [list(episode.emotions) for episode in truth.episodes]
    logits = model.predict_named(problem, names)
    logs = model._posteriors.log_posteriors(problem.clips, problem.lengths)
    for b, row in enumerate(names):
        expected = logs[problem.query_index[b]][:, [EMOTIONS.index(name) for name in row]]
        assert torch.equal(logits[b], expected)
    assert (logits.argmax(-1) == truth.query_labels).double().mean() > 0.7
    with pytest.raises(UsageError, match="has to be told names"):
        model.predict(problem)


def test_class_memory_sums_over_what_support_and_query_may_be(views, sides):
    model = ClassMemory().fit(sides)
    problem, truth = next(episodes(views.task, shot=5, views=views, batch=10))
    (found,) = model._logits(problem).values()
    chances = model._posteriors.log_posteriors(problem.clips, problem.lengths).double().exp().numpy()
    for b in range(10):
        shots = chances[problem.support_index[b]].reshape(3, 5, 4)
        of_class = np.exp(np.log(shots).mean(1))
        of_class /= of_class.sum(1, keepdims=True)
        expected = np.log(chances[problem.query_index[b]] @ of_class.T)
        assert found[b].numpy() == pytest.approx(expected, abs=1e-3)
    assert (model.predict(problem).argmax(-1) == truth.query_labels).double().mean() > 0.6
