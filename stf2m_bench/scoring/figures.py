"""The figures of one evaluation, as they stand in a result: percent where they are shares, six decimals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DECIMALS = 6
BROUGHT = {2: frozenset({"chance_normalised", "coarse"}), 3: frozenset({"votes"})}
"""Schema version of a result -> the fields of `ShotFigures` that came with it; 3 is for tasks with votes alone."""


def six(value: float) -> float:
    """A figure to six decimals, never minus zero.

    >>> six(-1e-9), six(2 / 3)
    (0.0, 0.666667)
    """
    return round(float(value), DECIMALS) + 0.0


def percent(share: float) -> float:
    """A share of 1 as percent, to six decimals.

    >>> percent(1 / 3)
    33.333333
    """
    return six(100 * float(share))


def _has_six(value: float) -> float:
    if six(value) != value:
        raise ValueError("a figure has at most six decimals")
    return value


Figure = Annotated[float, AfterValidator(_has_six)]


class Value(BaseModel):
    """A frozen value; unknown keys and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Interval(Value):
    """A 95% interval around a figure, in its unit.

    Attributes:
        people: how many people it rests on; None where it says nothing of people.
        label: `episodes` (Monte-Carlo error for these people), `people` (new people), `rough` (new people, 6 to 11).
    """

    lower: Figure
    upper: Figure
    halfwidth: Figure
    people: int | None
    label: Literal["episodes", "people", "rough"]


class FoldFigures(Value):
    """One fold; percent."""

    episodes: int
    uar: Figure
    these_people: Interval | None
    accuracy: Figure
    macro_f1: Figure


class CoarseFigures(Value):
    """After the map to coarse emotions (see `coarse.coarse_mass`); percent.

    Attributes:
        uar: as the main figure, over coarse emotions. recalls: coarse emotion -> percent, mean over folds.
    """

    uar: Figure
    recalls: dict[str, Figure]


class VoteFigures(Value):
    """Agreement with the raters, over the queries of whom votes fall on the classes of their episode.

    Attributes:
        queries: so many. left_out: those of whom no vote does.
        cross_entropy: of the votes under the prediction, nats. entropy: of the votes themselves, its least value.
        divergence: Jensen-Shannon, of prediction and votes, bits.
        agreement: how often a rater drawn at random says what the model says first, percent; ties split.
        one_rater: how often one says what another one of the same query says; None where votes are shares, or single.
        most: what saying what most raters say would get, percent: the highest agreement.
    """

    queries: int
    left_out: int
    cross_entropy: Figure
    entropy: Figure
    divergence: Figure
    agreement: Figure
    one_rater: Figure | None
    most: Figure


class ShotFigures(Value):
    """All episodes of one shot.

    Attributes:
        uar: percent, the main figure; recall pooled per emotion within a fold, emotions and folds averaged.
        accuracy, macro_f1: percent; mean over episodes; mean over folds.
        nll: nats a query. brier: in [0, 2]. ece: percent, 15 bins of equal width.
        these_people: error of the UAR from drawing only so many episodes.
        new_people: how far the UAR would move with other people; None below 6 people, or where people who ask and
            people who support cannot be told apart.
        people: how many people were tested.
        folds: in order. recalls: emotion -> percent, mean over folds.
        subjects: person -> contribution to the UAR, percent (see `intervals.contributions`).
        confusion: queries by true (row) and decided (column) emotion, in the order of the task; ties split.
        groups: `name=value` -> UAR of its queries, all folds pooled, percent.
        worst_group: the one with the lowest UAR.
        chance_normalised: accuracy, percent of the way from chance (0) to all right (100).
        coarse: None where the task's emotions have as many coarse parents as they are, or all the same one.
        votes: None where the task scores no votes.
    """

    uar: Figure
    these_people: Interval | None
    new_people: Interval | None
    people: int
    accuracy: Figure
    macro_f1: Figure
    nll: Figure
    brier: Figure
    ece: Figure
    folds: Annotated[tuple[FoldFigures, ...], Field(min_length=1)]
    recalls: dict[str, Figure]
    subjects: dict[str, Figure]
    confusion: tuple[tuple[Figure, ...], ...]
    groups: dict[str, Figure]
    worst_group: str | None
    chance_normalised: Figure | None = None
    coarse: CoarseFigures | None = None
    votes: VoteFigures | None = None


class Figures(Value):
    """Figures by number of shots."""

    shots: dict[int, ShotFigures]

    def to_json(self, version: int) -> dict[str, Any]:
        """As JSON values, with the fields that this schema version of a result has."""
        return self.model_dump(mode="json", exclude={"shots": {"__all__": brought_after(version)}})


def brought_after(version: int) -> set[str]:
    """The fields of `ShotFigures` that a result of this schema version does not have.

    >>> sorted(brought_after(1))
    ['chance_normalised', 'coarse', 'votes']
    """
    return {field for since, fields in BROUGHT.items() if since > version for field in fields}
