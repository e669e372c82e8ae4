"""The manifest: what is kept, what is refused, what its hash covers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stf2m_bench.datasets.base.emotions import canonical_emotions, nearest_emotion
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import COLUMNS, build_manifest, find_faults, load_loader, open_dataset
from stf2m_bench.datasets.ravdess import RAVDESS
from stf2m_bench.errors import BenchError, FaultsError, InputError, UnknownNameError, UsageError

CLIP = Clip(clip_id="a", subject="p1", emotion="anger", label="05")


def write_table(root: Path, text: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "clips.csv").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"clip_id": ""}, "clip_id is empty or has spaces around it"),
        ({"clip_id": "a "}, "clip_id is empty or has spaces around it"),
        ({"subject": ""}, "subject is empty"),
        ({"emotion": "happy"}, "emotion 'happy' is not a canonical emotion; did you mean 'happiness'?"),
        ({"emotion": "xyzzy"}, "emotion 'xyzzy' is not a canonical emotion"),
        ({"emotion": "boredom"}, "emotion 'boredom' is not on the card (neutral, calm, happiness, sadness, anger"),
        ({"start": -1.0}, "start -1.0 is negative"),
        ({"start": 2.0, "end": 2.0}, "end 2.0 is not after start 2.0"),
        ({"valence": 1.5}, "valence 1.5 is outside [-1, 1]"),
        ({"arousal": -7.0}, "arousal -7.0 is outside [-1, 1]"),
        ({"votes": {"all.anger": -1.0}}, "vote all.anger = -1.0 is negative"),
        ({"video": "gone.mp4"}, "video 'gone.mp4' does not exist"),
        ({"audio": "/etc/passwd"}, "audio '/etc/passwd' is not a path inside the dataset's folder"),
        ({"signal": "../x.csv"}, "signal '../x.csv' is not a path inside the dataset's folder"),
    ],
)
def test_a_clip_that_breaks_a_rule_is_named_with_what_is_wrong(
    tmp_path: Path, change: dict[str, Any], fault: str
) -> None:
    found = find_faults([replace(CLIP, **change)], tmp_path, RAVDESS.card)
    assert len(found) == 1
    assert fault in found[0]
    assert f"clip '{change.get('clip_id', 'a')}'" in found[0]


def test_a_sound_clip_has_no_fault(tmp_path: Path) -> None:
    assert find_faults([CLIP, replace(CLIP, clip_id="b", emotion=None)], tmp_path, RAVDESS.card) == []


def test_clip_ids_that_occur_twice_are_told_with_their_number(tmp_path: Path) -> None:
    clips = [CLIP, CLIP, CLIP, replace(CLIP, clip_id="b")]
    assert find_faults(clips, tmp_path, RAVDESS.card) == ["clip 'a' occurs 3 times"]


def test_every_fault_of_every_clip_comes_in_one_error(tmp_path: Path) -> None:
    root = write_table(tmp_path, "clip_id,subject,emotion,video\na,p1,happy,x.mp4\na,,sad,\n")
    with pytest.raises(FaultsError) as error:
        build_manifest("csv:mine", root)
    text = str(error.value)
    assert "The manifest of 'csv:mine'" in text
    assert "5 faults; mend them in the data or the loader:" in text
    for fault in ("'a' occurs 2 times", "mean 'happiness'", "mean 'sadness'", "subject is empty", "'x.mp4' does not"):
        assert fault in text


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("happy", "happiness"), ("joyful", "happiness"), ("Angry", "anger"), ("fearful", "fear"), ("sad", "sadness"),
        ("surprised", "surprise"), ("disgusted", "disgust"), ("bored", "boredom"), ("excited", "excitement"),
        ("qwrt", None),
    ],
)  # fmt: skip
def test_a_corpuss_word_is_led_to_the_nearest_canonical_emotion(word: str, key: str | None) -> None:
    assert nearest_emotion(word) == key


def test_every_canonical_emotion_is_its_own_nearest() -> None:
    assert all(nearest_emotion(key) == key for key in canonical_emotions())


def test_rows_are_sorted_by_clip_id_and_unknown_values_are_none(tmp_path: Path) -> None:
    root = write_table(tmp_path, "clip_id,subject,emotion,start\nb,p1,anger,\na,p2,fear,0.5\n")
    table = build_manifest("csv", root).table
    assert table["clip_id"].tolist() == ["a", "b"]
    assert table["start"].tolist() == [0.5, None]
    assert table["video"].tolist() == [None, None]
    assert tuple(table.columns[: len(COLUMNS)]) == COLUMNS


def test_votes_and_groups_become_columns_where_any_clip_has_them(tmp_path: Path) -> None:
    root = write_table(
        tmp_path, "clip_id,subject,emotion,votes.all.anger,group.sex\na,p1,anger,0.5,female\nb,p2,fear,,\n"
    )
    table = build_manifest("csv", root).table
    assert table["votes.all.anger"].tolist() == [0.5, None]
    assert table["group.sex"].tolist() == ["female", None]


def test_the_hash_covers_every_column_but_paths(tmp_path: Path) -> None:
    for name in ("x.wav", "y.wav"):
        (tmp_path / name).write_bytes(b"sound")

    def hash_with(**change: str) -> str:
        row = {"clip_id": "a", "subject": "p", "emotion": "fear", "audio": "x.wav", "start": "1", "text": "t"} | change
        write_table(tmp_path, f"{','.join(row)}\n{','.join(row.values())}\n")
        return build_manifest("csv", tmp_path).hash

    plain = hash_with()
    assert hash_with(audio="y.wav") == plain
    others = [hash_with(**{name: value}) for name, value in
              {"clip_id": "b", "subject": "q", "emotion": "anger", "start": "2", "text": "u"}.items()]  # fmt: skip
    assert len({plain, *others}) == 6


def test_a_manifest_reads_back_from_parquet_as_it_was(tmp_path: Path, small_corpus: Path) -> None:
    manifest = build_manifest("emosynth", small_corpus)
    manifest.write(tmp_path / "m.parquet")
    again = pd.read_parquet(tmp_path / "m.parquet")
    assert again.columns.tolist() == manifest.table.columns.tolist()
    for name in ("clip_id", "emotion", "start", "video", "votes.all.anger"):
        assert again[name].tolist() == manifest.table[name].tolist()


def test_an_unknown_dataset_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="There is no dataset called 'ravdes'; did you mean ravdess"):
        load_loader("ravdes")


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no clips\.csv or clips\.parquet"):
        build_manifest("csv", tmp_path)
    write_table(tmp_path, "clip_id,subject,emotion\n")
    with pytest.raises(InputError, match=r"No clip of 'csv' was found in .*expected the layout"):
        build_manifest("csv", tmp_path)


def test_where_a_dataset_lies_is_said_once_and_remembered(tmp_path: Path) -> None:
    root = write_table(tmp_path / "mine", "clip_id,subject,emotion\na,p1,anger\n")
    with pytest.raises(UsageError, match=r"Where does the dataset 'csv:remembered' lie\? Say it once: --data"):
        open_dataset("csv:remembered")
    assert open_dataset("csv:remembered", data=root).root == root
    assert open_dataset("csv:remembered").root == root
    with pytest.raises(UsageError, match="does not exist; give the right --data FOLDER"):
        open_dataset("csv:remembered", data=tmp_path / "elsewhere")


def test_an_opened_manifest_lies_in_the_home(tmp_path: Path, home: Path) -> None:
    root = write_table(tmp_path, "clip_id,subject,emotion\na,p1,anger\n")
    open_dataset("csv:kept", data=root)
    assert pd.read_parquet(home / "manifests" / "csv-kept.parquet")["clip_id"].tolist() == ["a"]


def test_a_generated_dataset_of_another_plan_is_refused(small_corpus: Path) -> None:
    with pytest.raises(BenchError, match="another version or seed"):
        open_dataset("emosynth", data=small_corpus)
