"""The training loop: the same bits again, the best check kept, an end when nothing gets better."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import cross_entropy
from toys import make_task, make_views
from two_processes import train_twice

from stf2m_bench.episode.problems import episodes
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import InputError
from stf2m_bench.models.base.model import TrainedModel, identity
from stf2m_bench.models.base.recipe import Recipe
from stf2m_bench.models.nearest_mean import NearestMean
from stf2m_bench.models.prototypical import Prototypical
from stf2m_bench.training.course import Keeper
from stf2m_bench.training.loop import fit_model, train

QUICK = Recipe(iterations=20, check_every=10)


class Few(TrainingSides):
    """A handful of validation episodes."""

    def validation(self, shot):
        return list(self.problems(shot, count=8, batch=8, side="meta_val"))


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(), absent={"p00-fear-0", "p05-anger-3", "p09-sadness-7"})


def prototypical(views, seed=0, recipe=QUICK):
    return fit_model(Prototypical(width=8), Few(views, 0, seed=seed), recipe=recipe)


def test_one_seed_gives_the_same_bits_and_another_does_not(views):
    torch.manual_seed(1)
    one = identity("prototypical", prototypical(views))
    torch.manual_seed(2)
    assert identity("prototypical", prototypical(views)) == one
    assert identity("prototypical", prototypical(views, seed=1)) != one


def test_training_leaves_the_global_random_state_as_it_was(views):
    before = torch.get_rng_state()
    prototypical(views)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_trained_network_is_in_evaluation_mode_and_on_the_cpu(views):
    model = prototypical(views)
    assert not any(module.training for module in model.network.modules())
    assert {parameter.device.type for parameter in model.network.parameters()} == {"cpu"}


def test_new_people_of_an_easy_task_are_told_apart_well_above_chance(views):
    model = fit_model(Prototypical(width=16), TrainingSides(views, 0), recipe=Recipe(iterations=100, check_every=50))
    with torch.no_grad():
        right = [model.predict(p).argmax(-1) == t.query_labels for p, t in episodes(views.task, shot=5, views=views)]
    assert torch.cat(right).double().mean() > 0.75


def test_a_model_without_a_network_fits_itself(views):
    model = NearestMean()
    assert fit_model(model, Few(views, 0)) is model
    assert set(model._fusion.weights) == {1, 5}


class Scripted(TrainedModel):
    """Its validation losses follow a script; its one weight tells how many training steps were taken."""

    def __init__(self, script):
        self.script = iter(script)
        self.checked = []

    def build(self, view_specs, emotions):
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.network.weight)

    def loss(self, problem, labels):
        if self.network.training:
            return -self.network.weight.sum()
        self.checked.append(self.network.weight.item())
        return torch.tensor(next(self.script))

    def predict(self, problem):
        return torch.zeros(*problem.query_index.shape, problem.ways)


def scripted(views, losses, **recipe):
    """Two batches of validation a check, one of each K: both get the loss of the script."""
    model = Scripted([loss for loss in losses for _ in range(2)])
    model.build({}, ())
    course = train(model, Few(views, 0), Recipe(batch=1, check_every=1, **recipe), None)
    return model, course, model.checked[::2]


def test_the_weights_of_the_best_check_are_kept(views):
    model, course, weights = scripted(views, [5.0, 4.0, 2.0, 3.0, 2.5], iterations=4)
    assert course.losses == [5.0, 4.0, 2.0, 3.0, 2.5]
    assert course.best == 2.0
    assert model.network.weight.item() == weights[2]
    assert len(set(weights)) == 5


def test_the_last_step_is_checked_too(views):
    model, course, weights = scripted(views, [5.0, 4.0, 3.0], iterations=2)
    assert model.network.weight.item() == weights[-1]
    assert course.best == 3.0


def test_training_stops_when_so_many_checks_brought_no_gain(views):
    _, course, _ = scripted(views, [5.0, 3.0, 4.0, 3.5, 3.0, 1.0, 1.0], iterations=6, patience=3)
    assert course.losses == [5.0, 3.0, 4.0, 3.5, 3.0]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_told_in_one_sentence(views, loss):
    with pytest.raises(InputError, match=rf"The validation loss of Scripted is {loss}; lower the learning rate\."):
        scripted(views, [5.0, loss], iterations=2)


def test_weights_that_explode_are_noticed(views):
    wild = Recipe(iterations=20, check_every=5, learning_rate=1e30)
    with pytest.raises(InputError, match=r"The validation loss of Prototypical is (nan|inf)"):
        prototypical(views, recipe=wild)


def test_both_ks_take_turns(views):
    seen = []

    class Watching(Prototypical):
        def loss(self, problem, labels):
            if self.network.training:
                seen.append(problem.support_index.shape[1] // problem.ways)
            return cross_entropy(self.predict(problem).flatten(0, 1), labels.flatten())

    fit_model(Watching(width=4), Few(views, 0), recipe=Recipe(iterations=6, check_every=6))
    assert seen == [1, 5, 1, 5, 1, 5]


@pytest.mark.parametrize("stopped_at", [10, 30])
def test_an_interrupted_training_goes_on_to_the_same_weights(views, tmp_path, stopped_at):
    recipe = Recipe(iterations=40, check_every=10)
    keeper = Keeper(tmp_path / "training", "one")

    def interrupt(done, total):
        if done == stopped_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_model(Prototypical(width=8), Few(views, 0), recipe=recipe, keeper=keeper, report=interrupt)
    told = []
    model = Prototypical(width=8)
    fit_model(model, Few(views, 0), recipe=recipe, keeper=keeper, report=lambda done, total: told.append(done))
    assert told[0] == stopped_at
    assert identity("prototypical", model) == identity("prototypical", prototypical(views, recipe=recipe))


def test_what_another_training_or_half_a_file_left_is_not_taken_up(views, tmp_path):
    recipe, path = Recipe(iterations=20, check_every=10), tmp_path / "training"
    undisturbed = identity("prototypical", prototypical(views, recipe=recipe))
    fit_model(Prototypical(width=8), Few(views, 0, seed=1), recipe=recipe, keeper=Keeper(path, "another"))
    for content in (path.read_bytes(), path.read_bytes()[:100], b""):
        path.write_bytes(content)
        model = fit_model(Prototypical(width=8), Few(views, 0), recipe=recipe, keeper=Keeper(path, "one"))
        assert identity("prototypical", model) == undisturbed


def test_two_processes_take_the_step_of_one_with_the_double_batch(tmp_path):
    command = ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
               "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip
    script = Path(__file__).with_name("two_processes.py")
    settings = {"PYTHONPATH": str(script.parents[1]), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        [sys.executable, "-m", *command, str(script), str(tmp_path)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    alone = train_twice(4)
    for rank in (0, 1):
        for name, tensor in load_file(tmp_path / f"{rank}.safetensors").items():
            torch.testing.assert_close(tensor, alone[name], rtol=1e-4, atol=1e-5)


def test_progress_is_told_from_none_to_all(views):
    told = []
    fit_model(Prototypical(width=4), Few(views, 0), recipe=QUICK, report=lambda done, total: told.append((done, total)))
    assert told == [(0, 20), (10, 20), (20, 20)]
