"""MELD, on tables and films of its layout; every sentence here is invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from word_tables import column, lay_out, read, write

from stf2m_bench.errors import InputError

MELD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
TIMES = '"00:00:01,000","00:00:02,000"'


def meld(root: Path, split: str, *rows: str) -> None:
    write(root, f"data/MELD/{split}_sent_emo.csv", MELD, *rows, end="\r\n")


def test_a_line_of_meld_is_a_clip_with_its_film(tmp_path: Path) -> None:
    meld(tmp_path, "dev", f'1,"No, never.",Phoebe,sadness,negative,0,3,4,7,{TIMES}')
    lay_out(tmp_path, "MELD.Raw/dev_splits_complete/dia0_utt3.mp4")
    assert read("meld", tmp_path)["dev_0_3"] == {
        "clip_id": "dev_0_3", "subject": "Phoebe", "session": None, "recording": "dev_0", "stimulus": "s04e07",
        "emotion": "sadness", "label": "sadness", "intensity": None, "start": None, "end": None,
        "video": "MELD.Raw/dev_splits_complete/dia0_utt3.mp4", "audio": None, "text": "No, never.", "signal": None,
        "language": "en", "valence": None, "arousal": None,
    }  # fmt: skip


def test_numbers_of_meld_that_start_anew_in_each_split_stay_apart_in_lines_and_films(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        meld(tmp_path, split, f"1,Hello.,Joey,joy,positive,0,0,1,2,{TIMES}")
    lay_out(tmp_path, "train_splits/dia0_utt0.mp4", "train_splits/._dia0_utt0.mp4")
    lay_out(tmp_path, "output_repeated_splits_test/dia0_utt0.mp4")
    lay_out(tmp_path, "output_repeated_splits_test/final_videos_testdia0_utt0.mp4")
    clips = read("meld", tmp_path)
    assert {name: (clip["recording"], clip["video"]) for name, clip in clips.items()} == {
        "train_0_0": ("train_0", "train_splits/dia0_utt0.mp4"),
        "dev_0_0": ("dev_0", None),
        "test_0_0": ("test_0", "output_repeated_splits_test/final_videos_testdia0_utt0.mp4"),
    }


def test_of_two_films_of_one_line_of_meld_the_final_one_is_read_and_a_single_one_as_it_is_called(
    tmp_path: Path,
) -> None:
    meld(tmp_path, "test", *(f"1,Hello.,Joey,joy,positive,9,{i},1,2,{TIMES}" for i in range(3)))
    folder = "MELD.Raw/output_repeated_splits_test"
    lay_out(tmp_path, *(f"{folder}/{name}.mp4" for name in ("dia9_utt0", "final_videos_testdia9_utt0", "dia9_utt1")))
    lay_out(tmp_path, f"{folder}/final_videos_testdia9_utt2.mp4")
    assert column("meld", tmp_path, "video") == {
        "test_9_0": f"{folder}/final_videos_testdia9_utt0.mp4",
        "test_9_1": f"{folder}/dia9_utt1.mp4",
        "test_9_2": f"{folder}/final_videos_testdia9_utt2.mp4",
    }


@pytest.mark.parametrize(
    ("begin", "end", "read_"),
    [
        ("00:00:01,000", "00:00:01,299", False),
        ("00:00:01,000", "00:00:01,500", True),
        ("0:10:59,500", "0:11:02,000", True),
        ("00:59:50,000", "01:00:29,900", True),
        ("00:01:00,000", "00:04:55,100", False),
        ("00:01:00,000", "00:01:00,000", False),
        ("00:01:00,000", "00:00:59,000", False),
    ],
)
def test_a_film_of_meld_that_cannot_be_as_long_as_its_line_is_left_out_and_its_words_are_kept(
    begin: str, end: str, read_: bool, tmp_path: Path
) -> None:
    meld(tmp_path, "test", f'1,Well.,Ross,neutral,neutral,220,0,1,2,"{begin}","{end}"')
    lay_out(tmp_path, "output_repeated_splits_test/dia220_utt0.mp4")
    (clip,) = read("meld", tmp_path).values()
    assert (clip["video"] is not None, clip["text"]) == (read_, "Well.")


def test_a_time_of_meld_that_is_none_is_refused(tmp_path: Path) -> None:
    meld(tmp_path, "test", "1,Well.,Ross,neutral,neutral,220,0,1,2,soon,later")
    with pytest.raises(InputError, match="'soon' is no number"):
        read("meld", tmp_path)


def test_the_unreadable_film_of_meld_is_left_out_and_its_words_are_kept(tmp_path: Path) -> None:
    meld(tmp_path, "train", f"1,Well.,Ross,neutral,neutral,125,3,1,2,{TIMES}")
    lay_out(tmp_path, "train_splits/dia125_utt3.mp4")
    (clip,) = read("meld", tmp_path).values()
    assert (clip["video"], clip["text"]) == (None, "Well.")


def test_codes_of_windows_1252_in_meld_become_quotes_and_curly_quotes_stay(tmp_path: Path) -> None:
    rows = ("It\x92s\x85 \x93odd\x94", "It’s “odd”", "Fine.\x81")
    lines = (f"1,{text},Anna\x92s Aunt,joy,positive,0,{i},1,2,{TIMES}" for i, text in enumerate(rows))
    meld(tmp_path, "train", *lines)
    clips = read("meld", tmp_path).values()
    assert [clip["text"] for clip in clips] == ["It’s… “odd”", "It’s “odd”", "Fine."]
    assert {clip["subject"] for clip in clips} == {"Anna’s Aunt"}


def test_a_table_of_meld_in_windows_1252_reads_as_the_one_in_utf_8(tmp_path: Path) -> None:
    row = f'1,"It’s “odd”… – says José",Anna’s Aunt,joy,positive,0,0,1,2,{TIMES}'
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        path = tmp_path / encoding / "train_sent_emo.csv"
        path.parent.mkdir()
        path.write_bytes(f"{MELD}\r\n{row}\r\n".encode(encoding))
    first, *others = (read("meld", tmp_path / encoding) for encoding in ("cp1252", "utf-8", "utf-8-sig"))
    assert (first["train_0_0"]["text"], first["train_0_0"]["subject"]) == ("It’s “odd”… – says José", "Anna’s Aunt")
    assert others == [first, first]


def test_lines_of_several_people_in_meld_are_left_out_and_a_part_played_is_its_player(tmp_path: Path) -> None:
    speakers = ("All", "Both", "The Guys", "Her-Friends", "Ross and Joey", "Joey/Drake", "Alexandra", "The Grip")
    lines = (f"1,Hi.,{speaker},joy,positive,0,{i},1,2,{TIMES}" for i, speaker in enumerate(speakers))
    meld(tmp_path, "train", *lines)
    assert set(column("meld", tmp_path, "subject").values()) == {"Joey", "Alexandra", "The Grip"}
