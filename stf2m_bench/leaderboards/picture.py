"""The picture of a comparison: the difference with both intervals, per emotion, per person. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stf2m_bench.errors import CouldNotError, UsageError
from stf2m_bench.files import replacing
from stf2m_bench.leaderboards.board import is_synthetic
from stf2m_bench.leaderboards.compare import Difference
from stf2m_bench.leaderboards.render import printable
from stf2m_bench.tasks.task import Task

_COLOURS = ("#7a8ca8", "#1b4f9c", "#b5541c", "#3b7d4f")


def draw_comparison(found: Mapping[int, Difference], names: tuple[str, str], task: Task, path: Path) -> None:
    """Write a PNG.

    Raises:
        UsageError: the path does not end in `.png`. CouldNotError: matplotlib is not installed.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"The picture {path} would be a PNG; let its name end in .png.")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CouldNotError("A picture needs matplotlib; install it: pip install 'stf2m-bench[plots]'.") from error
    first = found[min(found)]
    height = 1.9 + 0.24 * max(len(first.emotions), min(len(first.subjects), 40))
    figure = Figure(figsize=(11, height), dpi=110, layout="constrained")
    whole, emotions, people = figure.subplots(1, 3, width_ratios=(1, 1.1, 1.1))
    _whole(whole, found)
    _dots(emotions, {shot: one.emotions for shot, one in found.items()}, "recall per emotion")
    _dots(people, {shot: one.subjects for shot, one in found.items()}, "contribution per person")
    for axes in (whole, emotions, people):
        axes.axvline(0, color="#999999", linewidth=1, zorder=0)
        axes.grid(axis="x", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.08)
    one, other = (_plain(name) for name in names)
    synthetic = "  [SYNTHETIC data]" if is_synthetic(task) else ""
    figure.suptitle(f"{one} minus {other} on {task.name}, points{synthetic}", fontsize=11)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _whole(axes: Any, found: Mapping[int, Difference]) -> None:
    labels = []
    for place, (shot, one) in enumerate(found.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        if one.new_people is not None:
            axes.errorbar(one.points, -place, xerr=one.new_people, fmt="none", ecolor=colour, capsize=4, linewidth=1.4)
        if one.these_people is not None:
            axes.errorbar(one.points, -place, xerr=one.these_people, fmt="none", ecolor=colour, linewidth=6, alpha=0.4)
        axes.plot(one.points, -place, "o", color=colour)
        said = "" if one.p is None else f"\np {'< 0.001' if one.p < 0.001 else f'= {one.p:.3f}'}"
        labels.append(f"{shot}-shot{said}")
    axes.set_yticks([-place for place in range(len(labels))], labels)
    axes.set_ylim(0.6 - len(labels), 0.4)
    axes.set_title("UAR", fontsize=10)
    axes.set_xlabel("thin: new people; thick: other episodes\nof these people (95%)", fontsize=8)


def _dots(axes: Any, values: Mapping[int, Mapping[str, float]], title: str) -> None:
    names = list(values[max(values)])
    order = sorted(names, key=lambda name: values[max(values)][name])
    for place, (shot, one) in enumerate(values.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        axes.plot([one[name] for name in order], range(len(order)), "o", color=colour, label=f"{shot}-shot")
    axes.set_yticks(range(len(order)), [_plain(name) for name in order], fontsize=8)
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8, frameon=False, loc="lower right")


def _plain(text: str) -> str:
    """Text that matplotlib shows as it is: no mathematics between dollar signs."""
    return printable(text).replace("$", r"\$")
