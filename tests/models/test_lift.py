"""Whatever people hand in becomes a model; what cannot is refused in one sentence."""

from __future__ import annotations

import sys

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from stf2m_bench.errors import InputError, UnknownNameError, UsageError
from stf2m_bench.models.base.lift import Function, Module, find_model, lift
from stf2m_bench.models.base.mock import mock_views, sample
from stf2m_bench.models.base.model import CONFIG, WEIGHTS, Model, identity, save_model
from stf2m_bench.models.base.per_episode import PerEpisode
from stf2m_bench.models.chance import Chance


def zeros(problem):
    return torch.zeros(*problem.query_index.shape, problem.ways)


class Network(nn.Module):
    name = "my network"

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(2.0))
        self.drop = nn.Dropout(0.5)

    def forward(self, problem):
        return self.drop(zeros(problem) + self.bias)


class Custom(Chance):
    """Chance by another name."""


@pytest.fixture(scope="module")
def problem():
    return sample(mock_views(("audio.logmel",)), shot=1).problem


@pytest.mark.parametrize(
    ("thing", "kind", "name"),
    [
        (zeros, Function, "zeros"),
        (Network(), Module, "my network"),
        (Network, Module, "my network"),
        (KNeighborsClassifier(1), PerEpisode, "KNeighborsClassifier"),
        (KNeighborsClassifier, PerEpisode, "KNeighborsClassifier"),
        (Custom(), Custom, "Custom"),
        (Custom, Custom, "Custom"),
    ],
)
def test_objects_and_classes_are_lifted_and_named(thing, kind, name):
    named = find_model(thing)
    assert isinstance(named.model, kind)
    assert (named.name, named.source, named.saved) == (name, "python", ())


def test_a_function_and_a_module_answer_through_predict_and_the_module_is_in_evaluation_mode(problem):
    assert torch.equal(lift(zeros).predict(problem), zeros(problem))
    assert (lift(Network()).predict(problem) == 2).all()
    assert lift(Network()).state()["bias"].item() == 2


def test_another_function_or_other_weights_are_another_identity():
    def ones(problem):
        return zeros(problem) + 1

    other = Network()
    nn.init.zeros_(other.bias)
    assert identity("f", lift(zeros)) == identity("f", lift(zeros)) != identity("f", lift(ones))
    assert identity("m", lift(Network())) == identity("m", lift(Network())) != identity("m", lift(other))


@pytest.mark.parametrize("thing", [3, None, ["nearest_mean"]])
def test_what_is_no_model_is_refused(thing):
    with pytest.raises(InputError, match="is no model; hand in a Model, a function"):
        find_model(thing)


def test_an_unknown_name_answers_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean nearest_mean"):
        find_model("nearest_men")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """`theirs`, a module in the current folder."""
    (tmp_path / "theirs.py").write_text(
        "from stf2m_bench.models.chance import Chance\n"
        "import torch\n"
        "class Mine(Chance): pass\n"
        "ready = Mine()\n"
        "def make(): return Mine()\n"
        "def wide(width=8): return Mine()\n"
        "def logits(problem): return torch.ones(*problem.query_index.shape, problem.ways)\n"
        "def scaled(problem, scale=2.0): return torch.ones(*problem.query_index.shape, problem.ways) * scale\n"
    )
    (tmp_path / "broken.py").write_text("def f(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("theirs", None)


@pytest.mark.parametrize("attribute", ["Mine", "ready", "make", "wide"])
def test_a_class_an_object_and_a_factory_are_found_by_their_import_path(package, attribute):
    named = find_model(f"theirs:{attribute}")
    assert isinstance(named.model, Chance)
    assert (named.name, named.source) == (attribute, f"python:theirs:{attribute}")


@pytest.mark.parametrize(("attribute", "value"), [("logits", 1), ("scaled", 2)])
def test_a_function_of_a_problem_is_no_factory(package, problem, attribute, value):
    assert (find_model(f"theirs:{attribute}").model.predict(problem) == value).all()


@pytest.mark.parametrize("text", ["theirs:nothing", "nowhere:f", "broken:f", ":f"])
def test_what_cannot_be_imported_is_told_in_one_sentence(package, text):
    with pytest.raises(UsageError, match=f"'{text}' could not be imported"):
        find_model(text)


def test_settings_are_typed(package):
    assert find_model("logistic", C=0.5).model.config() == {"C": 0.5}
    assert find_model("logistic", C=2).model.config() == {"C": 2.0}
    assert isinstance(find_model("logistic", C=2).model.config()["C"], float)
    with pytest.raises(UsageError, match=r"The setting 'C' of 'logistic' is like 1.0, not 'much'"):
        find_model("logistic", C="much")
    with pytest.raises(UsageError, match="The setting 'width' of 'prototypical' is like 48, not True"):
        find_model("prototypical", width=True)
    with pytest.raises(UsageError, match="has no setting 'depth'; it has: width, dropout"):
        find_model("prototypical", depth=3)
    with pytest.raises(UsageError, match="Settings are for built-in models; 'theirs:make' is none"):
        find_model("theirs:make", width=3)


def saved(folder, width=4):
    specs = mock_views(("audio.logmel",)).specs
    model: Model = find_model("prototypical", width=width).model
    model.build(specs, ())
    save_model("prototypical", model, specs, folder)
    return model


def test_a_folder_is_loaded_with_its_settings_weights_and_name(tmp_path, problem):
    model = saved(tmp_path / "mine", width=6)
    named = find_model(tmp_path / "mine")
    assert (named.name, named.key, named.source) == ("mine", "prototypical", "mine")
    assert [(list(one.view_specs), one.trained_on) for one in named.saved] == [(["audio.logmel"], None)]
    assert named.model.config()["width"] == 6
    model.network.eval()
    assert torch.equal(named.model.predict(problem), model.predict(problem))


def test_a_folder_with_folds_holds_one_model_each_in_the_order_of_their_numbers(tmp_path):
    for fold in range(11):
        saved(tmp_path / "mine" / f"fold-{fold}", width=fold + 1)
    assert [one.model.config()["width"] for one in find_model(str(tmp_path / "mine")).saved] == list(range(1, 12))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / WEIGHTS).unlink(), "is not a saved model"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"no"), "is not a saved model"),
        (lambda folder: (folder / CONFIG).write_text("{"), "is not a saved model"),
        (lambda folder: (folder / CONFIG).write_text("{}"), "is not a saved model"),
        (
            lambda folder: (folder / CONFIG).write_text(
                (folder / CONFIG).read_text().replace('"width":4', '"width":5')
            ),
            "do not fit the model 'prototypical'",
        ),
    ],
)
def test_a_broken_folder_is_refused_in_one_sentence(tmp_path, spoil, says):
    saved(tmp_path / "mine")
    spoil(tmp_path / "mine")
    with pytest.raises(InputError, match=says):
        find_model(tmp_path / "mine")
