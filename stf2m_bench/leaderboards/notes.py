"""What a reader must know of a row beside its figures, as plain text."""

from __future__ import annotations

from stf2m_bench.scoring.result import Result
from stf2m_bench.tasks.task import Task

_HERE = ("built-in", "probe", "python")
_UNSTATED = "not stated"


def notes_of(result: Result, task: Task) -> list[str]:
    """What the model declares, what is not known of it, and whether it may have met the test people before."""
    says = result.model.declarations
    notes = []
    if result.state == "retracted":
        notes.append(f"retracted: {result.reason}")
    if result.model.source == "probe":
        notes.append("shortcut probe")
    if any(result.seeds):
        elsewhere = "" if result.state == "retracted" else ", the first one is not here"
        notes.append(f"training seed {result.seeds[0]}{elsewhere}")
    if says.told_names:
        notes.append("told the emotion names")
    if says.transductive:
        notes.append("transductive")
    if says.uses_votes:
        notes.append("uses votes")
    if says.scope != "clip":
        notes.append(f"views see the whole {says.scope}, unlabelled test clips too")
    if says.pretrained_on:
        notes.append("pretrained on " + ", ".join(says.pretrained_on))
    if _among(says.pretrained_on, task):
        notes.append("pretrained on this task's dataset")
    if not is_trained_here(result) and _among(result.model.training_data, task):
        notes.append("trained elsewhere on this task's dataset: nothing shows that the test people were left out")
    if not stated_data(result):
        notes.append("training data not stated")
    if result.model.source == "predictions":
        notes.append("a predictions file, which does not show how it was made")
    return notes


def is_trained_here(result: Result) -> bool:
    """Whether evaluation itself trained the model, fold by fold, on people whom it does not test."""
    return result.model.source.partition(":")[0] in _HERE


def stated_data(result: Result) -> tuple[str, ...]:
    """Every source that the model says it learnt from; empty where it says none."""
    told = (*result.model.training_data, *result.model.declarations.pretrained_on)
    return () if _UNSTATED in told else told


def _among(sources: tuple[str, ...], task: Task) -> bool:
    return bool({source.casefold() for source in sources} & {name.casefold() for name in task.protocol.datasets})
