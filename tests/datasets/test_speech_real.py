"""Corpora of acted speech on their own files, where these lie beside the repository."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader

EMODB = """
    A E F L N T W
03  4 1 5 5 5 5 5
08  5 0 5 5 5 5 5
09  1 5 4 4 5 4 5
11  5 2 5 5 5 5 5
13  5 5 5 5 5 5 5
14  5 5 5 5 5 5 5
15  5 5 5 5 5 4 5
16  5 5 5 5 5 5 5
"""


@pytest.mark.parametrize(("key", "corpus"), [("emodb", "EmoDB"), ("shemo", "ShEMO"), ("urdu", "URDU-Dataset")])
def test_the_real_folder_passes_every_check(key: str, corpus: str, lying_beside: Callable[[str], Path]) -> None:
    assert [check for check in check_dataset(key, lying_beside(corpus)) if check.passed is False] == []


def test_emodb_holds_the_clips_of_each_speaker_and_emotion_as_counted(lying_beside: Callable[[str], Path]) -> None:
    table = build_manifest("emodb", lying_beside("EmoDB")).table
    letters, *rows = (line.split() for line in EMODB.split("\n") if line)
    expected = {
        (row[0], letter): int(n) for row in rows for letter, n in zip(letters, row[1:], strict=True) if n != "0"
    }
    assert Counter(zip(table["subject"], table["label"], strict=True)) == expected
    assert len(table) == 259
    assert ("08", "disgust") not in set(zip(table["subject"], table["emotion"], strict=True))
    assert set(table["stimulus"]) == {"a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10"}
    assert Counter(dict(zip(table["subject"], table["group.sex"], strict=True)).values()) == {"male": 3, "female": 5}


def test_shemo_without_sounds_holds_the_words_of_87_speakers(lying_beside: Callable[[str], Path]) -> None:
    table = build_manifest("shemo", lying_beside("ShEMO")).table
    assert Counter(table["emotion"]) == {
        "neutral": 1160, "anger": 1042, "sadness": 362, "happiness": 203, "surprise": 201, "fear": 32,
    }  # fmt: skip
    people = dict(zip(table["subject"], table["group.sex"], strict=True))
    assert Counter(people.values()) == {"female": 31, "male": 56}
    assert set(table["audio"]) == {None}
    assert not any(mark in text for text in table["text"] for mark in "\ufeff\u200e\u200f")


def test_names_of_shemo_tell_what_its_own_list_tells(lying_beside: Callable[[str], Path]) -> None:
    root = lying_beside("ShEMO")
    clips = {clip.clip_id: clip for clip in load_loader("shemo").scan(root)}
    letters = {"anger": "angry", "fear": "fearful", "happiness": "happy", "sadness": "sad", "surprise": "surprised"}
    for name, told in json.loads((root / "shemo.json").read_text(encoding="utf-8")).items():
        clip = clips[name]
        assert clip.emotion is not None
        read = (clip.subject, clip.groups["sex"], letters.get(clip.emotion, clip.emotion))
        assert read == (told["speaker_id"], told["gender"], told["emotion"])


def test_urdu_holds_three_clips_of_each_emotion(lying_beside: Callable[[str], Path]) -> None:
    table = build_manifest("urdu", lying_beside("URDU-Dataset")).table
    assert Counter(table["emotion"]) == {"anger": 3, "happiness": 3, "neutral": 3, "sadness": 3}
    assert Counter(table["group.sex"]) == {"male": 10, "female": 2}
    for path, label in zip(table["audio"], table["label"], strict=True):
        assert path.startswith({"A": "Angry/", "H": "Happy/", "N": "Neutral/", "S": "Sad/"}[label])
