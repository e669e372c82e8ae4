"""What raters reach on a corpus: the human ceiling, from the votes of a manifest, condition by condition."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from statistics import fmean

import pandas as pd


@dataclass(frozen=True)
class Ceiling:
    """How well one rater does, drawn at random from those of each clip.

    Attributes:
        clips: that have votes. raters: votes a clip, mean.
        uar: recall of the corpus's emotion by one rater, mean over emotions, percent.
        agreement: how often a rater says what most of the others of the clip say, percent; ties are split.
        majority: clips in which one emotion has at least half of the votes, percent. ties: clips with two first places.
    """

    clips: int
    raters: float
    uar: float
    agreement: float
    majority: float
    ties: float


def ceilings(rated: Iterable[tuple[str | None, Mapping[str, float]]]) -> dict[str, Ceiling]:
    """Condition -> ceiling.

    Args:
        rated: the emotion of each clip, or None, and its votes: `<condition>.<emotion>` -> count or share.
    """
    by_condition: dict[str, list[tuple[str | None, dict[str, float]]]] = {}
    for emotion, votes in rated:
        apart: dict[str, dict[str, float]] = {}
        for name, count in votes.items():
            condition, _, said = name.partition(".")
            apart.setdefault(condition, {})[said] = count
        for condition, counts in apart.items():
            if sum(counts.values()) > 0:
                by_condition.setdefault(condition, []).append((emotion, counts))
    return {condition: _ceiling(clips) for condition, clips in by_condition.items()}


def known_ceilings(dataset: str) -> dict[str, Ceiling]:
    """Condition -> ceiling of a whole corpus, as it was made of the corpus's own table; empty where none is kept.

    `crema_d_votes.json` is written by docs/figures/crema_d_votes.py.
    """
    kept = files("stf2m_bench.datasets.base").joinpath(f"{dataset}_votes.json")
    told = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    return {condition: Ceiling(**figures) for condition, figures in told.items()}


def votes_of(table: pd.DataFrame) -> Iterator[tuple[str | None, dict[str, float]]]:
    """Emotion and votes of each clip of a manifest's table that has votes."""
    columns = {name: name.removeprefix("votes.") for name in table.columns if name.startswith("votes.")}
    for row in table[["emotion", *columns]].to_dict("records"):
        known = {
            columns[name]: float(row[name]) for name in columns if row[name] == row[name] and row[name] is not None
        }
        if known:
            yield row["emotion"], known


def _ceiling(clips: list[tuple[str | None, dict[str, float]]]) -> Ceiling:
    recalls: dict[str, list[float]] = {}
    for emotion, counts in clips:
        if emotion is not None:
            recalls.setdefault(emotion, []).append(counts.get(emotion, 0.0) / sum(counts.values()))
    every = [counts for _, counts in clips]
    agreeing = [found for counts in every if (found := _agreement(counts)) is not None]
    return Ceiling(
        clips=len(clips),
        raters=fmean(sum(counts.values()) for counts in every),
        uar=100 * fmean(map(fmean, recalls.values())) if recalls else float("nan"),
        agreement=100 * fmean(agreeing) if agreeing else float("nan"),
        majority=100 * fmean(max(counts.values()) >= sum(counts.values()) / 2 for counts in every),
        ties=100 * fmean(len(_first(counts)) > 1 for counts in every),
    )


def _agreement(counts: Mapping[str, float]) -> float | None:
    """How often a rater of one clip says what most of its others say; None where there are no two raters."""
    total = sum(counts.values())
    if total < 2:
        return None
    agreed = 0.0
    for said, count in counts.items():
        first = _first({**counts, said: count - 1})
        agreed += count / len(first) if count and said in first else 0.0
    return agreed / total


def _first(counts: Mapping[str, float]) -> list[str]:
    most = max(counts.values())
    return [said for said, count in counts.items() if count == most]
