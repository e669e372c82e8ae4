"""Nearest mean against scikit-learn's NearestCentroid on the same vectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from toys import make_task, make_views

from stf2m_bench.episode.problems import episodes
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.models.base.prototypes import class_means, distance_logits
from stf2m_bench.models.nearest_mean import NearestMean


@pytest.mark.parametrize(("shot", "reference"), [(1, KNeighborsClassifier(1)), (5, NearestCentroid())])
def test_of_a_single_view_the_nearest_centroid_is_chosen(shot, reference):
    views = make_views(make_task(views=("audio.logmel",)))
    model = NearestMean().fit(TrainingSides(views, 0))
    problem, truth = next(episodes(views.task, shot=shot, views=views, batch=10))
    chosen = model.predict(problem).argmax(-1)
    for b, (support, query) in enumerate(zip(*model._pooling.problem(problem)["audio.logmel"][:2], strict=True)):
        expected = reference.fit(support.numpy(), problem.support_labels[b].numpy()).predict(query.numpy())
        assert np.array_equal(chosen[b], expected)
    assert (chosen == truth.query_labels).double().mean() > 0.45


def test_logits_are_minus_the_squared_distances():
    generator = torch.Generator().manual_seed(0)
    support, query = torch.randn(2, 6, 4, generator=generator), torch.randn(2, 5, 4, generator=generator)
    found = distance_logits(support, query, 3)
    means = support.double().reshape(2, 3, 2, 4).mean(2)
    expected = -((query.double()[:, :, None] - means[:, None]) ** 2).sum(-1)
    assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-5)


def test_a_large_offset_does_not_blur_distances():
    """|q|^2 - 2 q m + |m|^2 in float32 would."""
    support, query = torch.tensor([[[1000.0], [1001.0]]]), torch.tensor([[[1000.1]]])
    assert distance_logits(support, query, 2)[0, 0].tolist() == pytest.approx([-0.01, -0.81], rel=1e-2)


def test_class_means_are_over_the_shots_that_have_the_view():
    support = torch.tensor([[[1.0], [3.0], [0.0], [5.0], [0.0], [0.0]]])
    present = torch.tensor([[True, True, False, True, False, False]])
    assert class_means(support, 3, present).flatten().tolist() == [2, 5, 0]


def test_a_class_without_the_view_is_neither_near_nor_far():
    support = torch.tensor([[[1.0], [5.0], [0.0]]])
    logits = distance_logits(support, torch.tensor([[[0.0]]]), 3, torch.tensor([[True, True, False]]))
    assert logits.flatten().tolist() == [-1, -25, -13]
