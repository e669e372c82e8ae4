"""The page of an ablation in Markdown: what is separated from the full model, every figure, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median

from stf2m_bench.files import write_text
from stf2m_bench.leaderboards import ablation_tables as tables
from stf2m_bench.leaderboards.ablation import Ablation, TaskAblation, read_ablation
from stf2m_bench.leaderboards.ablation_picture import draw_ablation
from stf2m_bench.leaderboards.ablation_plan import Plan, Row
from stf2m_bench.leaderboards.board import is_synthetic, people_tested
from stf2m_bench.leaderboards.build import LoadTask
from stf2m_bench.leaderboards.page import SYNTHETIC
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.scoring.comparisons import LEVEL
from stf2m_bench.scoring.intervals import FEW_PEOPLE, FEWEST_PEOPLE
from stf2m_bench.tasks.task import load_task

LAST_LINE = "Generated from `ablations/` by `stf2m-bench leaderboards report ablation`; edit nothing here."
CAUTION = (
    "*Separated* never means that a part is worth as much on other people or data, nor that the difference is large;"
    " *not separated* never means equal: a comparison finds differences as large as its column *finds* says, hardly"
    " smaller ones."
)
MANY = 8  # rows of a part that are named one by one though all are alike
GLANCE = "Row minus {full}, points of UAR, at each number of shots in turn; bold: separated."
SEARCH = "Accuracy in percent and NLL in nats on the frozen meta-val episodes, means over n trainings."
READING = """\
Accuracy, a table for each number of shots. Figures are percent or points of UAR:

- **n**: trainings (seeds 0, 1, ...); in brackets how many of them {full} has too, if fewer: those are compared.
- **UAR**: mean recall over emotions, mean over the n trainings; **range**: of the trainings.
- **± ep**: half the 95% interval for other episodes of *these people* (Monte-Carlo error of one training).
- **± new**: half the 95% interval for *new people*, given the trained weights; *range* tells what trainings differ by.
- **Δ**: the row minus {full} on the same people, episodes and seeds: the mean over people of contributions averaged
  over seeds; **± Δ**: half its 95% interval for new people. **Bold**: separated, Holm-adjusted p < {level}.
- **p**: two-sided, of the paired t test over people; **Holm**: adjusted over all rows of this task and shot.
- **finds**: the smallest difference that this comparison finds 4 times in 5, before the adjustment.

Cost and calibration, means over the n trainings:

- **MFLOP**, **ms**, **MB**: operations, time and memory of predicting one problem (operations and memory: of the
  largest shot); **to adapt**: MFLOP of the same problem with one query alone, nearly all of them for the support;
  **fit s**: seconds of fitting one fold.
- **NLL** in nats a query and **ECE** in percent at each number of shots.

An empty cell is not known, or there are too few people to test it."""


def write_report(folder: Path, out: Path, *, load: LoadTask = load_task) -> list[Path]:
    """Write `OUT-<task>.png` for each task and, last, `OUT.md`; the same bytes for the same results.

    Args:
        folder: of leaderboards; holds `ablations`. out: path of the page without its suffix.

    Raises:
        InputError: see `read_ablation`. CouldNotError: matplotlib is not installed, or nothing can be written there.
    """
    found = read_ablation(folder, load=load)
    pictures = {}
    for task in found.tasks:
        if any(row.against for row in task.rows):
            pictures[task.task.name] = out.with_name(f"{out.name}-{task.task.name}.png")
            draw_ablation(task, found.plan, pictures[task.task.name])
    page = out.with_name(f"{out.name}.md")
    write_text(page, to_markdown(found, {name: path.name for name, path in pictures.items()}))
    return [*pictures.values(), page]


def to_markdown(found: Ablation, pictures: Mapping[str, str]) -> str:
    """The page.

    Args:
        pictures: task -> file beside the page.
    """
    plan = found.plan
    lines = [f"# Ablation of `{plan.full}`", "", _opening(found), ""]
    lines += [f"Separated from `{plan.full}`, at every number of shots unless one is named:", ""]
    lines += [*_separated(found), "", CAUTION, ""]
    lines += ["## At a glance", "", GLANCE.format(full=f"`{plan.full}`"), "", *tables.glance(found), ""]
    lines += ["## Rows", "", *tables.listed(plan), ""]
    lines += ["## How to read the tables", "", READING.format(full=f"`{plan.full}`", level=LEVEL), ""]
    for task in found.tasks:
        lines += _task(task, plan, pictures.get(task.task.name, ""))
    return "\n".join([*lines, LAST_LINE, ""])


def _opening(found: Ablation) -> str:
    plan, tasks = found.plan, found.tasks
    rows = [row for task in tasks for row in task.rows]
    missing = [f"`{name}`" for name in plan.tasks if name not in {task.task.name for task in tasks}]
    says = [f"{len(plan.rows)} rows on {len(plan.tasks)} tasks; {len(rows)} of these"]
    says += [f"{len(plan.rows) * len(plan.tasks)} are done, with {_seeds(row.seeds for row in rows)} each,"]
    says += [f"{sum(len(row.seeds) for row in rows)} results in all."]
    says += [f"No results yet: {', '.join(missing)}."] if missing else []
    says += [f"Every row is trained and scored as `{plan.full}` is, but for what it says, and is compared with it on"]
    says += ["the same people, episodes and training seeds."]
    return " ".join(says)


def _separated(found: Ablation) -> Iterator[str]:
    for task in found.tasks:
        yield f"- `{task.task.name}` ({escape(task.note)}), {people_tested(task.task)} people:"
        if any(one.adjusted is not None for row in task.rows for one in row.against.values()):
            yield f"  - below it: {_by_part(task, found.plan, -1)}"
            yield f"  - above it: {_by_part(task, found.plan, 1)}"
        else:
            yield f"  - nothing could be tested, for want of people or of results of `{found.plan.full}`"


def _by_part(task: TaskAblation, plan: Plan, sign: int) -> str:
    parts = []
    for part, rows in plan.parts.items():
        apart = {row.name: shots for row in rows if (shots := _shots_apart(task, row, sign)) is not None}
        named = [f"`{name}`{shots}" for name, shots in apart.items()]
        if len(apart) == len(rows) > MANY and len(set(apart.values())) == 1:
            named = [f"all {len(rows)} rows{next(iter(apart.values()))}"]
        parts += [f"{escape(part)} ({', '.join(named)})"] if named else []
    return "; ".join(parts) or "none"


def _shots_apart(task: TaskAblation, row: Row, sign: int) -> str | None:
    """At which shots the row is separated on this side: empty where at all of them, None where at none."""
    found = task.of(row)
    against = found.against if found else {}
    apart = [shot for shot, one in against.items() if one.separated and sign * one.points > 0]
    if len(apart) == len(task.task.protocol.shots):
        return ""
    return " at " + ", ".join(f"{shot}-shot" for shot in apart) if apart else None


def _task(task: TaskAblation, plan: Plan, picture: str) -> Iterator[str]:
    yield from (f"## {task.task.name}", "", *([SYNTHETIC, ""] if is_synthetic(task.task) else []))
    yield from (" ".join(_about(task, plan)), "")
    if picture:
        yield from (f"![Rows minus {plan.full} on {task.task.name}, with 95% intervals for new people]({picture})", "")
    for shot in task.task.protocol.shots:
        yield from (f"### {shot}-shot", "", *tables.accuracy(task, plan, shot), "")
    yield from ("### Cost and calibration", "", *tables.cost(task, plan), "")
    if task.search:
        yield from ("### The search: what choices were made on", "", SEARCH, "", *tables.search(task, plan), "")


def _about(task: TaskAblation, plan: Plan) -> Iterator[str]:
    protocol, people = task.task.protocol, people_tested(task.task)
    missing = [f"`{row.name}`" for row in plan.rows if task.of(row) is None]
    places = sorted({place for row in task.rows for place in row.places})
    yield f"{escape(protocol.title)} ({escape(task.note)})."
    yield f"{people} people tested, {protocol.episodes:,} episodes a shot."
    yield f"Results of {len(task.rows)} of {len(plan.rows)} rows, {_seeds(row.seeds for row in task.rows)} each."
    if missing:
        yield f"Missing: {', '.join(missing)}."
    yield f"Run on: {escape('; '.join(places))}."
    if len(places) > 1:
        yield "Times of different devices or numbers of threads are not comparable."
    yield from _power(task)
    if people < FEW_PEOPLE:
        too_few = "too few for intervals and tests" if people < FEWEST_PEOPLE else "intervals and tests are rough"
        yield f"With {people} people: {too_few}."


def _power(task: TaskAblation) -> Iterator[str]:
    """What a typical comparison finds."""
    found = []
    for shot in task.task.protocol.shots:
        each = [row.against[shot].detectable for row in task.rows if row.against]
        known = [points for points in each if points is not None]
        found += [f"{median(known):.1f} points at {shot}-shot"] if known else []
    if found:
        yield f"Half of the comparisons find a difference of {' and of '.join(found)} 4 times in 5."


def _seeds(each: Iterable[tuple[int, ...]]) -> str:
    """How many training seeds rows have."""
    counts = sorted({len(seeds) for seeds in each})
    if len(counts) > 1:
        return f"{counts[0]} to {counts[-1]} training seeds"
    return f"{counts[0]} training seed{'s' * (counts[0] > 1)}"
