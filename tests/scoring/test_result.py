"""Results: written, read back, refused."""

import pytest
from pydantic import ValidationError
from toy_results import random_predictions, toy_result

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import ModelMark, file_stem, read_result, to_text, write_result


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
