"""What one episode costs to draw, by the length of the clip list; and what memory drawing takes."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Sequence
from itertools import count, islice

from measures.timing import Row
from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold, Protocol
from stf2m_bench.tasks.task import Task

PEOPLE = tuple(f"p{number:02d}" for number in range(20))
EMOTIONS = ("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
SIZES = (5_000, 50_000, 500_000, 5_000_000)
TRACKS = ("new-subjects", "personal")
AT_ONCE = 100  # episodes of one size drawn before the next size has its turn
REMEMBERED = 2_000


def measure(repetitions: int, *, sizes: Sequence[int] = SIZES) -> list[Row]:
    """Seconds an episode of the longest list against the shortest, for both tracks; growth of memory."""
    lists = {size: clip_list(size) for size in sizes}
    return [row for track in TRACKS for row in _measure_track(track, lists, repetitions)]


def clip_list(clips: int) -> ClipList:
    """So many clips of 20 people and 8 emotions; a recording holds one clip of each emotion, as in emosynth."""
    recordings = [f"r{number:07d}" for number in range(-(-clips // len(EMOTIONS)))]
    recording_of = [recording for recording in recordings for _ in EMOTIONS][:clips]
    return ClipList(
        clip_id=[f"c{number:07d}" for number in range(clips)],
        subject=[PEOPLE[number // len(EMOTIONS) % len(PEOPLE)] for number in range(clips)],
        recording=recording_of,
        stimulus=[""] * clips,
        emotion=[EMOTIONS[number % len(EMOTIONS)] for number in range(clips)],
        group=[""] * clips,
        duplicate_of=[""] * clips,
    )


def _measure_track(track: str, lists: dict[int, ClipList], repetitions: int) -> list[Row]:
    drawers, indexing = {}, {}
    for size, clips in lists.items():
        task = Task(_protocol(track), clips)
        start = time.process_time()
        drawers[size] = Drawer(task)
        indexing[size] = time.process_time() - start
    spent = _draw_by_turns(drawers, repetitions)
    shortest, longest = min(lists), max(lists)
    ratio = statistics.median(b / a for a, b in zip(spent[shortest], spent[longest], strict=True))
    sides = ", ".join(f"{statistics.median(spent[size]) * 1e6:.0f} us of {size:,}" for size in lists)
    grown, peak = _memory(drawers[longest])
    title = f"drawing a 5-way 5-shot episode, {track}"
    return [
        Row(
            what=f"{title}: of {longest:,} clips against {shortest:,}",
            figure=ratio,
            at_most=1.5,
            clock="processor",
            repetitions=repetitions,
            sides=sides,
            note=f"each repetition {AT_ONCE} episodes, other ones each time; the index is built once, in "
            + ", ".join(f"{seconds:.2f} s of {size:,}" for size, seconds in indexing.items()),
        ),
        Row(
            what=f"{title}: memory kept after {REMEMBERED:,} episodes of {longest:,} clips",
            figure=grown / 1024,
            unit="KiB",
            at_most=256.0,
            note=f"by tracemalloc; at most {peak / 1024:.0f} KiB while drawing",
        ),
    ]


def _protocol(track: str) -> Protocol:
    fold = Fold(meta_test=PEOPLE[:10], meta_val=PEOPLE[10:13], meta_train=PEOPLE[13:])
    keys = {
        "name": "speed",
        "version": 1,
        "title": "Lists of many lengths",
        "datasets": ("emosynth",),
        "track": track,
        "views": ("audio.logmel",),
        "ways": 5,
        "shots": (1, 5),
        "queries": 3,
        "emotions": EMOTIONS,
        "support_people": {"1": 1, "5": 1} if track == "new-subjects" else {},
        "episodes": 1000,
        "seed": 0,
        "folds": (fold,),
    }
    return Protocol.model_validate(keys)


def _draw_by_turns(drawers: dict[int, Drawer], repetitions: int) -> dict[int, list[float]]:
    """Processor seconds an episode, by size; one more turn, the first, is not counted."""
    spent: dict[int, list[float]] = {size: [] for size in drawers}
    for repetition in range(repetitions + 1):
        for size, drawer in drawers.items():
            start = time.process_time()
            _draw(drawer, repetition * AT_ONCE, AT_ONCE)
            spent[size].append((time.process_time() - start) / AT_ONCE)
    return {size: seconds[1:] for size, seconds in spent.items()}


def _draw(drawer: Drawer, start: int, episodes: int) -> None:
    for index in islice(count(start), episodes):
        drawer.draw(5, index)


def _memory(drawer: Drawer) -> tuple[int, int]:
    """Bytes that are kept after, and at most held during, the drawing of many episodes that are thrown away."""
    _draw(drawer, 0, 10)
    tracemalloc.start()
    try:
        _draw(drawer, 10, 10)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        _draw(drawer, 20, REMEMBERED)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before, peak - before
