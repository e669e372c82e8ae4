"""Decoding a stretch of a media file: soundfile reads sound files, PyAV reads containers.

Seconds count from the start of the file (of its earliest track). A stretch is `[start, end)`. Its end may lie
`TOLERANCE` behind the end of the file, since published times are rounded; the stretch is then shorter.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.errors import InputError

if TYPE_CHECKING:
    import av

TOLERANCE = 0.1  # seconds that a stretch may reach beyond the end of its file
SILENCE = 1e-5  # a peak below this (-100 dBFS) is no sound
_PREROLL = 0.25  # seconds decoded before a stretch: AAC and MP3 need earlier packets to be exact
_SOUND_FILES = {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au", ".sph", ".w64", ".caf"}


def decode_sound(path: Path, rate: int, start: float = 0.0, end: float | None = None) -> NDArray[np.float32]:
    """Mono sound `[n]` in [-1, 1] of a stretch: mean of the channels, resampled to `rate` Hz (polyphase filter).

    A stretch equals the same slice of the whole file.

    Raises:
        InputError: the file is missing, empty, broken, cut short, a Git LFS pointer or has no sound track; the
            stretch lies beyond its end; or the stretch is silent from end to end (it could carry no label).
    """
    _refuse_what_is_no_media(path)
    read = _read_sound_file if path.suffix.lower() in _SOUND_FILES else _read_sound_track
    native, first, samples = read(path, lambda native: _native_span(native, rate, start, end))
    _refuse_what_lies_beyond(path, (first + len(samples)) / native, start, end)
    ratio = Fraction(rate, native)
    offset = first // ratio.denominator * ratio.numerator
    stop = None if end is None else round(end * rate) - offset
    sound = _resample(samples, ratio)[round(start * rate) - offset : stop]
    if not len(sound):
        raise InputError(f"{path} holds no sound samples{_between(start, end)}; remove the clip or mend its times.")
    if max(sound.max(), -sound.min()) < SILENCE:
        raise InputError(f"{path} is silent from end to end{_between(start, end)}; remove the clip or mend the file.")
    return np.ascontiguousarray(sound, np.float32)


def decode_frames(
    path: Path,
    rate: float,
    start: float = 0.0,
    end: float | None = None,
    *,
    longest: int | None = None,
    grey: bool = False,
) -> NDArray[np.uint8]:
    """The picture shown at `start + k / rate` for each k with a stamp before `end`.

    Args:
        longest: pictures whose longer side has more pixels are scaled down to it while they are converted.
        grey: luma only.

    Returns:
        RGB `[T, H, W, 3]`, or `[T, H, W]` where `grey`; T >= 1.

    Raises:
        InputError: as `decode_sound`, for pictures.
    """
    _refuse_what_is_no_media(path)
    convert = _converter(longest, grey)
    pictures: list[NDArray[np.uint8]] = []
    shown: Any = None
    track: Any = None
    begun = length = 0.0

    def show_until(time: float) -> None:
        stamps = _stamps_before(time if end is None else min(time, end), rate, start) - len(pictures)
        if stamps > 0:
            pictures.extend([convert(shown)] * stamps)

    for time, frame, stream in _decoded(path, "video", start):
        if shown is not None:
            show_until(time)
        shown, begun, track = frame, time, stream
        if end is not None and time >= end:
            break
    if shown is not None:
        length = begun + _seconds_shown(shown, track)
    _refuse_what_lies_beyond(path, length, start, end)
    show_until(length if end is None else end)
    if not pictures:
        raise InputError(f"{path} shows no picture{_between(start, end)}; remove the clip or mend its times.")
    return np.stack(pictures)


def _refuse_what_is_no_media(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} does not exist; check the dataset's folder, or fetch what is missing.")
    with path.open("rb") as file:
        head = file.read(64)
    if not head:
        raise InputError(f"{path} is empty (0 bytes); fetch it again.")
    if head.startswith(b"version https://git-lfs.github.com/spec/v1"):
        raise InputError(f"{path} is a Git LFS pointer, not the media: run git lfs pull in the dataset's folder.")


def _refuse_what_lies_beyond(path: Path, length: float, start: float, end: float | None) -> None:
    """`length`: seconds of the file that could be decoded, at least up to the stretch's end where it reaches it."""
    if 0 < start >= length or (end is not None and length < end - TOLERANCE):
        raise InputError(f"{path} ends at {length:.2f} s, but the clip is{_between(start, end)}; mend its times.")


def _cut_short(path: Path, there: float, promised: float) -> InputError:
    return InputError(f"{path} is cut short: it holds {there:.2f} of its {promised:.2f} s; fetch it again.")


def _between(start: float, end: float | None) -> str:
    if not start and end is None:
        return ""
    return f" from {start:.2f} s to {'its end' if end is None else f'{end:.2f} s'}"


# ---- sound ----

_Span = Callable[[int], tuple[int, int | None]]
_Read = tuple[int, int, NDArray[np.float32]]  # native rate, number of the first sample, mono samples


def _native_span(native: int, rate: int, start: float, end: float | None) -> tuple[int, int | None]:
    """Samples at the native rate that decide the stretch: what the filter reaches, from a place both rates share."""
    ratio = Fraction(rate, native)
    reach = 10 * max(ratio.numerator, ratio.denominator) // ratio.numerator + 2
    first = max(0, math.floor(start * native) - reach) // ratio.denominator * ratio.denominator
    return first, None if end is None else math.ceil(end * native) + reach


def _resample(samples: NDArray[np.float32], ratio: Fraction) -> NDArray[np.float32]:
    if ratio == 1:
        return samples
    from scipy.signal import resample_poly

    window: Any = _low_pass(max(ratio.numerator, ratio.denominator))
    resampled: NDArray[np.float32] = resample_poly(samples, ratio.numerator, ratio.denominator, window=window)
    return resampled


@lru_cache(maxsize=16)
def _low_pass(factor: int) -> NDArray[np.float32]:
    from scipy.signal import firwin

    return np.asarray(firwin(20 * factor + 1, 1 / factor, window=("kaiser", 5.0)), np.float32)


def _read_sound_file(path: Path, span: _Span) -> _Read:
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            first, stop = span(file.samplerate)
            promised = _frames_promised(path, file)
            last = min(promised if stop is None else stop, promised)
            file.seek(min(first, file.frames))
            samples = file.read(max(0, last - first), dtype="float32", always_2d=True)
            if len(samples) < last - first:
                raise _cut_short(path, (first + len(samples)) / file.samplerate, promised / file.samplerate)
            return file.samplerate, min(first, file.frames), _mean_of_channels(samples)
    except soundfile.SoundFileError as error:
        raise InputError(f"{path} cannot be decoded as sound ({error}); fetch it again or convert it.") from error


def _frames_promised(path: Path, file: Any) -> int:
    """Frames that the header tells; of a WAV file cut short libsndfile itself tells only what is left."""
    frames = int(file.frames)
    widths = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4}
    if file.format not in {"WAV", "WAVEX"} or file.subtype not in widths:
        return frames
    with path.open("rb") as raw:
        size = int.from_bytes(raw.read(8)[4:], "little")
    missing = size + 8 - path.stat().st_size
    written_to_a_pipe = size == 0 or size >= 0x7FFFFF00
    return frames if written_to_a_pipe or missing <= 1 else frames + missing // (widths[file.subtype] * file.channels)


def _read_sound_track(path: Path, span: _Span) -> _Read:
    pieces: list[NDArray[np.float32]] = []
    native, first, begun, reached = 1, 0, 0, 0
    stop: int | None = None
    length: float | None = None
    since = span(1_000_000)[0] / 1_000_000 - 0.05  # the exact span is known with the first frame's rate
    for time, frame, stream in _decoded(path, "audio", max(0.0, since), _PREROLL):
        if not reached:
            native = frame.sample_rate
            first, stop = span(native)
            length = _seconds(stream.duration, stream.time_base)
        place = round(time * native)
        if stop is not None and place >= stop:
            break
        reached = place + frame.samples
        if reached > first:
            begun = begun if pieces else place
            pieces.append(_mono(frame))
    if not pieces:
        return native, min(first, reached), np.zeros(0, np.float32)
    samples = np.concatenate([np.zeros(max(0, begun - first), np.float32), *pieces])[max(0, first - begun) :]
    if length is not None:  # the last AAC packet is padded
        stop = min(round(length * native), stop or sys.maxsize)
    return native, first, samples if stop is None else samples[: max(0, stop - first)]


def _mono(frame: Any) -> NDArray[np.float32]:
    """The mean of a sound frame's channels `[n]`, in [-1, 1]."""
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    return _mean_of_channels(_as_float(samples))


def _mean_of_channels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """`[n, channels]` to `[n]`."""
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def _as_float(samples: NDArray[Any]) -> NDArray[np.float32]:
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    full = float(2 ** (8 * samples.dtype.itemsize - 1))
    middle = full if samples.dtype.kind == "u" else 0.0
    return ((samples - middle) / full).astype(np.float32)


# ---- pictures ----


def _stamps_before(time: float, rate: float, start: float) -> int:
    """How many stamps lie before `time`; container stamps are rounded, so one within a millisecond is at it."""
    return max(0, math.ceil((time - start - 0.001) * rate))


def _seconds_shown(frame: Any, stream: Any) -> float:
    if frame.duration:
        return float(frame.duration * frame.time_base)
    return float(1 / stream.guessed_rate) if stream.guessed_rate else 0.0


def _converter(longest: int | None, grey: bool) -> Callable[[Any], NDArray[np.uint8]]:
    """From a decoded frame to an array: all of the first one's size, turned as they are meant to be seen."""
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    size: tuple[int, int] | None = None

    def convert(frame: Any) -> NDArray[np.uint8]:
        nonlocal size
        if size is None:
            shrink = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
            size = (max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink)))
        kind = "gray" if grey else "rgb24"
        scaled: Any = reformatter.reformat(frame, *size, format=kind, interpolation="AREA")
        picture: NDArray[np.uint8] = scaled.to_ndarray()
        return np.rot90(picture, frame.rotation // 90) if frame.rotation else picture

    return convert


# ---- containers ----

_TELL_THEIR_LENGTH = {"mov", "matroska", "flv", "avi", "asf"}  # of other formats FFmpeg estimates it


def _decoded(path: Path, kind: str, since: float, preroll: float = 0.0) -> Iterator[tuple[float, Any, Any]]:
    """`(seconds, frame, stream)` in order, from a frame at or before `since` (or the track's first) to the end."""
    import av

    try:
        with av.open(path, metadata_errors="ignore") as container:
            stream: Any = next((s for s in container.streams if s.type == kind), None)
            if stream is None:
                track = {"audio": "sound", "video": "picture"}[kind]
                raise InputError(f"{path} has no {track} track; leave this view out or name another file.")
            stream.codec_context.thread_count = 1
            origin = (container.start_time or 0) / av.time_base
            if since > preroll:
                _seek(container, stream, origin + since - preroll)
                frames = _timed_frames(path, container, stream, origin)
                head = next(frames, None)
                if head is not None and head[0] <= since - preroll / 2:
                    yield head
                    yield from frames
                    return
                _seek(container, stream, origin)  # the file's index misled: read on from its start
            yield from _timed_frames(path, container, stream, origin)
    except av.FFmpegError as error:
        raise InputError(
            f"{path} cannot be decoded as {kind} ({error.strerror}); fetch it again or convert it."
        ) from error


def _seek(container: av.container.InputContainer, stream: Any, seconds: float) -> None:
    container.seek(math.floor(seconds / stream.time_base), stream=stream, backward=True)


def _timed_frames(
    path: Path, container: av.container.InputContainer, stream: Any, origin: float
) -> Iterator[tuple[float, Any, Any]]:
    reached = 0.0
    ticks = [float(s.time_base or 0) for s in container.streams]
    for packet in container.demux():
        if packet.dts is not None:
            reached = max(reached, (packet.dts + (packet.duration or 0)) * ticks[packet.stream_index] - origin)
        if packet.stream is not stream:
            continue
        if packet.is_corrupt:
            raise InputError(f"{path} is damaged or cut short at {reached:.2f} s; fetch it again.")
        frames: list[Any] = packet.decode()
        for frame in frames:
            if frame.time is not None:
                yield frame.time - origin, frame, stream
    promised = (container.duration or 0) / 1_000_000
    if container.format.name.split(",")[0] in _TELL_THEIR_LENGTH and 0 < reached < promised - 0.5:
        raise _cut_short(path, reached, promised)


def _seconds(duration: int | None, time_base: Fraction | None) -> float | None:
    return None if duration is None or time_base is None else float(duration * time_base)
