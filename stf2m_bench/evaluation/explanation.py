"""What is told of a trained ST-F2M: means over people, episodes and clips; nothing of a single one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stf2m_bench.scoring.metrics import Floats, Ints


@dataclass(frozen=True)
class Rules:
    """The rules of one view; R rules, F variables, E emotions.

    Attributes:
        weight: of what they add to an embedding; 0 where they have not joined yet.
        added: size of what they add over that of the embedding; certainty: of a query's firing; means over queries.
        importances, centres: `[R, F]`; a rule's centre is that of its weightiest term where it has `terms`, `[R][F]`.
        usage, by_emotion: mean firing over queries, `[R]`, and over those of each true emotion, `[E, R]`.
        towards: `[R, E]`, what the addition of a rule at its centre does to the logits of the view's own classifier of
            training emotions; variables that the rule does not look at are 0. Rows have mean 0.
        quantiles: `[3, F]`: 5, 50 and 95% of the variables of queries.
        grid, curves: memberships `[sides, C, F, G]` at values `[G]`; C rules, or terms from low to high.
    """

    weight: float
    added: float
    certainty: float
    importances: Floats
    centres: Floats
    terms: Sequence[Sequence[str]] | None
    usage: Floats
    by_emotion: Floats
    towards: Floats
    quantiles: Floats
    grid: Floats
    curves: Floats


@dataclass(frozen=True)
class Sites:
    """How far the sites of one view are open: mean and deviation over episodes `[P]`; `kind` as in `Layout`."""

    kind: str
    what: str
    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class Branches:
    """Mean weight of each dilation, `[layers, T, dilations]`, over sites and the `clips` `[T]` that last so long.

    Steps that hardly any clip reaches are left out. `seconds` is the length of a step; 0 where the view has no rate.
    """

    dilations: Sequence[int]
    seconds: float
    weights: Floats
    clips: Ints


@dataclass(frozen=True)
class Shares:
    """Mean share of each view in the scores of a query: `[M]`, by true emotion `[E, M]`; `leads`: how often it is the
    largest."""

    mean: Floats
    by_emotion: Floats
    leads: Floats


@dataclass(frozen=True)
class Figures:
    """Of all queries; `episode`: accuracy of the matching within the episode alone, which all pictures speak of."""

    accuracy: float
    nll: float
    ece: float
    episode: float


@dataclass(frozen=True)
class Ambiguity:
    """Spearman's correlation with 1 - largest share of a clip's votes, over `clips` different clips; None where one of
    both does not vary. `rules`: of 1 - certainty of firing. `scores`: of the entropy of the class probabilities."""

    clips: int
    rules: float | None
    scores: float | None


@dataclass(frozen=True)
class Explanation:
    """All that is drawn and written of one model on one fold."""

    model: str
    settings: Mapping[str, object]
    task: str
    synthetic: bool
    fold: int
    shot: int
    episodes: int
    queries: int
    emotions: Sequence[str]
    views: Sequence[str]
    figures: Figures
    ambiguity: Ambiguity | None
    rules: Mapping[str, Rules]
    sites: Mapping[str, Sites]
    branches: Mapping[str, Branches]
    shares: Shares | None
