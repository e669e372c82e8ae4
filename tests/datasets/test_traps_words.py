"""Traps of corpora of words and speech on their own files: what would give an answer away, what loaders do about it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy.signal import resample_poly

from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

Beside = Callable[[str], Path]


@pytest.fixture(scope="module")
def table(lying_beside: Beside) -> Callable[[str, str], pd.DataFrame]:
    """The table of a manifest, by key and folder."""
    known: dict[str, pd.DataFrame] = {}

    def build(key: str, folder: str) -> pd.DataFrame:
        if key not in known:
            known[key] = build_manifest(key, lying_beside(folder)).table
        return known[key]

    return build


Table = Callable[[str, str], pd.DataFrame]


def letters(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


def long_lines(texts: pd.Series) -> list[str]:
    """Lines of more than 25 letters, without anything but letters."""
    return [line for line in map(letters, texts) if len(line) > 25]


# ---- one series in three corpora ----


@pytest.mark.parametrize(
    ("key", "folder", "share"), [("emorynlp", "EmoryNLP", 0.25), ("mustard_pp", "MUStARD_Plus_Plus", 0.13)]
)
def test_lines_of_meld_are_in_other_corpora_too(key: str, folder: str, share: float, table: Table) -> None:
    known = {letters(text) for text in table("meld", "MELD")["text"]}
    lines = long_lines(table(key, folder)["text"])
    assert np.mean([line in known for line in lines]) == pytest.approx(share, abs=0.005)


def test_the_same_words_come_again_in_meld_as_other_clips_of_other_recordings(table: Table) -> None:
    clips = table("meld", "MELD")
    again = clips[clips["text"].str.len() < 8].groupby("text")["recording"].nunique()
    assert again.max() > 50  # "Yeah.", "Hey!"
    assert not clips.duplicated(["recording", "clip_id"]).any()
    assert clips[["start", "end"]].isna().all().all()  # times are the broadcast's


def test_no_film_of_meld_is_as_long_as_three_absurd_lines_of_its_tables(lying_beside: Beside, tmp_path: Path) -> None:
    shutil.copytree(lying_beside("MELD") / "data", tmp_path / "data")
    names = ("test_38_4", "test_220_0", "train_309_0", "test_0_0", "train_0_0")  # three of 305, 235 and 41 seconds
    for name in names:
        split, dialogue, line = name.split("_")
        folder = {"train": "train_splits", "test": "output_repeated_splits_test"}[split]
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"dia{dialogue}_utt{line}.mp4").write_bytes(b"film")
    clips = build_manifest("meld", tmp_path).table.set_index("clip_id")
    assert set(clips.index[clips["video"].notna()]) == {"test_0_0", "train_0_0"}
    assert clips.loc[list(names), "text"].notna().all()


def test_line_breaks_inside_quoted_cells_of_mustard_break_no_row(table: Table, lying_beside: Beside) -> None:
    raw = (lying_beside("MUStARD_Plus_Plus") / "mustard++_text.csv").read_bytes()
    assert raw.count(b"\n") - raw.count(b"\r\n") >= 149  # rows end in CRLF, lines within a cell in LF
    clips = table("mustard_pp", "MUStARD_Plus_Plus")
    assert len(clips) == 1_202
    assert not clips["text"].str.contains("[\r\n]").any()


def test_half_of_mustards_lines_come_from_six_people_and_most_people_have_one_line(table: Table) -> None:
    counts = table("mustard_pp", "MUStARD_Plus_Plus")["subject"].value_counts()
    assert counts.head(6).sum() > 0.55 * counts.sum()
    assert (counts == 1).sum() == 87


# ---- DailyDialog, ISEAR, EmoBank ----


def test_every_dialogue_of_dailydialog_here_has_some_emotion_so_that_neutral_is_rarer_than_in_the_whole(
    table: Table,
) -> None:
    clips = table("dailydialog", "DailyDialog-RECCON")
    assert clips.groupby("recording")["emotion"].agg(lambda emotions: (emotions != "neutral").any()).all()
    assert (clips["emotion"] == "neutral").mean() == pytest.approx(0.55, abs=0.01)  # 83 % of the whole corpus


@pytest.mark.parametrize(
    ("label", "share"),
    [("joy", 0.11), ("anger", 0.06), ("fear", 0.14), ("shame", 0.23), ("disgust", 0.23), ("guilt", 0.22)],
)
def test_answers_of_isear_say_the_emotions_own_word(label: str, share: float, table: Table) -> None:
    clips = table("isear", "ISEAR")
    words = clips[clips["label"] == label]["text"].str.lower()
    assert words.str.contains(label).mean() == pytest.approx(share, abs=0.01)


def test_answers_of_isear_that_are_given_twice_are_clips_of_their_own(table: Table) -> None:
    clips = table("isear", "ISEAR")
    assert clips["text"].duplicated().sum() == 62  # of the 67 in the file; the others say that there is none
    assert clips["clip_id"].is_unique


def test_the_sentence_of_emobank_that_tables_read_as_missing_is_the_word_none(table: Table) -> None:
    clips = table("emobank", "EmoBank").set_index("clip_id")
    assert clips.loc["easy_money_13624_13628", "text"] == "None"
    assert clips["text"].notna().all()


def test_published_splits_of_emobank_cut_through_its_documents(table: Table, lying_beside: Beside) -> None:
    root = lying_beside("EmoBank") / "corpus"
    rows = pd.read_csv(root / "emobank.csv").merge(pd.read_csv(root / "meta.tsv", sep="\t"), on="id")
    assert (rows.groupby("document")["split"].nunique() > 1).mean() == pytest.approx(0.93, abs=0.01)
    clips = table("emobank", "EmoBank")
    assert (clips["recording"] == clips["subject"]).all()  # a document is on one side of an episode


# ---- OMG ----


def test_neighbouring_utterances_of_omg_overlap_and_are_of_one_recording(table: Table, lying_beside: Beside) -> None:
    rows = pd.read_csv(lying_beside("OMG-Emotion") / "omg_TrainVideos.csv").dropna(subset=["video"])
    overlaps = [
        following.start < before.end
        for _, part in rows.sort_values("start").groupby("video")
        for before, following in pairwise(part.itertuples())
    ]
    assert np.mean(overlaps) > 0.35
    clips = table("omg_emotion", "OMG-Emotion")
    films = clips.assign(film=clips["clip_id"].str.partition("_utterance")[0]).groupby("film")["recording"].nunique()
    assert films.max() == 1


def test_most_of_omg_is_of_positive_valence(table: Table) -> None:
    valence = table("omg_emotion", "OMG-Emotion")["valence"].astype(float)
    assert (valence > 0).mean() == pytest.approx((0.68 * 2_442 + 0.80 * 617) / 3_059, abs=0.01)


# ---- speech ----


def test_every_file_of_emodb_is_scaled_to_its_peak_so_that_levels_tell_nothing(lying_beside: Beside) -> None:
    files = sorted((lying_beside("EmoDB") / "wav").glob("*.wav"))
    for file in files[::8]:
        sound, rate = soundfile.read(file)
        assert (rate, sound.ndim) == (16_000, 1)
        assert np.abs(sound).max() >= 0.9996


def test_a_reworked_copy_of_emodb_has_the_same_names_and_is_told_by_rate_and_length(
    lying_beside: Beside, tmp_path: Path
) -> None:
    name = "wav/16a05Tb.wav"  # 6.8 s
    for copy in ("own", "reworked"):
        (tmp_path / copy / "wav").mkdir(parents=True)
    shutil.copy(lying_beside("EmoDB") / name, tmp_path / "own" / name)
    sound, _ = soundfile.read(tmp_path / "own" / name)
    soundfile.write(tmp_path / "reworked" / name, resample_poly(sound, 441, 320)[: 2 * 22_050], 22_050)
    own, reworked = (build_manifest("emodb", tmp_path / copy) for copy in ("own", "reworked"))
    assert own.hash == reworked.hash
    view = make_extractor("audio.shortcuts")
    media = (ClipMedia(clip_id="16a05Tb", root=corpus.root, audio=name) for corpus in (own, reworked))
    (length, *_, rate, _), (its_length, *_, its_rate, _) = (view.extract(clip)[0] for clip in media)
    assert (length > 6, rate) == (True, 16)
    assert (round(float(its_length), 2), its_rate) == (2, pytest.approx(22.05))


def test_takes_of_one_sentence_by_one_speaker_of_emodb_are_one_stimulus(table: Table) -> None:
    clips = table("emodb", "EmoDB")
    takes = clips.groupby(["subject", "stimulus", "emotion"])["clip_id"].agg(list)
    (several,) = [takes[takes.str.len() > 1]]
    assert len(several) == 10
    assert all(len({name[:5] for name in names}) == 1 for names in several)


def test_few_speakers_of_shemo_have_many_of_any_three_emotions(table: Table) -> None:
    counts = table("shemo", "ShEMO").groupby(["subject", "emotion"]).size().unstack(fill_value=0)
    assert (counts[["anger", "neutral", "sadness"]] >= 5).all(axis=1).sum() < 20
    assert (counts["fear"] > 0).sum() < 30


def test_urdu_promises_no_new_people_since_nearly_every_speaker_has_one_emotion(table: Table) -> None:
    assert table("urdu", "URDU-Dataset").groupby("subject")["emotion"].nunique().max() == 1
    assert load_loader("urdu").card.tracks == ("new-corpus",)
