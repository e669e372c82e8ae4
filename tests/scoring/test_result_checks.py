"""The checks of a result name every edit; rescoring finds every difference."""

from pathlib import Path

import numpy as np
import pytest
from result_edits import change, failed
from toy_results import frozen_toy, random_predictions, toy_result, toy_task

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.scoring.checks import check_result, rescore
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import Cost, Environment, ModelMark, hash_result, make_result, read_result, write_result
from stf2m_bench.tasks.task import load_task

PUBLISHED = Path(__file__).parents[2] / "leaderboards/results/emosynth-personal"


def test_rescoring_an_honest_result_finds_no_difference(path, task, result):
    rescored = rescore(path, task)
    assert rescored.differences == []
    assert rescored.stored == rescored.recomputed == result.figures


@pytest.mark.parametrize(
    ("edit", "caught"),
    [
        (lambda v: v["task"].update(hash="0" * 64), {"task"}),
        (lambda v: v["task"].update(version=2), {"task"}),
        (lambda v: v["task"].update(frozen="0" * 64), {"frozen", "hash"}),
        (lambda v: v["model"].update(sha256="0" * 64), {"hash"}),
        (lambda v: v["model"]["declarations"].update(transductive=True), {"hash"}),
        (lambda v: v["model"].update(reference=True), {"hash"}),
        (lambda v: v.update(seeds=[1]), {"hash", "file name"}),
        (lambda v: v["model"].update(name="prototypez"), {"file name"}),
        (lambda v: v["model"].update(source="x\u202ey"), {"text"}),
        (lambda v: v["environment"].update(device="a\nb"), {"text"}),
        (lambda v: v["view_stores"].update({"a\x1bb": ""}), {"text"}),
        (lambda v: v["predictions"].update(sha256="0" * 64), {"predictions file"}),
        (lambda v: v["predictions"].update(file="other.parquet"), {"predictions file"}),
        (lambda v: v["predictions"].update(file="../prototypes.parquet"), {"predictions file"}),
        (lambda v: v.update(state="retracted"), {"state"}),
        (lambda v: v.update(view_stores={}), {"source"}),
        (lambda v: v.update(view_stores={"audio.logmel": ""}), {"source"}),
        (lambda v: v.update(view_stores={"video.face": "b" * 64}), {"source"}),
        (lambda v: v["environment"].update(versions={}), {"source"}),
        (lambda v: v["cost"].update(parameters=None), {"source"}),
        (lambda v: v["figures"]["shots"].pop("5"), {"shots", "hash", "figures"}),
        (lambda v: v.update(state="approved"), {"schema"}),
        (lambda v: v.update(extra=1), {"schema"}),
        (lambda v: v["model"]["config"].update(lr=[float("nan")]), {"schema"}),
        (lambda v: v["cost"].update(parameters=10**300), {"schema"}),
        (lambda v: v["figures"]["shots"]["1"].update(uar=50.1234567), {"schema"}),
        (lambda v: v["figures"]["shots"]["1"].update(uar="50"), {"schema"}),
        (lambda v: v["figures"]["shots"]["1"].pop("nll"), {"schema"}),
    ],
)
def test_every_edit_is_caught_by_the_check_of_that_name(path, task, edit, caught):
    change(path, edit)
    assert set(failed(path, task)) == caught


def test_a_retracted_result_with_a_reason_passes(path, task):
    change(path, lambda value: value.update(state="retracted", reason="trained on the test people"))
    assert failed(path, task) == {}


@pytest.mark.parametrize(
    ("source", "stores", "lacks"),
    [
        ("built-in", {}, "the view store of audio.logmel, its parameters, the versions that it ran with"),
        ("probe", {}, "the view stores that it read, the versions that it ran with"),
        ("probe", {"probe.length": "c" * 64}, "the versions that it ran with"),
        ("predictions", {}, None),
        ("python:lab.models:Ours", {}, None),
        ("my-folder", {}, None),
    ],
)
def test_what_evaluation_made_itself_states_what_it_read_and_ran_with(
    task, predictions, tmp_path, source, stores, lacks
):
    mark = ModelMark(name="m", source=source, sha256="a" * 64, training_data=())
    result = make_result(
        task, predictions, model=mark, view_stores=stores, environment=Environment(), cost=Cost(), seeds=()
    )
    says = f"a result of source '{source}' must state {lacks}; evaluate again"
    found = failed(write_result(result, predictions, tmp_path), task)
    assert found == ({} if lacks is None else {"source": says})


@pytest.mark.parametrize("name", ["chance", "prototypical.seed-1", "probe.all", "probe.time"])
def test_published_results_pass_every_check(name):
    path = PUBLISHED / f"{name}.json"
    assert failed(path, load_task(path.parent.name)) == {}


def test_a_result_of_another_version_is_told_in_one_sentence_before_anything_else(path):
    other = frozen_toy(version=2)
    (message,) = failed(path, other).values()
    assert message == "the result is of another task or version than 'toy' 2"
    assert [check.name for check in check_result(path, other)] == ["schema", "file name", "task"]
    with pytest.raises(
        InputError, match=r"another task or version \('toy' 1\) than 'toy' 2; give its own task"
    ) as error:
        rescore(path, other)
    assert not isinstance(error.value, FaultsError)


def test_predictions_exchanged_beside_the_result_are_caught(path, task):
    random_predictions(task, 9).write(path.with_suffix(".parquet"))
    assert set(failed(path, task)) == {"predictions file", "hash", "figures"}


def test_predictions_of_another_shape_or_not_normalised_are_caught(path, task, predictions):
    Predictions({1: predictions.logs[1]}).write(path.with_suffix(".parquet"))
    assert failed(path, task)["shapes"] == "5-shot predictions are missing"
    Predictions({s: values / np.float16(2) for s, values in predictions.logs.items()}).write(
        path.with_suffix(".parquet")
    )
    assert "1 shot, episode 0: the probabilities of a query do not sum to 1" in failed(path, task)["log-probabilities"]


def test_reported_figures_without_predictions_pass_but_cannot_be_rescored_or_called_checked(path, task):
    change(path, lambda value: value.update(predictions=None))
    change(path, lambda value: value.update(hash=hash_result(read_result(path), b"")))
    assert failed(path, task) == {}
    with pytest.raises(InputError, match="has no predictions, only reported figures"):
        rescore(path, task)
    change(path, lambda value: value.update(state="checked"))
    assert set(failed(path, task)) == {"predictions file"}


def test_a_result_of_a_task_that_is_not_frozen_fails(tmp_path):
    task = toy_task()
    predictions = random_predictions(task)
    path = write_result(toy_result(task, predictions), predictions, tmp_path)
    assert set(failed(path, task)) == {"frozen"}
