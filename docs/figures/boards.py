"""Draws every board's picture from the committed results: python docs/figures/boards.py"""

from pathlib import Path
from textwrap import fill

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from curve import draw_curve

from stf2m_bench.leaderboards.board import Row, board, is_synthetic
from stf2m_bench.leaderboards.build import read_results
from stf2m_bench.tasks.task import Task, load_task

TOP = Path(__file__).parents[2]
PAGE = """\
# A picture of every board

Drawn from the committed results by `python docs/figures/boards.py`; edit nothing here.
"""


def draw(task: Task, rows: list[Row], path: Path) -> None:
    """UAR of every row with its interval, a colour a shot; reference rows hollow."""
    rows = [row for row in rows if row.kind not in ("chance", "probe")][::-1]
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(rows) + 1.6), dpi=110)
    for place, row in enumerate(rows):
        for shift, (shot, colour) in zip(
            (0.14, -0.14), zip(row.uar, ("#7a8ca8", "#1b4f9c"), strict=False), strict=False
        ):
            interval = row.new_people[shot]
            axes.errorbar(
                row.uar[shot],
                place + shift,
                xerr=interval.halfwidth if interval else None,
                fmt="o",
                color=colour,
                markerfacecolor="white" if row.kind == "reference" else colour,
                capsize=3,
                label=f"{shot}-shot" if place == len(rows) - 1 else None,
            )
    axes.axvline(100 / task.protocol.ways, color="#999999", linestyle=":", linewidth=1)
    axes.text(100 / task.protocol.ways, len(rows) - 0.45, " chance", color="#777777", fontsize=8, va="bottom")
    axes.set_yticks(range(len(rows)), [row.model for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.1)
    told = any(interval for row in rows for interval in row.new_people.values())
    axes.set_xlabel(f"UAR (%){', with the 95% interval for new people' if told else ''}; hollow: reference rows")
    title = task.protocol.title
    title += " [SYNTHETIC]" if is_synthetic(task) and "ynthetic" not in title else ""
    axes.set_title(fill(title, 80), fontsize=10, pad=20)
    axes.grid(axis="x", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8, frameon=False, borderpad=0)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """One picture a board, and the page that shows them all."""
    shown = []
    for folder in sorted((TOP / "leaderboards" / "results").iterdir()):
        task = load_task(folder.name)
        if results := read_results(TOP / "leaderboards", task.name):
            picture = draw_curve if task.protocol.nested else draw
            picture(task, board(results, task), Path(__file__).with_name(f"{task.name}.png"))
            shown.append(
                f"## [{task.name}](../../leaderboards/{task.name}.md)\n\n![{task.protocol.title}]({task.name}.png)\n"
            )
    Path(__file__).with_name("README.md").write_text("\n".join([PAGE, *shown]), encoding="utf-8")


if __name__ == "__main__":
    main()
