"""How far copies of a clip lie from it, and different clips of one person from each other: where the thresholds of
`stf2m_bench/views/base/fingerprints.py` come from. `python benchmarks/near_duplicates.py emosynth ravdess`

Datasets must be prepared or remembered. Every clip is compared with every other; copies are made of `--clips` of them.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from stf2m_bench.datasets.base.manifest import Manifest, open_dataset
from stf2m_bench.views.base import fingerprints
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import Store, media_of, prepare_view

RATE, SHOWN = 16_000, 25
SOUND, PICTURES = fingerprints.SOUND, fingerprints.PICTURES
Sound, Pictures = NDArray[np.float32], NDArray[np.uint8]
NOISE = np.random.default_rng(0)


def main() -> None:
    """Print a table for each dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="+")
    parser.add_argument("--clips", type=int, default=40)
    options = parser.parse_args()
    for dataset in options.datasets:
        manifest = open_dataset(dataset)
        if manifest.table["audio"].notna().any():
            measure_sound(manifest, options.clips)
        if manifest.table["video"].notna().any():
            measure_pictures(manifest, options.clips)


def tell(what: str, apart: list[float]) -> None:
    """One line: lowest, median and highest distance."""
    print(f"  {what:36} {min(apart):.3f}  {np.median(apart):.3f}  {max(apart):.3f}  ({len(apart)})", flush=True)


def some(manifest: Manifest, count: int) -> list[ClipMedia]:
    """Clips spread evenly over the manifest."""
    clips = media_of(manifest)
    return clips[:: max(1, len(clips) // count)][:count]


# ---- sound ----


def measure_sound(manifest: Manifest, count: int) -> None:
    """Share of differing bits; every pair of clips that share a word of 32 bits is looked at."""
    store = prepare_view(manifest, "audio.fingerprint")
    print(f"{manifest.dataset}, audio.fingerprint, threshold {SOUND}: lowest, median, highest")
    fingerprints.SOUND = 0.99
    others = [pair.apart for pair in fingerprints.alike_sounds(store)]
    tell("different clips that share a word", [apart for apart in others if apart > 0])
    print(f"  {sum(apart == 0 for apart in others)} pairs are the same, number for number")
    for name, write in SOUND_COPIES.items():
        tell(name, [_sound_copy(store, clip, write) for clip in some(manifest, count)])


def _sound_copy(store: Store, clip: ClipMedia, write: Callable[[Path, Sound], str]) -> float:
    sound = clip.sound(RATE)
    assert sound is not None
    one = _words(store.array(clip.clip_id))
    with tempfile.TemporaryDirectory() as folder:
        other = _words(_extracted("audio.fingerprint", folder, audio=write(Path(folder), sound)))
    lags = range(1 - len(other), len(one))
    return min(fingerprints._bits_apart(one, other, lag, 0) for lag in lags)


def _words(rows: NDArray[Any]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(rows).view(">u4")[:, 0]


def _extracted(view: str, folder: str, **media: Any) -> NDArray[Any]:
    return make_extractor(view).extract(ClipMedia(clip_id="copy", root=Path(folder), **media))


def _wav(folder: Path, sound: Sound, *, rate: int = RATE, subtype: str = "PCM_16") -> str:
    soundfile.write(folder / "copy.wav", sound, rate, subtype=subtype)
    return "copy.wav"


def _encoded(folder: Path, sound: Sound, *, codec: str, name: str) -> str:
    with av.open(str(folder / name), "w") as out:
        track: Any = out.add_stream(codec, rate=RATE)
        track.bit_rate = 32_000
        frame = av.AudioFrame.from_ndarray(sound[None], format="flt", layout="mono")
        frame.rate = RATE
        for piece in av.AudioResampler(format=track.codec_context.format, layout="mono", rate=RATE).resample(frame):
            out.mux(track.encode(piece))
        out.mux(track.encode(None))
    return name


def _noisy(sound: Sound, decibel: float) -> Sound:
    noise = NOISE.normal(0, sound.std() * 10 ** (-decibel / 20), len(sound))
    return (sound + noise).astype(np.float32)


SOUND_COPIES: dict[str, Callable[[Path, Sound], str]] = {
    "10 dB quieter, 16 bit": lambda folder, x: _wav(folder, 0.316 * x),
    "8 kHz": lambda folder, x: _wav(folder, resample_poly(x, 1, 2), rate=RATE // 2),
    "0.14 s off the start": lambda folder, x: _wav(folder, x[int(0.137 * RATE) :]),
    "0.2 s off either end": lambda folder, x: _wav(folder, x[RATE // 5 : -RATE // 5]),
    "mu-law": lambda folder, x: _wav(folder, x, subtype="ULAW"),
    "MP3, 32 kbit/s": lambda folder, x: _encoded(folder, x, codec="libmp3lame", name="copy.mp3"),
    "AAC, 32 kbit/s": lambda folder, x: _encoded(folder, x, codec="aac", name="copy.m4a"),
    "white noise, 30 dB below": lambda folder, x: _wav(folder, _noisy(x, 30)),
    "white noise, 20 dB below": lambda folder, x: _wav(folder, _noisy(x, 20)),
}


# ---- pictures ----


def measure_pictures(manifest: Manifest, count: int) -> None:
    """1 - correlation of the motion; and why not dHash: the share of differing bits of single pictures, at best lag."""
    store = prepare_view(manifest, "video.fingerprint")
    print(f"{manifest.dataset}, video.fingerprint, threshold {PICTURES}: lowest, median, highest")
    fingerprints.PICTURES = 0.99
    pairs = fingerprints.alike_pictures(store)
    tell("different clips of one scene", [pair.apart for pair in pairs])
    nearest = sorted(pairs, key=lambda pair: pair.apart)[:1000]
    tell(
        "dHash: the 1000 nearest of these", [_hashes_apart(store.array(p.first), store.array(p.later)) for p in nearest]
    )
    for name, write in PICTURE_COPIES.items():
        copies = [_picture_copy(clip, write) for clip in some(manifest, count)]
        tell(
            name, [_motion_apart(store.array(c.clip_id), b) for c, b in zip(some(manifest, count), copies, strict=True)]
        )
        tell(f"dHash: {name}", [
            _hashes_apart(store.array(c.clip_id), b) for c, b in zip(some(manifest, count), copies, strict=True)
        ])  # fmt: skip


def _picture_copy(clip: ClipMedia, write: Callable[[Path, Pictures], None]) -> NDArray[Any]:
    pictures = clip.frames(SHOWN, grey=True)
    assert pictures is not None
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "copy.mp4", pictures)
        return _extracted("video.fingerprint", folder, video="copy.mp4")


def _motion_apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    contrasts = [fingerprints._contrast(blocks.astype(np.float64)) for blocks in (one, other)]
    return fingerprints._motion_apart(*contrasts, 0)


def _hashes_apart(one: NDArray[Any], other: NDArray[Any]) -> float:
    """dHash of 8 x 8 bits of each picture (each second block of 16)."""
    bits = [np.diff(blocks[:, ::2, ::2].astype(np.float32), axis=2) > 0 for blocks in (one, other)]
    best = 1.0
    for lag in range(1 - len(other), len(one)):
        first, start = max(0, lag), max(0, -lag)
        rows = min(len(one) - first, len(other) - start)
        if rows >= 0.75 * min(len(one), len(other)):
            best = min(best, float((bits[0][first : first + rows] ^ bits[1][start : start + rows]).mean()))
    return best


def _filmed(path: Path, pictures: Pictures, *, scale: float = 1.0, quality: int = 23) -> None:
    height, width = (round(side * scale / 2) * 2 for side in pictures.shape[1:])
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("libx264", rate=SHOWN)
        track.width, track.height, track.pix_fmt, track.options = width, height, "yuv420p", {"crf": str(quality)}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")
            out.mux(track.encode(frame.reformat(width=width, height=height, format="yuv420p")))
        out.mux(track.encode(None))


PICTURE_COPIES: dict[str, Callable[[Path, Pictures], None]] = {
    "H.264, CRF 28": lambda path, x: _filmed(path, x, quality=28),
    "H.264, CRF 35": lambda path, x: _filmed(path, x, quality=35),
    "twice the size": lambda path, x: _filmed(path, x, scale=2),
    "half the size": lambda path, x: _filmed(path, x, scale=0.5),
    "other contrast and brightness": lambda path, x: _filmed(path, (x * 0.8 + 20).astype(np.uint8)),
    "0.2 s off either end": lambda path, x: _filmed(path, x[5:-5]),
}

if __name__ == "__main__":
    main()
