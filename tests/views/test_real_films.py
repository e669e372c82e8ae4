"""Real films of CREMA-D as distributed (FLV: VP6 pictures, MP3 sound), from the loader to views; skipped if absent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.views.base.checks import check_extractor
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of, prepare_view

EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")


@pytest.fixture(scope="module")
def manifest(lying_beside: Callable[[str], Path]) -> Manifest:
    return build_manifest("crema_d", lying_beside("CREMA-D"))


@pytest.fixture(scope="module")
def films(manifest: Manifest) -> list[ClipMedia]:
    """One actor's sentence in six emotions."""
    return [clip for clip in media_of(manifest) if clip.video]


def test_the_six_films_are_found_with_their_sound_inside(films: list[ClipMedia]) -> None:
    assert [clip.video for clip in films] == [f"VideoFlash/1001_DFA_{emotion}_XX.flv" for emotion in EMOTIONS]
    assert {clip.audio for clip in films} == {None}  # the six MP3 files beside them are of another actor


def test_pictures_are_decoded_at_their_size_and_in_their_number(films: list[ClipMedia]) -> None:
    for clip in films:
        pictures = clip.frames(29.97)
        assert pictures is not None
        assert pictures.shape[1:] == (360, 480, 3)
        assert 55 <= len(pictures) <= 71
        assert 20 < pictures.mean() < 235
        assert np.abs(np.diff(pictures[:, ::8, ::8].astype(int), axis=0)).max() > 20  # they move


def test_a_face_is_found_in_nearly_every_frame_and_its_crop_stays_on_it(films: list[ClipMedia]) -> None:
    notes: Counter[str] = Counter()
    for clip in films:
        view = make_extractor("video.face").extract(clip)
        notes += clip.notes
        assert view.dtype == np.uint8
        assert view.shape[1:] == (32, 32)
        assert 23 <= len(view) <= 31  # 12.5 a second, over 1.9 to 2.4 seconds
        rows = view.reshape(len(view), -1).astype(float)
        assert min(np.corrcoef(rows[0], row)[0, 1] for row in rows) > 0.6
    assert notes["frames without a face"] <= 0.1 * notes["frames"]


def test_the_sound_track_is_heard(films: list[ClipMedia]) -> None:
    for clip in films:
        sound = clip.sound(16_000)
        assert sound is not None
        assert 1.8 < len(sound) / 16_000 < 2.6
        assert 20 * np.log10(np.abs(sound).max()) > -40  # the corpus is quiet
        view = make_extractor("audio.logmel").extract(clip)
        assert (view.dtype, view.shape[1]) == (np.float32, 40)
        assert 20 < len(view) < 2.6 * 50
        assert view.max() - np.median(view) > 15  # dB: a voice over its pauses, no even noise


def test_films_and_sounds_of_the_folder_become_stores(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path))
    faces, voices = prepare_view(manifest, "video.face"), prepare_view(manifest, "audio.logmel")
    lengths = {name: (len(faces.array(name)), len(voices.array(name))) for name in manifest.table["clip_id"]}
    assert all(bool(face) == name.startswith("1001") for name, (face, _) in lengths.items())
    assert all(voice for _, voice in lengths.values())


@pytest.mark.parametrize("view", ["video.face", "audio.logmel"])
def test_extractors_keep_their_contract_on_real_films(view: str, manifest: Manifest) -> None:
    assert [check for check in check_extractor(view, manifest) if check.passed is False] == []
