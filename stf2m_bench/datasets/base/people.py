"""What corpora tell of their people, in the words of the manifest's groups: sex and age band, nothing else."""

from __future__ import annotations

_BANDS = ((30, "under 30"), (45, "30-44"), (60, "45-59"))


def sex_group(word: str) -> dict[str, str]:
    """`{"sex": "female" | "male"}` of a word or letter (F, W, M in either case); empty where it is none of them."""
    sex = {"f": "female", "w": "female", "m": "male"}.get(word.strip()[:1].lower())
    return {"sex": sex} if sex else {}


def age_group(years: int) -> dict[str, str]:
    """`{"age": band}`: bands so wide that few people are alone in theirs."""
    return {"age": next((band for end, band in _BANDS if years < end), "60 and over")}
