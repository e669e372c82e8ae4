"""Intervals for new people of the figures of votes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import t
from toy_results import EMOTIONS, PEOPLE, frozen_toy, random_predictions, toy_folds, voted_toy

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.votes import vote_intervals
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task

NAMES = ("cross_entropy", "divergence", "agreement")


def figures_of(logs: np.ndarray, shares: np.ndarray) -> dict[str, float]:
    """The three figures of one query by SciPy and by counting; percent where it is a share."""
    p = np.exp(logs.astype(float))
    first = logs == logs.max()
    return {
        "cross_entropy": -float(shares @ logs.astype(float)),
        "divergence": jensenshannon(p, shares, base=2) ** 2,
        "agreement": 100 * float(shares[first].sum()) / first.sum(),
    }


@pytest.mark.parametrize("shot", [1, 5])
def test_the_interval_is_the_t_interval_of_what_people_add_by_asking_and_supporting(shot: int) -> None:
    """Queries without votes are left out; least squares by numpy.linalg, one dummy a person and role."""
    task = voted_toy(folds=toy_folds(6), episodes=120)
    drawn, logs = draw_all(Drawer(task), shot), random_predictions(task).logs[shot]
    found = vote_intervals(task, logs, drawn)
    counts = task.votes[1][drawn.query[:, :, None], drawn.emotions[:, None, :]]
    asked = [(e, q) for e in range(120) for q in range(8) if counts[e, q].sum()]
    assert len(asked) < 120 * 8
    z = [figures_of(logs[at], counts[at] / counts[at].sum()) for at in asked]
    centre = np.eye(12) - np.kron(np.eye(2), np.full((6, 6), 1 / 6))
    fold = np.array([drawn.fold[e] for e, _ in asked])
    design = [np.r_[centre[drawn.query[at] // 36], centre[drawn.support[at[0]] // 36].mean(axis=0)] for at in asked]
    design = np.hstack([np.eye(2)[fold], design])
    for name in NAMES:
        values = np.array([one[name] for one in z])
        effects = np.linalg.lstsq(design, values, rcond=None)[0]
        c = np.repeat([values[fold == f].mean() for f in (0, 1)], 6) + effects[2:14] + effects[14:]
        interval = getattr(found, name)
        assert interval.halfwidth == pytest.approx(t.ppf(0.975, 11) * c.std(ddof=1) / np.sqrt(12), rel=1e-4)
        assert interval.people == 12


def test_in_simulation_the_intervals_cover_what_new_people_would_give() -> None:
    """People of whom raters agree more or less and who are easier or harder, in both roles; 150 draws of them."""
    task = voted_toy(folds=toy_folds(6), episodes=480)
    drawn, draws = draw_all(Drawer(task), 1), 150
    asking, supporting = drawn.query // 36, drawn.support // 36
    emotion = np.eye(6)[[EMOTIONS.index(name) for name in task.clips.emotion]]
    clarity, rng = (
        np.array([0.45, 0.6, 0.75]),
        np.random.default_rng(11),
    )  # votes for the emotion beyond a sixth of rest

    def expected() -> dict[str, float]:
        """The mean over three kinds of people, of whom 0.6 answers are right, says one class with 0.7, others 0.1."""
        every = []
        for clear in clarity:
            shares = np.full(4, (1 - clear) / 6) + clear * np.eye(4)[0]
            right, wrong = (figures_of(np.log(p), shares / shares.sum()) for p in np.eye(4)[:2] * 0.6 + 0.1)
            every.append({name: 0.6 * right[name] + 0.4 * wrong[name] for name in NAMES})
        return {name: float(np.mean([one[name] for one in every])) for name in NAMES}

    truth, covered = expected(), dict.fromkeys(NAMES, 0)
    for _ in range(draws):
        a, b, clear = rng.normal(0, 0.1, 12), rng.normal(0, 0.08, 12), rng.choice(clarity, 12)
        own = np.repeat(clear, 36)[:, None]
        shares = own * emotion + (1 - own) / 6
        texts = [";".join(f"{e}={s:g}" for e, s in zip(EMOTIONS, row, strict=True)) for row in shares]
        right = rng.random(asking.shape) < 0.6 + a[asking] + b[supporting].mean(axis=1, keepdims=True)
        said = np.where(right, drawn.labels, (drawn.labels + rng.integers(1, 4, asking.shape)) % 4)
        logs = np.log(np.eye(4)[said] * 0.6 + 0.1).astype(np.float16)
        found = vote_intervals(Task(task.protocol, replace(task.clips, votes=texts)), logs, drawn)
        for name in NAMES:
            covered[name] += getattr(found, name).lower <= truth[name] <= getattr(found, name).upper
    assert all(0.9 <= hits / draws <= 0.995 for hits in covered.values()), covered


def test_below_six_people_without_people_and_without_votes_there_is_none() -> None:
    few = voted_toy(folds=(Fold(meta_train=tuple(PEOPLE[4:]), meta_val=(), meta_test=tuple(PEOPLE[:4])),))
    found = vote_intervals(few, random_predictions(few).logs[1], draw_all(Drawer(few), 1))
    assert [getattr(found, name) for name in NAMES] == [None] * 3
    plain = frozen_toy()
    assert vote_intervals(plain, random_predictions(plain).logs[1], draw_all(Drawer(plain), 1)) is None


def test_a_fold_of_whose_queries_nobody_voted_leaves_no_interval() -> None:
    task = voted_toy()
    silent = [text if person > "p03" else "" for text, person in zip(task.clips.votes, task.clips.subject, strict=True)]
    found = vote_intervals(voted_toy(silent), random_predictions(task).logs[1], draw_all(Drawer(task), 1))
    assert [getattr(found, name) for name in NAMES] == [None] * 3


def test_votes_that_no_query_has_are_an_error_here_as_in_scoring() -> None:
    silent = voted_toy([""] * len(voted_toy().clips))
    with pytest.raises(InputError, match="no rater 'all' of any query"):
        vote_intervals(silent, random_predictions(silent).logs[1], draw_all(Drawer(silent), 1))
