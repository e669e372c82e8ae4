"""Hugging Face datasets in a folder, written here by their own library."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Audio, ClassLabel, Dataset, DatasetDict

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import open_dataset
from stf2m_bench.datasets.hf import HuggingFace
from stf2m_bench.errors import BenchError, FaultsError, InputError, UsageError

OPTIONS = """
source = "corpus"
[columns]
emotion = "label"
subject = "who"
text = "words"
[emotions]
joy = "happiness"
odd = ""
"""


def make(**columns: Any) -> Dataset:
    told = {"who": ["a", "b", "a"], "label": ["joy", "fear", "odd"], "words": ["Oh.", "Ah.", "Eh."]}
    return Dataset.from_dict(told | columns)


def read(root: Path, options: str = OPTIONS) -> dict[str, dict[str, Any]]:
    """The validated manifest: clip id -> row."""
    (root / "hf.toml").write_text(options, encoding="utf-8")
    table = open_dataset("hf:mine", data=root).table
    return {row["clip_id"]: row for row in table.to_dict("records")}


def to_parquet(data: Dataset, root: Path) -> None:
    (root / "corpus").mkdir()
    data.to_parquet(root / "corpus/train.parquet")


def to_csv(data: Dataset, root: Path) -> None:
    (root / "corpus").mkdir()
    data.to_csv(root / "corpus/train.csv")


def to_disk(data: Dataset, root: Path) -> None:
    DatasetDict(train=data).save_to_disk(root / "corpus")


@pytest.mark.parametrize("write", [to_parquet, to_csv, to_disk])
def test_a_dataset_is_read_in_each_of_its_forms(write: Callable[[Dataset, Path], None], tmp_path: Path) -> None:
    write(make(), tmp_path)
    clips = read(tmp_path)
    told = {name: [clip[key] for key in ("subject", "emotion", "label", "text")] for name, clip in clips.items()}
    assert told == {
        "train_000000": ["a", "happiness", "joy", "Oh."],
        "train_000001": ["b", "fear", "fear", "Ah."],
        "train_000002": ["a", None, "odd", "Eh."],
    }
    assert [check for check in check_dataset("hf:mine", tmp_path) if check.passed is False] == []


def test_class_numbers_are_read_as_their_words(tmp_path: Path) -> None:
    to_parquet(make(label=[1, 0, 2]).cast_column("label", ClassLabel(names=["fear", "joy", "odd"])), tmp_path)
    assert [clip["emotion"] for clip in read(tmp_path).values()] == ["happiness", "fear", None]


def test_all_splits_are_read_and_told_apart(tmp_path: Path) -> None:
    DatasetDict(train=make(), test=make()).save_to_disk(tmp_path / "corpus")
    assert {name.partition("_")[0] for name in read(tmp_path)} == {"train", "test"}


def test_without_subjects_each_row_is_one_of_its_own(tmp_path: Path) -> None:
    to_parquet(make(), tmp_path)
    clips = read(tmp_path, OPTIONS.replace('subject = "who"', ""))
    assert all(clip["subject"] == name for name, clip in clips.items())


@pytest.mark.parametrize("write", [to_parquet, to_disk])
def test_sound_inside_a_dataset_becomes_files_of_the_same_bytes(
    write: Callable[[Dataset, Path], None], tmp_path: Path
) -> None:
    sounds = [{"bytes": f"RIFF{i}".encode(), "path": f"{i}.wav"} for i in range(2)] + [None]
    write(make(sound=sounds).cast_column("sound", Audio(decode=False)), tmp_path)
    paths = [clip["audio"] for clip in read(tmp_path, OPTIONS.replace("[emo", 'audio = "sound"\n[emo')).values()]
    assert paths == ["media/train_000000.audio.wav", "media/train_000001.audio.wav", None]
    assert (tmp_path / paths[1]).read_bytes() == b"RIFF1"


def test_sound_beside_a_dataset_is_read_in_place(tmp_path: Path) -> None:
    to_csv(make(path=["a.wav", "b.wav", None]), tmp_path)
    for name in ("a.wav", "b.wav"):
        (tmp_path / "corpus" / name).write_bytes(b"RIFF")
    clips = read(tmp_path, OPTIONS.replace("[emo", 'audio = "path"\n[emo'))
    assert [clip["audio"] for clip in clips.values()] == ["corpus/a.wav", "corpus/b.wav", None]
    assert not (tmp_path / "media").exists()


@pytest.mark.parametrize("path", ["/nowhere/a.wav", "../../a.wav"])
def test_sound_outside_the_folder_is_refused(path: str, tmp_path: Path) -> None:
    to_csv(make(path=[path, None, None]), tmp_path)
    with pytest.raises(InputError, match=f"names the file {path}, which lies outside"):
        read(tmp_path, OPTIONS.replace("[emo", 'audio = "path"\n[emo'))


def test_a_whole_path_into_the_folder_is_read_in_place(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    to_csv(make(path=[str(tmp_path / "a.wav"), None, None]), tmp_path)
    clips = read(tmp_path, OPTIONS.replace("[emo", 'audio = "path"\n[emo'))
    assert clips["train_000000"]["audio"] == "a.wav"


def test_numbers_and_ids_of_the_dataset_are_kept(tmp_path: Path) -> None:
    to_parquet(make(key=["x1", "x2", "x3"], v=[0.5, -1.0, None]), tmp_path)
    clips = read(tmp_path, OPTIONS.replace("[emo", 'clip_id = "key"\nvalence = "v"\n[emo'))
    assert {name: clip["valence"] for name, clip in clips.items()} == {"x1": 0.5, "x2": -1.0, "x3": None}


def test_a_second_reading_writes_nothing_and_other_options_write_anew(tmp_path: Path) -> None:
    to_parquet(make(), tmp_path)
    read(tmp_path)
    before = (tmp_path / "clips.parquet").stat().st_mtime_ns
    open_dataset("hf:mine")
    assert (tmp_path / "clips.parquet").stat().st_mtime_ns == before
    clips = read(tmp_path, OPTIONS.replace('odd = ""', 'odd = "confusion"'))
    assert [clip["emotion"] for clip in clips.values()] == ["happiness", "fear", "confusion"]


def test_words_that_are_no_canonical_emotion_are_told_all_at_once(tmp_path: Path) -> None:
    to_parquet(make(), tmp_path)
    with pytest.raises(FaultsError, match="say which one it is") as error:
        read(tmp_path, OPTIONS.partition("[emotions]")[0])
    assert error.value.faults == ["'joy' is not a canonical emotion", "'odd' is not a canonical emotion"]
    assert not (tmp_path / "clips.parquet").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("source", "sauce"), "source: Field required"),
        (('"corpus"', '"hub:lab/corpus"'), 'names hub:lab/corpus without a revision; add revision = "'),
        (('"corpus"', '"hub:corpus"\nrevision = "main"'), "'hub:corpus@main' is no address on the Hub"),
        (('"corpus"', '"corpus"\nrevision = "main"'), "gives a folder a revision; leave it out"),
        (('"corpus"', '"nowhere"'), "names the source 'nowhere', which is no folder"),
        (('emotion = "label"', ""), "which column is the emotion"),
        (('"who"', '"whom"'), "subject = \"whom\": split 'train' has who, label, words"),
        (("[columns]", "[columns"), "is not valid TOML"),
        (('text = "words"', 'txt = "words"'), "column 'txt' is unknown"),
    ],
)
def test_options_that_break_the_rules_are_told(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    to_parquet(make(), tmp_path)
    with pytest.raises(InputError, match=r"hf\.toml|clips\.parquet") as error:
        read(tmp_path, OPTIONS.replace(*change))
    assert message in str(error.value)


def test_a_folder_without_options_or_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no hf\.toml; write one"):
        open_dataset("hf:mine", data=tmp_path)
    (tmp_path / "corpus").mkdir()
    with pytest.raises(BenchError, match="could not be read as a Hugging Face dataset"):
        read(tmp_path)


def test_signals_and_ratings_inside_a_dataset_are_read_there(tmp_path: Path) -> None:
    to_csv(make(heart=["a.csv#1", "a.csv", "a.csv"], said=["r.csv", "r.csv", "r.csv"]), tmp_path)
    (tmp_path / "corpus/a.csv").write_text("seconds,HR\n0,60\n1,61\n")
    (tmp_path / "corpus/r.csv").write_text("seconds,valence,arousal\n0,0.5,0\n0.4,0.5,0\n0.8,0.5,0\n")
    options = OPTIONS.replace("[emotions]", 'signal = "heart"\nratings = "said"\n[emotions]')
    assert [clip["signal"] for clip in read(tmp_path, options).values()] == ["corpus/a.csv#1", *["corpus/a.csv"] * 2]
    assert [len(trace.seconds) for trace in HuggingFace().traces(tmp_path)] == [3, 3, 3]


def test_a_dataset_that_was_never_told_of_is_asked_for() -> None:
    with pytest.raises(UsageError, match="Where does the dataset 'hf:other' lie"):
        open_dataset("hf:other")


def test_scripts_of_a_dataset_are_not_run(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/corpus.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    with pytest.raises(InputError, match="could not be read"):
        read(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["README.md", ".huggingface.yaml"])
@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1:9/x.csv",
        "hf://datasets/a/b/x.csv",
        "/etc/passwd",
        "../hf.toml",
        "zip://x.csv::s3://b/y.zip",
        "file:/etc/passwd",
        "zip://x.csv::/b/y.zip",
    ],
)
def test_data_that_a_dataset_names_elsewhere_are_neither_fetched_nor_read(name: str, path: str, tmp_path: Path) -> None:
    to_csv(make(), tmp_path)
    told = f"configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: ['train.csv', '{path}']\n"
    readme = f"---\nlicence: a---b\n{told}---\n# Mine\n"
    (tmp_path / "corpus" / name).write_text(readme if name == "README.md" else told)
    with pytest.raises(InputError, match=f"{name} calls '{path}' its data, which lies outside"):
        read(tmp_path)


def test_data_that_a_dataset_names_in_its_folder_are_read(tmp_path: Path) -> None:
    to_csv(make(), tmp_path)
    told = "configs:\n- config_name: default\n  sep: ','\n  data_files:\n  - split: held\n    path: train.csv\n"
    (tmp_path / "corpus/README.md").write_text(f"---\n{told}---\n# Mine, see https://example.org\n")
    assert list(read(tmp_path)) == ["held_000000", "held_000001", "held_000002"]


def test_scan_alone_writes_nothing(tmp_path: Path) -> None:
    to_parquet(make(), tmp_path)
    (tmp_path / "hf.toml").write_text(OPTIONS, encoding="utf-8")
    with pytest.raises(InputError):
        list(HuggingFace().scan(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"corpus", "hf.toml"}
