"""A table of one's own: what it may hold, and how its faults are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.datasets.csv import OwnTable
from stf2m_bench.errors import BenchError, FaultsError, InputError


def write_table(root: Path, text: str) -> Path:
    (root / "clips.csv").write_text(text, encoding="utf-8")
    return root


def test_every_column_arrives_in_the_clip(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    write_table(
        tmp_path,
        "clip_id,subject,emotion,audio,text,start,end,recording,stimulus,session,label,intensity,language,valence,"
        "arousal,votes.voice.anger,group.age\n"
        'c1,p1,anger,a.wav,"no, never",0.5,1.5,r1,s1,d1,ANG,2,en,-0.5,0.5,3,old\n',
    )
    (clip,) = OwnTable().scan(tmp_path)
    assert (clip.clip_id, clip.subject, clip.emotion, clip.label) == ("c1", "p1", "anger", "ANG")
    assert (clip.audio, clip.text, clip.start, clip.end) == ("a.wav", "no, never", 0.5, 1.5)
    assert (clip.recording, clip.stimulus, clip.session, clip.language) == ("r1", "s1", "d1", "en")
    assert (clip.intensity, clip.valence, clip.arousal) == (2.0, -0.5, 0.5)
    assert clip.votes == {"voice.anger": 3.0}
    assert clip.groups == {"age": "old"}


def test_blank_cells_are_unknown_and_the_recording_is_the_clip(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,subject,emotion,text,start,recording\nc1,p1,,, ,\n")
    (clip,) = OwnTable().scan(tmp_path)
    assert (clip.emotion, clip.text, clip.start, clip.recording, clip.label) == (None, None, None, "c1", "")


def test_numbers_in_names_stay_as_written(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,subject,emotion\n007,01,anger\nNA,null,fear\n")
    assert [(c.clip_id, c.subject) for c in OwnTable().scan(tmp_path)] == [("007", "01"), ("NA", "null")]


def test_a_spreadsheets_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("clip_id,subject,emotion\nc1,p1,anger\n", encoding="utf-8-sig")
    assert [clip.clip_id for clip in OwnTable().scan(tmp_path)] == ["c1"]


def test_parquet_tells_the_same_as_csv(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "clip_id": ["a", "b"],
            "subject": ["p1", "p2"],
            "emotion": ["anger", None],
            "start": [0.5, np.nan],
            "votes.all.anger": [2, 0],
        }
    )
    for kind in ("csv", "parquet"):
        (tmp_path / kind).mkdir()
    table.to_parquet(tmp_path / "parquet/clips.parquet", index=False)
    table.to_csv(tmp_path / "csv/clips.csv", index=False)
    hashes = {build_manifest("csv", tmp_path / kind).hash for kind in ("csv", "parquet")}
    assert len(hashes) == 1


def test_missing_and_unknown_columns_are_told_all_at_once(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,person,emotion,f0\nc1,p1,anger,120\n")
    with pytest.raises(FaultsError) as error:
        OwnTable().scan(tmp_path)
    assert error.value.faults == [
        "column 'subject' is missing",
        "column 'person' is unknown; a number computed per clip is named feature.<name>.<column>",
        "column 'f0' is unknown; a number computed per clip is named feature.<name>.<column>",
    ]


def test_what_is_no_number_is_told_with_its_row(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,subject,emotion,start,votes.all.fear\nc1,p1,fear,soon,1\nc2,p1,fear,1,inf\n")
    with pytest.raises(FaultsError) as error:
        OwnTable().scan(tmp_path)
    assert error.value.faults == ["row 2: start 'soon' is not a number", "row 3: votes.all.fear 'inf' is not a number"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "could not be read as a table"),
        (b"clip_id;subject;emotion\nc1;p1;anger\n", "its columns lie between semicolons, not commas"),
        (b"clip_id,subject,emotion\nc1,p1,anger,extra\n", "its rows have more values than its header"),
        ("clip_id,subject,emotion\nc1,J\xfcrgen,anger\n".encode("latin-1"), "save it as UTF-8 CSV or as Parquet"),
        (b"clip_id,subject,emotion\nc1,p1,anger\nc2,p1,anger,1,2\n", "could not be read as a table"),
    ],
)
def test_a_broken_file_is_one_sentence_with_its_path(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "clips.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        build_manifest("csv", tmp_path)
    assert str(tmp_path / "clips.csv") in str(error.value)


def test_two_tables_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,subject,emotion\nc1,p1,anger\n")
    (tmp_path / "clips.parquet").write_bytes(b"")
    with pytest.raises(InputError, match=r"holds both clips\.csv and clips\.parquet; keep one"):
        OwnTable().scan(tmp_path)


def test_a_table_that_was_mended_is_read_anew(tmp_path: Path) -> None:
    write_table(tmp_path, "clip_id,subject,emotion\nc1,p1,happy\n")
    with pytest.raises(BenchError, match="did you mean 'happiness'"):
        build_manifest("csv", tmp_path)
    write_table(tmp_path, "clip_id,subject,emotion\nc1,p1,happiness\n")
    assert build_manifest("csv", tmp_path).table["emotion"].tolist() == ["happiness"]


def test_feature_columns_of_one_name_are_one_imported_table(tmp_path: Path) -> None:
    write_table(
        tmp_path, "clip_id,subject,emotion,feature.voice.f0,feature.face.au1,feature.voice.energy\nc1,p1,fear,1,2,3\n"
    )
    tables = OwnTable().tables(tmp_path)
    assert {name: table.columns for name, table in tables.items()} == {
        "voice": ("feature.voice.f0", "feature.voice.energy"),
        "face": ("feature.face.au1",),
    }
    assert build_manifest("csv", tmp_path).tables.keys() == {"voice", "face"}
