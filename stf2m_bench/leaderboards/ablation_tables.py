"""The tables of an ablation in Markdown: a line a row, under a line that names its part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from stf2m_bench.leaderboards.ablation import Ablation, Against, Choice, Measured, Scores, TaskAblation
from stf2m_bench.leaderboards.ablation_plan import Plan, Row
from stf2m_bench.leaderboards.render import escape, table_line

Cells = list[str]
_CONTROLS = {"labels": "shuffled labels", "frames": "shuffled frames"}


def listed(plan: Plan) -> Iterator[str]:
    """What each row is and what is fitted for it."""

    def cells(row: Row) -> Cells:
        like = f"; beside `{row.like}`, of like size" if row.like else ""
        claim = f"; the part is meant to give: {escape(row.claim)}" if row.claim else ""
        return [escape(row.says) + like + claim, _fitted(row)]

    yield from _table(["what it is", "what is fitted"], plan, cells, side="---")


def glance(found: Ablation) -> Iterator[str]:
    """Every row on every task: the differences at each shot."""

    def cells(row: Row) -> Cells | None:
        measured = [task.of(row) for task in found.tasks]
        differences = [" / ".join(map(_points, one.against.values())) if one else "" for one in measured]
        return differences if any(differences) else None

    yield from _table([task.task.name for task in found.tasks], found.plan, cells)


def accuracy(task: TaskAblation, plan: Plan, shot: int) -> Iterator[str]:
    """UAR, both intervals and the comparison with the full model at one shot."""
    header = ["n", "UAR", "range", "± ep", "± new", "Δ", "± Δ", "p", "Holm", "finds"]
    yield from _table(header, plan, _of(task, lambda row: _scores(row.shots[shot])))


def cost(task: TaskAblation, plan: Plan) -> Iterator[str]:
    """What each row took, and how far its probabilities can be trusted."""
    shots, folds = [f"{shot}-shot" for shot in task.task.protocol.shots], len(task.task.protocol.folds)
    measured = ["parameters", "MFLOP", "to adapt", "ms", "fit s", "MB"]
    header = [*measured, *(f"NLL {s}" for s in shots), *(f"ECE {s}" for s in shots)]
    yield from _table(header, plan, _of(task, lambda row: _costs(row, folds)))


def search(task: TaskAblation, plan: Plan) -> Iterator[str]:
    """The figures on meta-val."""
    shots = task.task.protocol.shots
    found = {choice.row.name: choice for choice in task.search}

    def cells(row: Row) -> Cells | None:
        choice = found.get(row.name)
        return [str(len(choice.seeds)), *_chosen(choice, shots)] if choice else None

    yield from _table(["n", *(f"{what} {shot}-shot" for shot in shots for what in ("accuracy", "NLL"))], plan, cells)


def _table(header: Sequence[str], plan: Plan, cells: Callable[[Row], Cells | None], side: str = "--:") -> Iterator[str]:
    """Rows without cells are left out, and parts without rows."""
    yield table_line("row", *header)
    yield table_line("---", *(side for _ in header))
    for part, rows in plan.parts.items():
        found = [(row.name, cells(row)) for row in rows]
        lines = [table_line(f"`{name}`", *line) for name, line in found if line is not None]
        yield from ([table_line(f"*{escape(part)}*", *("" for _ in header)), *lines] if lines else [])


def _of(task: TaskAblation, cells: Callable[[Measured], Cells]) -> Callable[[Row], Cells | None]:
    """Cells of what a row reached on the task, if it has results there."""

    def of_row(row: Row) -> Cells | None:
        found = task.of(row)
        return cells(found) if found else None

    return of_row


def _fitted(row: Row) -> str:
    pairs = (f"`{key}={value if isinstance(value, str) else json.dumps(value)}`" for key, value in row.set.items())
    control = f"{row.people} people" if row.people else _CONTROLS.get(row.control, escape(row.control))
    return ", ".join([f"`{row.model}`", *pairs, *([control] if control else [])])


def _scores(scores: Scores) -> Cells:
    one, uar = scores.against, scores.seeds.values()
    fewer = f" ({len(one.seeds)})" if one and len(one.seeds) < len(uar) else ""
    return [
        f"{len(uar)}{fewer}",
        f"{scores.uar:.1f}",
        f"{min(uar):.1f}–{max(uar):.1f}" if len(uar) > 1 else "",
        _plain(scores.these_people),
        _plain(scores.new_people),
        *(_compared(one) if one else [""] * 5),
    ]


def _compared(one: Against) -> Cells:
    return [_points(one), _plain(one.halfwidth), _p(one.p), _p(one.adjusted), _plain(one.detectable)]


def _costs(row: Measured, folds: int) -> Cells:
    shots = row.shots.values()
    return [
        _plain(row.cost.parameters, 0),
        _plain(row.cost.flops, 1, 1e-6),
        _plain(row.cost.adaptation_flops, 1, 1e-6),
        _plain(row.cost.seconds_per_problem, 1, 1e3),
        _plain(row.cost.fit_seconds, 1, 1 / folds),
        _plain(row.cost.peak_memory, 1, 1e-6),
        *(f"{one.nll:.3f}" for one in shots),
        *(f"{one.ece:.1f}" for one in shots),
    ]


def _chosen(choice: Choice, shots: Iterable[int]) -> Iterator[str]:
    for shot in shots:
        percent, nll = choice.shots.get(shot, (None, None))
        yield from (_plain(percent), _plain(nll, 3))


def _points(one: Against) -> str:
    points = f"{round(one.points, 1) + 0.0:+.1f}"
    return f"**{points}**" if one.separated else points


def _plain(value: float | None, digits: int = 1, factor: float = 1.0) -> str:
    return "" if value is None else f"{factor * value:,.{digits}f}"


def _p(value: float | None) -> str:
    return "" if value is None else "&lt;0.001" if value < 0.001 else f"{value:.3f}"
