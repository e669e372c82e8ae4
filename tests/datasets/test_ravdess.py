"""RAVDESS: on its own files where they lie beside the repository, else on files of its layout."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.datasets.ravdess import RAVDESS
from stf2m_bench.errors import InputError


def lay_out(root: Path, *names: str) -> Path:
    for name in names:
        path = root / f"Actor_{name[18:20]}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"media")
    return root


@pytest.fixture(scope="module")
def manifest(ravdess_root: Path) -> Manifest:
    return build_manifest("ravdess", ravdess_root)


def test_the_real_folder_holds_the_clips_of_twelve_actors_as_published(manifest: Manifest) -> None:
    """Sixty spoken clips an actor: four neutral, eight of each other emotion."""
    table = manifest.table
    assert table["clip_id"].is_unique
    assert set(table["subject"]) == {f"{n:02d}" for n in range(1, 13)}
    cells = Counter(zip(table["subject"], table["emotion"], strict=True))
    assert set(Counter(table["subject"]).values()) == {60}
    assert {cells[f"{n:02d}", "neutral"] for n in range(1, 13)} == {4}
    assert {count for (_, emotion), count in cells.items() if emotion != "neutral"} == {8}


def test_the_real_folder_passes_every_check(ravdess_root: Path) -> None:
    assert [check for check in check_dataset("ravdess", ravdess_root) if check.passed is False] == []


def test_the_hash_of_the_real_manifest_does_not_hang_on_where_it_lies(
    manifest: Manifest, ravdess_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").symlink_to(ravdess_root)
    assert build_manifest("ravdess", tmp_path / "elsewhere").hash == manifest.hash


def test_a_name_is_read_field_by_field(tmp_path: Path) -> None:
    (clip,) = RAVDESS().scan(lay_out(tmp_path, "03-01-06-02-02-01-12.wav"))
    assert (clip.clip_id, clip.recording, clip.subject) == ("01-06-02-02-01-12", "01-06-02-02-01-12", "12")
    assert (clip.emotion, clip.label, clip.intensity, clip.stimulus) == ("fear", "06", 2.0, "statement 02")
    assert (clip.audio, clip.video, clip.language) == ("Actor_12/03-01-06-02-02-01-12.wav", None, "en")
    assert clip.groups == {"sex": "female"}


def test_voice_face_and_both_of_one_take_are_one_clip(tmp_path: Path) -> None:
    lay_out(tmp_path, "01-01-03-01-01-01-05.mp4", "02-01-03-01-01-01-05.mp4", "03-01-03-01-01-01-05.wav")
    (clip,) = RAVDESS().scan(tmp_path)
    assert clip.video == "Actor_05/01-01-03-01-01-01-05.mp4"
    assert clip.audio == "Actor_05/03-01-03-01-01-01-05.wav"


def test_flac_is_read_where_wav_lies_beside_it(tmp_path: Path) -> None:
    lay_out(tmp_path, "03-01-03-01-01-01-05.wav", "03-01-03-01-01-01-05.flac")
    (clip,) = RAVDESS().scan(tmp_path)
    assert clip.audio == "Actor_05/03-01-03-01-01-01-05.flac"


def test_song_and_strange_files_are_left_out(tmp_path: Path) -> None:
    lay_out(tmp_path, "03-02-03-01-01-01-05.wav", "03-01-03-01-01-01-05.txt", "03-01-03-01-01-01-05.wav")
    lay_out(tmp_path, "03-01-09-01-01-01-05.wav")
    assert [clip.clip_id for clip in RAVDESS().scan(tmp_path)] == ["01-03-01-01-01-05"]


@pytest.mark.parametrize("make", [lambda p: None, lambda p: (p / "Actor_01").mkdir(), lambda p: (p / "x.wav").touch()])
def test_a_folder_that_is_not_ravdess_says_what_was_expected(tmp_path: Path, make: object) -> None:
    make(tmp_path)  # type: ignore[operator]
    with pytest.raises(InputError, match=r"is not a RAVDESS folder: no file like Actor_01/03-01-05-02-01-01-01\.wav"):
        build_manifest("ravdess", tmp_path)


def test_action_units_are_views_and_class_scores_of_trained_models_never_are(ravdess_root: Path) -> None:
    """A model that did not know one test person was trained on the others."""
    assert (ravdess_root / "posteriors").is_dir()
    tables = RAVDESS().tables(ravdess_root)
    assert tables.keys() == {"au_mean", "au_static"}
    assert {Path(table.path).parent.name for table in tables.values()} == {"face_action_units"}
    assert all(table.fitted_on.startswith("nothing of this corpus") for table in tables.values())
    assert all(column.startswith("AU") for table in tables.values() for column in table.columns)
