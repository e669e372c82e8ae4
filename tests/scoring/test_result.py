import json
import shutil
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
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import (
    Cost,
    Environment,
    ModelMark,
    Result,
    file_stem,
    hash_result,
    json_schema,
    make_result,
    read_result,
    to_json,
    to_text,
    write_result,
)
from stf2m_bench.tasks.task import load_task

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"
PUBLISHED = SCHEMA.parents[1] / "leaderboards/results/emosynth-personal"
VERSION_1 = Path(__file__).parent / "data" / "version-1" / "chance.json"


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
        "schema", "file name", "task", "frozen", "shots", "state", "source", "text",
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


NOT_COVERED = {
    "created": "the same evaluation on another day is the same result",
    "state": "who checked it, not what it is; the boards keep that",
    "reason": "of a retraction",
    "view_stores": "stores of another machine may differ in the last bit; the predictions are covered",
    "environment": "where it ran",
    "cost": "how long it took there",
    "predictions": "the file's name and bytes; the values in it are covered, the file has its own SHA-256",
    "model.name": "the same model may have any name",
    "model.source": "or come from anywhere",
    "model.revision": "in any revision",
    "hash": "itself",
}


def leaves(value, place=()):
    """Every value in nested JSON that holds no other, as paths."""
    if isinstance(value, dict | list) and value:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, one in inner for found in leaves(one, (*place, key))]
    return [place]


def covered(place):
    return place[0] not in NOT_COVERED and ".".join(map(str, place)) not in NOT_COVERED


def alter(value, place):
    """Change one leaf as little as its type allows."""
    inner, key = reach(value, place)
    old = inner[key]
    if isinstance(old, bool):
        inner[key] = not old
    elif isinstance(old, int | float):
        inner[key] = old + 1 if isinstance(old, int) else round(old + 1e-6, 6)
    elif isinstance(old, str):
        inner[key] = ("1" if old[:1] == "0" else "0") + old[1:]
    elif isinstance(old, dict | list):
        inner[key] = {"more": 1} if isinstance(old, dict) else [1]
    else:
        inner[key] = 0


def test_the_hash_covers_every_leaf_of_the_file_but_the_listed_ones(result, predictions):
    text, raw = to_text(result), predictions.raw()
    places = leaves(json.loads(text))
    assert sum(map(covered, places)) > 200
    for place in places:
        value = json.loads(text)
        alter(value, place)
        try:
            altered = Result.model_validate_json(json.dumps(value), strict=True)
        except ValidationError:
            assert covered(place) or place == ("state",), place
        else:
            assert (hash_result(altered, raw) != result.hash) == covered(place), place


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_altered_leaf_that_the_hash_covers_is_caught(tmp_path_factory, result, predictions, task, data):
    path = write_result(result, predictions, tmp_path_factory.mktemp("altered"))
    place = data.draw(st.sampled_from([p for p in leaves(json.loads(to_text(result))) if covered(p)]))
    change(path, lambda value: alter(value, place))
    assert {"schema", "task", "hash"} & set(failed(path, task))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_forged_figure_with_a_mended_hash_is_named_by_check_and_rescore(
    tmp_path_factory, result, predictions, task, data
):
    path = write_result(result, predictions, tmp_path_factory.mktemp("forged"))
    place = data.draw(st.sampled_from(figure_places(json.loads(path.read_text())["figures"])))

    change(path, lambda value: alter(value["figures"], place))
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


def copy_of(path, folder):
    """The result and its predictions in another folder, to be spoilt there."""
    for one in (path, path.with_suffix(".parquet")):
        shutil.copy(one, folder)
    return folder / path.name


def test_a_result_of_schema_version_1_is_read_checked_rescored_and_written_as_it_was():
    result = read_result(VERSION_1)
    task = load_task(result.task.name)
    assert (result.schema_version, result.figures.shots[1].chance_normalised) == (1, None)
    assert failed(VERSION_1, task) == {}
    assert rescore(VERSION_1, task).differences == []
    assert to_text(result) == VERSION_1.read_text(encoding="utf-8")
    jsonschema.validate(to_json(result), json_schema())


def test_a_result_of_schema_version_1_that_was_altered_is_caught(tmp_path):
    path = copy_of(VERSION_1, tmp_path)
    change(path, lambda value: value["figures"]["shots"]["5"].update(nll=1.609376))
    task = load_task("emosynth-personal")
    assert set(failed(path, task)) == {"hash", "figures"}
    assert rescore(path, task).differences == ["figures.shots.5.nll is 1.609376, recomputed 1.609375"]


@pytest.mark.parametrize(
    ("file", "edit", "says"),
    [
        ("old", lambda f: f.update(coarse=None), "5 shot: a result of schema version 1 has no 'coarse'"),
        ("new", lambda f: f.pop("coarse"), "5 shot: a result of schema version 2 must state 'coarse'"),
    ],
)
def test_a_result_states_the_figures_of_its_schema_version_no_more_and_no_fewer(path, tmp_path, file, edit, says):
    place = path if file == "new" else copy_of(VERSION_1, tmp_path)
    change(place, lambda value: edit(value["figures"]["shots"]["5"]))
    with pytest.raises(FaultsError, match=says):
        read_result(place)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(place.read_text(encoding="utf-8")), json_schema())


def test_a_result_cannot_pass_for_one_of_another_schema_version(path, task):
    def age(value):
        value["schema_version"] = 1
        for figures in value["figures"]["shots"].values():
            del figures["chance_normalised"], figures["coarse"]

    change(path, age)
    assert set(failed(path, task)) == {"hash"}


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
