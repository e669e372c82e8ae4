"""What benchmarks/ablate.py does to a model's problems, and to the training people."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch
from toys import make_task, make_views

from stf2m_bench.episode.drawing import Drawer, frozen_hash
from stf2m_bench.episode.problems import episodes
from stf2m_bench.models.base.model import make_model

ABLATE = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "ablate.py"))


@pytest.fixture(scope="module")
def problem():
    views = make_views(make_task())
    return next(iter(episodes(views.task, shot=5, views=views)))[0]


def test_shuffled_labels_move_shots_between_classes_and_lose_none(problem):
    shuffled = ABLATE["shuffled_labels"](problem)
    assert torch.equal(shuffled.support_index.sort(1).values, problem.support_index.sort(1).values)
    moved = shuffled.support_index != problem.support_index
    assert moved.float().mean() > 0.5
    assert torch.equal(shuffled.query_index, problem.query_index)


def test_shuffled_frames_keep_the_rows_of_each_clip_and_its_padding(problem):
    shuffled = ABLATE["shuffled_frames"](problem)
    for view, array in problem.clips.items():
        for clip, length in enumerate(problem.lengths[view].tolist()):
            one, other = array[clip, :length].flatten(1), shuffled.clips[view][clip, :length].flatten(1)
            assert torch.equal(one[one[:, 0].argsort()], other[other[:, 0].argsort()])
            assert torch.equal(array[clip, length:], shuffled.clips[view][clip, length:])
    longest = max(problem.clips, key=lambda view: problem.clips[view].shape[1])
    assert not torch.equal(shuffled.clips[longest], problem.clips[longest])


def test_with_fewer_training_people_the_test_episodes_stay(problem):
    task = make_task()
    fewer = ABLATE["with_fewer_people"](task, 3)
    assert [len(fold.meta_train) for fold in fewer.protocol.folds] == [3, 3, 3]
    assert frozen_hash(fewer) == frozen_hash(task)
    drawn = Drawer(fewer).draw(1, 0, fold=0, side="meta_train")
    people = {task.clips.subject[row] for row in (*drawn.support, *drawn.query)}
    assert people <= set(fewer.protocol.folds[0].meta_train)


def test_every_row_names_a_model_and_settings_that_it_has():
    for row in ABLATE["rows"]():
        make_model(row.model, **row.set)
