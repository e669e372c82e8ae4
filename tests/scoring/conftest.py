"""A frozen toy task, predictions for it, and the result of these, written where a test asks for its `path`."""

import pytest
from toy_results import frozen_toy, random_predictions, toy_result

from stf2m_bench.scoring.result import write_result


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
