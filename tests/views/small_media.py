"""Small media of each kind, and a clip of these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from stf2m_bench.datasets.base.loader import ImportedTable
from stf2m_bench.views.base.media import ClipMedia

RATE = 16_000


def write_video(path: Path, pictures: np.ndarray, *, rate: int = 25) -> Path:
    """`[T, H, W, 3]` as H.264."""
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))))
        out.mux(stream.encode(None))
    return path


def panned_portrait(frames: int, step: int) -> np.ndarray:
    """A real face (scikit-image's astronaut) that moves `step` pixels to the left with each frame."""
    from skimage.data import astronaut

    return np.stack([astronaut()[:240, step * n : 320 + step * n] for n in range(frames)])


def spoken_like(seconds: float = 1.0) -> np.ndarray:
    """A gliding tone with overtones between half a second of faint noise on either side."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (150 * t + 60 * t**2)
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1 * np.sin(np.pi * t / seconds) ** 2
    noise = np.random.default_rng(1).normal(0, 1e-4, RATE + len(t))
    return noise + np.pad(voice, RATE // 2)


def table(path: str = "units.csv", columns: tuple[str, ...] = ("au1", "au2"), **more: Any) -> ImportedTable:
    return ImportedTable(
        path=path, key="name", columns=columns, source="this test", fitted_on="nothing of this corpus", **more
    )


def clip_of(root: Path, **more: Any) -> ClipMedia:
    media: dict[str, Any] = {
        "clip_id": "a",
        "video": "face.mp4",
        "audio": "voice.wav",
        "text": "Kids are talking by the door",
        "signal": "body.csv",
        "tables": {"units": table()},
    }
    return ClipMedia(root=root, **(media | more))
