"""Exports of the Empatica E4 wrist band: a CSV a sensor, each with its own clock."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.datasets.base.signals import Channel, Signals, file_of
from stf2m_bench.errors import InputError, UnknownNameError

_CHANNELS = ("EDA", "BVP", "TEMP", "HR", "IBI", "ACC.x", "ACC.y", "ACC.z")


class E4Signals(Signals):
    """A clip's `signal` is one file of an export, whose start is second 0; the others lie beside it.

    Channels: EDA (microsiemens, 4 Hz), BVP (64 Hz), TEMP (degrees, 4 Hz), HR (1 Hz, starts ten seconds late), ACC.x,
    ACC.y, ACC.z (1/64 g, 32 Hz), IBI (seconds from beat to beat, stamped at the beat).
    """

    def file(self, signal: str, channel: str) -> str:
        """`Raw_data/S02/HR.csv` for the channel HR beside `Raw_data/S02/EDA.csv`."""
        if channel not in _CHANNELS:
            raise UnknownNameError("channel of an E4", channel, _CHANNELS)
        return str(PurePosixPath(file_of(signal)).with_name(f"{channel.partition('.')[0]}.csv"))

    def files(self, signal: str, channel: str) -> tuple[str, ...]:
        """The channel's own file, and the one whose start is second 0."""
        return tuple(dict.fromkeys((file_of(signal), self.file(signal, channel))))

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """Seconds since the start of the file that the clip names, and values."""
        zero = read_e4(corpus_file(root, file_of(signal)))[0]
        start, seconds, values = read_e4(corpus_file(root, self.file(signal, channel)))
        return start - zero + seconds, values[:, "xyz".index(channel[-1]) if "." in channel else 0]


@lru_cache(maxsize=8)
def read_e4(file: CorpusFile) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Start (Unix seconds, UTC), seconds after it `[n]` and values `[n, columns]` of one file.

    Raises:
        InputError: it is no such CSV.
    """
    lines = file.read().decode("utf-8", errors="replace").replace(", IBI", "").splitlines()
    try:
        start = float(lines[0].split(",")[0])
        samples = [line for line in lines[1:] if line.strip()]
        if not samples:
            raise ValueError("it holds no samples")
        rows = np.loadtxt(samples, delimiter=",", comments=None, ndmin=2)
        if file.name.stem == "IBI":
            return start, rows[:, 0], rows[:, 1:]
        return start, np.arange(len(rows) - 1) / rows[0, 0], rows[1:]
    except (ValueError, IndexError) as error:
        raise InputError(
            f"{file} is not a file of an E4, start and rate in its first two lines ({error}); fetch it again."
        ) from error
