"""Writes docs/standing.md, ST-F2M against the best other model of every board: python docs/figures/standing.py"""

from collections.abc import Iterator
from pathlib import Path

from stf2m_bench.leaderboards.board import board, is_synthetic
from stf2m_bench.leaderboards.build import read_results
from stf2m_bench.leaderboards.compare import compare_results, find_pair
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.tasks.task import Task, load_task

BOARDS = Path(__file__).parents[2] / "leaderboards"
PAGE = Path(__file__).parents[1] / "standing.md"
MODEL = "stf2m"
BEGIN = """\
# Where ST-F2M stands

Made of the committed results by `python docs/figures/standing.py`; edit nothing here but what the page itself says. On
every board that has it, at each number of shots: its UAR and that of the best other model that is no reference row
(`stf2m-bare` is the same model without the paper's parts); the difference with the 95% interval for new people, and p
of the paired test over people, uncorrected. Without an interval there are too few people for a test, or their number
is not known. It says where data is synthetic, and which boards are controls: there nothing is ranked.

| board | | K | stf2m | best other | | difference | p |
|---|---|--:|--:|---|--:|--:|--:|
"""
WHY = """
## Where it does not lead, and why

- `ravdess-to-emodb`: what training people taught is of little use in German. At five shots most episodes contradict it
  louder than people like those of training could, and ridge regression on the shots takes over
  ([trust](stf2m.md#from-views-to-logits)); single shots do not, so that it is trusted still.
- `ravdess-a12-new-emotions`, one shot: the space of training emotions is left out there, and memories that were
  trained on five emotions start behind plain class means.
- `ceap-*`, `eevr-new-stimuli`, `smartwatch-walk-new-subjects`, `stress-predict-conditions`, `meld-new-subjects`: no
  model is far from chance, and the order is that of noise. On `eevr-new-stimuli` training teaches nothing that helps on
  meta-val, and `stf2m` says what `ridge` says, number for number; so does `stf2m-bare`, which is not on that board.
- Where one person has several shots, most of what it gains is ridge regression on them, which stands close by itself.
"""


def lines(task: Task) -> Iterator[str]:
    """One a number of shots; none where the model has no result."""
    results = read_results(BOARDS, task.name)
    rows = [row for row in board(results, task) if row.kind not in ("reference", "chance", "probe")]
    others = [row for row in rows if row.model not in (MODEL, "stf2m-votes")]
    if MODEL not in {row.model for row in rows}:
        return
    ranked = any(row.kind == "ranked" for row in rows)
    kind = ", ".join(["synthetic"] * is_synthetic(task) + ["control"] * (not ranked))
    for place, shot in enumerate(task.protocol.shots):
        best = max(others, key=lambda row: row.uar[shot])
        found = compare_results(*find_pair(BOARDS, task, MODEL, best.model), task, BOARDS)[shot]
        interval = "" if found.new_people is None else f" ± {found.new_people:.1f}"
        p = "" if found.p is None else "<0.001" if found.p < 0.001 else f"{found.p:.3f}"
        name = f"[`{task.name}`](../leaderboards/{task.name}.md)" if not place else ""
        cells = (
            name,
            kind if not place else "",
            str(shot),
            f"{found.uar[0]:.1f}",
            escape(best.model),
            f"{found.uar[1]:.1f}",
            f"{found.points:+.1f}{interval}",
            p,
        )
        yield f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Every board, in the order of their names."""
    folders = sorted(path.name for path in (BOARDS / "results").iterdir() if path.is_dir())
    table = "".join(line for name in folders for line in lines(load_task(name)))
    PAGE.write_text(BEGIN + table + WHY, encoding="utf-8")


if __name__ == "__main__":
    main()
