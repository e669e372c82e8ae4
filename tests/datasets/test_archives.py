"""Zip files and pickles are read within limits."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stf2m_bench.datasets.base.archives import load_arrays, open_member
from stf2m_bench.errors import InputError


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_a_member_of_a_zip_file_is_read_where_it_lies(tmp_path: Path) -> None:
    with open_member(zipped(tmp_path / "a.zip", {"x/b.csv": b"1,2\n"}), "x/b.csv") as member:
        assert member.read() == b"1,2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_member_that_declares_too_much_is_refused_before_a_byte_is_unpacked(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"bomb.csv": bytes(10_000_000)})
    assert archive.stat().st_size < 20_000
    with (
        pytest.raises(InputError, match=r"'bomb\.csv' declares 10,000,000 bytes, more than the 1,000,000"),
        open_member(archive, "bomb.csv", largest=1_000_000),
    ):
        pass


def test_a_member_that_declares_too_little_is_found_out(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"bomb.csv": bytes(10_000_000)})
    raw, size = archive.read_bytes(), (10_000_000).to_bytes(4, "little")
    archive.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(InputError, match="cannot be read as a zip file"), open_member(archive, "bomb.csv") as member:
        assert len(member.read()) <= 1000


@pytest.mark.parametrize("name", ["../b.csv", "x/../../b.csv", "/etc/b.csv", "C:/b.csv", "..\\b.csv"])
def test_a_zip_file_with_a_path_that_leaves_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"good.csv": b"1", name: b"2"})
    with pytest.raises(InputError, match="a path that leaves its folder"), open_member(archive, "good.csv"):
        pass


def test_what_is_no_zip_file_or_lacks_the_member_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no member 'c\.csv' \(it has: b\.csv\)"):
        open_member(zipped(tmp_path / "a.zip", {"b.csv": b"1"}), "c.csv").__enter__()
    (tmp_path / "b.zip").write_text("version https://git-lfs.github.com/spec/v1")
    for path in (tmp_path / "b.zip", tmp_path / "none.zip"):
        with pytest.raises(InputError, match=rf"{path.name} cannot be read as a zip file"):
            open_member(path, "b.csv").__enter__()


ARRAYS = {"label": np.arange(3), "signal": {"chest": np.ones((2, 1), np.float32)}, "subject": "S2", "n": np.float64(2)}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("old", [False, True])
def test_pickles_of_arrays_are_read_in_every_protocol_and_with_numpys_old_names(
    protocol: int, old: bool, tmp_path: Path
) -> None:
    raw = pickle.dumps(ARRAYS, protocol)
    if old and protocol < 4:  # later protocols state the lengths of names
        raw = raw.replace(b"numpy._core.", b"numpy.core.")
    (tmp_path / "a.pkl").write_bytes(raw)
    read = load_arrays(tmp_path / "a.pkl")
    assert (read["subject"], read["n"], read["label"].tolist()) == ("S2", 2.0, [0, 1, 2])
    assert read["signal"]["chest"].dtype == np.float32


class Harmful:
    """Writes a file when it is unpickled by the usual means."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_that_asks_for_more_than_arrays_is_refused_and_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"label": Harmful(tmp_path / "harm")}))
    with pytest.raises(InputError, match=r"asks for '.*', which no array needs"):
        load_arrays(tmp_path / "a.pkl")
    (tmp_path / "b.pkl").write_bytes(b"cposix\nsystem\n(S'touch harm'\ntR.")
    with pytest.raises(InputError, match=r"asks for 'posix\.system'"):
        load_arrays(tmp_path / "b.pkl")
    assert not (tmp_path / "harm").exists()


def test_a_damaged_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(ARRAYS)[:-20])
    with pytest.raises(InputError, match="cannot be read as a pickle of arrays"):
        load_arrays(tmp_path / "a.pkl")
