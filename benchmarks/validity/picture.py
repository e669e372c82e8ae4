"""The pictures of the page: intervals against episodes, coverage against people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from counted import Point, wilson
from covered import BOOTSTRAP, EPISODES, QUERY_T, TWO_ROLE
from populations import Population

# Colours of Okabe & Ito 2008, told apart by the colour-blind; each line has its own marker, too.
STYLES = {
    TWO_ROLE: {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    QUERY_T: {"color": "#009E73", "marker": "s", "linestyle": "--"},
    BOOTSTRAP: {"color": "#CC79A7", "marker": "^", "linestyle": "-."},
    EPISODES: {"color": "#D55E00", "marker": "v", "linestyle": ":"},
}
NAMES = {TWO_ROLE: "two-role t interval (ours)"}


def draw(points: Sequence[Point], folder: Path) -> None:
    """Write `validity_episodes.png` and `validity_coverage.png`."""
    _save(_episodes([p for p in points if p.study == "episodes"]), folder / "validity_episodes.png")
    main = [p for p in points if p.study == "coverage" and p.case == Population().title]
    _save(_coverage(main), folder / "validity_coverage.png")


def _episodes(points: Sequence[Point]) -> Any:
    """Left the half-widths and the real error, right the coverage."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7), dpi=110)
    left.plot(
        [p.episodes for p in points],
        [p.figures["real"] for p in points],
        color="black",
        linewidth=2.5,
        label="real error for new people\n(95% of simulated sets)",
    )
    for method in (TWO_ROLE, EPISODES):
        shown = [p for p in points if method in p.counts]
        numbers, label = [p.episodes for p in shown], NAMES.get(method, method)
        left.plot(numbers, [p.figures[method] for p in shown], label=label, **STYLES[method])
        _shares(right, shown, numbers, method)
    left.set_ylabel("half-width of the 95% interval\n(points of UAR)")
    left.set_ylim(bottom=0)
    left.legend(fontsize=8, frameon=False)
    right.set_ylabel("intervals that hold the truth (%)")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("episodes, always of the same 12 people")
        axes.xaxis.set_major_formatter("{x:,.0f}")
    figure.suptitle("More episodes do not make more people (simulated)", fontsize=11)
    return figure


def _coverage(points: Sequence[Point]) -> Any:
    """One panel a layout, 5 shots."""
    panels = {
        "one pool": "all people in one pool",
        "folds of 4": "folds of 4 people",
        "personal": "personal: one person gives both",
    }
    figure, row = plt.subplots(1, len(panels), figsize=(9, 3.9), dpi=110, sharey=True)
    for axes, (layout, title) in zip(row, panels.items(), strict=True):
        shown = [p for p in points if p.layout == layout and p.shot == 5]
        for method in STYLES:
            _shares(axes, shown, [p.people for p in shown], method)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("people tested")
        axes.set_xticks([4, 6, 8, 12, 20, 24])
    row[0].set_ylabel("95% intervals that hold the truth (%)")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8, frameon=False, bbox_to_anchor=(0.5, -0.05))
    return figure


def _shares(axes: Any, points: Sequence[Point], x: Sequence[int], method: str) -> None:
    """Percentages with their Monte-Carlo bounds, above them the line at 95."""
    shares = [100 * p.counts[method] / p.sets for p in points]
    bounds = [[100 * bound for bound in wilson(p.counts[method], p.sets)] for p in points]
    errors = [
        [s - b[0] for s, b in zip(shares, bounds, strict=True)],
        [b[1] - s for s, b in zip(shares, bounds, strict=True)],
    ]
    axes.errorbar(x, shares, yerr=errors, capsize=2, markersize=5, label=NAMES.get(method, method), **STYLES[method])
    axes.axhline(95, color="#666666", linewidth=0.8)
    axes.set_ylim(0, 102)


def _save(figure: Any, path: Path) -> None:
    for axes in figure.axes:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None}, bbox_inches="tight")
    plt.close(figure)
