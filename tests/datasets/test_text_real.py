"""Corpora of words on their own tables, where these lie beside the repository."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.datasets.base.native_emotions import native_emotions

FOLDERS = {
    "meld": "MELD",
    "emorynlp": "EmoryNLP",
    "mustard_pp": "MUStARD_Plus_Plus",
    "dailydialog": "DailyDialog-RECCON",
    "isear": "ISEAR",
    "goemotions": "GoEmotions",
    "omg_emotion": "OMG-Emotion",
    "emobank": "EmoBank",
}

MELD = """
      neutral joy  surprise anger sadness disgust fear
train 4710    1743 1205     1109  683     271     268
dev   470     163  150      153   111     22      40
test  1256    402  281      345   208     68      50
"""
MELD_TOGETHER = """
      neutral joy  surprise anger sadness disgust fear
train 16      11   8        2     1       6       0
dev   4       4    4        0     1       1       0
test  5       5    0        1     0       0       0
"""


@pytest.fixture(scope="module")
def table(lying_beside: Callable[[str], Path]) -> Callable[[str], pd.DataFrame]:
    """The table of the manifest of a dataset's key."""
    return lambda key: build_manifest(key, lying_beside(FOLDERS[key])).table


@pytest.mark.parametrize("key", FOLDERS)
def test_the_real_folder_passes_every_check(key: str, lying_beside: Callable[[str], Path]) -> None:
    assert [check for check in check_dataset(key, lying_beside(FOLDERS[key])) if check.passed is False] == []


@pytest.mark.parametrize("key", FOLDERS)
def test_all_subjects_that_the_card_promises_are_here_where_the_whole_corpus_is(
    key: str, lying_beside: Callable[[str], Path]
) -> None:
    (subjects,) = (check for check in check_dataset(key, lying_beside(FOLDERS[key])) if check.name == "subjects")
    part = {
        "dailydialog": "538 of 2212 groups of unknown people are here",
        "goemotions": "10853 of 54263 groups of unknown people are here",
    }
    assert subjects.message == part.get(key, subjects.message)
    assert ("are here" in subjects.message) == (key in part)


def test_meld_holds_the_lines_of_each_split_and_emotion_but_those_of_several_people(
    table: Callable[[str], pd.DataFrame],
) -> None:
    clips = table("meld")
    splits = clips["clip_id"].str.partition("_")[0]
    assert Counter(zip(splits, clips["label"], strict=True)) == _cells(MELD) - _cells(MELD_TOGETHER)


def _cells(text: str) -> Counter[tuple[str, str]]:
    """(row, column) -> count, of a table written out."""
    head, *rows = (line.split() for line in text.strip().split("\n"))
    return Counter({(row[0], word): int(n) for row in rows for word, n in zip(head, row[1:], strict=True)})


def test_meld_has_six_leads_in_every_split_and_curly_quotes_in_its_words(table: Callable[[str], pd.DataFrame]) -> None:
    clips = table("meld")
    splits = clips["clip_id"].str.partition("_")[0]
    leads = ("Chandler", "Joey", "Monica", "Phoebe", "Rachel", "Ross")
    assert {lead: sorted(set(splits[clips["subject"] == lead])) for lead in leads} == {
        lead: ["dev", "test", "train"] for lead in leads
    }
    assert clips["subject"].isin(leads).mean() > 0.8
    assert clips["text"].str.contains("\u2019").any()
    assert not clips["text"].str.contains("[\x80-\x9f\ufffd]").any()
    assert set(clips["video"]) == {None}


def test_emorynlp_holds_the_lines_of_each_emotion_but_those_of_several_people(
    table: Callable[[str], pd.DataFrame],
) -> None:
    clips = table("emorynlp")
    assert Counter(clips["label"]) == {
        "Neutral": 3_044, "Joyful": 2_047, "Scared": 1_168, "Mad": 954, "Peaceful": 822, "Powerful": 711, "Sad": 586,
    }  # fmt: skip
    assert len(clips) == 7_551 + 954 + 984 - 61 - 96
    assert not clips["subject"].str.contains("[\\[\\]#]").any()


def test_mustard_holds_every_labelled_line_by_both_emotions(table: Callable[[str], pd.DataFrame]) -> None:
    clips = table("mustard_pp")
    assert Counter(clips["label"]) == {
        "Ridicule": 226, "Frustration": 176, "Neutral": 167, "Disgust": 167, "Anger": 137, "Sadness": 113,
        "Happiness": 111, "Excitement": 50, "Surprise": 30, "Fear": 25,
    }  # fmt: skip
    shown = {name: int(clips[name].sum()) for name in clips if name.startswith("votes.")}
    assert shown == {
        "votes.explicit.neutral": 438, "votes.explicit.happiness": 244, "votes.explicit.sadness": 149,
        "votes.explicit.excitement": 115, "votes.explicit.surprise": 101, "votes.explicit.anger": 53,
        "votes.explicit.frustration": 48, "votes.explicit.disgust": 31, "votes.explicit.fear": 23,
    }  # fmt: skip
    people = Counter(clips["subject"].str.partition(" ")[0])
    assert people.most_common(3) == [("CHANDLER", 157), ("HOWARD", 137), ("PENNY", 127)]
    assert clips["subject"].str.startswith("PERSON ").sum() == people["PERSON"] == 45
    assert clips["subject"].nunique() == 23 + 86


def test_valence_and_arousal_of_mustard_point_up(table: Callable[[str], pd.DataFrame]) -> None:
    clips = table("mustard_pp").astype({"valence": float, "arousal": float})
    means = clips.groupby("emotion")[["valence", "arousal"]].mean().round(2)
    assert means["valence"][["happiness", "anger"]].tolist() == [0.32, -0.48]
    assert means["arousal"][["anger", "neutral"]].tolist() == [0.52, 0.0]


def test_dailydialog_holds_every_turn_but_those_of_dialogues_that_come_again(
    table: Callable[[str], pd.DataFrame], lying_beside: Callable[[str], Path]
) -> None:
    clips = table("dailydialog")
    told = Counter[str]()
    for split in ("test", "valid"):
        path = lying_beside(FOLDERS["dailydialog"]) / f"data/original_annotation/dailydialog_{split}.json"
        dialogues = json.loads(path.read_text(encoding="utf-8"))
        again = {"te_745", "tr_10130", "tr_8014"} & dialogues.keys()
        told.update(turn["emotion"] for name in dialogues.keys() - again for turn in dialogues[name][0])
    assert Counter(clips["label"]) == told
    assert (len(clips), clips["recording"].nunique(), clips["subject"].nunique()) == (2_845, 269, 538)
    assert {label: told[label] for label in ("happines", "excited", "sad")} == {"happines": 1, "excited": 1, "sad": 1}


@pytest.mark.parametrize(
    ("key", "left", "whole"),
    [
        ("meld", 69, 13_708),
        ("emorynlp", 157, 9_489),
        ("isear", 47, 7_516),
        ("mustard_pp", 4_839, 6_041),
        ("dailydialog", 53, 2_898),
        ("omg_emotion", 2, 3_061),
    ],
)
def test_a_card_counts_what_its_loader_leaves_out(
    key: str, left: int, whole: int, table: Callable[[str], pd.DataFrame]
) -> None:
    assert len(table(key)) == whole - left
    told = load_loader(key).card.left_out
    assert f"{left:,} of {whole:,}" in told


def test_isear_holds_every_answer_but_those_that_say_that_there_is_none_or_name_another(
    table: Callable[[str], pd.DataFrame],
) -> None:
    clips = table("isear")
    assert Counter(clips["label"]) == {
        "joy": 1_092 - 2, "sadness": 1_082, "anger": 1_079 - 4, "fear": 1_076 - 7, "shame": 1_071 - 15,
        "disgust": 1_066 - 11, "guilt": 1_049 - 8, "guit": 1,
    }  # fmt: skip
    none = {
        143, 149, 150, 156, 206, 356, 603, 656, 697, 708, 713, 736, 737, 771, 785, 827, 1838, 1842, 1858, 2052, 2054,
        2172, 2175, 2710, 2755, 3135, 3149, 3214, 3259, 3263, 3284, 3330, 3362, 4351, 5100, 5637, 5638, 5936, 5994,
        6209,
    }  # fmt: skip
    another = {850, 992, 2499, 2629, 2630, 5059, 5708}
    assert set(range(1, 7_517)) - set(map(int, clips["clip_id"])) == none | another
    assert (len(none), len(another)) == (40, 7)
    assert clips["subject"].nunique() == 1_204
    assert not clips["text"].str.contains("\n|  ").any()


def test_goemotions_holds_every_comment_with_one_label_by_emotion_and_the_others_by_votes(
    table: Callable[[str], pd.DataFrame], lying_beside: Callable[[str], Path]
) -> None:
    clips = table("goemotions")
    labels = Counter(label for row in clips["label"] for label in row.split(","))
    assert len(clips) == 5_426 + 5_427
    assert Counter(row.count(",") + 1 for row in clips["label"]) == {1: 9_138, 2: 1_583, 3: 123, 4: 9}
    assert clips["emotion"].notna().sum() == 9_138
    rare = {"grief": 13 + 6, "relief": 18 + 11, "pride": 15 + 16, "nervousness": 21 + 23}
    assert {label: labels[label] for label in rare} == rare
    votes = clips[[name for name in clips if name.startswith("votes.readers.")]].astype(float).fillna(0)
    assert votes.sum(axis=1).round(9).eq(1).all()
    assert votes.shape[1] == 28
    listed = (lying_beside(FOLDERS["goemotions"]) / "data/original/labels.txt").read_text(encoding="utf-8").split()
    assert list(native_emotions("GoEmotions")) == listed


def test_omg_holds_each_utterance_of_its_tables_and_no_row_of_means(table: Callable[[str], pd.DataFrame]) -> None:
    clips = table("omg_emotion").astype({"valence": float, "arousal": float})
    assert Counter(clips["label"]) == {
        "0": 293 + 61, "1": 113 + 48, "2": 60 + 18, "3": 713 + 207, "4": 891 + 196, "5": 346 + 79, "6": 26 + 8,
    }  # fmt: skip
    assert len(clips) == 2_442 + 617
    assert clips["recording"].nunique() == 125 + 46 - 23
    assert clips["arousal"].min() == 0
    assert clips["valence"].min() == -1
    assert clips["valence"].mean() == pytest.approx((2_442 * 0.167 + 617 * 0.248) / 3_059, abs=1e-3)


def test_the_two_tables_of_omg_share_recordings_but_no_clip(lying_beside: Callable[[str], Path]) -> None:
    links: list[set[str]] = []
    for name in ("omg_TrainVideos.csv", "omg_ValidationVideos.csv"):
        with (lying_beside(FOLDERS["omg_emotion"]) / name).open(encoding="utf-8", newline="") as file:
            links.append({row["link"] for row in csv.DictReader(file)} - {""})
    assert len(links[0] & links[1]) == 23


def test_emobank_holds_every_sentence_with_its_document_and_its_ties_at_the_midpoint(
    table: Callable[[str], pd.DataFrame],
) -> None:
    clips = table("emobank").astype({"valence": float, "arousal": float})
    assert (len(clips), clips["recording"].nunique()) == (10_062, 136)
    assert (clips["valence"] == 0).sum() == 2_620
    assert (clips["arousal"] == 0).sum() == 2_013
    assert ((clips["valence"] == 0) | (clips["arousal"] == 0)).equals(clips["label"] == "neutral")
    assert ((clips["valence"] == 0) & (clips["arousal"] == 0)).equals(clips["emotion"] == "neutral")
    assert (clips["valence"] > 0).mean() == pytest.approx(0.37, abs=0.01)
    assert (clips["arousal"] > 0).mean() == pytest.approx(0.44, abs=0.01)
    assert clips["text"].map(bool).all()
    assert (clips["recording"] == "SemEval").sum() == 1_192
