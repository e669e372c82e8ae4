"""Results of each schema version, and the published schema."""

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from result_edits import change, failed

from stf2m_bench.errors import FaultsError
from stf2m_bench.scoring.checks import rescore
from stf2m_bench.scoring.result import json_schema, read_result, to_json, to_text
from stf2m_bench.tasks.task import load_task

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"
VERSION_1 = Path(__file__).parent / "data" / "version-1" / "chance.json"


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
