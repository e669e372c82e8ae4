"""A folder with one small file of each kind; a table of tones and its manifest; a home of a test's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from small_media import RATE, panned_portrait, spoken_like, write_video
from voices import write_corpus

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media")
    write_video(root / "face.mp4", panned_portrait(50, 1))
    soundfile.write(root / "voice.wav", spoken_like(), RATE)
    seconds = np.arange(0, 10, 0.05)
    channels = {"eda": 2 + 0.5 * seconds, "ppg": np.sin(seconds), "temp": 33 + seconds / 10, "acc": np.cos(seconds)}
    channels |= {"pupil": 3 + 0.1 * seconds, "pitch": 10 * seconds, "rests": np.round(seconds % 1)}
    pd.DataFrame({"seconds": seconds} | channels).to_csv(root / "body.csv", index=False)
    pd.DataFrame({"name": ["a", "c"], "au1": [0.5, 1.0], "au2": [2.0, 3.0]}).to_csv(root / "units.csv", index=False)
    return root


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus", 6)


@pytest.fixture
def manifest(corpus: Path) -> Manifest:
    return build_manifest("csv", corpus)
