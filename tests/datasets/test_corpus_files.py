"""Files of a corpus are found and read whether they lie in its folder or in a zip file there."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from stf2m_bench.datasets.base import archives
from stf2m_bench.datasets.base.corpus_files import corpus_file, corpus_files, is_there
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import find_faults, load_loader
from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

EDA = b"seconds,eda\n0,1\n1,2\n2,3\n"


def write(path: Path, content: bytes = EDA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def packed(members: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, bytes_ in members.items():
            file.writestr(name, bytes_)
    return content.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One person in the folder, one in both, one in a zip file beside them, one in a zip file of their own."""
    write(tmp_path / "Raw/S1/EDA.csv")
    write(tmp_path / "Raw/S2/EDA.csv")
    zipped(tmp_path / "people.zip", {"Raw/S2/EDA.csv": b"other", "Raw/S3/": b"", "Raw/S3/EDA.csv": EDA})
    zipped(tmp_path / "Raw/S4.zip", {"S4/EDA.csv": EDA, "__MACOSX/S4/._EDA.csv": b""})
    return tmp_path


def test_all_files_of_a_form_are_found_once_in_the_folder_and_in_its_zip_files(root: Path) -> None:
    files = corpus_files(root, "Raw/S*/EDA.csv")
    assert [file.path for file in files] == [f"Raw/S{n}/EDA.csv" for n in (1, 2, 3, 4)]
    assert [file.archive and file.archive.name for file in files] == [None, None, "people.zip", "S4.zip"]
    assert [file.read() for file in files] == [EDA] * 4  # what lies in the folder is read, not its zipped copy
    assert str(files[2]) == f"{root / 'people.zip'}:Raw/S3/EDA.csv"
    assert {file.size for file in files} == {len(EDA)}


def test_a_file_is_the_same_to_a_store_in_a_zip_file_and_out_of_it(root: Path) -> None:
    hashes = {corpus_file(root, f"Raw/S{n}/EDA.csv").sha256() for n in (1, 3)}
    assert hashes == {hashlib.sha256(EDA).hexdigest()}


def test_nothing_is_unpacked(root: Path) -> None:
    before = sorted(root.rglob("*"))
    corpus_file(root, "Raw/S4/EDA.csv").read()
    assert sorted(root.rglob("*")) == before


def test_an_absent_file_is_named_where_it_should_lie(root: Path) -> None:
    assert (is_there(root, "Raw/S3/EDA.csv"), is_there(root, "Raw/S3"), is_there(root, "S4/EDA.csv")) == (1, 0, 0)
    with pytest.raises(InputError, match=r"Raw/S5/EDA\.csv does not exist"):
        corpus_file(root, "Raw/S5/EDA.csv")


def test_a_zip_file_that_is_none_or_leaves_its_folder_is_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path / "a.zip", b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(InputError, match=r"a\.zip cannot be read as a zip file"):
        corpus_files(tmp_path, "EDA.csv")
    zipped(tmp_path / "a.zip", {"../EDA.csv": EDA})
    with pytest.raises(InputError, match=r"a\.zip holds '\.\./EDA\.csv', a path that leaves its folder"):
        is_there(tmp_path, "EDA.csv")


def test_a_zip_file_that_changed_is_read_anew(root: Path) -> None:
    before = corpus_file(root, "Raw/S3/EDA.csv")
    zipped(root / "people.zip", {"Raw/S3/EDA.csv": EDA + b"3,4\n"})
    after = corpus_file(root, "Raw/S3/EDA.csv")
    assert before != after
    assert after.read() == EDA + b"3,4\n"


def test_a_zip_file_in_a_zip_file_is_read_as_if_both_had_been_unpacked(tmp_path: Path) -> None:
    inner = packed({"S5/EDA.csv": EDA, "S6/EDA.csv": b"inner"})
    zipped(
        tmp_path / "release.zip",
        {"Raw/people.zip": inner, "Raw/S6/EDA.csv": EDA, "__MACOSX/Raw/._people.zip": b"", "notes.txt": b"no zip"},
    )
    before = sorted(tmp_path.rglob("*"))
    files = corpus_files(tmp_path, "Raw/S*/EDA.csv")
    assert [(file.path, file.read()) for file in files] == [("Raw/S5/EDA.csv", EDA), ("Raw/S6/EDA.csv", EDA)]
    assert (files[0].size, files[0].sha256()) == (len(EDA), hashlib.sha256(EDA).hexdigest())
    assert str(files[0]) == f"{tmp_path / 'release.zip'}:Raw/S5/EDA.csv"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_file_deeper_than_that_is_a_file_like_any_other(tmp_path: Path) -> None:
    deepest = packed({"S7/EDA.csv": EDA})
    zipped(tmp_path / "a.zip", {"b.zip": packed({"c.zip": deepest})})
    assert is_there(tmp_path, "c.zip")
    assert not is_there(tmp_path, "S7/EDA.csv")
    assert corpus_file(tmp_path, "c.zip").read() == deepest


def test_an_inner_zip_file_is_held_to_the_rules_of_the_outer(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"b.zip": packed({"../EDA.csv": EDA})})
    with pytest.raises(InputError, match=r"a\.zip:b\.zip holds '\.\./EDA\.csv', a path that leaves its folder"):
        corpus_files(tmp_path, "EDA.csv")


def test_an_inner_zip_file_that_cannot_be_read_is_a_file_like_any_other(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"notes.zip": b"no zip file", "EDA.csv": EDA})
    assert [file.path for file in corpus_files(tmp_path, "EDA.csv")] == ["EDA.csv"]
    assert corpus_file(tmp_path, "notes.zip").read() == b"no zip file"


def test_a_zip_file_that_changes_is_read_anew_and_what_went_is_one_sentence(tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"EDA.csv": EDA})
    found, stat = corpus_file(tmp_path, "EDA.csv"), (tmp_path / "a.zip").stat()
    zipped(tmp_path / "a.zip", {"HR.csv": EDA, "TEMP.csv": EDA})
    os.utime(tmp_path / "a.zip", ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as `cp -p` leaves it
    assert (is_there(tmp_path, "EDA.csv"), is_there(tmp_path, "HR.csv")) == (False, True)
    with pytest.raises(InputError, match=r"has no member 'EDA\.csv'"):
        found.read()


def test_inner_zip_files_that_are_too_large_together_are_refused_before_they_are_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "LARGEST", 1_000)
    zipped(tmp_path / "a.zip", {f"{name}.zip": bytes(600) for name in "bc"})
    with pytest.raises(
        InputError, match=r"a\.zip holds zip files of 1,200 bytes \(b\.zip \.\.\.\).*unpack it where it lies"
    ):
        corpus_files(tmp_path, "EDA.csv")


def test_an_inner_member_that_declares_too_much_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"b.zip": packed({"bomb.csv": bytes(10_000_000)})})
    with (
        pytest.raises(
            InputError, match=r"a\.zip:b\.zip: 'bomb\.csv' declares 10,000,000 bytes, more than the 1,000,000"
        ),
        archives.open_member(archive, "b.zip", "bomb.csv", largest=1_000_000),
    ):
        pass


def test_a_manifest_takes_zipped_files(root: Path) -> None:
    clip = Clip(clip_id="a", subject="p", emotion=None, label="", signal="Raw/S3/EDA.csv#1", audio="Raw/S3/none.wav")
    assert find_faults([clip], root, load_loader("csv").card) == ["clip 'a': audio 'Raw/S3/none.wav' does not exist"]


def test_a_view_of_a_zipped_signal_is_the_one_of_the_unpacked_file(root: Path) -> None:
    clips = [ClipMedia(clip_id="a", root=root, signal=f"Raw/S{n}/EDA.csv") for n in (1, 3)]
    first, second = (make_extractor("signal.window:eda").extract(clip) for clip in clips)
    assert first.tobytes() == second.tobytes()
