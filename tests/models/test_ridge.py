"""Ridge regression on the support against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge as SklearnRidge
from toys import make_task, make_views

from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.ridge import PENALTIES, Ridge, ridge_logits


def episodes(*, ways, shot, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    support = torch.randn(3, ways * shot, width, generator=generator)
    query = torch.randn(3, 7, width, generator=generator)
    labels = torch.arange(ways).repeat_interleave(shot).expand(3, -1)
    return support, query, labels


def by_sklearn(support, query, labels, ways, penalty):
    model = SklearnRidge(alpha=penalty).fit(support.double(), np.eye(ways)[labels])
    return model.predict(query.double())


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("ways", "shot", "width"), [(2, 1, 3), (5, 1, 40), (5, 5, 4), (3, 5, 200)])
def test_values_are_those_of_scikit_learn_up_to_the_share_of_a_class(penalty, ways, shot, width):
    support, query, labels = episodes(ways=ways, shot=shot, width=width)
    found = ridge_logits(support, query, labels, ways, penalty)
    for b in range(3):
        expected = by_sklearn(support[b], query[b], labels[b], ways, penalty)
        assert (found[b] + 1 / ways).numpy() == pytest.approx(expected, abs=2e-4)


def test_shots_that_lack_the_view_take_no_part():
    support, query, labels = episodes(ways=3, shot=5, width=8)
    present = torch.rand(3, 15, generator=torch.Generator().manual_seed(1)) < 0.7
    support[~present] = 1e3
    found = ridge_logits(support, query, labels, 3, 0.1, present)
    for b, here in enumerate(present):
        share = np.eye(3)[labels[b][here]].mean(0)
        expected = by_sklearn(support[b][here], query[b], labels[b][here], 3, 0.1)
        assert found[b].numpy() + share == pytest.approx(expected, abs=2e-4)


def test_no_shot_at_all_favours_no_class():
    support, query, labels = episodes(ways=3, shot=1, width=8)
    assert not ridge_logits(support * 0, query, labels, 3, 0.1, torch.zeros(3, 3, dtype=torch.bool)).any()


def test_the_penalty_comes_from_the_list_and_is_saved():
    sides = TrainingSides(make_views(make_task()), 0)
    fitted = Ridge().fit(sides)
    assert fitted.state()["penalty"].item() in [torch.tensor(penalty).item() for penalty in PENALTIES]
    again = Ridge()
    again.load_state(fitted.state(), sides.view_specs)
    problem, _ = sides.validation(5)[0]
    assert torch.equal(again.predict(problem), fitted.predict(problem))
