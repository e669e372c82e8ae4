"""A comparison as tables and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stf2m_bench.leaderboards.compare import Difference
from stf2m_bench.leaderboards.render import printable

Cells = list[str]


def to_tables(found: Mapping[int, Difference], names: tuple[str, str]) -> Iterator[tuple[Cells, list[Cells]]]:
    """Header and rows: the whole, per emotion, per person where people are known."""
    header = ["shots", *map(printable, names), "difference", "± these people", "± new people", "p", "p, sign flips"]
    yield [*header, "detectable"], [_whole(shot, one) for shot, one in found.items()]
    shots = [f"{shot}-shot" for shot in found]
    yield ["emotion", *shots], _parts([one.emotions for one in found.values()])
    if any(one.subjects for one in found.values()):
        yield ["person", *shots], _parts([one.subjects for one in found.values()])


def in_words(found: Mapping[int, Difference], names: tuple[str, str]) -> Iterator[str]:
    """What the paired test says at each shot; not separated is never called equal."""
    one, other = map(printable, names)
    for shot, found_here in found.items():
        people = found_here.people
        if not people:
            says = "people are unknown: no paired test; nothing is said of new people."
        elif found_here.p is None:
            says = f"too few people ({people}) for a paired test; nothing is said of new people."
        elif not found_here.separated:
            says = f"{one} and {other} are not separated on these {people} people, which does not make them equal."
        else:
            higher, lower = (one, other) if found_here.points > 0 else (other, one)
            says = f"{higher} is above {lower} on new people (paired t test over {people} people)."
        yield f"{shot}-shot: {says}"


def _whole(shot: int, one: Difference) -> Cells:
    return [
        str(shot),
        *(f"{uar:.1f}" for uar in one.uar),
        f"{one.points:+.1f}",
        *(_plain(value, 1) for value in (one.these_people, one.new_people)),
        *(_plain(value, 4) for value in (one.p, one.p_flip)),
        _plain(one.detectable, 1),
    ]


def _parts(values: list[dict[str, float]]) -> list[Cells]:
    return [[printable(name), *(f"{by[name]:+.1f}" for by in values)] for name in values[0]]


def _plain(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
