"""The track new-emotions: what is tested was never trained on."""

from __future__ import annotations

import pytest
import torch
from toys import EMOTIONS, make_task, make_views

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.models.base.model import make_model
from stf2m_bench.tasks.make import as_toml
from stf2m_bench.tasks.task import Task
from stf2m_bench.training.loop import fit_model

TRAINED, TESTED = EMOTIONS[:2], EMOTIONS[2:]


@pytest.fixture(scope="module")
def task() -> Task:
    return make_task(track="new-emotions", ways=2, emotions=TESTED, training_emotions=TRAINED)


def test_each_side_is_drawn_from_its_own_emotions(task: Task) -> None:
    drawer = Drawer(task)
    for side, known in (("meta_train", TRAINED), ("meta_val", TRAINED), ("meta_test", TESTED)):
        drawn = {emotion for i in range(30) for emotion in drawer.draw(1, i, fold=0, side=side).emotions}
        assert drawn == set(known)


def test_models_learn_from_clips_of_training_emotions_alone(task: Task) -> None:
    sides = TrainingSides(make_views(task), 0)
    assert sides.emotions == TRAINED
    assert sides.new_emotions
    assert not TrainingSides(make_views(make_task()), 0).new_emotions
    for side in ("meta_train", "meta_val"):
        labels = sides.clips(side).labels
        assert set(labels.tolist()) == {0, 1}
        assert len(labels) == len(task.people(0, side)) * len(TRAINED) * 8


def test_a_model_is_asked_for_emotions_that_it_never_saw(task: Task) -> None:
    views = make_views(task)
    model = fit_model(make_model("class_memory", exclusion=True), TrainingSides(views, 0))
    names = fit_model(make_model("names_no_shots"), TrainingSides(views, 0))
    problem, _ = TrainingSides(views, 0).validation(1)[0]
    assert torch.isfinite(model.predict(problem)).all()
    with pytest.raises(InputError, match="knows the emotions of training alone, and these episodes ask for happiness"):
        names.predict_named(problem, [["happiness", "anger"]] * len(problem.query_index))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training_emotions": (*TRAINED, TESTED[0])}, f"emotion '{TESTED[0]}' is trained and tested"),
        ({"training_emotions": TRAINED[:1]}, "ways = 2, but only 1 training_emotions are listed"),
        ({"training_emotions": ("awe", *TRAINED)}, "training emotion 'awe' has no clip in the clip list"),
        ({"track": "new-subjects"}, "only the track new-emotions has training_emotions"),
    ],
)
def test_emotions_that_do_not_fit_the_track_are_told(task: Task, changes: dict[str, object], said: str) -> None:
    with pytest.raises(FaultsError, match=said):
        Task(task.protocol.model_copy(update=changes), task.clips)


def test_tasks_of_other_tracks_are_written_and_hashed_without_the_key(task: Task) -> None:
    plain = make_task()
    assert "training_emotions" not in as_toml(plain.protocol)
    assert "training_emotions" in as_toml(task.protocol)
    assert task.hash != Task(task.protocol.model_copy(update={"training_emotions": TRAINED[::-1]}), task.clips).hash
