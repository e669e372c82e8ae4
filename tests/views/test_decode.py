"""Decoding: against moviepy as a second decoder, against known tones and frame numbers, and on broken files."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stf2m_bench.errors import InputError
from stf2m_bench.views.base.decode import decode_frames, decode_sound
from stf2m_bench.views.base.media import ClipMedia

FPS, SECONDS, NATIVE = 25, 6, 44_100


def numbered_picture(n: int) -> np.ndarray:
    """Frame number in base 16: units by the left half's brightness, sixteens by the right half's."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32], picture[:, 32:] = 20 + 13 * (n % 16), 20 + 13 * (n // 16)
    return picture


def number_of(picture: np.ndarray) -> int:
    grey = picture.astype(float).mean(axis=2) if picture.ndim == 3 else picture.astype(float)
    width = grey.shape[1]
    units, sixteens = grey[:, : width // 2 - 2].mean(), grey[:, width // 2 + 2 :].mean()
    return round((units - 20) / 13) + 16 * round((sixteens - 20) / 13)


def stereo_bursts() -> np.ndarray:
    """`[n, 2]`: a tone of 500 Hz in the second half of every second, peak 0.5 left and 0.3 right."""
    seconds = np.arange(SECONDS * NATIVE) / NATIVE
    tone = np.sin(2 * np.pi * 500 * seconds) * (seconds % 1 >= 0.5)
    return np.stack([0.5 * tone, 0.3 * tone], axis=1)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 (H.264 with B-frames, stereo AAC) written by moviepy."""
    from moviepy import VideoClip
    from moviepy.audio.AudioClip import AudioArrayClip

    folder = tmp_path_factory.mktemp("recording")
    clip = VideoClip(lambda t: numbered_picture(round(t * FPS)), duration=SECONDS)
    clip.with_audio(AudioArrayClip(stereo_bursts(), fps=NATIVE)).write_videofile(
        str(folder / "bursts.mp4"),
        fps=FPS,
        codec="libx264",
        audio_codec="aac",
        audio_fps=NATIVE,
        preset="medium",
        threads=1,
        logger=None,
        temp_audiofile_path=str(folder),
        ffmpeg_params=["-pix_fmt", "yuv420p", "-g", "40", "-bf", "3"],
    )
    return folder / "bursts.mp4"


def write_video(path: Path, seconds: float, *, sound: bool = False, size: tuple[int, int] = (64, 48)) -> Path:
    """A short video written by PyAV; without a sound track unless asked."""
    with av.open(path, "w") as out:
        pictures = out.add_stream("mpeg4" if path.suffix == ".avi" else "libx264", rate=FPS)
        pictures.width, pictures.height, pictures.pix_fmt = *size, "yuv420p"
        voice = out.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for n in range(round(seconds * FPS)):
            picture = np.ascontiguousarray(np.resize(numbered_picture(n), (size[1], size[0], 3)))
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(picture)))
        out.mux(pictures.encode(None))
        if voice is not None:
            tone = 0.4 * np.sin(2 * np.pi * 300 * np.arange(round(seconds * 16_000)) / 16_000)
            frame = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = 16_000
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def tone_file(path: Path, *, seconds: float = 2.0, rate: int = 48_000, hertz: float = 440.0) -> Path:
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate), rate)
    return path


# ---- pictures ----


def test_every_picture_of_the_whole_file_is_the_right_one(recording: Path) -> None:
    pictures = decode_frames(recording, FPS)
    assert pictures.shape == (FPS * SECONDS, 48, 64, 3)
    assert pictures.dtype == np.uint8
    assert [number_of(p) for p in pictures] == list(range(FPS * SECONDS))


def test_pictures_equal_moviepys(recording: Path) -> None:
    from moviepy import VideoFileClip

    pictures = decode_frames(recording, FPS)
    with VideoFileClip(str(recording)) as video:
        for n in (0, 1, 37, 80, 149):
            theirs = video.get_frame((n + 0.5) / FPS)
            assert np.abs(theirs.astype(int) - pictures[n].astype(int)).max() <= 2


@pytest.mark.parametrize("start", [0.0, 0.4, 1.6, 1.64, 3.21, 4.8, 5.5])
@pytest.mark.parametrize("rate", [25.0, 12.5, 8.0, 60.0])
def test_a_stretch_shows_the_picture_of_each_stamp(recording: Path, start: float, rate: float) -> None:
    end = start + 0.5
    stamps = start + np.arange(np.ceil((end - start) * rate - 1e-6)) / rate
    expected = np.floor(stamps * FPS + 0.026).astype(int)  # a stamp within a millisecond of a frame is at it
    assert [number_of(p) for p in decode_frames(recording, rate, start, end)] == expected.tolist()


def test_pictures_are_scaled_to_the_longer_side_and_never_up(recording: Path) -> None:
    assert decode_frames(recording, 2, longest=32).shape == (12, 24, 32, 3)
    assert decode_frames(recording, 2, longest=1000).shape == (12, 48, 64, 3)


def test_grey_pictures_are_the_luma_of_the_coloured_ones(recording: Path) -> None:
    coloured, grey = decode_frames(recording, 5), decode_frames(recording, 5, grey=True)
    assert grey.shape == coloured.shape[:3]
    assert np.abs(grey.astype(int) - coloured[..., 1].astype(int)).max() <= 3


def test_a_picture_meant_to_be_turned_is_turned(recording: Path, tmp_path: Path) -> None:
    import subprocess

    from imageio_ffmpeg import get_ffmpeg_exe

    turned = tmp_path / "turned.mp4"
    order = ["-y", "-loglevel", "error", "-display_rotation", "90", "-i", str(recording), "-c", "copy", str(turned)]
    subprocess.run([get_ffmpeg_exe(), *order], check=True)
    upright, lying = decode_frames(recording, 2), decode_frames(turned, 2)
    assert lying.shape == (12, 64, 48, 3)
    assert np.abs(np.rot90(upright, axes=(1, 2)).astype(int) - lying.astype(int)).max() <= 2


# ---- sound ----


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # moviepy leaves its pipes open
def test_sound_equals_moviepys(recording: Path) -> None:
    from moviepy import AudioFileClip

    ours = decode_sound(recording, NATIVE)
    with AudioFileClip(str(recording), fps=NATIVE) as track:
        chunks = track.iter_chunks(chunksize=20_000, fps=NATIVE)
        theirs = np.concatenate([chunk.mean(axis=1) for chunk in chunks])
    gc.collect()
    assert np.sqrt(np.mean(theirs**2)) > 0.1  # moviepy can return silence
    assert len(ours) == SECONDS * NATIVE
    assert np.abs(ours[: len(theirs)] - theirs[: len(ours)]).max() < 1e-3


def test_tone_bursts_come_at_their_time_with_their_pitch_and_level(recording: Path) -> None:
    sound = decode_sound(recording, 16_000)
    assert len(sound) == SECONDS * 16_000
    for second in range(SECONDS):
        onset = second * 16_000 + 8_000
        quiet, loud = sound[onset - 7_000 : onset - 200], sound[onset + 200 : onset + 7_800]
        assert np.abs(quiet).max() < 0.02
        assert np.sqrt(2 * np.mean(loud**2)) == pytest.approx(0.4, abs=0.01)  # mean of the channels
        spectrum = np.abs(np.fft.rfft(loud))
        assert np.argmax(spectrum) * 16_000 / len(loud) == pytest.approx(500, abs=3)
        first = onset - 200 + np.argmax(np.abs(sound[onset - 200 : onset + 200]) > 0.04)
        assert first == pytest.approx(onset, abs=24)  # 1.5 ms


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (0.7, 2.9), (2.123, 4.321), (5.0, 6.0), (3.5, None)])
@pytest.mark.parametrize("rate", [16_000, 44_100, 8_000])
def test_a_stretch_of_a_sound_track_equals_the_slice_of_the_whole(
    recording: Path, start: float, end: float | None, rate: int
) -> None:
    whole = decode_sound(recording, rate)[round(start * rate) : None if end is None else round(end * rate)]
    # AAC fills some bands with noise of the decoder's own, here -68 dBFS: the only difference.
    assert np.allclose(decode_sound(recording, rate, start, end), whole, atol=1e-3)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_stretch_of_a_sound_file_equals_the_slice_of_the_whole(tmp_path: Path, suffix: str) -> None:
    path = tone_file(tmp_path / f"tone.{suffix}", rate=44_100)
    whole = decode_sound(path, 16_000)
    stretch = decode_sound(path, 16_000, 0.313, 1.777)
    assert np.allclose(stretch, whole[round(0.313 * 16_000) : round(1.777 * 16_000)], atol=1e-4)


def test_a_tone_keeps_pitch_and_level_through_resampling(tmp_path: Path) -> None:
    sound = decode_sound(tone_file(tmp_path / "tone.wav"), 16_000)
    assert len(sound) == 32_000
    assert sound.dtype == np.float32
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    assert np.abs(sound - expected)[200:-200].max() < 2e-3


def test_stereo_is_the_mean_of_its_channels(tmp_path: Path) -> None:
    channels = np.random.default_rng(3).uniform(-0.5, 0.5, (8_000, 2))
    soundfile.write(tmp_path / "both.wav", channels, 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "mean.wav", channels.mean(axis=1), 16_000, subtype="FLOAT")
    both, mean = (decode_sound(tmp_path / f"{name}.wav", 16_000) for name in ("both", "mean"))
    assert np.allclose(both, mean, atol=1e-6)


def test_only_the_stretch_of_a_long_sound_file_is_read(tmp_path: Path) -> None:
    tone_file(tmp_path / "long.flac", seconds=30.0, rate=16_000)
    damaged = bytearray((tmp_path / "long.flac").read_bytes())
    damaged[-20_000:] = bytes(20_000)
    (tmp_path / "long.flac").write_bytes(bytes(damaged))
    assert len(decode_sound(tmp_path / "long.flac", 16_000, 1.0, 2.0)) == 16_000


# ---- the clip ----


def test_sound_comes_from_the_sound_file_before_the_video(recording: Path, tmp_path: Path) -> None:
    shutil.copy(recording, tmp_path / "v.mp4")
    tone_file(tmp_path / "a.wav", seconds=1.0, rate=16_000)
    both = ClipMedia(clip_id="c", root=tmp_path, video="v.mp4", audio="a.wav").sound(16_000)
    track = ClipMedia(clip_id="c", root=tmp_path, video="v.mp4", start=0.5, end=1.0).sound(16_000)
    assert both is not None
    assert track is not None
    assert (len(both), len(track)) == (16_000, 8_000)


def test_a_clip_without_media_has_none(tmp_path: Path) -> None:
    clip = ClipMedia(clip_id="c", root=tmp_path, text="words alone")
    assert clip.sound(16_000) is None
    assert clip.frames(12.5) is None
    assert clip.channel("eda") is None


# ---- faults ----


@pytest.mark.parametrize("name", ["gone.wav", "gone.mp4"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name} does not exist"):
        decode_sound(tmp_path / name, 16_000)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp4"])
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match=rf"{name} is empty \(0 bytes\)"):
        decode_sound(tmp_path / name, 16_000)


@pytest.mark.parametrize("name", ["a.wav", "a.mp4"])
def test_a_git_lfs_pointer_is_told_from_the_media(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(InputError, match="is a Git LFS pointer, not the media: run git lfs pull"):
        decode_sound(tmp_path / name, 16_000)


@pytest.mark.parametrize("name", ["text.wav", "text.flac", "text.mp4", "text.mp3"])
def test_a_text_file_named_as_media_cannot_be_decoded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("This is a letter, not a sound. " * 50)
    with pytest.raises(InputError, match=rf"{name} cannot be decoded"):
        decode_sound(tmp_path / name, 16_000)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_sound_file_that_was_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tone_file(tmp_path / f"tone.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"tone\.\w+ (is cut short|is damaged|cannot be decoded)"):
        decode_sound(path, 16_000)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv"])
@pytest.mark.parametrize("decode", [decode_sound, decode_frames])
def test_a_video_that_was_cut_short_is_refused(tmp_path: Path, suffix: str, decode) -> None:  # type: ignore[no-untyped-def]
    path = write_video(tmp_path / f"half.{suffix}", 4.0, sound=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"half\.\w+ (is cut short|is damaged or cut short|cannot be decoded)"):
        decode(path, 25)


def test_a_video_whose_index_leads_but_whose_data_end_early_is_refused(recording: Path, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.mp4", tmp_path / "half.mp4"
    with av.open(recording) as source, av.open(whole, "w", options={"movflags": "faststart"}) as out:
        pictures = source.streams.video[0]
        copied = out.add_stream_from_template(pictures)
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 9 // 10])
    with pytest.raises(InputError, match=r"half\.mp4 is (damaged or )?cut short"):
        decode_frames(path, 25)
    assert len(decode_frames(path, 25, 0.0, 1.0)) == 25


def test_missing_tracks_are_named(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mp4", 1.0)
    with pytest.raises(InputError, match=r"silent\.mp4 has no sound track"):
        decode_sound(silent, 16_000)
    tone_file(tmp_path / "tone.mp3", rate=44_100)
    assert len(decode_sound(tmp_path / "tone.mp3", 16_000)) == pytest.approx(32_000, abs=1_300)
    with pytest.raises(InputError, match=r"tone\.mp3 has no picture track"):
        decode_frames(tmp_path / "tone.mp3", 25)


@pytest.mark.parametrize(("start", "end"), [(6.5, 7.0), (5.5, 6.5), (100.0, None)])
def test_a_stretch_beyond_the_end_is_refused(recording: Path, tmp_path: Path, start: float, end: float | None) -> None:
    sound = tone_file(tmp_path / "tone.wav", seconds=6.0, rate=16_000)
    for read in (
        lambda: decode_sound(recording, 16_000, start, end),
        lambda: decode_frames(recording, 25, start, end),
        lambda: decode_sound(sound, 16_000, start, end),
    ):
        with pytest.raises(InputError, match=rf"ends at [56]\.\d\d s, but the clip is from {start:.2f} s"):
            read()


@pytest.mark.parametrize("suffix", ["mkv", "flv", "mp4", "avi"])
def test_stretches_of_other_containers_are_found_or_said_to_lie_beyond(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"other.{suffix}", 3.0, sound=True)
    assert [number_of(p) for p in decode_frames(path, 25, 1.0, 1.4)] == list(range(25, 35))
    whole = decode_sound(path, 16_000)
    assert len(whole) == pytest.approx(48_000, abs=1_200)  # AAC's padding, where the container tells nothing of it
    shift = 0.0015 * 16_000 if suffix == "flv" else 0  # its stamps are whole milliseconds
    assert len(decode_sound(path, 16_000, 1.0, 2.0)) == pytest.approx(16_000, abs=shift)
    for start in (3.6, 40.0):
        for decode in (decode_sound, decode_frames):
            with pytest.raises(InputError, match=rf"other\.{suffix} ends at [23]\.\d\d s, but the clip is from"):
                decode(path, 8_000, start)


def test_an_end_rounded_up_a_little_is_forgiven(recording: Path, tmp_path: Path) -> None:
    sound = tone_file(tmp_path / "tone.wav", seconds=1.0, rate=16_000)
    assert len(decode_sound(sound, 16_000, 0.5, 1.04)) == 8_000
    assert len(decode_frames(recording, 25, 5.6, 6.04)) == 11


def test_silence_from_end_to_end_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "still.wav", np.r_[np.ones(16_000) * 0.1, np.zeros(16_000)], 16_000)
    with pytest.raises(InputError, match=r"still\.wav is silent from end to end from 1\.20 s to 1\.80 s"):
        decode_sound(tmp_path / "still.wav", 16_000, 1.2, 1.8)


def test_a_sound_file_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16_000)
    with pytest.raises(InputError, match=r"none\.wav holds no sound samples"):
        decode_sound(tmp_path / "none.wav", 16_000)
