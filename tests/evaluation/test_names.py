"""Names of results: no evaluation passes for another model or takes the place of its result in silence."""

from __future__ import annotations

import pytest
import torch
from toys import make_task, make_views

from stf2m_bench.errors import UsageError
from stf2m_bench.evaluation.evaluate import evaluate, evaluate_predictions
from stf2m_bench.evaluation.names import require_free_name
from stf2m_bench.evaluation.train import train_folds
from stf2m_bench.models.base.lift import NamedModel, find_model


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(freeze=True))


@pytest.fixture(autouse=True)
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ridge(problem):
    return torch.zeros(*problem.query_index.shape, problem.ways)


def contents(home):
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and "results" in path.parts}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ridge", "'ridge' is the name of a built-in model, which this is not; give another --name"),
        ("Ridge!", "'Ridge!' is the name of a built-in model"),
        ("names_no_shots", "built-in model"),
        ("probe.all", "'probe.all' is the name of a shortcut probe; give another --name"),
        ("Probe.mine", "shortcut probe"),
        ("mine.seed-2", "'mine.seed-2' ends like the file of a training seed; give another --name"),
        ("mine.SEED-12", "training seed"),
        ("m" * 101, "has 101 characters, more than 100"),
    ],
)
@pytest.mark.parametrize(("source", "key"), [("predictions", ""), ("built-in", "nearest_mean"), ("mine", "ridge")])
def test_a_name_that_is_not_ones_own_is_refused(name, says, source, key, tmp_path):
    with pytest.raises(UsageError, match=says):
        require_free_name(name, tmp_path, source=source, key=key)


@pytest.mark.parametrize("name", ["my ridge", "ridge.2", "probes", "seed-2", "mine.seed-x", "m" * 100])
def test_other_names_are_free_and_a_built_in_model_has_its_own(name, tmp_path):
    require_free_name(name, tmp_path, source="predictions")
    require_free_name("ridge", tmp_path, source="built-in", key="ridge", seeds=(2,))


def test_functions_and_folders_called_like_a_built_in_model_need_a_name(views, tmp_path, fresh_home):
    evaluate(views.task, "ridge", views=views)
    before = contents(fresh_home)
    train_folds(find_model("ridge"), views, tmp_path / "ridge")
    for model in (ridge, tmp_path / "ridge"):
        with pytest.raises(UsageError, match="'ridge' is the name of a built-in model"):
            evaluate(views.task, model, views=views)
    assert contents(fresh_home) == before
    assert evaluate(views.task, ridge, views=views, name="flat").path.name == "flat.json"


def test_a_result_of_another_source_stays_and_the_same_source_replaces_its_own(views, fresh_home):
    flat = NamedModel("mine", "mine", "python:lab:flat", find_model(ridge).model)
    done = evaluate(views.task, flat, views=views)
    before = contents(fresh_home)
    says = r"mine\.json is the result of 'mine' \(python:lab:flat\); give another --name"
    with pytest.raises(UsageError, match=says):
        evaluate_predictions(views.task, done.path.with_suffix(".parquet"), name="mine")
    for model in ("ridge", NamedModel("mine", "mine", "python:other:flat", flat.model)):
        with pytest.raises(UsageError, match=says):
            evaluate(views.task, model, views=views, name="mine")
    assert contents(fresh_home) == before
    assert evaluate(views.task, "ridge", views=views, name="mine", seed=1).path.name == "mine.seed-1.json"
    assert evaluate(views.task, flat, views=views).result.hash == done.result.hash


def test_two_names_that_give_one_file_name_are_kept_apart(views):
    evaluate(views.task, "chance", views=views, name="a b")
    with pytest.raises(UsageError, match=r"a-b\.json is the result of 'a b' \(built-in\)"):
        evaluate(views.task, "chance", views=views, name="a/b")


def test_a_broken_result_file_does_not_stand_in_the_way(views):
    path = evaluate(views.task, "chance", views=views).path
    path.write_text("{", encoding="utf-8")
    assert evaluate(views.task, "chance", views=views).path == path


def test_results_kept_elsewhere_leave_those_of_the_home_alone(views, tmp_path, fresh_home):
    evaluate(views.task, "ridge", views=views, name="row")
    before = contents(fresh_home)
    done = evaluate(views.task, "chance", views=views, name="row", results=tmp_path)
    assert done.path == tmp_path / "toy" / "row.json"
    assert contents(fresh_home) == before
