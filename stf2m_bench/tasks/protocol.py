"""The protocol of a task: the keys of its TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.tasks.votes import Rated

Side = Literal["meta_train", "meta_val", "meta_test"]
Label = Literal["emotion", "word", "valence", "arousal", "quadrant", "quadrant_or_neutral"]
Midpoint = Literal["neither", "high", "low"]
SIDES: tuple[Side, ...] = ("meta_train", "meta_val", "meta_test")
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Fold(BaseModel):
    """The people of each side of one fold, its emotions where people are unknown; in `new-stimuli` also what was shown.

    Attributes:
        support_stimuli: stimuli of all training and of the support.
        query_stimuli: stimuli of the queries of meta-test, seen nowhere else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    meta_train: tuple[str, ...]
    meta_val: tuple[str, ...]
    meta_test: tuple[str, ...]
    support_stimuli: tuple[str, ...] = ()
    query_stimuli: tuple[str, ...] = ()


class Reference(BaseModel):
    """A published figure, with the protocol that it was got by (never ours)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    protocol: str
    value: float


class Protocol(BaseModel):
    """The keys of a task file. Unknown keys are refused.

    Attributes:
        datasets: keys of loaders; in `new-corpus` two, the one that trains and the one that is tested, and ids of clips
            and subjects begin with the dataset (`ravdess/01`).
        track: what is new at meta-test.
        views: views that a model may see; the first is the one for models that take only one.
        ways, shots, queries: N emotions, each K of `shots` support clips and `queries` query clips per emotion.
        emotions: the classes drawn from: canonical emotions, or the words that `label` gives. training_emotions: those
            of meta-train and meta-val in `new-emotions`.
        support_people: K -> how many people give the support (the fewest with which any group serves every emotion).
        episodes: per shot, in all; episode i belongs to fold i mod F.
        frozen: SHA-256 of exactly those episodes; empty until `tasks freeze`.
        ranked: False for a control, shown apart.
        label, neutral_band, midpoint: what a clip's class is; see `reading.as_read`.
        window: seconds of the equal windows that the dataset's clips are cut into, or its ratings where they go on all
            the while; 0 leaves clips whole. lag: seconds by which people rate late, in such windows.
        one_person: in `new-stimuli`, one person gives both support and query, as in `personal`.
        votes, majority, relabelled: see `votes.Rated`.
        people: `unknown` where nobody says whose a clip is (track `new-emotions` alone): sides of folds are emotions.
        nested: episode i asks the same queries at every K, its K-shot support begins that of more (`personal` alone).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Positive
    title: str
    datasets: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    track: Literal["new-subjects", "personal", "new-corpus", "new-emotions", "new-stimuli"]
    views: Annotated[tuple[str, ...], Field(min_length=1)]
    ways: Annotated[int, Field(ge=2)]
    shots: Annotated[tuple[Positive, ...], Field(min_length=1)]
    queries: Positive
    emotions: Annotated[tuple[str, ...], Field(min_length=2)]
    training_emotions: tuple[str, ...] = ()
    support_people: dict[str, Positive]
    episodes: Positive
    seed: Annotated[int, Field(ge=0)]
    frozen: str = ""
    ranked: bool = True
    superseded_by: str = ""
    folds: Annotated[tuple[Fold, ...], Field(min_length=1)]
    reference: tuple[Reference, ...] = ()
    label: Label = "emotion"
    neutral_band: Annotated[float, Field(ge=0, lt=1)] = 0.0
    window: Seconds = 0.0
    one_person: bool = False
    votes: str = ""
    majority: Annotated[float, Field(ge=0, le=1)] = 0.0
    relabelled: bool = False
    people: Literal["known", "unknown"] = "known"
    nested: bool = False
    midpoint: Midpoint = "neither"
    lag: Seconds = 0.0

    @property
    def every_emotion(self) -> tuple[str, ...]:
        """The emotions of all sides; votes on others are left out."""
        return (*self.emotions, *self.training_emotions)

    @property
    def read(self) -> dict[str, Any]:
        """The keys by which the dataset is read; see `reading.as_read`."""
        return self.model_dump(include={"label", "neutral_band", "window", "lag", "midpoint"})

    @property
    def rated(self) -> Rated:
        """What the task does with votes."""
        return Rated(self.votes, self.majority, self.relabelled)

    def used_keys(self) -> dict[str, Any]:
        """Every key as JSON has it, but for those of later versions that are left at what they are by default."""
        keys = self.model_dump(mode="json")
        keys["folds"] = [{key: names for key, names in fold.items() if names or key in SIDES} for fold in keys["folds"]]
        unused = [name for name in _ADDED_LATER if getattr(self, name) == type(self).model_fields[name].default]
        return {name: value for name, value in keys.items() if name not in unused}


OUTSIDE_HASH = {"title", "frozen", "ranked", "superseded_by", "reference"}
# Outside the hash and the file of a task that does without:
_ADDED_LATER = (
    *("training_emotions", "label", "neutral_band", "window", "one_person"),
    *("votes", "majority", "relabelled", "people", "nested", "midpoint", "lag"),
)


def read_protocol(path: Path) -> Protocol:
    """Read one task file.

    Raises:
        InputError: not TOML. FaultsError: unknown, missing or wrong keys, all of them.
    """
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The task file {path} is not valid TOML: {error}.") from error
    return as_protocol(table, f"The task file {path}")


def as_protocol(table: dict[str, Any], what: str) -> Protocol:
    """The protocol of these keys.

    Args:
        what: begins the message.

    Raises:
        FaultsError: unknown, missing or wrong keys, all of them.
    """
    try:
        return Protocol.model_validate(table)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {_plain(e['type'], e['msg'])}" for e in error.errors()]
        raise FaultsError(what, faults, "mend these keys") from error


def _plain(kind: str, message: str) -> str:
    return {"extra_forbidden": "unknown key", "missing": "missing key"}.get(kind, message)
