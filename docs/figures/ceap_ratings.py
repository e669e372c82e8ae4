"""Draws the ratings of CEAP-360VR, all people together, to see what a class is: docs/figures/ceap_ratings.png.

    python docs/figures/ceap_ratings.py FOLDER

FOLDER holds 3_AnnotationData/Transformed/P1_Annotation_TransData.json ..., plain or in a zip file. Every number is over
all people (at least 20, else nothing is drawn): no trace of one person is shown, or can be told from what is shown.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from stf2m_bench.datasets.base.continuous import quadrant_of, rated_windows
from stf2m_bench.datasets.base.corpus_files import corpus_files
from stf2m_bench.datasets.ceap_360vr import read_traces

PICTURE = Path(__file__).with_suffix(".png")
FEWEST = 20
SIDES = {"low": "#b5541c", "neutral": "#c9ced6", "high": "#1b4f9c"}
CLASSES = {"HVHA": "#1b4f9c", "HVLA": "#7fa6d9", "LVLA": "#e3a47f", "LVHA": "#b5541c", "neutral": "#c9ced6"}
BANDS = (0.0, 0.5, 1.0)  # points of the scale from 1 to 9
LENGTHS = (1.0, 2.0, 4.0)


class Trace(NamedTuple):
    """What one person rated during one video; ratings in [-1, 1]."""

    person: str
    video: str
    seconds: list[float]
    valence: list[float]
    arousal: list[float]


def traces(root: Path) -> Iterator[Trace]:
    """Of everybody, corrected ratings."""
    for file in corpus_files(root, "3_AnnotationData/Transformed/P*_Annotation_TransData.json"):
        for trace in read_traces(file, "Trans"):
            yield Trace(file.name.name.partition("_")[0], *trace)


def side_shares(found: list[Trace], kind: str, band: float) -> np.ndarray:
    """`[3, seconds]`: shares of low, neutral, high by the second of the video, windows of 1 s."""
    counts = np.zeros((3, 60))
    for trace in found:
        for window in rated_windows(*trace[2:], length=1):
            value = getattr(window, kind)
            counts[1 + (value > band) - (value < -band), window.number] += 1
    return counts / counts.sum(axis=0)


def class_shares(found: list[Trace], length: float, band: float) -> tuple[int, list[float]]:
    """How many windows there are, and the share of each class, for windows and a neutral band."""
    words = Counter(
        quadrant_of(window.valence, window.arousal, band)
        for trace in found
        for window in rated_windows(*trace[2:], length=length)
    )
    return words.total(), [words[word] / words.total() for word in CLASSES]


def draw(found: list[Trace], people: int) -> Figure:
    """Four pictures: mean ratings by video, sides of valence and of arousal by time, classes by window and band."""
    figure = Figure(figsize=(12, 7.6), dpi=110, layout="constrained")
    (means, classes), (valence, arousal) = figure.subplots(2, 2)
    draw_means(means, found)
    draw_classes(classes, found)
    draw_sides(valence, found, "valence")
    draw_sides(arousal, found, "arousal")
    for axes in (means, classes, valence, arousal):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"CEAP-360VR: ratings of {people} people, {len({t.video for t in found})} videos of a minute")
    return figure


def draw_means(axes: Any, found: list[Trace]) -> None:
    """The mean rating of all people by video, valence against arousal, second by second."""
    colours = ("#1b4f9c", "#7fa6d9", "#b5541c", "#e3a47f")  # the quadrants that the videos were chosen for
    for video in sorted({trace.video for trace in found}):
        rows = np.full((sum(t.video == video for t in found), 60, 2), np.nan)
        for row, trace in zip(rows, (t for t in found if t.video == video), strict=True):
            for window in rated_windows(*trace[2:], length=1):
                row[window.number] = 5 + 4 * window.valence, 5 + 4 * window.arousal
        path = np.nanmean(rows, axis=0)
        number = int(video[1:]) - 1
        axes.plot(*path.T, color=colours[number % 4], linewidth=1.4, linestyle=("-", "--")[number // 4])
        axes.annotate(video, path[-1], fontsize=8, xytext=(3, 3), textcoords="offset points")
    axes.axvline(5, color="#999999", linewidth=0.8)
    axes.axhline(5, color="#999999", linewidth=0.8)
    axes.set(xlabel="valence, 1 to 9", ylabel="arousal, 1 to 9", title="mean of all people, from rest (5, 5) on")


def draw_sides(axes: Any, found: list[Trace], kind: str) -> None:
    """Shares by time in the video, and how they move with a wider neutral band."""
    shares = side_shares(found, kind, 0.0)
    axes.stackplot(np.arange(60) + 0.5, shares, colors=list(SIDES.values()), labels=list(SIDES))
    for band, line in zip(BANDS[1:], ("--", ":"), strict=True):
        wider = np.cumsum(side_shares(found, kind, band / 4), axis=0)[:2]
        for edge, label in zip(wider, (f"neutral 5 ± {band:g}", None), strict=True):
            axes.plot(np.arange(60) + 0.5, edge, color="black", linewidth=0.9, linestyle=line, label=label)
    axes.set(xlim=(0, 60), ylim=(0, 1), xlabel="seconds of the video", ylabel="share", title=f"{kind}, windows of 1 s")
    axes.legend(loc="lower right", fontsize=7, ncols=2)


def draw_classes(axes: Any, found: list[Trace]) -> None:
    """Stacked shares of the classes, a bar for each window and band."""
    names, place = [], 0.0
    for length in LENGTHS:
        for band in BANDS:
            windows, shares = class_shares(found, length, band / 4)
            left = 0.0
            for share, (word, colour) in zip(shares, CLASSES.items(), strict=True):
                axes.barh(-place, share, left=left, color=colour, label=word if place == 0 else None)
                if share > 0.045:
                    ink = "white" if word in ("HVHA", "LVHA") else "black"
                    axes.text(left + share / 2, -place, f"{100 * share:.0f}", ha="center", va="center", color=ink)
                left += share
            names.append((-place, f"{length:g} s, 5 ± {band:g} ({windows:,})"))
            place += 1
        place += 0.4
    axes.set_yticks([y for y, _ in names], [name for _, name in names], fontsize=8)
    axes.set(
        xlim=(0, 1),
        xlabel="share of windows, % (how many windows)",
        title="classes by length of a window, neutral band",
    )
    axes.set_xticks([])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), fontsize=8, ncols=5, frameon=False)


def main(root: Path) -> None:
    """Draw what lies there."""
    found = list(traces(root))
    people = len({trace.person for trace in found})
    if people < FEWEST:
        sys.exit(f"{root} holds the ratings of {people} people; {FEWEST} are needed, so that nobody's trace is shown.")
    draw(found, people).savefig(PICTURE, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
