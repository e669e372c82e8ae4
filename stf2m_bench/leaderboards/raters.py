"""The part of a board's page that sets models beside the raters, for tasks that score votes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.leaderboards.board import Row
from stf2m_bench.leaderboards.render import escape, uar_cell
from stf2m_bench.scoring.drawn import Drawn, draw_all
from stf2m_bench.scoring.figures import VoteFigures
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.result import Result, predictions_of
from stf2m_bench.scoring.votes import VoteIntervals, vote_intervals
from stf2m_bench.tasks.task import Task
from stf2m_bench.tasks.votes import TIME

RaterIntervals = Mapping[str, Mapping[int, VoteIntervals | None]]
FIGURES = {"cross-entropy": 3, "divergence": 3, "agreement": 1}
"""Figure of votes -> decimals."""
NO_INTERVALS: RaterIntervals = MappingProxyType({})

MEANING = (
    "Over the queries of which a vote falls on the classes of their episode, votes being shares of those that do:"
    " cross-entropy of the votes under the prediction (nats), Jensen-Shannon divergence (bits), agreement: how often"
    " a rater drawn at random says what the model says first (percent). ± is the 95% interval for *new people*, made of"
    " the stored predictions as that of UAR; models are not compared in pairs here: differences are for looking."
)


def rater_intervals(rows: Sequence[Row], results: Iterable[Result], place: Path, task: Task) -> RaterIntervals:
    """Hash of a result -> shots -> intervals of its figures of votes; results do not hold them, predictions tell them.

    Of rows that are no chance and no probe; nothing for a task without votes.

    Args:
        place: where the files of the results lie.

    Raises:
        InputError: predictions are missing or do not fit the task.
    """
    if not task.protocol.votes:
        return NO_INTERVALS
    wanted = {row.hash for row in rows if row.kind not in ("chance", "probe", "retracted")}
    drawn = _drawn(task)
    return {
        result.hash: intervals_of(result, place / f"{result.stem}.json", task, drawn)
        for result in results
        if result.hash in wanted and result.predictions
    }


def intervals_of(
    result: Result, file: Path, task: Task, drawn: Mapping[int, Drawn] | None = None
) -> dict[int, VoteIntervals | None]:
    """Shots -> intervals of the figures of votes of one result; nothing where it names no predictions.

    Args:
        file: the result's. drawn: the task's episodes by shots, if they are drawn already.

    Raises:
        InputError: predictions are missing or do not fit the task.
    """
    path = predictions_of(result, file)
    if path is None:
        return {}
    predictions = Predictions.read(path)
    predictions.require(task)
    return {shot: vote_intervals(task, predictions.logs[shot], one) for shot, one in (drawn or _drawn(task)).items()}


def _drawn(task: Task) -> dict[int, Drawn]:
    drawer = Drawer(task)
    return {shot: draw_all(drawer, shot) for shot in task.protocol.shots}


def rater_lines(rows: Sequence[Row], task: Task, intervals: RaterIntervals = NO_INTERVALS) -> Iterator[str]:
    """A table of every row that has such figures; nothing for a task without votes."""
    scored = [(row, found) for row in rows if row.kind != "retracted" and (found := _votes_of(row))]
    if not task.protocol.votes or not scored:
        return
    shots = task.protocol.shots
    moments = " A rater is here a moment of the window, drawn at random." if task.protocol.votes == TIME else ""
    yield from (f"## Agreement with the raters `{escape(task.protocol.votes)}`", "", MEANING + moments, "")
    names = [f"{name} {shot}-shot" for name in FIGURES for shot in shots]
    yield f"| model | {' | '.join(names)} |"
    yield f"| --- |{' --: |' * len(names)}"
    for row, found in scored:
        around = intervals.get(row.hash, {})
        cells = [rater_cell(name, found[shot], around.get(shot)) for name in FIGURES for shot in shots]
        yield f"| {escape(row.model)} | {' | '.join(cells)} |"
    yield ""
    for shot, one in scored[0][1].items():
        yield f"- {shot}-shot: {among_raters(one)}"
    yield ""


def among_raters(votes: VoteFigures) -> str:
    """What raters reach among themselves, in a sentence."""
    rater = "" if votes.one_rater is None else f"one rater says what another one says in {votes.one_rater:.1f} %; "
    return (
        f"{rater}what most raters say would agree in {votes.most:.1f} %; no cross-entropy is below {votes.entropy:.3f};"
        f" {votes.queries:,} queries, {votes.left_out:,} left out."
    )


def rater_cell(name: str, votes: VoteFigures, intervals: VoteIntervals | None) -> str:
    """One of `FIGURES`, with its interval where there is one."""
    field = name.replace("-", "_")
    return uar_cell(getattr(votes, field), getattr(intervals, field, None), decimals=FIGURES[name])


def _votes_of(row: Row) -> dict[int, VoteFigures]:
    return {shot: figures.votes for shot, figures in row.figures.items() if figures.votes is not None}
