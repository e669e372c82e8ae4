"""Read real voices after training on synthetic ones: `python benchmarks/other_people.py`.

Here, and not on a board, it was chosen that `stf2m` lets the shots tell how far to trust what training people taught
(`shot_trust`): trained on emosynth (synthetic), asked about the twelve people of RAVDESS, who are training people of
`ravdess-to-emodb`. Say once where RAVDESS lies: `stf2m-bench datasets check ravdess --data FOLDER`. Writes
other_people.json beside itself; docs/stf2m.md tells what it shows.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import torch

from stf2m_bench.cli.console import progress_bars
from stf2m_bench.episode.drawing import frozen_hash
from stf2m_bench.episode.views import open_views
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.files import write_text
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task, load_task

FIGURES = Path(__file__).with_name("other_people.json")
TRAINED_ON, ASKED = "emosynth-new-subjects", "ravdess-to-emodb"
MODELS = {
    "stf2m": ("stf2m", {}),
    "stf2m without trust": ("stf2m", {"shot_trust": False}),
    "ridge": ("ridge", {}),
    "class_memory": ("class_memory", {}),
    "prototypical": ("prototypical", {}),
}


def synthetic_to_real() -> Task:
    """Train on 14 people of emosynth, choose on 6, ask the 12 of RAVDESS; five emotions, voices without their level."""
    generated, real = load_task(TRAINED_ON).clips, load_task(ASKED)
    emotions = real.protocol.emotions
    rows = [
        {field.name: getattr(clips, field.name)[row] for field in fields(ClipList) if getattr(clips, field.name)}
        for clips, corpus in ((generated, "emosynth"), (real.clips, "ravdess"))
        for row in range(len(clips))
        if clips.emotion[row] in emotions and (corpus == "emosynth" or clips.clip_id[row].startswith("ravdess/"))
    ]
    for row in rows:
        if not row["clip_id"].startswith("ravdess/"):
            row.update({name: f"emosynth/{row[name]}" for name in ("clip_id", "subject", "recording")})
            row["duplicate_of"] = row["duplicate_of"] and f"emosynth/{row['duplicate_of']}"
    rows.sort(key=lambda row: row["clip_id"])
    people = sorted({row["subject"] for row in rows})
    made, asked = ([one for one in people if one.startswith(corpus)] for corpus in ("emosynth/", "ravdess/"))
    fold = Fold(meta_train=tuple(made[:14]), meta_val=tuple(made[14:]), meta_test=tuple(asked))
    changes = {"name": "emosynth-to-ravdess", "datasets": ("emosynth", "ravdess"), "folds": (fold,), "frozen": ""}
    clips = ClipList(**{name: [row[name] for row in rows] for name in rows[0]})
    task = Task(real.protocol.model_copy(update=changes), clips)
    return Task(task.protocol.model_copy(update={"frozen": frozen_hash(task)}), clips)


@click.command()
def main() -> None:
    """Train and score each model; write the figures."""
    torch.set_num_threads(1)
    task, found = synthetic_to_real(), {}
    with progress_bars() as progress, TemporaryDirectory() as apart:
        views = open_views(task, progress=progress)
        for name, (key, config) in MODELS.items():
            done = evaluate(task, key, views=views, results=Path(apart), progress=progress, **config)
            found[name] = {shot: round(figures.uar, 1) for shot, figures in done.result.figures.shots.items()}
            click.echo(f"{name}: {found[name]}")
    write_text(FIGURES, json.dumps({"task": task.hash, "uar": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
