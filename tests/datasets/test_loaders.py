"""The contract that every loader keeps, and the checks that hold others to it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stf2m_bench.checks import Check
from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base import checks
from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.ravdess import RAVDESS
from stf2m_bench.errors import BenchError, InputError

REPOSITORY = Path(__file__).parents[2]


def failed(found: list[Check]) -> dict[str, str]:
    return {check.name: check.message for check in found if check.passed is False}


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_loader_has_a_whole_card_and_says_what_it_reads(key: str, tmp_path: Path) -> None:
    loader = load_loader(key)
    assert {check.name: check.passed for check in check_dataset(key, tmp_path)}["card"]
    assert len(type(loader).__doc__ or "") > 80
    assert loader.card.synthetic or "synth" not in key


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_loader_refuses_an_empty_folder_in_one_sentence_and_writes_nothing(key: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        list(load_loader(key).scan(tmp_path))
    assert str(tmp_path) in str(error.value)
    assert list(tmp_path.iterdir()) == []
    assert failed(check_dataset(key, tmp_path)) == {"scan": str(error.value)}


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_loader_refuses_a_folder_that_does_not_exist(key: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError):
        list(load_loader(key).scan(tmp_path / "nowhere"))


@pytest.mark.parametrize("key", ROOM.keys())
def test_importing_a_loader_loads_nothing_heavy(key: str) -> None:
    heavy = ("torch", "av", "moviepy", "soundfile", "sklearn")
    module = f"stf2m_bench.datasets.{key.replace('-', '_')}"
    call = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", call], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_small_emosynth_passes_every_check(small_corpus: Path) -> None:
    found = check_dataset("emosynth", small_corpus)
    assert failed(found) == {}
    assert all(check.passed for check in found)


def test_media_that_are_empty_or_lfs_pointers_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "Actor_01"
    folder.mkdir()
    (folder / "03-01-01-01-01-01-01.wav").write_bytes(b"")
    (folder / "03-01-02-01-01-01-01.wav").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    (folder / "03-01-03-01-01-01-01.wav").write_bytes(b"RIFF")
    assert failed(check_dataset("ravdess", tmp_path))["media"] == (
        "fetch these files again: Actor_01/03-01-01-01-01-01-01.wav is empty; Actor_01/03-01-02-01-01-01-01.wav is a"
        " Git LFS pointer, not the media (git lfs pull)"
    )


def test_a_folder_of_one_person_lacks_subjects_and_emotions(tmp_path: Path) -> None:
    (tmp_path / "Actor_01").mkdir()
    (tmp_path / "Actor_01/03-01-01-01-01-01-01.wav").write_bytes(b"RIFF")
    faults = failed(check_dataset("ravdess", tmp_path))
    assert "holds 1 subject; episodes of new people need at least 2" in faults["subjects"]
    assert "'calm' has no clip; 'happiness' has no clip" in faults["emotions"]


def test_one_file_in_two_recordings_at_once_is_found(tmp_path: Path) -> None:
    (tmp_path / "long.wav").write_bytes(b"RIFF")
    rows = ["a,p1,fear,long.wav,0,5,r1", "b,p1,anger,long.wav,1,2,r1", "c,p1,fear,long.wav,4,6,r2",
            "d,p2,fear,long.wav,6,7,r3"]  # fmt: skip
    (tmp_path / "clips.csv").write_text("\n".join(["clip_id,subject,emotion,audio,start,end,recording", *rows]))
    assert failed(check_dataset("csv", tmp_path)) == {
        "recordings": "clips recorded in one go share one recording: long.wav: clips 'a' and 'c' overlap, but are of"
        " two recordings"
    }


class Careless(Loader):
    """Scans otherwise each time, and leaves a file behind."""

    card: Card = replace(RAVDESS.card, licence="", emotions=("joy",), tracks=("new-people",), verified="yes")  # type: ignore[arg-type]
    turn = 0

    def scan(self, root: Path) -> list[Clip]:
        self.turn += 1
        (root / "index.txt").write_text(str(self.turn))
        return [Clip(clip_id=f"a{self.turn}", subject="p1", emotion="joy", label="", session="1")] * 2


def test_a_careless_loader_is_told_all_that_it_does_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader: Any = Careless()
    monkeypatch.setattr(checks, "load_loader", lambda key: loader)
    faults = failed(check_dataset("careless", tmp_path))
    assert faults.keys() == {"card", "scan repeats", "pure reading", "manifest", "subjects"}
    for told in ("licence is empty", "'joy' is not canonical", "no track 'new-people'", "verified is 'yes'"):
        assert told in faults["card"]
    assert "clip 'a1' differs" in faults["scan repeats"]
    assert "index.txt changed" in faults["pure reading"]
    assert "clip 'a1' occurs 2 times" in faults["manifest"]
