"""Tables beside media are read in the encodings that they come in; what is no such table is refused for what it is."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from stf2m_bench.datasets.base.side_tables import number, read_bare_rows, read_rows
from stf2m_bench.errors import InputError


def test_a_table_without_a_header_in_windows_1252_is_read_and_its_line_breaks_within_cells_are_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "bare.csv").write_bytes('a,"It’s\r\nodd"\r\n'.encode("cp1252"))
    assert read_bare_rows(tmp_path / "bare.csv", ("x", "y")) == [{"x": "a", "y": "It’s\r\nodd"}]


def test_a_compressed_table_in_windows_1252_is_read(tmp_path: Path) -> None:
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress("x\nIt’s\n".encode("cp1252")))
    assert read_rows(tmp_path / "table.csv.gz", ("x",)) == [{"x": "It’s"}]
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(b"x\nmuch more than fits\n")[:-12])
    with pytest.raises(InputError, match=r"table\.csv\.gz is not the table"):
        read_rows(tmp_path / "table.csv.gz", ("x",))


def test_git_lfs_is_named_where_its_pointer_lies_and_nowhere_else(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    for read_table in (read_rows, read_bare_rows):
        with pytest.raises(InputError, match="take the copy that the dataset's card names") as error:
            read_table(table, ("x", "y", "z"))
        assert "LFS" not in str(error.value)
    table.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    for read_table in (read_rows, read_bare_rows):
        with pytest.raises(InputError, match="a Git LFS pointer lies there"):
            read_table(table, ("x", "y", "z"))


@pytest.mark.parametrize(
    ("cell", "meant"), [("65,00\xa0\xa0", 65.0), ("95,24", 95.24), ("100", 100.0), ("-0.5", -0.5), ("1,250", 1.25)]
)
def test_decimals_stand_behind_a_point_or_a_comma(cell: str, meant: float) -> None:
    assert number(cell) == meant


@pytest.mark.parametrize("cell", ["", "-", "1.250,00", "1,250.00", "1,2,3", "nan", "1e3", "65 %"])
def test_what_is_no_plain_number_is_refused(cell: str) -> None:
    with pytest.raises(InputError, match="is no number"):
        number(cell)
