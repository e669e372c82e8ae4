"""A table of tones with their stores: what tests of the view store write and compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stf2m_bench.views.base import store as store_module

RATE = 16_000


def voice(number: int, seconds: float = 0.6) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * (150 + 7 * number) * t) * (1 + 0.2 * np.sin(30 * t))


def write_corpus(root: Path, clips: int, *, people: int = 4) -> Path:
    """`clips` WAV files of tones and their `clips.csv`, with a feature of one number."""
    (root / "sound").mkdir(parents=True, exist_ok=True)
    rows = ["clip_id,subject,emotion,audio,text,feature.x.a"]
    for n in range(clips):
        soundfile.write(root / f"sound/{n:03d}.wav", voice(n, 0.4 + 0.05 * (n % 7)), RATE)
        emotion = ("anger", "fear")[n % 2]
        rows.append(f"c{n:03d},p{n % people},{emotion},sound/{n:03d}.wav,some words {n},{n * 37 % 11}")
    (root / "clips.csv").write_text("\n".join(rows) + "\n")
    return root


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("data.npy", "offsets.npy", "store.json")}


def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, the clips that are extracted in this process."""
    clips: list[str] = []
    plain = store_module._extract_part

    def listening(view: str, chunk: list[store_module.ClipMedia], path: Path) -> int:
        clips.extend(clip.clip_id for clip in chunk)
        return plain(view, chunk, path)

    monkeypatch.setattr(store_module, "_extract_part", listening)
    return clips
