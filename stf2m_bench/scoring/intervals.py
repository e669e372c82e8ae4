"""Two 95% intervals of a figure: the error from drawing episodes, and the error from having tested these people.

docs/validity.md shows by simulation how often they hold the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stf2m_bench.scoring.figures import Interval, six
from stf2m_bench.scoring.metrics import Floats, Ints, recalls

FEWEST_PEOPLE = 6
FEW_PEOPLE = 12
_Z = 1.959963984540054
_RANK_TOLERANCE = 1e-9


def linearised(correct: Floats, truth: Ints, recall: Floats) -> Floats:
    """Correctness of one fold's queries, turned so that its plain mean is the fold's UAR.

    The UAR is a mean of ratios, U = 1/E sum_e S_e / n_e with S_e right of n_e queries. Its first-order change with
    one query (Woodruff 1971, JASA 66, linearisation) is (y_q - R_e) / (E n_e), hence with n queries in all

        z_q = U + n / (E n_e) (y_q - R_e)        with mean_q z_q = U.

    Args:
        correct: `[..., n]`; leading axes are models or simulated sets with the same queries.
        truth: emotion of each query `[n]`.
        recall: R_e `[..., E]`, NaN for emotions that are not asked for.

    Returns:
        z `[..., n]`.
    """
    asked = np.bincount(truth, minlength=recall.shape[-1])
    weight = len(truth) / ((asked > 0).sum() * asked[truth])
    z: Floats = np.nanmean(recall, axis=-1, keepdims=True) + weight * (correct - recall[..., truth])
    return z


def monte_carlo_variance(correct: Floats, truth: Ints, *, emotions: int) -> float:
    """Variance of one fold's UAR over episodes, which are independent draws for these people and this model.

    With u_i the sum over episode i of (y - R_e) / (E n_e), Var(U) = m / (m - 1) sum_i u_i^2 over m episodes
    (Woodruff 1971; Cochran 1977, section 6.4). NaN for a single episode.

    Args:
        correct: `[m, Q]`.
        truth: emotion of each query `[m, Q]`.
    """
    fold = np.zeros_like(truth)
    recall = recalls(correct, truth, fold, emotions=emotions, folds=1)[0]
    z = linearised(correct.ravel(), truth.ravel(), recall).reshape(correct.shape)
    u = (z - np.nanmean(recall)).sum(axis=1) / correct.size
    m = len(correct)
    return float((u**2).sum() * m / (m - 1)) if m > 1 else float("nan")


def monte_carlo(uar: float, variances: list[float]) -> Interval | None:
    """The interval for *these people*: U +- 1.96 sqrt(sum_f Var_f) / F; None where a fold has one episode."""
    spread = float(np.sqrt(sum(variances))) / len(variances)
    return _interval(uar, _Z * spread, people=None, label="episodes") if np.isfinite(spread) else None


@dataclass(frozen=True)
class Contributions:
    """What each person of one fold adds to its UAR.

    Attributes:
        people: numbers of those who ask or support, ascending.
        values: c `[..., P]`, one a person, as shares.
        told_apart: the episodes tell the effect of asking from the effect of supporting.
    """

    people: Ints
    values: Floats
    told_apart: bool


def contributions(z: Floats, asking: Ints, supporting: Ints | None) -> Contributions:
    """Least squares of (linearised) correctness on who asks and who supports.

    A test on people i = 1 ... P gives the query q of person p(q), with a support of which person s gave the share
    w_qs, the correctness

        z_q = mu + a_p(q) + sum_s w_qs b_s + noise,        sum_i a_i = sum_i b_i = 0.

    New people bring new a *and* new b. Every person asks and supports equally often, so the UAR moves with the mean
    of a_i + b_i, and each person counts once, in both roles: c_i = U + a_i + b_i is an independent draw of a new
    person's worth, Var(U) = Var(c) / S. Resampling queries or the asking people alone misses the b. The dummies of
    the askers and the shares of the supporters both sum to one in each query, and few people leave more undetermined:
    among all least-squares solutions the shortest (a, b) is taken, which has zero means.

    Where some only ask and others only support, n_a and n_b of the P people, the UAR moves with a_i / n_a and b_i / n_b
    instead: c_i = U + a_i P / n_a + b_i P / n_b, so that Var(U) = Var(c) / P again.

    Args:
        z: `[..., n]`, see `linearised`.
        asking: person of each query `[n]`.
        supporting: persons of each query's support clips `[n, N * K]`; None where one person
            does both and c_i = U + a_i.
    """
    seen = asking if supporting is None else np.concatenate([asking, supporting.ravel()])
    people = np.unique(seen)
    count = len(people)
    rows = np.arange(len(asking))
    design = np.zeros((len(asking), count * (1 if supporting is None else 2)))
    design[rows, np.searchsorted(people, asking)] = 1
    if supporting is not None:
        for column in supporting.T:
            design[rows, count + np.searchsorted(people, column)] += 1 / supporting.shape[1]
    centred = design - design.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    kept = values > _RANK_TOLERANCE * values[-1]
    mean = z.mean(axis=-1, keepdims=True)
    loading = (z - mean) @ centred @ vectors[:, kept] / values[kept]
    effects = (loading @ vectors[:, kept].T).reshape(*z.shape[:-1], -1, count)
    filled = design.any(axis=0).reshape(-1, count).sum(axis=1)  # how many people ask, how many support
    told_apart = int(kept.sum()) == int((filled - 1).sum())
    return Contributions(people, mean + (effects * (count / filled)[:, None]).sum(axis=-2), told_apart)


def over_unlike_folds(found: Sequence[Contributions], uars: Floats) -> dict[int, float]:
    """Person -> contribution to the mean UAR of F folds in which people have other roles each time.

    Each fold moves the mean by (c_if - U_f) / (P_f F) for person i; with S people in all,
    c_i = U + S / F sum_f (c_if - U_f) / P_f has Var(U) = Var(c) / S.

    Args:
        uars: U_f `[F]`.
    """
    people = sorted({int(person) for one in found for person in one.people})
    values = dict.fromkeys(people, float(uars.mean()))
    for one, uar in zip(found, uars, strict=True):
        for person, value in zip(one.people, one.values, strict=True):
            values[int(person)] += len(people) / len(found) * float(value - uar) / len(one.people)
    return values


def new_people(figure: float, values: Floats, *, most: float = 1.0, scale: float = 100.0) -> Interval | None:
    """The interval for *new people*: U +- t(S - 1) sd(c) / sqrt(S); None below 6 people, `rough` below 12.

    Args:
        figure: U, the UAR as a share of 1, or another mean over queries, at least 0.
        values: c of the S people of all folds, in its unit.
        most: no figure is higher.
        scale: what the interval is multiplied by; 100 makes percent of shares.
    """
    count = len(values)
    if count < FEWEST_PEOPLE:
        return None
    halfwidth = float(t_halfwidth(values))
    label = "rough" if count < FEW_PEOPLE else "people"
    return _interval(figure, halfwidth, people=count, label=label, most=most, scale=scale)


def t_halfwidth(values: Floats) -> Floats:
    """Half the 95% interval of a mean of S independent values: t.975(S - 1) sd / sqrt(S). Student 1908.

    Args:
        values: `[..., S]`, S at least 2.

    Returns:
        `[...]`, in the unit of the values.
    """
    from scipy.special import stdtrit

    count = values.shape[-1]
    halfwidth: Floats = stdtrit(count - 1, 0.975) * values.std(axis=-1, ddof=1) / np.sqrt(count)
    return halfwidth


def _interval(
    figure: float, halfwidth: float, *, people: int | None, label: Any, most: float = 1.0, scale: float = 100.0
) -> Interval:
    return Interval(
        lower=six(scale * max(figure - halfwidth, 0)),
        upper=six(scale * min(figure + halfwidth, most)),
        halfwidth=six(scale * halfwidth),
        people=people,
        label=label,
    )
