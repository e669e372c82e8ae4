"""`prepare` against a bare decode loop, two workers against one, and a second `prepare`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.bare import bare_loop
from measures.corpus import empty_home, prepare
from measures.opened import opened_media
from measures.timing import PROCESSOR, WALL, Row, Times, by_turns
from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of
from stf2m_bench.workers import share_out

VIEWS = ("audio.logmel", "video.face")
BY_SOUNDFILE = "audio.logmel (loop by soundfile)"
COUNT = "n = 0\nwhile n < 30_000_000: n += 1"


def measure_against_bare(
    dataset: str, root: Path, repetitions: int, *, title: str, views: tuple[str, ...] = VIEWS
) -> list[Row]:
    """One worker against the bare loop, whose arrays must be the same bytes: each view by PyAV, sound by soundfile too,
    all views by the quicker reader of each."""
    clips = media_of(build_manifest(dataset, root))

    def against(view: str, *, by_soundfile: bool = False) -> list[Times]:
        loop = partial(bare_loop, clips, (view,), by_soundfile=by_soundfile)
        _same_arrays(dataset, root, clips, view, loop()[view])
        afresh = partial(_prepare_afresh, dataset, root, (view,))
        return by_turns(loop, afresh, repetitions=repetitions, clocks=(PROCESSOR, WALL))

    times = {view: against(view) for view in views}
    times[BY_SOUNDFILE] = against("audio.logmel", by_soundfile=True)
    if len(views) > 1:
        quickest = [BY_SOUNDFILE, *(view for view in views if view != "audio.logmel")]
        times[" and ".join(quickest)] = [_summed([times[name][clock] for name in quickest]) for clock in range(2)]
    return [
        Row(
            what=f"`prepare`, one worker, against a bare decode loop, {title}: {name}",
            figure=processor.ratio,
            unit="of its speed",
            at_least=None if name == BY_SOUNDFILE else 0.9,
            clock="processor",
            repetitions=repetitions,
            sides=f"{processor.medians[1]:.2f} s, {processor.medians[0]:.2f} s",
            note=f"{len(clips)} clips; scanning, hashing, checking and writing, less what reading otherwise saves:"
            f" {(processor.medians[1] - processor.medians[0]) / len(clips) * 1000:+.2f} ms a clip;"
            f" by the wall clock {wall.ratio:.2f} of its speed",
        )
        for name, (processor, wall) in times.items()
    ]


def measure_workers(
    dataset: str, root: Path, repetitions: int, *, title: str, views: tuple[str, ...] = VIEWS
) -> list[Row]:
    """Two workers against one; what two processes that only count gain at the same time; what a start costs."""
    clips = media_of(build_manifest(dataset, root))
    one, two = (partial(_prepare_afresh, dataset, root, views, workers=workers) for workers in (1, 2))
    turns, gains = [], []
    for _ in range(repetitions):
        turns += by_turns(one, two, repetitions=1, clocks=(WALL,))
        gains.append(_gain_of_counting())
    spent = _joined(turns)
    start = time.perf_counter()
    list(share_out(_begin, [(views[-1], clips[0])] * 2, workers=2, what="a first clip"))
    begun = time.perf_counter() - start
    return [
        Row(
            what=f"`prepare`, two workers against one, {title}: {' and '.join(views)}",
            figure=spent.ratio,
            at_least=1.7,
            clock="wall",
            repetitions=repetitions,
            sides=f"{spent.medians[1]:.1f} s, {spent.medians[0]:.1f} s",
            note=f"{len(clips)} clips; each view starts workers, which took {begun:.1f} s to their first clip in"
            " one trial",
        ),
        Row(
            what=f"the ceiling of the row above: two processes that only count, against one ({title})",
            figure=statistics.median(gains),
            clock="wall",
            repetitions=repetitions,
            note=f"between its repetitions; 2 on two free cores, less where others use them; {min(gains):.2f} to"
            f" {max(gains):.2f}",
        ),
    ]


def _gain_of_counting() -> float:
    """How much more two processes count in the same wall time than one does: what the machine can give just now."""
    seconds = []
    for processes in (1, 2):
        start = time.perf_counter()
        counting = [subprocess.Popen([sys.executable, "-c", COUNT]) for _ in range(processes)]
        for process in counting:
            process.wait()
        seconds.append(time.perf_counter() - start)
    return 2 * seconds[0] / seconds[1]


def measure_second(dataset: str, root: Path, *, title: str) -> list[Row]:
    """What a second `prepare` opens, and how long it takes."""
    with empty_home():
        with opened_media(root) as first:
            prepare(dataset, root, VIEWS)
        start = time.process_time()
        with opened_media(root) as second:
            prepare(dataset, root, VIEWS)
        spent = time.process_time() - start
    if not first:
        raise RuntimeError("the first prepare opened no media: the counter does not count")
    return [
        Row(
            what=f"media files that a second `prepare` opens, {title}",
            figure=len(second),
            unit="files",
            at_most=0,
            note=f"{len(first)} times a file was opened by the first; the second took {spent:.2f} processor seconds",
        )
    ]


def _begin(view: str, clip: ClipMedia) -> int:
    return len(make_extractor(view).extract(clip))


def _prepare_afresh(dataset: str, root: Path, views: tuple[str, ...], *, workers: int = 1) -> None:
    with empty_home():
        prepare(dataset, root, views, workers=workers)


def _same_arrays(dataset: str, root: Path, clips: list[ClipMedia], view: str, bare: list[NDArray[Any]]) -> None:
    with empty_home():
        store = prepare(dataset, root, (view,))[view]
        if not all(np.array_equal(store.array(clip.clip_id), array) for clip, array in zip(clips, bare, strict=True)):
            raise RuntimeError(f"the bare loop gives other numbers than the view '{view}'; no fair comparison")


def _joined(times: list[Times]) -> Times:
    """Repetitions one after the other."""
    return Times([t for one in times for t in one.first], [t for one in times for t in one.second])


def _summed(times: list[Times]) -> Times:
    """Views made one after the other."""
    return Times(
        [sum(seconds) for seconds in zip(*(one.first for one in times), strict=True)],
        [sum(seconds) for seconds in zip(*(one.second for one in times), strict=True)],
    )
