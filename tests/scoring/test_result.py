import json
from datetime import date
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from toy_results import frozen_toy, random_predictions, toy_result, toy_task

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.scoring.checks import check_result, rescore
from stf2m_bench.scoring.figures import Figures
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import (
    Cost,
    Environment,
    ModelMark,
    file_stem,
    hash_result,
    json_schema,
    make_result,
    read_result,
    to_text,
    write_result,
)

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"


@pytest.fixture(scope="module")
def task():
    return frozen_toy()


@pytest.fixture(scope="module")
def predictions(task):
    return random_predictions(task)


@pytest.fixture(scope="module")
def result(task, predictions):
    return toy_result(task, predictions)


@pytest.fixture
def path(result, predictions, tmp_path):
    return write_result(result, predictions, tmp_path)


def failed(path, task):
    return {check.name: check.message for check in check_result(path, task) if not check.passed}


def change(path, edit):
    """Edit the stored JSON in place, as a hand with an editor would."""
    value = json.loads(path.read_text(encoding="utf-8"))
    edit(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def figure_places(value, place=()):
    """Every number in nested JSON, as paths."""
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, one in inner for found in figure_places(one, (*place, key))]
    return [place] if isinstance(value, int | float) else []


def reach(value, place):
    for key in place[:-1]:
        value = value[key]
    return value, place[-1]


def test_a_written_result_reads_back_equal_and_passes_every_check(result, path, task):
    assert path.name == "prototypes.json"
    assert read_result(path) == result
    assert result.state == "reported"
    checks = check_result(path, task)
    assert [check.name for check in checks if not check.passed] == []
    assert [check.name for check in checks] == [
        "schema", "file name", "task", "frozen", "shots", "state", "text",
        "predictions file", "hash", "shapes", "log-probabilities", "figures",
    ]  # fmt: skip


def test_the_same_predictions_give_the_same_file_and_hash(task, result):
    again = toy_result(task, random_predictions(task))
    assert again.hash == result.hash
    assert to_text(again) == to_text(result)


def test_the_hash_does_not_cover_where_when_and_at_what_cost(task, predictions, result):
    mark = result.model.model_copy(update={"name": "other", "source": "hub:lab/other", "revision": "1"})
    other = make_result(
        task,
        predictions,
        model=mark,
        view_stores={},
        environment=Environment(device="cuda"),
        cost=Cost(fit_seconds=9.0),
        seeds=(0,),
        created=date(2030, 1, 1),
    )
    assert other.hash == result.hash


@pytest.mark.parametrize(
    "model", [{"sha256": "c" * 64}, {"config": {"k": 1}}, {"training_data": ("emodb",)}, {"reference": True}]
)
def test_the_hash_covers_what_the_model_is_and_declares(task, predictions, result, model):
    assert toy_result(task, predictions, **model).hash != result.hash


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([1, 5]), st.integers(0, 59), st.integers(0, 7), st.integers(0, 3), st.integers(0, 15))
def test_the_hash_covers_every_bit_of_the_predictions(task, predictions, result, shot, i, query, choice, bit):
    logs = {s: values.copy() for s, values in predictions.logs.items()}
    logs[shot].view(np.uint16)[i, query, choice] ^= 1 << bit
    assert hash_result(result, Predictions(logs).raw()) != result.hash


def test_every_figure_altered_in_its_last_digit_changes_the_hash(result, predictions):
    stored = result.model_dump(mode="json")["figures"]
    places = figure_places(stored)
    assert len(places) > 150
    for place in places:
        value = json.loads(json.dumps(stored))
        inner, key = reach(value, place)
        inner[key] = inner[key] + 1 if isinstance(inner[key], int) else round(inner[key] + 1e-6, 6)
        forged = result.model_copy(update={"figures": Figures.model_validate(value)})
        assert hash_result(forged, predictions.raw()) != result.hash, place


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_forged_figure_with_a_mended_hash_is_named_by_check_and_rescore(
    tmp_path_factory, result, predictions, task, data
):
    path = write_result(result, predictions, tmp_path_factory.mktemp("forged"))
    place = data.draw(st.sampled_from(figure_places(json.loads(path.read_text())["figures"])))

    def forge(value):
        inner, key = reach(value["figures"], place)
        inner[key] = inner[key] + 1 if isinstance(inner[key], int) else round(inner[key] + 1e-6, 6)

    change(path, forge)
    assert set(failed(path, task)) == {"hash", "figures"}
    change(path, lambda value: value.update(hash=hash_result(read_result(path), predictions.raw())))
    where = ".".join(map(str, ("figures", *place)))
    assert where in failed(path, task)["figures"]
    assert [difference.split(" is ")[0] for difference in rescore(path, task).differences] == [where]


def test_rescoring_an_honest_result_finds_no_difference(path, task, result):
    rescored = rescore(path, task)
    assert rescored.differences == []
    assert rescored.stored == rescored.recomputed == result.figures


@pytest.mark.parametrize(
    ("edit", "caught"),
    [
        (lambda v: v["task"].update(hash="0" * 64), {"task", "hash"}),
        (lambda v: v["task"].update(version=2), {"task", "hash"}),
        (lambda v: v["task"].update(frozen="0" * 64), {"frozen", "hash"}),
        (lambda v: v["model"].update(sha256="0" * 64), {"hash"}),
        (lambda v: v["model"]["declarations"].update(transductive=True), {"hash"}),
        (lambda v: v["model"].update(reference=True), {"hash"}),
        (lambda v: v.update(seeds=[1]), {"hash"}),
        (lambda v: v["model"].update(name="prototypez"), {"file name"}),
        (lambda v: v["model"].update(source="x\u202ey"), {"text"}),
        (lambda v: v["environment"].update(device="a\nb"), {"text"}),
        (lambda v: v["view_stores"].update({"a\x1bb": ""}), {"text"}),
        (lambda v: v["predictions"].update(sha256="0" * 64), {"predictions file"}),
        (lambda v: v["predictions"].update(file="other.parquet"), {"predictions file"}),
        (lambda v: v["predictions"].update(file="../prototypes.parquet"), {"predictions file"}),
        (lambda v: v.update(state="retracted"), {"state"}),
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


def test_writing_with_other_predictions_is_refused_and_writes_nothing(result, task, tmp_path):
    with pytest.raises(InputError, match="computed from other predictions"):
        write_result(result, random_predictions(task, 1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_result_is_refused_with_every_place(tmp_path):
    path = tmp_path / "x.json"
    with pytest.raises(InputError, match="There is no result file"):
        read_result(path)
    path.write_text('{"state": 3}', encoding="utf-8")
    with pytest.raises(FaultsError, match=r"(?s)state: .*hash: Field required"):
        read_result(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(FaultsError, match="file: Invalid JSON"):
        read_result(path)


@pytest.mark.parametrize("value", [float("nan"), [1, float("inf")], {"a": {"b": float("-inf")}}])
def test_a_configuration_holds_no_nan_or_infinity(value):
    with pytest.raises(ValidationError, match="finite number"):
        ModelMark(name="m", source="s", sha256="a" * 64, training_data=(), config={"x": value})


@pytest.mark.parametrize(
    ("name", "stem"),
    [("hub:lab/model@1", "hub-lab-model-1"), ("../../x", "x"), ("names_no_shots", "names_no_shots"), ("…", "model")],
)
def test_a_models_name_becomes_a_safe_file_name(name, stem):
    assert file_stem(name) == stem


def test_the_committed_schema_is_the_one_of_the_code():
    """Else: python -m stf2m_bench.scoring.result docs/result.schema.json."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_a_written_result_is_valid_under_the_published_schema(path):
    jsonschema.Draft202012Validator.check_schema(json_schema())
    value = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(value, json_schema())
    value["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, json_schema())
