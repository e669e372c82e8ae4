"""The random words: equal to Philox4x64-10 elsewhere, and uniform after our own bounded draws."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from stf2m_bench.episode.randomness import Pile, Words, philox

WORD = st.integers(0, 2**64 - 1)

RANDOM123 = [  # counter, key, words: the file kat_vectors of Random123, lines "philox4x64 10"
    ([0] * 4, [0] * 2, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    ([2**64 - 1] * 4, [2**64 - 1] * 2, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
    (
        [0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89],
        [0x452821E638D01377, 0xBE5466CF34E90C6C],
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), RANDOM123)
def test_the_known_answers_of_random123_come_out(counter: list[int], key: list[int], words: str) -> None:
    assert " ".join(f"{word:016x}" for word in philox(tuple(counter), tuple(key))) == words  # type: ignore[arg-type]


@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_words_are_those_of_numpys_philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> None:
    before = (sum(word << 64 * place for place, word in enumerate(counter)) - 1) % 2**256  # numpy counts up first
    theirs = np.random.Philox(counter=before, key=key[0] | key[1] << 64).random_raw(4)
    assert philox(counter, key) == tuple(theirs.tolist())


def test_a_stream_runs_through_the_blocks_in_order() -> None:
    words = Words("a", 1)
    stream = [words.next() for _ in range(12)]
    key = words._key
    assert stream == [word for block in range(3) for word in philox((block, 0, 0, 0), key)]


def test_the_words_of_a_key_are_philox_keyed_by_its_sha256_and_never_change() -> None:
    words = Words("toy", 1, 0, "meta_test", 0, 5, 7)
    digest = hashlib.sha256(b"toy\x1f1\x1f0\x1fmeta_test\x1f0\x1f5\x1f7").digest()
    theirs = np.random.Philox(counter=2**256 - 1, key=int.from_bytes(digest[:16], "little")).random_raw(6)
    drawn = [words.next() for _ in range(6)]
    assert drawn == theirs.tolist()
    assert drawn[:2] == [0xAD4F5B04D2C68E67, 0xE7D85A2F16D7891F]


def test_keys_that_differ_in_anything_give_other_streams() -> None:
    keys = [("a", 1), ("a", 2), ("a", "1", ""), ("b", 1), ("a1",), (1, "a")]
    assert len({Words(*key).next() for key in keys}) == len(keys)


def test_another_process_with_another_hash_seed_draws_the_same() -> None:
    call = "from stf2m_bench.episode.randomness import Words\nprint(Words('toy', 3).sample(range(1000), 20))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", call], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert answers == {f"{Words('toy', 3).sample(range(1000), 20)}\n"}


@pytest.mark.parametrize("n", [2, 3, 7, 60])
def test_bounded_draws_are_uniform(n: int) -> None:
    words = Words("uniform", n)
    counts = Counter(words.below(n) for _ in range(200 * n))
    assert set(counts) == set(range(n))
    assert chisquare([counts[i] for i in range(n)]).pvalue > 1e-3


@pytest.mark.parametrize("n", [2**63 + 1, 3 * 2**62, 2**64 - 1])
def test_bounds_that_do_not_divide_the_range_are_uniform_too(n: int) -> None:
    """Without rejection a third of the values of 3 * 2**62 would come twice as often."""
    words = Words("large", n)
    drawn = [words.below(n) for _ in range(4000)]
    assert max(drawn) < n
    assert kstest(np.array(drawn, dtype=np.float64) / n, "uniform").pvalue > 1e-3
    assert chisquare(list(Counter(value % 3 for value in drawn).values())).pvalue > 1e-3


def test_draws_below_one_are_zero() -> None:
    assert [Words("one").below(1) for _ in range(5)] == [0] * 5


@given(st.integers(0, 40), st.integers())
def test_a_pile_gives_every_number_once(n: int, key: int) -> None:
    pile = Pile(n, Words(key))
    assert sorted(pile.take() for _ in range(n)) == list(range(n))
    assert pile.left == 0
    with pytest.raises(IndexError):
        pile.take()


@given(st.integers(1, 30), st.integers(), st.data())
def test_a_pile_takes_what_a_plain_shuffle_of_a_list_takes(n: int, key: int, data: st.DataObject) -> None:
    takes = data.draw(st.integers(0, n))
    pile, words, items = Pile(n, Words(key)), Words(key), list(range(n))
    for left in range(n, n - takes, -1):
        place = words.below(left)
        items[place], items[left - 1] = items[left - 1], items[place]
        assert pile.take() == items[left - 1]


@pytest.mark.parametrize(("n", "k"), [(4, 4), (5, 2)])
def test_every_order_of_a_sample_is_as_likely(n: int, k: int) -> None:
    words = Words("orders", n, k)
    orders = factorial(n) // factorial(n - k)
    counts = Counter(tuple(words.sample(range(n), k)) for _ in range(100 * orders))
    assert set(counts) == set(permutations(range(n), k))
    assert chisquare(list(counts.values())).pvalue > 1e-3


def test_a_sample_out_of_very_many_costs_no_more_than_its_own_size() -> None:
    pile = Pile(10**12, Words("many"))
    taken = [pile.take() for _ in range(100)]
    assert len(set(taken)) == 100
    assert len(pile._moved) <= 100
