import hypothesis.extra.numpy as hnp
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from toy_results import frozen_toy, random_predictions

from stf2m_bench.errors import InputError
from stf2m_bench.scoring.predictions import Predictions, from_logits


@given(hnp.arrays(np.float32, (2, 3, 4), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_stored_values_are_the_log_softmax_clipped_at_minus_15_in_float16(logits):
    stored = from_logits(logits, shot=1)
    expected = np.maximum(log_softmax(logits.astype(np.float64), axis=-1), -15)
    assert stored.dtype == np.float16
    np.testing.assert_allclose(stored.astype(np.float64), expected, rtol=2**-11, atol=1e-7)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_refused_with_shot_and_episode(broken):
    logits = np.zeros((4, 3, 2))
    logits[2, 0, 1] = broken
    with pytest.raises(InputError, match="5-shot episode 12 hold NaN or infinity"):
        from_logits(logits, shot=5, start=10)


def test_another_number_of_axes_is_refused():
    with pytest.raises(InputError, match=r"1-shot episodes from 7 on have the shape \[3, 2\]"):
        from_logits(np.zeros((3, 2)), shot=1, start=7)


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.uint16, st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(2, 6))),
    st.sampled_from([(1,), (1, 5), (5, 1)]),
)
def test_a_written_file_reads_back_exact_to_the_bit(tmp_path_factory, bits, shots):
    path = tmp_path_factory.mktemp("predictions") / "p.parquet"
    Predictions({shot: bits.view(np.float16) for shot in shots}).write(path)
    read = Predictions.read(path)
    assert sorted(read.logs) == sorted(shots)
    for logs in read.logs.values():
        np.testing.assert_array_equal(logs.view(np.uint16), bits)


def test_a_thousand_five_way_episodes_take_120_to_190_kilobytes():
    logits = np.random.default_rng(0).normal(0, 2, (1000, 15, 5))
    size = len(Predictions({1: from_logits(logits, shot=1)}).to_bytes())
    assert 120_000 < size < 190_000


def test_the_raw_bytes_are_little_endian_by_shot_whatever_the_order_of_the_keys():
    one, five = (np.full((1, 1, 2), v, np.float16) for v in (-1, -2))
    raw = Predictions({5: five, 1: one}).raw()
    assert raw == np.array([-1, -1, -2, -2], "<f2").tobytes()


@pytest.fixture
def written(tmp_path):
    predictions = random_predictions(frozen_toy())
    path = tmp_path / "p.parquet"
    predictions.write(path)
    return predictions, path


def test_rows_may_stand_in_any_order(written):
    predictions, path = written
    table = pq.read_table(path)
    pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), path)
    for shot, logs in Predictions.read(path).logs.items():
        np.testing.assert_array_equal(logs, predictions.logs[shot])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (lambda n: [i for i in range(n) if i // 8 != 3], "1 shot: episode 3, query 0 is missing"),
        (lambda n: [i for i in range(n) if i != 8 * 3 + 7], "1 shot: episode 3, query 7 is missing"),
        (lambda n: [*range(n), 42], "1 shot: episode 5, query 2 occurs more than once"),
    ],
)
def test_a_missing_or_repeated_row_is_named(written, rows, sentence):
    _, path = written
    table = pq.read_table(path)
    pq.write_table(table.take(rows(len(table))), path)
    with pytest.raises(InputError, match=sentence):
        Predictions.read(path)


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing"])
def test_a_file_that_is_no_parquet_is_refused(tmp_path, content):
    path = tmp_path / "p.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not readable Parquet"):
        Predictions.read(path)


def test_a_file_with_other_columns_or_no_file_is_refused(written):
    _, path = written
    pq.write_table(pq.read_table(path).drop_columns(["query"]), path)
    with pytest.raises(InputError, match="other columns than shot, episode, query"):
        Predictions.read(path)
    with pytest.raises(InputError, match="There is no predictions file"):
        Predictions.read(path.with_name("none.parquet"))


def change_value(value):
    def change(logs):
        logs[1][7, 2, 3] = value

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda logs: logs.pop(5), "5-shot predictions are missing"),
        (lambda logs: logs.update({3: logs[1]}), "the task has no 3-shot episodes"),
        (lambda logs: logs.update({1: logs[1][:59]}), "1 shot: 59 episodes instead of 60"),
        (lambda logs: logs.update({1: np.concatenate([logs[1]] * 2)}), "1 shot: 120 episodes instead of 60"),
        (lambda logs: logs.update({5: logs[5][:, :7]}), r"5 shot: \[queries, ways\] is \[7, 4\] instead of \[8, 4\]"),
        (change_value(np.nan), "1 shot, episode 7: NaN or infinity"),
        (change_value(0.5), r"1 shot, episode 7: a log-probability outside \[-15, 0\]"),
        (change_value(-0.001), "1 shot, episode 7: the probabilities of a query do not sum to 1"),
    ],
)
def test_predictions_that_do_not_fit_the_task_are_refused_with_the_place(change, sentence):
    task = frozen_toy()
    logs = {shot: values.copy() for shot, values in random_predictions(task).logs.items()}
    Predictions(logs).require(task)
    change(logs)
    with pytest.raises(InputError, match=sentence):
        Predictions(logs).require(task)
