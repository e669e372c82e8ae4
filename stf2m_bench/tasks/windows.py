"""Clips, or ratings over time, cut into windows of equal length, so that length tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stf2m_bench.datasets.base.continuous import ROUNDING, Floats, clips_in
from stf2m_bench.datasets.base.loader import Clip, Trace
from stf2m_bench.datasets.base.manifest import Manifest, as_table, hash_of_table
from stf2m_bench.errors import InputError
from stf2m_bench.files import hash_of
from stf2m_bench.tasks.votes import TIME


def in_windows(manifest: Manifest, seconds: float) -> Manifest:
    """The manifest with each clip cut into windows that follow one another; the rest that fills no window is left out.

    A window is called `clip@000`, lies in the recording of its clip and has all else from it, ratings included.

    Raises:
        InputError: a clip does not say where it starts and ends, or is shorter than a window.
    """
    rows = manifest.table.to_dict("records")
    if unknown := [row["clip_id"] for row in rows if row["start"] is None or row["end"] is None]:
        raise InputError(
            f"{len(unknown)} clips of '{manifest.dataset}', such as '{unknown[0]}', do not say where they start and"
            " end; they cannot be cut into windows, so take whole clips, or let the loader tell it."
        )
    windows = [window for row in rows for window in _cut(row, seconds)]
    if not windows:
        raise InputError(f"No clip of '{manifest.dataset}' lasts {seconds:g} seconds; choose shorter windows.")
    columns = {name: pd.Series([row[name] for row in windows], dtype=object) for name in manifest.table.columns}
    table = pd.DataFrame(columns).sort_values("clip_id", ignore_index=True)
    return replace(manifest, table=table, hash=hash_of({"manifest": manifest.hash, "window": seconds}))


def in_rated_windows(
    manifest: Manifest,
    traces: Iterable[Trace],
    seconds: float,
    *,
    lag: float = 0.0,
    shares: Callable[[Floats], Mapping[str, float]] | None = None,
) -> Manifest:
    """The manifest with windows of these traces in place of its clips, each with the mean of the ratings in it.

    A window is called `whole@000` and rated by what was stamped `lag` seconds later; see `rated_windows`. Shares leave
    the hash as it is.

    Args:
        shares: of the ratings `[2, n]` of a window, the votes `time`: class -> share of them.

    Raises:
        InputError: no window is rated without a gap.
    """
    traces = list(traces)
    cut = [window for trace in traces for window in clips_in(trace, length=seconds, lag=lag)]
    if not cut:
        longest = max((np.ptp(trace.seconds) for trace in traces if np.size(trace.seconds)), default=0.0)
        late = f", {lag:g} s later," if lag else ""
        raise InputError(
            f"No window of {seconds:g} s of '{manifest.dataset}' is rated{late} without a gap of more than"
            f" half a second; the longest rating lasts {longest:.1f} s. Choose shorter windows or a smaller lag, or"
            " resample the ratings."
        )
    plain = as_table(clip for clip, _ in cut)
    told = as_table(_with_shares(clip, shares(ratings)) for clip, ratings in cut) if shares else plain
    return replace(manifest, table=told, hash=hash_of_table(plain))


def _with_shares(clip: Clip, shares: Mapping[str, float]) -> Clip:
    return replace(clip, votes={**clip.votes, **{f"{TIME}.{name}": share for name, share in shares.items()}})


def _cut(row: dict[Any, Any], seconds: float) -> Iterator[dict[Any, Any]]:
    for number in range(int((row["end"] - row["start"]) / seconds + ROUNDING)):
        start = row["start"] + number * seconds
        yield row | {
            "clip_id": f"{row['clip_id']}@{number:03d}",
            "recording": row["recording"] or row["clip_id"],
            "start": start,
            "end": start + seconds,
        }
