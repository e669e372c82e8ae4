"""Fingerprints: copies lie within the stated thresholds, different clips of one person outside, at any lag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.views.base.fingerprints import (
    PICTURES,
    SOUND,
    Alike,
    alike_pictures,
    alike_sounds,
    find_alike,
    fingerprints_of,
)
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of, prepare_view

RATE = 16_000


@pytest.fixture(scope="module")
def few(small_corpus: Path) -> list[ClipMedia]:
    """Twelve clips of one person of emosynth."""
    return [clip for clip in media_of(build_manifest("emosynth", small_corpus)) if clip.clip_id.startswith("p01")][:12]


def corpus_of(root: Path, files: dict[str, str], kind: str) -> Manifest:
    rows = [f"{clip},p1,anger,{path}" for clip, path in files.items()]
    (root / "clips.csv").write_text("\n".join([f"clip_id,subject,emotion,{kind}", *rows]))
    return build_manifest("csv", root)


# ---- sound ----


def encoded(path: Path, sound: np.ndarray, codec: str) -> None:
    with av.open(str(path), "w") as out:
        track = out.add_stream(codec, rate=RATE)
        track.bit_rate = 32_000
        frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), format="flt", layout="mono")
        frame.rate = RATE
        for piece in av.AudioResampler(format=track.codec_context.format, layout="mono", rate=RATE).resample(frame):
            out.mux(track.encode(piece))
        out.mux(track.encode(None))


SOUNDS: dict[str, Callable[[Path, np.ndarray], None]] = {
    "quieter.wav": lambda path, sound: soundfile.write(path, 0.3 * sound, RATE),
    "narrow.wav": lambda path, sound: soundfile.write(path, resample_poly(sound, 1, 2), RATE // 2),
    "trimmed.wav": lambda path, sound: soundfile.write(path, sound[2_222:-1_111], RATE),
    "lead.wav": lambda path, sound: soundfile.write(path, np.pad(sound, (5_000, 0)), RATE),
    "coarse.wav": lambda path, sound: soundfile.write(path, sound, RATE, subtype="ULAW"),
    "again.mp3": lambda path, sound: encoded(path, sound, "libmp3lame"),
    "again.m4a": lambda path, sound: encoded(path, sound, "aac"),
}


def test_every_kind_of_copy_of_a_sound_is_found_and_nothing_else(tmp_path: Path, few: list[ClipMedia]) -> None:
    files, expected = {}, set()
    for number, clip in enumerate(few):
        sound = clip.sound(RATE)
        assert sound is not None
        files[f"a{number}"] = f"a{number}.wav"
        soundfile.write(tmp_path / f"a{number}.wav", sound, RATE)
        if number < len(SOUNDS):
            copy, write = list(SOUNDS.items())[number]
            write(tmp_path / copy, sound)
            files[f"b{number}"] = copy
            expected.add((f"a{number}", f"b{number}"))
    found = alike_sounds(prepare_view(corpus_of(tmp_path, files, "audio"), "audio.fingerprint"))
    assert {(pair.first, pair.later) for pair in found} == expected
    assert max(pair.apart for pair in found) < SOUND / 1.5


def test_digital_silence_is_like_nothing(tmp_path: Path) -> None:
    time = np.arange(4 * RATE) / RATE
    for number, hertz in enumerate((300, 431)):
        tone = 0.3 * np.sin(2 * np.pi * hertz * time * (1 + number * 0.3 * time)) * (time > 3.2)
        soundfile.write(tmp_path / f"{number}.wav", tone, RATE)
    manifest = corpus_of(tmp_path, {"a": "0.wav", "b": "1.wav"}, "audio")
    assert alike_sounds(prepare_view(manifest, "audio.fingerprint")) == []


def test_the_twins_of_ravdess_are_the_only_alike_sounds_of_their_actor(tmp_path: Path, ravdess_root: Path) -> None:
    folder = next(ravdess_root.glob("*16k/Actor_07"))
    files = {path.stem[3:]: f"{path.name}" for path in sorted(folder.iterdir())}
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    found = alike_sounds(prepare_view(corpus_of(tmp_path, files, "audio"), "audio.fingerprint"))
    assert found == [Alike("01-03-01-02-01-07", "01-03-01-02-02-07", 0.0)]


# ---- pictures ----


def filmed(path: Path, pictures: np.ndarray, *, size: int, quality: int) -> None:
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=25)
        track.width = track.height = size
        track.pix_fmt, track.options = "yuv420p", {"crf": str(quality)}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")
            out.mux(track.encode(frame.reformat(width=size, height=size, format="yuv420p")))
        out.mux(track.encode(None))


PICTURES_MADE: dict[str, Callable[[Path, np.ndarray], None]] = {
    "again": lambda path, shown: filmed(path, shown, size=80, quality=28),
    "larger": lambda path, shown: filmed(path, shown, size=160, quality=28),
    "brighter": lambda path, shown: filmed(path, (shown * 0.8 + 20).astype(np.uint8), size=80, quality=23),
    "trimmed": lambda path, shown: filmed(path, shown[5:-3], size=80, quality=23),
}


def test_every_kind_of_copy_of_a_silent_video_is_found_and_nothing_else(tmp_path: Path, few: list[ClipMedia]) -> None:
    files, expected = {}, set()
    for number, clip in enumerate(few):
        shown = clip.frames(25, grey=True)
        assert shown is not None
        files[f"a{number}"] = f"a{number}.mp4"
        filmed(tmp_path / f"a{number}.mp4", shown, size=80, quality=18)
        if number < len(PICTURES_MADE):
            copy, write = list(PICTURES_MADE.items())[number]
            write(tmp_path / f"{copy}.mp4", shown)
            files[f"b{number}"] = f"{copy}.mp4"
            expected.add((f"a{number}", f"b{number}"))
    found = alike_pictures(prepare_view(corpus_of(tmp_path, files, "video"), "video.fingerprint"))
    assert {(pair.first, pair.later) for pair in found} == expected
    assert max(pair.apart for pair in found) < PICTURES / 1.3


def test_pictures_in_which_nothing_moves_are_like_nothing(tmp_path: Path) -> None:
    still = np.tile(np.arange(80, dtype=np.uint8)[None, :, None] * 3, (25, 1, 80))
    for name in ("a", "b"):
        filmed(tmp_path / f"{name}.mp4", still, size=80, quality=23)
    manifest = corpus_of(tmp_path, {"a": "a.mp4", "b": "b.mp4"}, "video")
    assert alike_pictures(prepare_view(manifest, "video.fingerprint")) == []


# ---- which of them ----


def test_sound_decides_where_there_is_any_and_text_has_no_fingerprint(tmp_path: Path, small_corpus: Path) -> None:
    emosynth = build_manifest("emosynth", small_corpus)
    assert fingerprints_of(emosynth, ["video.face"]) == ("audio.fingerprint",)
    (tmp_path / "clips.csv").write_text("clip_id,subject,emotion,text\na,p,anger,so\nb,p,anger,so\n")
    assert fingerprints_of(build_manifest("csv", tmp_path), ["text.hashed"]) == ()
    assert find_alike({}) == []


def test_a_corpus_of_videos_is_heard_only_where_a_view_listens(tmp_path: Path, small_corpus: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(next(small_corpus.rglob("*.mp4")).read_bytes())
    manifest = corpus_of(tmp_path, {"a": "v.mp4"}, "video")
    assert fingerprints_of(manifest, ["video.face", "audio.logmel"]) == ("audio.fingerprint",)
    assert fingerprints_of(manifest, ["video.face"]) == ("video.fingerprint",)
