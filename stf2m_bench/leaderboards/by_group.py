"""The part of a board's page that tells figures by group of people, and over coarse emotions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stf2m_bench.leaderboards.board import Row
from stf2m_bench.leaderboards.render import escape, table_line
from stf2m_bench.scoring.figures import ShotFigures
from stf2m_bench.tasks.task import Task

FEWEST = 3  # people of a group that is shown: below, it is the score of somebody
GROUPS = (
    "UAR of the queries of one group of people, all folds pooled, in percent; in brackets how many people were tested."
    f" Groups of fewer than {FEWEST} people are not shown."
    " There is no interval: differences are for looking."
)
COARSE = (
    "The same predictions, told by coarse emotion: the probabilities of emotions with one coarse parent are added, so"
    " that confusing them is no fault. Coarse emotions are not equally many in an episode: compare with chance's row."
)


def group_lines(rows: Sequence[Row], task: Task) -> Iterator[str]:
    """Both tables, at the largest shot, of all rows but probes and retracted ones; nothing where there is neither."""
    most = max(task.protocol.shots)
    shown = [(row.model, row.figures[most]) for row in rows if row.hash and row.kind not in ("probe", "retracted")]
    people = shown_groups((figures for _, figures in shown), task)
    groups = list(people)
    if groups:
        yield from (f"## By group, {most}-shot", "", GROUPS, "")
        yield table_line(
            "model", *(escape(f"{group_in_words(group)} ({people[group]})") for group in groups), "worst group"
        )
        yield table_line("---", *("--:" for _ in groups), "---")
        for model, figures in shown:
            yield table_line(escape(model), *group_cells(figures, groups))
        yield ""
    if any(figures.coarse for _, figures in shown):
        yield from (f"## Coarse emotions, {most}-shot", "", COARSE, "")
        yield from (table_line("model", "UAR", "UAR of coarse emotions"), table_line("---", "--:", "--:"))
        for model, figures in shown:
            yield table_line(escape(model), f"{figures.uar:.1f}", f"{figures.coarse.uar:.1f}" if figures.coarse else "")
        yield ""


def shown_groups(figures: Iterable[ShotFigures], task: Task) -> dict[str, int]:
    """Group -> people tested, of groups that any of these figures tell; two or more, none of fewer than `FEWEST`."""
    told = sorted({group for one in figures for group in one.groups if not group.endswith("=nan")})
    people = {group: len(_tested(task, group)) for group in told}
    large = {group: count for group, count in people.items() if count >= FEWEST}
    return large if len(large) > 1 else {}


def group_cells(figures: ShotFigures, groups: Sequence[str]) -> list[str]:
    """The UAR of each of these groups, and the name of the worst; empty where all are alike, as of chance."""
    known = {group: figures.groups[group] for group in groups if group in figures.groups}
    worst = group_in_words(min(known, key=known.__getitem__)) if len(set(known.values())) > 1 else ""
    return [*(f"{known[group]:.1f}" if group in known else "" for group in groups), worst]


def group_in_words(group: str) -> str:
    """A group as it is shown.

    >>> group_in_words("sex=female"), group_in_words("age=nan")
    ('sex female', 'age not told')
    """
    name, _, value = group.partition("=")
    return f"{name} {'not told' if value == 'nan' else value}"


def _tested(task: Task, group: str) -> set[str]:
    tested = {person for fold in task.protocol.folds for person in fold.meta_test}
    told = zip(task.clips.subject, task.clips.group, strict=True)
    return {person for person, groups in told if person in tested and group in groups.split(";")}
