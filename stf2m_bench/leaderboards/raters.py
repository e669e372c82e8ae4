"""The part of a board's page that sets models beside the raters, for tasks that score votes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stf2m_bench.leaderboards.board import Row
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.scoring.figures import VoteFigures
from stf2m_bench.tasks.task import Task

MEANING = (
    "Over the queries of which a vote falls on the classes of their episode, votes being shares of those that do:"
    " cross-entropy of the votes under the prediction (nats), Jensen-Shannon divergence (bits), agreement: how often"
    " a rater drawn at random says what the model says first (percent). No intervals: differences of these figures are"
    " for looking."
)


def rater_lines(rows: Sequence[Row], task: Task) -> Iterator[str]:
    """A table of every row that has such figures; nothing for a task without votes."""
    scored = {row.model: found for row in rows if row.kind != "retracted" and (found := _votes_of(row))}
    if not task.protocol.votes or not scored:
        return
    shots = task.protocol.shots
    yield from (f"## Agreement with the raters `{escape(task.protocol.votes)}`", "", MEANING, "")
    names = [f"{name} {shot}-shot" for name in ("cross-entropy", "divergence", "agreement") for shot in shots]
    yield f"| model | {' | '.join(names)} |"
    yield f"| --- |{' --: |' * len(names)}"
    for model, found in scored.items():
        cells = [f"{found[shot].cross_entropy:.3f}" for shot in shots]
        cells += [f"{found[shot].divergence:.3f}" for shot in shots]
        cells += [f"{found[shot].agreement:.1f}" for shot in shots]
        yield f"| {escape(model)} | {' | '.join(cells)} |"
    yield ""
    for shot, one in next(iter(scored.values())).items():
        yield f"- {shot}-shot: {among_raters(one)}"
    yield ""


def among_raters(votes: VoteFigures) -> str:
    """What raters reach among themselves, in a sentence."""
    rater = "" if votes.one_rater is None else f"one rater says what another one says in {votes.one_rater:.1f} %; "
    return (
        f"{rater}what most raters say would agree in {votes.most:.1f} %; no cross-entropy is below {votes.entropy:.3f};"
        f" {votes.queries:,} queries, {votes.left_out:,} left out."
    )


def _votes_of(row: Row) -> dict[int, VoteFigures]:
    return {shot: figures.votes for shot, figures in row.figures.items() if figures.votes is not None}
