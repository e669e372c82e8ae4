"""Permuted truth: honest models land at chance, one that knows the truth from elsewhere is caught."""

from __future__ import annotations

import inspect
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from toys import make_task, make_views

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.evaluation.sanity import above_chance, check_sanity, sanity_task
from stf2m_bench.models.base.model import Model
from stf2m_bench.tasks.task import Task, load_task


@pytest.fixture(autouse=True)
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(freeze=True, episodes=200))


class Peeking(Model):
    """Reads the truth in the frames of whoever calls it."""

    def predict(self, problem):
        frame = inspect.currentframe()
        while "drawn" not in frame.f_locals:
            frame = frame.f_back
        labels = np.stack([episode.query_labels for episode in frame.f_locals["drawn"]])
        return 9 * torch.eye(problem.ways)[torch.from_numpy(labels)]


class InOrder(Model):
    """Takes it that queries come class by class."""

    def predict(self, problem):
        batch, queries = problem.query_index.shape
        labels = torch.arange(queries) * problem.ways // queries
        return 9 * torch.eye(problem.ways)[labels].expand(batch, -1, -1)


def in_order(monkeypatch):
    """Drawing that no longer permutes the queries."""
    plain = Drawer.draw

    def draw(self, shot, index, **more):
        episode = plain(self, shot, index, **more)
        order = np.argsort(episode.query_labels, kind="stable")
        return replace(episode, query=episode.query[order], query_labels=episode.query_labels[order])

    monkeypatch.setattr(Drawer, "draw", draw)


@pytest.mark.parametrize("model", ["chance", "nearest_mean", "ridge", InOrder])
def test_honest_models_land_at_chance_though_the_first_two_learn_the_real_task(views, model):
    found = check_sanity(views.task, model, views=views)
    assert [check.passed for check in found] == [True, True]
    assert all("where chance is 33.3" in check.message for check in found)


def test_a_model_that_reads_the_truth_is_caught_at_every_shot(views):
    found = check_sanity(views.task, Peeking, views=views)
    assert [check.passed for check in found] == [False, False]
    assert found[0].message.startswith("UAR 100.0 with permuted truth, where chance is 33.3 (p = 0)")


def test_a_protocol_that_gives_labels_away_is_caught(monkeypatch):
    in_order(monkeypatch)
    task = make_task(freeze=True, episodes=60)
    assert [check.passed for check in check_sanity(task, InOrder, views=make_views(task))] == [False, False]


def test_nothing_is_kept_of_a_sanity_run(views, fresh_home):
    check_sanity(views.task, "nearest_mean", views=views)
    assert [path for path in fresh_home.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["ravdess-a12-personal", "emosynth-new-subjects"])
def test_permuting_keeps_the_clips_of_each_person_and_emotion_and_moves_most(name):
    whole = load_task(name)
    task = Task(whole.protocol.model_copy(update={"episodes": 10}), whole.clips)
    other = sanity_task(task)
    before, after = (
        list(zip(t.clips.subject, t.clips.emotion, t.clips.duplicate_of, strict=True)) for t in (task, other)
    )
    assert Counter(before) == Counter(after)
    moved = np.mean([one != two for one, two in zip(before, after, strict=True)])
    assert moved == pytest.approx(1 - 1 / len(task.protocol.emotions), abs=0.06)
    assert other.clips.clip_id == task.clips.clip_id
    assert (other.name, other.hash != task.hash) == (f"{name}-sanity", True)
    assert sanity_task(task).clips == other.clips
    assert sanity_task(task, 1).clips != other.clips


def test_the_test_is_a_one_sided_t_test_of_the_people_against_chance(views):
    done = evaluate(views.task, "nearest_mean", views=views)
    figures = done.result.figures.shots[1]
    t = stats.ttest_1samp(list(figures.subjects.values()), figures.uar - 2, alternative="greater")
    centred = replace_mean(figures)
    assert above_chance(centred, figures.uar - 2) == pytest.approx(t.pvalue, abs=1e-3)
    exactly = evaluate(views.task, "chance", views=views).result.figures.shots[1]
    assert above_chance(exactly, 100 / 3) == pytest.approx(0.5, abs=0.01)


def replace_mean(figures):
    """The same people with the UAR as their mean (folds of equal size make it so but for rounding)."""
    values = figures.subjects
    shift = figures.uar - np.mean(list(values.values()))
    return figures.model_copy(update={"subjects": {person: value + shift for person, value in values.items()}})


def test_with_few_people_only_five_monte_carlo_errors_count(views):
    figures = evaluate(views.task, "nearest_mean", views=views).result.figures.shots[1]
    few = figures.model_copy(update={"subjects": dict(list(figures.subjects.items())[:5])})
    error = few.these_people.halfwidth / 1.96
    assert above_chance(few, few.uar - 4.9 * error) == 1
    assert above_chance(few, few.uar - 5.1 * error) == 0
