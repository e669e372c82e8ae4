"""What the hash of a result covers."""

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from result_edits import change, failed
from toy_results import toy_result

from stf2m_bench.scoring.checks import rescore
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import (
    Cost,
    Environment,
    Result,
    hash_result,
    make_result,
    read_result,
    to_text,
    write_result,
)


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
