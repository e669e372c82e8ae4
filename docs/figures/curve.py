"""The picture of a task with nested supports: what a model gains with more shots of one person."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from stf2m_bench.leaderboards.board import Row, is_synthetic
from stf2m_bench.tasks.task import Task

COLOURS = ("#1b4f9c", "#b5541c", "#3b7d4f", "#7a5ca8", "#7a8ca8", "#a83b5c")
NO_SHOTS = "names_no_shots"


def draw_curve(task: Task, rows: list[Row], path: Path) -> None:
    """UAR against K with the intervals for new people; told the names alone, a model stands at K = 0."""
    shots = task.protocol.shots
    places = {0: 0, **{shot: n for n, shot in enumerate(shots, 1)}}
    figure, axes = plt.subplots(figsize=(8, 4.6), dpi=110)
    lines = [row for row in rows if row.kind not in ("chance", "probe", "retracted") and row.model != NO_SHOTS]
    lines.sort(key=lambda row: (row.kind == "reference", row.model))  # one colour a model, whoever leads
    for number, row in enumerate(lines):
        drawn_at = [places[shot] + 0.07 * (number - (len(lines) - 1) / 2) for shot in shots]
        _line(axes, row, drawn_at, COLOURS[number % len(COLOURS)])
    for row in rows:
        if row.model == NO_SHOTS:
            _no_shots(axes, row, max(shots))
    axes.axhline(100 / task.protocol.ways, color="#999999", linestyle=":", linewidth=1)
    axes.text(-0.35, 100 / task.protocol.ways, "chance", color="#777777", fontsize=8, va="bottom")
    axes.set_xticks(list(places.values()), list(map(str, places)))
    axes.set_xlim(-0.4, len(shots) + 0.4)
    axes.set_xlabel("K, supporting clips of each emotion, all of one new person; the same queries at every K")
    axes.set_ylabel("UAR (%), 95% interval for new people")
    unsaid = is_synthetic(task) and "ynthetic" not in task.protocol.title
    axes.set_title(task.protocol.title + (" [SYNTHETIC]" if unsaid else ""), fontsize=10)
    axes.grid(axis="y", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def _line(axes: plt.Axes, row: Row, places: list[float], colour: str) -> None:
    """One model; reference rows hollow and broken."""
    reference = row.kind == "reference"
    axes.errorbar(
        places,
        list(row.uar.values()),
        yerr=[interval.halfwidth if interval else 0 for interval in row.new_people.values()],
        fmt="o--" if reference else "o-",
        color=colour,
        markerfacecolor="white" if reference else colour,
        linewidth=1.2,
        capsize=3,
        label=f"{row.model} (reference)" if reference else row.model,
    )


def _no_shots(axes: plt.Axes, row: Row, shot: int) -> None:
    """What is the same at every K: a point at 0, drawn on as a line."""
    interval, uar = row.new_people[shot], row.uar[shot]
    axes.errorbar(
        0,
        uar,
        yerr=interval.halfwidth if interval else 0,
        fmt="s",
        color="#444444",
        markerfacecolor="white",
        capsize=3,
        label=f"{NO_SHOTS}: told the emotions' names, K = 0",
    )
    axes.axhline(uar, color="#444444", linestyle="--", linewidth=0.8, alpha=0.6)
