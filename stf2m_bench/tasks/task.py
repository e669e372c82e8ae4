"""A task: a frozen protocol. One TOML file, one clip list beside it."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stf2m_bench.errors import FaultsError, InputError, UnknownNameError, UsageError
from stf2m_bench.files import hash_of
from stf2m_bench.tasks.clips import ClipList, read_clips
from stf2m_bench.tasks.votes import Floats, Rated, as_matrix, label_faults, vote_faults

Side = Literal["meta_train", "meta_val", "meta_test"]
Label = Literal["emotion", "word", "valence", "arousal", "quadrant"]
SIDES: tuple[Side, ...] = ("meta_train", "meta_val", "meta_test")
Positive = Annotated[int, Field(ge=1)]


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
        label, neutral_band: what a clip's class is; see `reading.as_read`.
        window: seconds of the equal windows that the dataset's clips are cut into; 0 leaves them whole.
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
    window: Annotated[float, Field(ge=0)] = 0.0
    one_person: bool = False
    votes: str = ""
    majority: Annotated[float, Field(ge=0, le=1)] = 0.0
    relabelled: bool = False
    people: Literal["known", "unknown"] = "known"
    nested: bool = False

    @property
    def every_emotion(self) -> tuple[str, ...]:
        """The emotions of all sides; votes on others are left out."""
        return (*self.emotions, *self.training_emotions)

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


_OUTSIDE_HASH = {"title", "frozen", "ranked", "superseded_by", "reference"}
# Outside the hash and the file of a task that does without:
_ADDED_LATER = (
    *("training_emotions", "label", "neutral_band", "window", "one_person"),
    *("votes", "majority", "relabelled", "people", "nested"),
)


class Task:
    """A protocol with its clip list: all that drawing, scoring and rescoring need.

    Raises:
        FaultsError: the protocol and the clip list contradict each other; every fault is named.
    """

    def __init__(self, protocol: Protocol, clips: ClipList) -> None:
        self.protocol = protocol
        self.clips = clips
        faults = find_faults(protocol, clips)
        if faults:
            raise FaultsError(f"The task '{protocol.name}'", faults, "mend the task file or its clip list")

    @property
    def name(self) -> str:
        """The task's name, also that of its file."""
        return self.protocol.name

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the protocol keys and the clip list alone."""
        keys = self.protocol.used_keys()
        return hash_of({"protocol": {k: keys[k] for k in keys if k not in _OUTSIDE_HASH}, "clips": self.clips.hash})

    @property
    def people_known(self) -> bool:
        """Whether clips tell whose they are; otherwise all are of one nobody, ''."""
        return self.protocol.people == "known"

    @cached_property
    def subject(self) -> list[str]:
        """Whose each clip is."""
        return self.clips.subject if self.people_known else [""] * len(self.clips)

    def people(self, fold: int, side: Side) -> tuple[str, ...]:
        """Subjects of one side of one fold, in the order of the file."""
        people: tuple[str, ...] = getattr(self.protocol.folds[fold], side)
        return people if self.people_known else ("",)

    def emotions(self, side: Side, fold: int = 0) -> tuple[str, ...]:
        """The emotions that episodes of a side are drawn from; others than at meta-test in `new-emotions`.

        Args:
            fold: which one; folds differ where people are unknown.
        """
        protocol = self.protocol
        if not self.people_known:
            emotions: tuple[str, ...] = getattr(protocol.folds[fold], side)
            return emotions
        return protocol.emotions if side == "meta_test" else protocol.training_emotions or protocol.emotions

    @property
    def one_person(self) -> bool:
        """Whether the support and the queries of an episode come from one person."""
        return self.protocol.track == "personal" or self.protocol.one_person

    @cached_property
    def votes(self) -> tuple[tuple[str, ...], Floats] | None:
        """Every emotion of the task, and the votes of each clip on them `[n, E]`; None where none are scored."""
        emotions = self.protocol.every_emotion
        return (emotions, as_matrix(self.clips.votes, emotions)) if self.protocol.votes else None

    @property
    def unit(self) -> list[str]:
        """What puts each clip on a side of a fold: its subject; its emotion where people are unknown."""
        return self.clips.subject if self.people_known else self.clips.emotion

    def support_people(self, shot: int) -> int:
        """How many people give a K-shot support.

        Raises:
            UsageError: the task file does not say it for this K.
        """
        if self.one_person:
            return 1
        if str(shot) not in self.protocol.support_people:
            known = ", ".join(self.protocol.support_people)
            raise UsageError(
                f"The task '{self.name}' has no {shot}-shot episodes; it says who supports for K = {known}."
            )
        return self.protocol.support_people[str(shot)]


def find_faults(protocol: Protocol, clips: ClipList) -> list[str]:
    """Contradictions within a task, as sentences."""
    faults = []
    subjects, emotions = set(clips.subject), set(clips.emotion)
    what, known = ("subject", subjects) if protocol.people == "known" else ("emotion", emotions)
    if protocol.ways > len(protocol.emotions):
        faults.append(f"ways = {protocol.ways}, but only {len(protocol.emotions)} emotions are listed")
    faults += [f"emotion '{e}' has no clip in the clip list" for e in protocol.emotions if e not in emotions]
    if len(set(protocol.emotions)) < len(protocol.emotions):
        faults.append("an emotion is listed twice")
    for number, fold in enumerate(protocol.folds):
        seen: dict[str, str] = {}
        for side in SIDES:
            for name in getattr(fold, side):
                if name in seen:
                    faults.append(f"fold {number}: {what} '{name}' is in {seen[name]} and in {side}")
                if name not in known:
                    faults.append(f"fold {number}: {what} '{name}' of {side} has no clip in the clip list")
                seen[name] = side
    faults += _corpus_faults(protocol) + _emotion_faults(protocol, emotions) + _vote_faults(protocol, clips)
    faults += _stimulus_faults(protocol, set(clips.stimulus))
    if protocol.neutral_band and protocol.label in ("emotion", "word"):
        faults.append("neutral_band belongs to ratings: to label = valence, arousal or quadrant")
    if protocol.nested and protocol.track != "personal":
        faults.append("only the track personal has nested supports: elsewhere K decides who supports")
    if protocol.track != "personal" and not protocol.one_person and protocol.people == "known":
        faults += [
            f"support_people lacks the number of people for {shot} shots"
            for shot in protocol.shots
            if str(shot) not in protocol.support_people
        ]
    return faults


def _corpus_faults(protocol: Protocol) -> list[str]:
    """Where sides and datasets do not fit: in `new-corpus` the first one trains, the second is tested."""
    if protocol.track != "new-corpus":
        return ["only the track new-corpus has two datasets"] if len(protocol.datasets) > 1 else []
    if len(protocol.datasets) != 2:
        return ["the track new-corpus has two datasets: the one that trains, then the one that is tested"]
    trains, tested = protocol.datasets
    return [
        f"fold {number}: subject '{person}' of {side} is not of the dataset '{corpus}'"
        for number, fold in enumerate(protocol.folds)
        for side, corpus in (("meta_train", trains), ("meta_val", trains), ("meta_test", tested))
        for person in getattr(fold, side)
        if not person.startswith(f"{corpus}/")
    ]


def _emotion_faults(protocol: Protocol, known: set[str]) -> list[str]:
    """Where emotions of training and of the test do not fit the track."""
    training = protocol.training_emotions
    if protocol.people == "unknown":
        return _unknown_people_faults(protocol)
    if protocol.track != "new-emotions":
        return ["only the track new-emotions has training_emotions"] if training else []
    faults = [f"emotion '{e}' is trained and tested" for e in training if e in protocol.emotions]
    faults += [f"training emotion '{e}' has no clip in the clip list" for e in training if e not in known]
    if len(set(training)) < protocol.ways:
        faults.append(f"ways = {protocol.ways}, but only {len(set(training))} training_emotions are listed")
    return faults


def _stimulus_faults(protocol: Protocol, known: set[str]) -> list[str]:
    """Where stimuli of support and query do not fit the track, or meet."""
    if protocol.track != "new-stimuli":
        named = any(fold.support_stimuli or fold.query_stimuli for fold in protocol.folds)
        faults = ["only the track new-stimuli has support_stimuli and query_stimuli"] if named else []
        return faults + (["only the track new-stimuli has the key one_person"] if protocol.one_person else [])
    faults = []
    for number, fold in enumerate(protocol.folds):
        support, query = set(fold.support_stimuli), set(fold.query_stimuli)
        if not support or not query:
            faults.append(f"fold {number}: the track new-stimuli needs support_stimuli and query_stimuli")
        faults += [f"fold {number}: stimulus '{one}' is supported and queried" for one in sorted(support & query)]
        strange = sorted((support | query) - known)
        faults += [f"fold {number}: stimulus '{one}' has no clip in the clip list" for one in strange]
    return faults


def _vote_faults(protocol: Protocol, clips: ClipList) -> list[str]:
    """Where the keys on votes, the column of votes and the emotions do not fit each other."""
    if not protocol.votes:
        faults = ["the clip list has votes, but no key votes says whose"] if clips.votes else []
        return faults + [f"{key} needs the key votes" for key in ("majority", "relabelled") if getattr(protocol, key)]
    if not clips.votes:
        return [f"votes = '{protocol.votes}', but the clip list has no column votes"]
    faults = vote_faults(clips.clip_id, clips.votes, protocol.every_emotion)
    return faults or (label_faults(clips.clip_id, clips.emotion, clips.votes) if protocol.relabelled else [])


def _unknown_people_faults(protocol: Protocol) -> list[str]:
    """Where sides, which are emotions here, do not fit the rest."""
    if protocol.track != "new-emotions":
        return ["people are unknown, which only the track new-emotions can do without"]
    told = bool(protocol.training_emotions)
    faults = ["the sides of folds are emotions, so that training_emotions says nothing"] if told else []
    tested = {emotion for fold in protocol.folds for emotion in fold.meta_test}
    faults += [f"emotion '{e}' is tested in no fold" for e in protocol.emotions if e not in tested]
    faults += [f"emotion '{e}' is tested, but not listed" for e in sorted(tested - set(protocol.emotions))]
    return faults + [
        f"fold {number}: ways = {protocol.ways}, but {side} has only {len(getattr(fold, side))} emotions"
        for number, fold in enumerate(protocol.folds)
        for side in SIDES
        if len(getattr(fold, side)) < protocol.ways
    ]


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


def task_folder() -> Path:
    """The folder of the committed task files: in the wheel, or at the top of a checkout."""
    packaged = Path(__file__).with_name("files")
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "tasks"


def task_names() -> list[str]:
    """Names of the built-in tasks."""
    return sorted(path.stem for path in task_folder().glob("*.toml"))


def load_task(name: str | Path) -> Task:
    """A built-in task by name, or any task file by its path (`.toml`, its clip list beside it).

    Raises:
        UnknownNameError: no such built-in task. FaultsError, InputError: the files are broken.
    """
    path = Path(name) if str(name).endswith(".toml") else task_folder() / f"{name}.toml"
    if not path.is_file():
        if str(name).endswith(".toml"):
            raise InputError(f"There is no task file {path}; give the path of a .toml file or a built-in task's name.")
        raise UnknownNameError("task", str(name), task_names())
    protocol = read_protocol(path)
    if protocol.name != path.stem:
        raise InputError(f"The task file {path} calls itself '{protocol.name}'; file and name must agree.")
    return Task(protocol, read_clips(path.with_suffix(".clips.csv")))
