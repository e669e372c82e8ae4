"""Every built-in model keeps the contract, and the mock run finds those that do not."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from stf2m_bench.models import ROOM
from stf2m_bench.models.base.checks import CHECKS, check_model
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.mock import mock_views
from stf2m_bench.models.base.model import Model, save_model
from stf2m_bench.models.base.pooling import pool


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_built_in_model_keeps_every_promise(key):
    checks = check_model(find_model(key))
    assert [check.name for check in checks] == ["constructs", "fits", *CHECKS]
    exceptions = {("chance", "beats chance")}
    broken = [c for c in checks if not c.passed and (key, c.name) not in exceptions]
    assert broken == []


def test_chance_has_nothing_to_beat():
    (beats,) = [c for c in check_model(find_model("chance")) if c.name == "beats chance"]
    assert beats.passed is None
    assert beats.message == "it gives every class the same logit"


class Means(Model):
    """Nearest class mean of the pooled sound, right in every way; the ones below break one promise each."""

    def predict(self, problem):
        vectors = pool(problem.clips["audio.logmel"], problem.lengths["audio.logmel"])
        support = vectors[problem.support_index]
        means = support.reshape(len(support), problem.ways, -1, support.shape[-1]).mean(2)
        return -torch.cdist(vectors[problem.query_index], means)


class WrongShape(Means):
    def predict(self, problem):
        return super().predict(problem).mT


class NotANumber(Means):
    def predict(self, problem):
        return super().predict(problem) * float("nan")


class Restless(Means):
    _calls = 0

    def predict(self, problem):
        self._calls += 1
        return super().predict(problem) * self._calls


class Dicing(Means):
    def fit(self, sides):
        self._weight = torch.tensor(np.random.default_rng().normal())
        return self

    def state(self):
        return {"weight": self._weight}


class Spying(Means):
    def fit(self, sides):
        self._spied = torch.tensor(float(sides._views.stores["audio.logmel"].data.sum()))
        return self

    def state(self):
        return {"spied": self._spied}


class Meddling(Means):
    def predict(self, problem):
        logits = super().predict(problem)
        problem.clips["audio.logmel"][0] += 1
        return logits


class Numbering(Means):
    def predict(self, problem):
        return super().predict(problem) + torch.arange(problem.ways)


class Transductive(Means):
    def predict(self, problem):
        logits = super().predict(problem)
        return logits - logits.mean(1, keepdim=True)


class Mixing(Means):
    def predict(self, problem):
        logits = super().predict(problem)
        return logits - logits.mean((0, 1), keepdim=True)


class Padded(Means):
    def predict(self, problem):
        sound = problem.clips["audio.logmel"]
        whole = torch.full_like(problem.lengths["audio.logmel"], sound.shape[1])
        return super().predict(replace(problem, lengths={"audio.logmel": whole}))


class Absent(Means):
    def predict(self, problem):
        return super().predict(problem) / problem.present["audio.logmel"][problem.query_index].unsqueeze(2)


class Backwards(Means):
    def predict(self, problem):
        return -super().predict(problem)


class Global(Means):
    def fit(self, sides):
        np.random.rand()  # noqa: NPY002
        return self


class Raising(Means):
    def fit(self, sides):
        raise RuntimeError("out of ideas")


@pytest.mark.parametrize(
    ("model", "name", "says"),
    [
        (WrongShape, "shapes", r"2-way 1-shot logits are torch.float32 \[4, 2, 4\]; predict must give .* \[4, 4, 2\]"),
        (NotANumber, "finite", "2-way 1-shot logits hold NaN"),
        (Restless, "repeats", "the same problem twice gives other logits"),
        (Dicing, "same seed, same weights", "fitted twice with one seed it gives other weights"),
        (Spying, "meta-test out of reach", "other clips of the meta-test people give other weights"),
        (Meddling, "inputs unchanged", r"predict changed problem.clips\['audio.logmel'\]"),
        (Transductive, "queries apart", "declare transductive = True"),
        (Mixing, "episodes apart", "keep episodes apart"),
        (Padded, "padding", "three more zero rows move probabilities"),
        (Absent, "absent views", "a query lacks the view audio.logmel"),
        (Backwards, "beats chance", "where chance is 20; look for a wrong sign"),
        (Global, "global random state", "global state of numpy.random"),
        (Raising, "fits", "it raised RuntimeError: out of ideas"),
    ],
)
def test_a_broken_promise_is_found_and_told_in_a_sentence(model, name, says):
    found = {c.name: c for c in check_model(find_model(model))}
    assert found[name].passed is False
    assert re.search(says, found[name].message)


def test_a_model_that_keeps_all_promises_but_is_handed_in_from_python_cannot_be_saved():
    found = {c.name: c for c in check_model(find_model(Means))}
    assert [name for name, check in found.items() if check.passed is False] == []
    assert {name for name, check in found.items() if check.passed is None} == {"save and load", "other views"}
    assert found["other views"].message.startswith("with imported:mock alone it raised KeyError")


def test_a_declared_transductive_model_may_look_at_other_queries():
    declared = type("Declared", (Transductive,), {"transductive": True})
    found = {c.name: c for c in check_model(find_model(declared))}
    assert found["queries apart"].passed is None
    assert found["episodes apart"].passed


def test_a_model_to_which_class_numbers_matter_is_told_so_but_not_failed():
    found = {c.name: c for c in check_model(find_model(Numbering))}
    assert found["classes in any order"].passed is None
    assert "moves probabilities by" in found["classes in any order"].message


class Network(nn.Module):
    def forward(self, problem):
        return Means().predict(problem)


@pytest.mark.parametrize("thing", [Network(), KNeighborsClassifier(1), lambda problem: Means().predict(problem)])
def test_modules_classifiers_and_functions_are_checked_too(thing):
    assert [c for c in check_model(find_model(thing)) if c.passed is False] == []


def test_a_saved_folder_is_checked_by_its_settings(tmp_path):
    fitted = find_model("prototypical", width=8).model
    fitted.build(mock_views(("audio.logmel",)).specs, ())
    save_model("prototypical", fitted, mock_views(("audio.logmel",)).specs, tmp_path / "mine")
    assert [c for c in check_model(find_model(tmp_path / "mine")) if not c.passed] == []
