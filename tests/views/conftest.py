"""A folder with one small file of each kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from small_media import RATE, panned_portrait, spoken_like, write_video


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media")
    write_video(root / "face.mp4", panned_portrait(50, 1))
    soundfile.write(root / "voice.wav", spoken_like(), RATE)
    seconds = np.arange(0, 10, 0.05)
    channels = {"eda": 2 + 0.5 * seconds, "ppg": np.sin(seconds), "temp": 33 + seconds / 10, "acc": np.cos(seconds)}
    pd.DataFrame({"seconds": seconds} | channels).to_csv(root / "body.csv", index=False)
    pd.DataFrame({"name": ["a", "c"], "au1": [0.5, 1.0], "au2": [2.0, 3.0]}).to_csv(root / "units.csv", index=False)
    return root
