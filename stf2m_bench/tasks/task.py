"""A task: a frozen protocol. One TOML file, one clip list beside it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from stf2m_bench.errors import FaultsError, InputError, UnknownNameError, UsageError
from stf2m_bench.files import hash_of
from stf2m_bench.tasks.clips import ClipList, read_clips
from stf2m_bench.tasks.faults import find_faults
from stf2m_bench.tasks.protocol import OUTSIDE_HASH, Protocol, Side, read_protocol
from stf2m_bench.tasks.votes import Floats, as_matrix


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
        return hash_of({"protocol": {k: keys[k] for k in keys if k not in OUTSIDE_HASH}, "clips": self.clips.hash})

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
