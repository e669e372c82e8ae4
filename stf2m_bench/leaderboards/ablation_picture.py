"""The picture of an ablation on one task: every row minus the full model, with its interval. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from stf2m_bench.errors import CouldNotError
from stf2m_bench.files import replacing
from stf2m_bench.leaderboards.ablation import Against, TaskAblation
from stf2m_bench.leaderboards.ablation_plan import Plan
from stf2m_bench.leaderboards.board import is_synthetic
from stf2m_bench.leaderboards.render import printable
from stf2m_bench.scoring.comparisons import LEVEL

_STYLES = (("#c25a10", "o"), ("#1b4f9c", "s"), ("#3b7d4f", "^"), ("#7a5195", "D"))
_WIDEST = 4
"""Times the reach of a typical row; what lies beyond is an arrow at the edge, with its figure."""
_Lines = list[tuple[str, dict[int, Against]]]


def draw_ablation(task: TaskAblation, plan: Plan, path: Path) -> None:
    """Write a PNG, 900 pixels wide.

    Raises:
        CouldNotError: matplotlib is not installed, or nothing can be written there.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CouldNotError("A picture needs matplotlib; install it: pip install 'stf2m-bench[plots]'.") from error
    lines = list(_lines(task, plan))
    figure = Figure(figsize=(9, 1.7 + 0.27 * len(lines)), dpi=100, layout="constrained")
    axes = figure.subplots()
    _frame(axes, lines)
    shots = task.task.protocol.shots
    for rank, (shot, (colour, marker)) in enumerate(zip(shots, _STYLES, strict=False)):
        shift = 0.4 * (rank / max(len(shots) - 1, 1) - 0.5)
        for place, (_, found) in enumerate(lines):
            if shot in found:
                _draw_one(axes, found[shot], place + shift, colour, marker)
                _draw_seeds(axes, found[shot], place + 1.9 * shift, colour)
        axes.plot([], [], marker, color=colour, label=f"{shot}-shot")
    synthetic = "  [SYNTHETIC data]" if is_synthetic(task.task) else ""
    title = f"Each row minus {_plain(plan.full)} on {task.task.name}, points{synthetic}"
    figure.suptitle(title, fontsize=11)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(shots), fontsize=9, frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


def _lines(task: TaskAblation, plan: Plan) -> Iterator[tuple[str, dict[int, Against]]]:
    """A line a row that is compared, under a line without figures that names its part."""
    for part, rows in plan.parts.items():
        found = [(row.name, task.of(row)) for row in rows]
        lines = [(name, against) for name, one in found if one and (against := one.against)]
        yield from ([(part, {}), *lines] if lines else [])


def _frame(axes: Any, lines: _Lines) -> None:
    """Names of rows and parts, a band behind every other part, the zero line."""
    axes.set_yticks(range(len(lines)), [_plain(name) for name, _ in lines], fontsize=9)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(*_limits(lines))
    heads = [place for place, (_, found) in enumerate(lines) if not found]
    for place in heads:
        axes.get_yticklabels()[place].set(color="#666666", fontstyle="italic", fontsize=8.5)
    for first, last in list(zip(heads, [*heads[1:], len(lines)], strict=True))[::2]:
        axes.axhspan(first - 0.5, last - 0.5, color="#f1f3f6", zorder=0, linewidth=0)
    axes.axvline(0, color="#555555", linewidth=1, zorder=1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(
        "difference of UAR in points, with its 95% interval for new people; faint dots: single training seeds\n"
        f"filled: separated (Holm-adjusted p < {LEVEL}); hollow: not separated, which does not mean equal",
        fontsize=8.5,
    )


def _limits(lines: _Lines) -> tuple[float, float]:
    """Wide enough for all intervals, but no wider than a few times what a typical row needs."""
    found = [one for _, against in lines for one in against.values()]
    most = _WIDEST * median(abs(one.points) + (one.halfwidth or 0) for one in found) or 1.0
    low = min(0.0, *(one.points - (one.halfwidth or 0) for one in found))
    high = max(0.0, *(one.points + (one.halfwidth or 0) for one in found))
    room = 0.05 * (min(high, most) - max(low, -most)) or 1.0
    return max(low, -most) - room, min(high, most) + room


def _draw_one(axes: Any, one: Against, place: float, colour: str, marker: str) -> None:
    low, high = axes.get_xlim()
    if not low < one.points < high:
        edge, arrow, side = (low, "<", "left") if one.points <= low else (high, ">", "right")
        says = f"  {one.points:+.1f}  "
        axes.plot(edge, place, arrow, color=colour, markersize=6, clip_on=False)
        axes.text(edge, place, says, color=colour, fontsize=8, ha=side, va="center_baseline")
        return
    if one.halfwidth is not None:
        axes.errorbar(one.points, place, xerr=one.halfwidth, fmt="none", ecolor=colour, capsize=2.5, linewidth=1.3)
    face = colour if one.separated else "white"
    axes.plot(one.points, place, marker, color=colour, markerfacecolor=face, markersize=5.5, zorder=3)


def _draw_seeds(axes: Any, one: Against, place: float, colour: str) -> None:
    """A faint dot a training seed beside the interval, where there are several."""
    low, high = axes.get_xlim()
    if len(one.seeds) > 1:
        seen = [points for points in one.seeds.values() if low < points < high]
        axes.plot(seen, [place] * len(seen), ".", color=colour, alpha=0.5, markersize=5, markeredgewidth=0)


def _plain(text: str) -> str:
    """Text that matplotlib shows as it is: no mathematics between dollar signs."""
    return printable(text).replace("$", r"\$")
