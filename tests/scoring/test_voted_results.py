"""Figures of a task with votes: computed by another route, told by results, checked from the stored predictions."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy
from toy_results import frozen_toy, random_predictions, toy_clips, toy_result, toy_task, voted_toy

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError
from stf2m_bench.scoring.agreement import rater_agreement, vote_agreement, vote_entropy
from stf2m_bench.scoring.checks import check_result, rescore
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import Result, json_schema, read_result, to_json, write_result
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task


@pytest.fixture(scope="module")
def task() -> Task:
    return voted_toy()


@pytest.fixture(scope="module")
def predictions(task: Task) -> Predictions:
    return random_predictions(task)


@pytest.fixture
def path(task: Task, predictions: Predictions, tmp_path: Path) -> Path:
    return write_result(toy_result(task, predictions), predictions, tmp_path)


def queries(task: Task, predictions: Predictions, shot: int):
    """Log-probabilities of each query, and each rater's choice among the classes of its episode."""
    for number, episode in enumerate(Drawer(task).all(shot)):
        for place, row in enumerate(episode.query):
            said: list[int] = []
            for text in filter(None, task.clips.votes[row].split(";")):
                emotion, count = text.split("=")
                if emotion in episode.emotions:
                    said += [episode.emotions.index(emotion)] * int(count)
            yield predictions.logs[shot][number, place].astype(float), said


@pytest.mark.parametrize("shot", [1, 5])
def test_every_figure_agrees_with_counting_rater_by_rater(task: Task, predictions: Predictions, shot: int) -> None:
    found = score(task, predictions).shots[shot].votes
    every = list(queries(task, predictions, shot))
    asked = [(logs, said) for logs, said in every if said]
    shares = [np.bincount(said, minlength=4) / len(said) for _, said in asked]
    assert (found.queries, found.left_out) == (len(asked), len(every) - len(asked))
    assert found.left_out > 0
    pairs = [[a == b for a, b in permutations(said, 2)] for _, said in asked if len(said) > 1]
    p = [np.exp(logs) for logs, _ in asked]
    both = list(zip(p, shares, strict=True))
    first = [np.isin(said, np.flatnonzero(logs == logs.max())) / (logs == logs.max()).sum() for logs, said in asked]
    expected = {
        "cross_entropy": np.mean([entropy(v) + entropy(v, q / q.sum()) - np.log(q.sum()) for q, v in both]),
        "entropy": np.mean([entropy(v) for v in shares]),
        "divergence": np.mean([jensenshannon(q, v, base=2) ** 2 for q, v in both]),
        "agreement": 100 * np.mean([np.mean(one) for one in first]),
        "one_rater": 100 * np.mean([np.mean(pair) for pair in pairs]),
        "most": 100 * np.mean([v.max() for v in shares]),
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, abs=2e-6)


def test_who_says_what_the_raters_say_reaches_the_limits(task: Task) -> None:
    logs = {}
    for shot in task.protocol.shots:
        told = [np.bincount(said, minlength=4) + 1e-9 for _, said in queries(task, random_predictions(task), shot)]
        logs[shot] = from_logits(np.log(np.array(told)).reshape(60, 8, 4), shot=shot)
    for figures in score(task, Predictions(logs)).shots.values():
        votes = figures.votes
        assert votes.cross_entropy == pytest.approx(votes.entropy, abs=2e-3)
        assert votes.divergence == pytest.approx(0, abs=1e-4)
        assert votes.agreement == pytest.approx(votes.most)
        assert votes.one_rater < votes.most


def test_a_constant_model_agrees_by_chance(task: Task) -> None:
    flat = {shot: from_logits(np.zeros((60, 8, 4)), shot=shot) for shot in task.protocol.shots}
    for figures in score(task, Predictions(flat)).shots.values():
        assert figures.votes.agreement == pytest.approx(25)
        assert figures.votes.cross_entropy == pytest.approx(np.log(4), abs=1e-3)


def test_shares_do_not_tell_how_far_raters_agree_with_each_other(predictions: Predictions) -> None:
    shares = [f"{emotion}=0.75;{'anger' if emotion != 'anger' else 'fear'}=0.25" for emotion in toy_clips().emotion]
    votes = score(voted_toy(shares), predictions).shots[1].votes
    assert votes.one_rater is None
    assert votes.left_out == 0
    assert np.isnan(rater_agreement(np.array([[1.0, 0.0], [0.0, 1.0]])))


def test_top_ties_are_split_and_entropy_is_in_nats() -> None:
    assert vote_agreement(np.log([[0.4, 0.4, 0.2]]), np.array([[0.2, 0.5, 0.3]])) == pytest.approx([0.35])
    assert vote_entropy(np.array([[0.2, 0.5, 0.3]])) == pytest.approx(entropy([0.2, 0.5, 0.3]))


def test_votes_move_no_other_figure(task: Task, predictions: Predictions) -> None:
    plain, voted = score(frozen_toy(), predictions), score(task, predictions)
    for shot, figures in plain.shots.items():
        assert figures.model_dump() == voted.shots[shot].model_dump() | {"votes": None}


def test_a_task_of_whose_queries_nobody_chose_a_class_is_invalid(predictions: Predictions) -> None:
    with pytest.raises(InputError, match="no rater 'all' of any query chose a class of its episode"):
        score(voted_toy([""] * len(toy_clips())), predictions)


# ---- in a result ----


def change(path: Path, edit: Any) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    edit(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def failed(path: Path, task: Task) -> dict[str, str]:
    return {check.name: check.message for check in check_result(path, task) if not check.passed}


def test_a_result_with_votes_is_of_schema_version_3_and_passes_every_check(path: Path, task: Task) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(value, json_schema())
    assert value["schema_version"] == 3
    assert failed(path, task) == {}
    assert rescore(path, task).differences == []


def test_a_result_without_votes_is_written_as_before(predictions: Predictions) -> None:
    result = toy_result(frozen_toy(), predictions)
    assert result.schema_version == 2
    assert all("votes" not in figures for figures in to_json(result)["figures"]["shots"].values())
    jsonschema.validate(to_json(result), json_schema())


@pytest.mark.parametrize("name", ["cross_entropy", "divergence", "agreement", "one_rater", "most", "left_out"])
def test_an_altered_figure_of_votes_is_caught(path: Path, task: Task, name: str) -> None:
    def raise_by_one(value: Any) -> None:
        votes = value["figures"]["shots"]["1"]["votes"]
        votes[name] = round(votes[name] + 1, 6)

    change(path, raise_by_one)
    assert f"figures.shots.1.votes.{name}" in failed(path, task)["figures"]
    assert len(rescore(path, task).differences) == 1


def test_a_result_that_leaves_out_the_votes_of_its_task_is_caught(path: Path, task: Task) -> None:
    def as_version_2(value: Any) -> None:
        value["schema_version"] = 2
        for figures in value["figures"]["shots"].values():
            del figures["votes"]

    change(path, as_version_2)
    assert isinstance(read_result(path), Result)
    assert "lacks the agreement with votes" in failed(path, task)["votes"]


def test_votes_that_a_result_of_an_older_version_states_are_refused(path: Path, task: Task) -> None:
    change(path, lambda v: v.update(schema_version=2))
    assert "1 shot: a result of schema version 2 has no 'votes'" in failed(path, task)["schema"]


def test_the_toy_without_votes_is_what_it_was() -> None:
    assert toy_task().votes is None
