"""Sound and film in zip files: read there, the same to the last bit as where they were unpacked."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_media import RATE, panned_portrait, spoken_like, write_video

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.errors import InputError
from stf2m_bench.views.base.store import prepare_view


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two actors as RAVDESS names them, unpacked and as it is distributed: films by the actor, sound of all."""
    plain = tmp_path_factory.mktemp("plain")
    rng = np.random.default_rng(0)
    for actor in ("01", "02"):
        (plain / f"Actor_{actor}").mkdir()
        for emotion in ("03", "05"):
            name = f"01-{emotion}-01-01-01-{actor}"
            sound = spoken_like() * rng.uniform(0.5, 1)
            soundfile.write(plain / f"Actor_{actor}/03-{name}.wav", sound, RATE)
            write_video(plain / f"Actor_{actor}/01-{name}.mp4", panned_portrait(25, int(rng.integers(1, 4))))
    zipped = tmp_path_factory.mktemp("zipped")
    for archive, files in {
        "Audio_Speech_Actors_01-24.zip": plain.glob("*/*.wav"),
        "Video_Speech_Actor_01.zip": plain.glob("Actor_01/*.mp4"),
        "Video_Speech_Actor_02.zip": plain.glob("Actor_02/*.mp4"),
    }.items():
        with zipfile.ZipFile(zipped / archive, "w") as target:
            for file in sorted(files):
                target.write(file, file.relative_to(plain))
            target.writestr("__MACOSX/Actor_01/._03-01-03-01-01-01-01.wav", b"resource fork")
    return plain, zipped


@pytest.mark.parametrize("view", ["audio.logmel", "video.face", "audio.shortcuts"])
def test_views_are_the_same_in_zip_files(
    corpora: tuple[Path, Path], view: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path))
    plain, zipped = (build_manifest("ravdess", root) for root in corpora)
    assert (plain.hash, len(plain.table)) == (zipped.hash, 4)
    first, second = (prepare_view(manifest, view) for manifest in (plain, zipped))
    assert first.hash == second.hash
    assert len(first.data) > 0
    shutil.rmtree(tmp_path)
    assert prepare_view(zipped, view, workers=2).hash == first.hash  # made anew, from the zip files


def test_nothing_is_left_of_what_was_unpacked(corpora: tuple[Path, Path], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "passing"))
    (tmp_path / "passing").mkdir()
    before = sorted(corpora[1].iterdir())
    prepare_view(build_manifest("ravdess", corpora[1]), "audio.logmel")
    assert ([*(tmp_path / "passing").iterdir()], sorted(corpora[1].iterdir())) == ([], before)
    failed = {check.name for check in check_dataset("ravdess", corpora[1]) if check.passed is False}
    assert failed == {"emotions"}  # two of eight


def test_a_broken_film_in_a_zip_file_is_told_by_where_it_lies(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Video_Speech_Actor_01.zip", "w") as target:
        target.writestr("Actor_01/03-01-03-01-01-01-01.wav", b"RIFF of nothing")
    manifest = build_manifest("ravdess", tmp_path)
    with pytest.raises(InputError, match=r"Video_Speech_Actor_01\.zip:Actor_01/03-01-03-01-01-01-01\.wav"):
        prepare_view(manifest, "audio.logmel")
