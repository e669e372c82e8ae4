"""`imported`: which row a clip gets, broken tables, columns that tell the emotion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_media import clip_of, table

from stf2m_bench.errors import InputError, UnknownNameError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.imported import columns_that_tell

SHARED = Path(__file__).parents[2] / "../shared/data"


def imported(root: Path, name: str = "a", **declaration: Any) -> np.ndarray:
    clip = ClipMedia(clip_id=name, root=root, tables={"units": table(**declaration)})
    return make_extractor("imported:units").extract(clip)


def third_field(name: str) -> str:
    return name.split("-")[2]


def test_a_clip_gets_its_row_and_only_the_declared_columns(media: Path) -> None:
    assert imported(media).tolist() == [[0.5, 2.0]]
    assert imported(media, "c", columns=("au2",)).tolist() == [[3.0]]
    assert imported(media, "z").shape == (0, 2)


def test_other_separators_parquet_and_other_names_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["x-y-a", "x-y-b"], "au1": [1, 2], "au2": [3, 4]})
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    expected = [[2.0, 4.0]]
    assert imported(tmp_path, "b", path="t.csv", separator=";", clip_id=third_field).tolist() == expected
    assert imported(tmp_path, "b", path="t.parquet", clip_id=third_field).tolist() == expected


def test_rows_in_time_keep_their_order(tmp_path: Path) -> None:
    pd.DataFrame({"name": list("babab"), "au1": range(5), "au2": range(5, 10)}).to_csv(tmp_path / "t.csv", index=False)
    assert imported(tmp_path, "b", path="t.csv", rate=25.0).tolist() == [[0, 5], [2, 7], [4, 9]]
    with pytest.raises(InputError, match=r"t\.csv, row \d: clip '[ab]' is there a second time"):
        imported(tmp_path, "b", path="t.csv")


def test_a_clip_name_of_digits_keeps_its_zeros(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,au1,au2\n007,1,2\n")
    assert imported(tmp_path, "007", path="t.csv").tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("name,au1\na,1\n", r"has no column 'au2' \(it has: name, au1\)"),
        ("who,au1,au2\na,1,2\n", r"has no column 'name'"),
        ("name,au1,au2\na,1,2\nb,1,often\n", r"column 'au2', row 2: 'often' is no finite number"),
        ("name,au1,au2\na,,2\n", r"column 'au1', row 1: 'nan' is no finite number"),
        ("name,au1,au2\na,inf,2\n", r"column 'au1', row 1: 'inf' is no finite number"),
        ("name,au1,au2\n", r"has no rows"),
        (None, r"does not exist"),
    ],
)
def test_a_broken_table_is_named_with_column_and_row(tmp_path: Path, content: str | None, fault: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=rf"t\.csv.*{fault}"):
        imported(tmp_path, path="t.csv")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("name,au1,au2\na,1,2\n")
    with pytest.raises(InputError, match=r"t\.parquet cannot be read as a table"):
        imported(tmp_path, path="t.parquet")


def test_an_unknown_table_names_those_that_there_are(media: Path) -> None:
    with pytest.raises(UnknownNameError, match="no feature table called 'unit'; did you mean units"):
        make_extractor("imported:unit").extract(clip_of(media))


EMOTIONS = np.array(["anger", "calm", "fear", "joy", "sadness"])


def telling(values: np.ndarray, emotions: np.ndarray) -> bool:
    return columns_that_tell(values[:, None], ["x"], emotions.tolist()) == ["x"]


@pytest.mark.parametrize("seed", range(5))
def test_a_code_of_the_emotion_tells_whatever_its_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 5, 200)
    assert telling(code.astype(float), EMOTIONS[code])
    assert telling(rng.permutation(5)[code] * 3.7 - 9, EMOTIONS[code])
    assert telling(code + rng.normal(0, 0.12, 200), EMOTIONS[code])
    assert telling((code == 2).astype(float), EMOTIONS[code])


@pytest.mark.parametrize("seed", range(5))
def test_a_measurement_does_not_tell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 5, 200)
    assert not telling(rng.normal(size=200), EMOTIONS[code])
    assert not telling(code + rng.normal(0, 1, 200), EMOTIONS[code])  # strongly related, still no code
    assert not telling(np.zeros(200), EMOTIONS[code])
    assert not telling(np.where(rng.random(200) < 0.99, 0.0, rng.random(200)), EMOTIONS[code])
    assert not telling(rng.normal(size=60), EMOTIONS[rng.integers(0, 2, 60)])
    assert not telling(np.arange(200.0), EMOTIONS[code])


def test_columns_are_named_in_their_order_and_few_clips_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 5, 100)
    values = np.stack([rng.normal(size=100), code, rng.normal(size=100), -code], axis=1)
    assert columns_that_tell(values, ["a", "b", "c", "d"], EMOTIONS[code].tolist()) == ["b", "d"]
    assert columns_that_tell(values[:30], ["a", "b", "c", "d"], EMOTIONS[code[:30]].tolist()) == []


@pytest.mark.skipif(not (SHARED / "RAVDESS/face_action_units").is_dir(), reason="no RAVDESS beside the repository")
@pytest.mark.parametrize(
    ("name", "separator"), [("df_average_AUs_actors_01-12.csv", ";"), ("au_static_mean_actors_01-12.csv", ",")]
)
def test_no_real_action_unit_is_taken_for_a_code(name: str, separator: str) -> None:
    frame = pd.read_csv(SHARED / "RAVDESS/face_action_units" / name, sep=separator)
    units = [column for column in frame.columns if column.startswith("AU")]
    emotions = [third_field(name) for name in frame["name"]]
    assert len(units) == 35
    assert columns_that_tell(frame[units].to_numpy(), units, emotions) == []
    spoilt = frame[units].assign(code=[float(e) for e in emotions])
    assert columns_that_tell(spoilt.to_numpy(), [*units, "code"], emotions) == ["code"]
