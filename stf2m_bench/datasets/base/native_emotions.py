"""What each corpus's own words and codes mean in canonical emotions: `native_emotions.csv` (data, not code)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from stf2m_bench.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Native:
    """One word or code of one corpus.

    Attributes:
        canonical: the canonical key, or None where none fits.
        match: `exact`; `near` (wider or narrower than the key); `none` (a class of its own, without a key); `drop` (the
            corpus itself found no agreement: no label); `machine` (a program's score).
        provenance: `seen` in the corpus's files or its authors' code, in `third party` code, or `recalled`.
        why: the reason why it has no canonical key; empty where it has one.
    """

    canonical: str | None
    match: str
    intensity: str | None
    provenance: str
    why: str


def native_corpora() -> tuple[str, ...]:
    """Every corpus of the map, as `native_emotions.csv` calls it."""
    return tuple(_whole_map())


@cache
def native_emotions(corpus: str) -> dict[str, Native]:
    """Word or code -> what it means, for a corpus as `native_emotions.csv` calls it.

    Raises:
        UnknownNameError: the map has no such corpus.
    """
    if corpus not in (known := _whole_map()):
        raise UnknownNameError("corpus in the map of native emotions", corpus, known)
    return known[corpus]


def canonical_of(corpus: str, word: str) -> str | None:
    """The canonical key of a corpus's word, exact or near; None where the corpus means it to have none.

    Raises:
        InputError: the map has no such word; nothing is guessed.
    """
    words = native_emotions(corpus)
    if word not in words:
        raise InputError(f"{corpus} has the label '{word}', which its map of emotions lacks ({', '.join(words)}).")
    return words[word].canonical


def emotions_of(corpus: str) -> tuple[str, ...]:
    """The canonical keys that a corpus's clips may carry, in the order of its words."""
    keys = (native.canonical for native in native_emotions(corpus).values())
    return tuple(dict.fromkeys(key for key in keys if key))


def near_matches() -> dict[str, dict[str, str]]:
    """Corpus -> its words that are wider or narrower than the canonical key that they are read as -> that key."""
    near: dict[str, dict[str, str]] = {}
    for corpus, words in _whole_map().items():
        for word, native in words.items():
            if native.match == "near" and native.canonical:
                near.setdefault(corpus, {})[word] = native.canonical
    return near


@cache
def _whole_map() -> dict[str, dict[str, Native]]:
    text = files("stf2m_bench.datasets.base").joinpath("native_emotions.csv").read_text(encoding="utf-8")
    known: dict[str, dict[str, Native]] = {}
    for row in csv.DictReader(text.splitlines()[1:]):
        meant = Native(row["canonical"] or None, row["match"], row["intensity"] or None, row["provenance"], row["why"])
        known.setdefault(row["corpus"], {})[row["native"]] = meant
    return known
