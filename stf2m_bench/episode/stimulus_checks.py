"""What the track new-stimuli promises, looked for in a task and in what is drawn from it."""

from __future__ import annotations

from stf2m_bench.episode.capacity import DRAWN
from stf2m_bench.episode.drawing import Drawer, Episode
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.protocol import SIDES
from stf2m_bench.tasks.task import Task


def stimulus_faults(task: Task) -> list[str]:
    """Recordings of which clips are both among what is supported or trained on and what is queried."""
    clips, faults = task.clips, []
    for number, fold in enumerate(task.protocol.folds):
        parts = [
            {r for r, s in zip(clips.recording, clips.stimulus, strict=True) if s in stimuli}
            for stimuli in (fold.support_stimuli, fold.query_stimuli)
        ]
        faults += [f"fold {number}: stimulus '{s}'" for s in sorted({*fold.support_stimuli} & {*fold.query_stimuli})]
        faults += [f"fold {number}: recording '{recording}'" for recording in sorted(parts[0] & parts[1])]
    return faults


def new_stimuli_fault(task: Task, episode: Episode) -> str:
    """Support and queries of an episode are of their own stimuli."""
    fold, stimulus = task.protocol.folds[episode.fold], task.clips.stimulus
    support, query = ({stimulus[row] for row in rows} for rows in (episode.support, episode.query))
    if strange := sorted(support - {*fold.support_stimuli}):
        return f"the support has the stimulus '{strange[0]}', which is not among support_stimuli"
    strange = sorted(query - {*fold.query_stimuli} | query & support)
    return f"the queries have the stimulus '{strange[0]}', which is not theirs alone" if strange else ""


def training_faults(task: Task) -> list[str]:
    """Stimuli of drawn training episodes that are none of `support_stimuli`."""
    drawer, faults = Drawer(task), []
    for number, fold in enumerate(task.protocol.folds):
        for side in SIDES[:2]:
            numbers = [(shot, i) for shot in task.protocol.shots for i in range(DRAWN)]
            try:
                drawn = [drawer.draw(shot, i, fold=number, side=side) for shot, i in numbers]
            except InputError:  # a shortage, which is told as such
                continue
            seen = {task.clips.stimulus[row] for e in drawn for rows in (e.support, e.query) for row in rows}
            faults += [f"fold {number}: '{s}' in {side}" for s in sorted(seen - {*fold.support_stimuli})]
    return faults
