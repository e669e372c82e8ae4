"""Near-duplicates: clips that are one recording, encoded again, resampled, turned up, enlarged or trimmed.

What the thresholds rest on, measured by `python benchmarks/near_duplicates.py emosynth ravdess`:

- sound: copies lie up to 0.19 away (MP3 and AAC at 32 kbit/s 0.11; with white noise 30 dB below the voice 0.24, 20 dB
  below 0.28), different clips that share a word from 0.28 (synthetic emosynth) and 0.34 (RAVDESS) on;
- pictures: copies lie up to 0.08 away, different clips from 0.12 (synthetic emosynth) on; at CRF 35 (0.16) and half the
  size (0.19) some copies are missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import Store

SOUND = 0.25  # share of differing bits, up to which two sounds are one
COMMON = 16  # rows that hold the same word; a word of more rows tells nothing
PICTURES = 0.10  # 1 - correlation of the motion, up to which two videos are one
SCENE = 0.05  # 1 - correlation of the mean pictures, up to which videos are compared at all
STILL = 0.1  # grey levels of deviation over time, mean over blocks, below which nothing moves
LEAST_SECONDS = 0.6  # that two clips must overlap by

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alike:
    """Two clips that are one; `apart`: share of differing bits, of pictures 1 - correlation of the motion."""

    first: str
    later: str
    apart: float


def fingerprints_of(manifest: Manifest, views: Iterable[str]) -> tuple[str, ...]:
    """The view by which clips are compared: of sound where the dataset has it, else of pictures, else none.

    Sound decides alone: takes of one person look alike more than they sound alike.
    """
    if has_sound(manifest, views):
        return ("audio.fingerprint",)
    return ("video.fingerprint",) if manifest.table["video"].notna().any() else ()


def has_sound(manifest: Manifest, views: Iterable[str]) -> bool:
    """Clips have sound files, or one of these views is taken from the sound of pictures."""
    seen = manifest.table["video"].notna().any() and any("audio" in make_extractor(view).media for view in views)
    return bool(manifest.table["audio"].notna().any() or seen)


def find_alike(stores: Mapping[str, Store]) -> list[Alike]:
    """Near-duplicates by the fingerprints that are at hand (view -> store)."""
    find = {"audio.fingerprint": alike_sounds, "video.fingerprint": alike_pictures}
    return [pair for view, store in stores.items() for pair in find[view](store)]


def alike_sounds(store: Store) -> list[Alike]:
    """Pairs of clips whose `audio.fingerprint` agrees at some lag; clips in the store's order.

    Candidates share a word of 32 bits (Haitsma & Kalker 2002, section 5), so that the cost grows with the number of
    clips, not of pairs. Rows of digital silence (no bit set) are left out.
    """
    words = np.ascontiguousarray(store.data).view(">u4")[:, 0]
    clip = np.repeat(np.arange(len(store.offsets) - 1), np.diff(store.offsets))
    place = np.arange(len(words)) - store.offsets[clip]
    sounding = np.flatnonzero(words)
    order = sounding[np.argsort(words[sounding], kind="stable")]
    candidates = _candidates(words[order], clip[order], place[order])
    rows = [words[start:stop] for start, stop in pairwise(store.offsets)]
    names = store.info["clips"]
    found: dict[tuple[int, int], float] = {}
    for one, other, lag in candidates.tolist():
        apart = _bits_apart(rows[one], rows[other], lag, LEAST_SECONDS * store.info["rate"])
        if apart <= SOUND:
            found[one, other] = min(apart, found.get((one, other), 1.0))
    return [Alike(names[one], names[other], apart) for (one, other), apart in sorted(found.items())]


def _candidates(words: NDArray[np.uint32], clip: NDArray[np.intp], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """`[n, 3]`: two clips (the smaller number first) and the lag at which they share a word; words are sorted."""
    starts = np.flatnonzero(np.concatenate([[True], words[1:] != words[:-1]]))
    rare = np.repeat(np.diff([*starts, len(words)]) <= COMMON, np.diff([*starts, len(words)]))
    found = []
    for step in range(1, COMMON):
        same = np.flatnonzero((words[step:] == words[:-step]) & rare[step:] & (clip[step:] != clip[:-step]))
        one, other = same, same + step
        found.append(np.column_stack([clip[one], clip[other], place[one] - place[other]]))
    pairs = np.concatenate(found)
    return np.unique(pairs, axis=0)


def _bits_apart(one: NDArray[np.uint32], other: NDArray[np.uint32], lag: int, least: float) -> float:
    """Share of differing bits where row n + lag of `one` faces row n of `other`; 1 where too few rows do."""
    least = max(least, min(len(one), len(other)) / 2)
    one, other = one[max(0, lag) :], other[max(0, -lag) :]
    rows = min(len(one), len(other))
    both = (one[:rows] != 0) & (other[:rows] != 0)
    if both.sum() < least:
        return 1.0
    return float(np.bitwise_count(one[:rows][both] ^ other[:rows][both]).sum() / (32 * both.sum()))


def alike_pictures(store: Store) -> list[Alike]:
    """Pairs of clips whose `video.fingerprint` shows the same scene and moves alike at some lag.

    Only pairs of one scene (their mean pictures agree) are laid over one another; a clip in which nothing moves is
    like no other.
    """
    contrast = [_contrast(store.data[start:stop].astype(np.float64)) for start, stop in pairwise(store.offsets)]
    least = LEAST_SECONDS * store.info["rate"]
    moves = np.array([len(clip) >= least and clip.std(axis=0).mean() >= STILL for clip in contrast])
    scenes = np.stack([_unit(clip.sum(axis=0)) for clip in contrast])
    names = store.info["clips"]
    found = []
    for one in np.flatnonzero(moves):
        same = one + 1 + np.flatnonzero((scenes[one + 1 :] @ scenes[one] >= 1 - SCENE) & moves[one + 1 :])
        for other in same:
            apart = _motion_apart(contrast[one], contrast[other], least)
            if apart <= PICTURES:
                found.append(Alike(names[one], names[other], apart))
    return found


def _contrast(blocks: Floats) -> Floats:
    """Differences between neighbouring blocks, `[T, 16, 16]` to `[T, 480]`."""
    down, across = np.diff(blocks, axis=1), np.diff(blocks, axis=2)
    return np.concatenate([down.reshape(len(blocks), 240), across.reshape(len(blocks), 240)], axis=1)


def _unit(picture: Floats) -> Floats:
    unit: Floats = picture / max(float(np.linalg.norm(picture)), 1e-9)
    return unit


def _motion_apart(one: Floats, other: Floats, least: float) -> float:
    """1 - the highest correlation over time, at any lag at which three quarters of the shorter clip are covered."""
    least = max(least, 0.75 * min(len(one), len(other)))
    products = one @ other.T
    sums = [np.concatenate([np.zeros((1, clip.shape[1])), clip.cumsum(axis=0)]) for clip in (one, other)]
    powers = [np.concatenate([[0.0], np.square(clip).sum(axis=1).cumsum()]) for clip in (one, other)]
    best = 1.0
    for lag in range(1 - len(other), len(one)):
        starts = max(0, lag), max(0, -lag)
        rows = min(len(one) - starts[0], len(other) - starts[1])
        if rows < least:
            continue
        total = [cumulated[start + rows] - cumulated[start] for cumulated, start in zip(sums, starts, strict=True)]
        power = [cumulated[start + rows] - cumulated[start] for cumulated, start in zip(powers, starts, strict=True)]
        moved = [p - t @ t / rows for p, t in zip(power, total, strict=True)]
        together = products.diagonal(-lag).sum() - total[0] @ total[1] / rows
        best = min(best, 1 - float(together) / max(float(np.sqrt(max(moved[0] * moved[1], 0))), 1e-9))
    return best
