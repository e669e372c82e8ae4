"""IEMOCAP: judged turns of dialogues, on files of its layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.iemocap import IEMOCAP
from stf2m_bench.errors import InputError

JUDGED = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral;\t()
C-E3:\tNeutral;\t(tired; Sadness;)
C-E4:\tNeutral; Frustration;\t()
A-E3:\tval 3; act 2; dom  2;\t()
C-F1:\tFear;\t()
C-M1:\tFear;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\txxx\t[5.0000, 1.0000, 2.5000]
C-E2:\tHappiness; Excited;\t()
C-E3:\tSurprise;\t()
C-E4:\tOther;\t(bored)
[12.0000 - 13.0000]\tSes01F_impro01_MXX0\tno turn that is judged
C-E2:\tDisgust;\t()
[14.8872 - 18.0175]\tSes01F_impro01_F001\toth\t[3.0000, 3.0000, 2.5000]
[19.2900 - 20.7875]\tSes01F_impro01_F002\texc\t[4.5000, 4.0000, 2.5000]
"""
SPOKEN = """Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
Ses01F_impro01_FXX0 [008.5000-009.0000]: Mmhmm.
Ses01F_impro01_M000 [010.0100-011.3925]: Do you have your forms?
"""


def lay_out(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"media")
    return root


def scan(root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in IEMOCAP().scan(root)}


@pytest.fixture
def iemocap(tmp_path: Path) -> Path:
    root = tmp_path / "IEMOCAP_full_release"
    dialogue, sentences = root / "Session1/dialog", "Session1/sentences/wav/Ses01F_impro01"
    for path, text in (("EmoEvaluation", JUDGED), ("transcriptions", SPOKEN)):
        (dialogue / path).mkdir(parents=True)
        (dialogue / path / "Ses01F_impro01.txt").write_text(text, encoding="utf-8")
    (dialogue / "EmoEvaluation/Categorical").mkdir()
    (dialogue / "EmoEvaluation/Categorical/Ses01F_impro01_e1_cat.txt").write_text("Ses01F_impro01_F000 :Neutral; ()\n")
    (dialogue / "EmoEvaluation/._Ses01F_impro01.txt").write_text(JUDGED)
    lay_out(root, f"{sentences}/Ses01F_impro01_F000.wav", f"{sentences}/._Ses01F_impro01_F000.wav")
    return lay_out(root, f"{sentences}/Ses01F_impro01_M000.wav", f"{sentences}/Ses01F_impro01_F000.pk")


def test_iemocap_reads_judgement_sound_and_words_of_a_turn(iemocap: Path) -> None:
    clip = scan(iemocap)["Ses01F_impro01_F000"]
    assert (clip.emotion, clip.label, clip.valence, clip.arousal) == ("neutral", "neu", -0.25, -0.25)
    assert (clip.session, clip.recording, clip.stimulus) == ("1", "Ses01F_impro01", "impro01")
    assert clip.audio == "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"
    assert (clip.text, clip.groups, clip.start) == ("Excuse me.", {"sex": "female"}, None)


def test_a_speaker_of_iemocap_is_who_speaks_not_who_wears_the_markers(iemocap: Path) -> None:
    clips = scan(iemocap)
    assert {name[-4:]: clip.subject for name, clip in clips.items()} == {
        "F000": "1F", "M000": "1M", "F001": "1F", "F002": "1F",
    }  # fmt: skip
    assert clips["Ses01F_impro01_M000"].groups == {"sex": "male"}


def test_turns_of_iemocap_without_agreement_have_no_emotion_but_keep_the_word(iemocap: Path) -> None:
    clips = scan(iemocap)
    assert {clip.label: clip.emotion for clip in clips.values()} == {
        "neu": "neutral", "xxx": None, "oth": None, "exc": "excitement",
    }  # fmt: skip
    assert [check.name for check in check_dataset("iemocap", iemocap) if check.passed is False] == ["emotions"]


def test_votes_of_iemocap_count_each_rater_that_said_so_and_no_actor_of_themselves(iemocap: Path) -> None:
    clips = scan(iemocap)
    assert clips["Ses01F_impro01_F000"].votes == {"raters.neutral": 3.0, "raters.frustration": 1.0}
    assert clips["Ses01F_impro01_F001"].votes == {}


def test_turns_of_iemocap_without_agreement_have_votes_and_a_word_without_an_emotion_is_in_none(iemocap: Path) -> None:
    clip = scan(iemocap)["Ses01F_impro01_M000"]
    assert (clip.emotion, clip.label) == (None, "xxx")
    assert clip.votes == {"raters.happiness": 1.0, "raters.excitement": 1.0, "raters.surprise": 1.0}


def test_a_raters_word_that_the_map_lacks_is_an_error(iemocap: Path) -> None:
    file = iemocap / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    file.write_text(JUDGED.replace("Surprise", "Bored"), encoding="utf-8")
    with pytest.raises(InputError, match=r"IEMOCAP \(raters\) has the label 'Bored'"):
        scan(iemocap)


@pytest.mark.parametrize(
    ("turn", "subject", "scene"),
    [
        ("Ses01F_script01_3_M004", "1M", "script01_3"),
        ("Ses04M_impro08_F020", "4F", "impro08"),
        ("Ses03F_script01_2_M001", "3M", "script01_2"),
        ("Ses05M_impro03_M011", "5M", "impro03"),
        ("Ses01F_impro02_M014", "1M", "impro02"),
    ],
)
def test_real_turns_of_iemocap_are_read(turn: str, subject: str, scene: str, tmp_path: Path) -> None:
    folder = tmp_path / f"Session{turn[4]}/dialog/EmoEvaluation"
    folder.mkdir(parents=True)
    (folder / f"{turn[:-5]}.txt").write_text(f"[0.1 - 2.3]\t{turn}\tang\t[1.5000, 4.5000, 5.0000]\n")
    (clip,) = scan(tmp_path).values()
    assert (clip.clip_id, clip.subject, clip.stimulus, clip.emotion) == (turn, subject, scene, "anger")
    assert (clip.recording, clip.audio, clip.text) == (turn[:-5], None, None)
