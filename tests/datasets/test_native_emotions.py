"""The map from corpora's own words to canonical emotions."""

from __future__ import annotations

from pathlib import Path

import pytest

from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.datasets.base.native_emotions import (
    _whole_map,
    canonical_of,
    emotions_of,
    native_emotions,
    near_matches,
)
from stf2m_bench.errors import InputError, UnknownNameError


def test_every_key_is_canonical_and_dropped_words_have_none() -> None:
    for corpus, words in _whole_map().items():
        for word, native in words.items():
            assert native.canonical is None or native.canonical in canonical_emotions(), (corpus, word)
            assert (native.canonical is None) == (native.match in ("none", "drop")), (corpus, word)


def test_every_word_without_an_emotion_says_why_and_no_other() -> None:
    for corpus, words in _whole_map().items():
        for word, native in words.items():
            assert (native.canonical is None) == bool(native.why), (corpus, word)
    assert native_emotions("IEMOCAP")["oth"].why == "a rest class, not an emotion"
    assert native_emotions("IEMOCAP")["xxx"].why == "its raters did not agree: a label would be noise"


def test_the_codes_of_ravdess_mean_what_its_authors_say() -> None:
    assert {word: native.canonical for word, native in native_emotions("RAVDESS").items()} == {
        "01": "neutral", "02": "calm", "03": "happiness", "04": "sadness",
        "05": "anger", "06": "fear", "07": "disgust", "08": "surprise",
    }  # fmt: skip


def test_words_are_never_mapped_by_guess() -> None:
    assert canonical_of("EmoDB", "W") == "anger"
    assert canonical_of("IEMOCAP", "oth") is None
    with pytest.raises(InputError, match="EmoDB has the label 'X'"):
        canonical_of("EmoDB", "X")
    with pytest.raises(UnknownNameError):
        native_emotions("EmoDb")


def test_emotions_of_a_corpus_follow_its_words() -> None:
    assert emotions_of("IEMOCAP") == (
        "anger", "happiness", "excitement", "sadness", "neutral", "frustration", "fear", "surprise", "disgust",
    )  # fmt: skip


def test_words_that_match_nearly_are_told_where_a_user_looks_and_exact_ones_are_not() -> None:
    near = near_matches()
    assert near["TESS"] == {"ps": "surprise"}
    assert near["GoEmotions"] == {"caring": "tenderness", "remorse": "guilt"}
    assert "RAVDESS" not in near
    assert sum(map(len, near.values())) == sum(
        n.match == "near" for words in _whole_map().values() for n in words.values()
    )
    page = (Path(__file__).parents[2] / "docs/datasets.md").read_text(encoding="utf-8")
    assert "| GoEmotions | caring: tenderness; remorse: guilt |" in page
