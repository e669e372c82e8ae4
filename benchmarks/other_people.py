"""Ask models of people unlike those they learned from, and of people like them: `python benchmarks/other_people.py`.

Here, and not on a board, it was chosen that `stf2m` lets the shots tell how far to trust what training people taught
(`shot_trust`), and by which margin. Unlike: trained on emosynth's voices (synthetic), asked about the twelve people of
RAVDESS, who are training people of `ravdess-to-emodb`. Like: two training people of a fold of `emosynth-ambiguous`
(synthetic) are held out and asked. Say once where RAVDESS lies: `stf2m-bench datasets check ravdess --data FOLDER`.
Writes other_people.json beside itself; docs/stf2m.md tells what it shows.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import torch

from stf2m_bench.cli.console import progress_bars
from stf2m_bench.episode.new_task import freeze
from stf2m_bench.episode.views import open_views
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.files import write_text
from stf2m_bench.models.base import trust
from stf2m_bench.tasks.clips import ClipList
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task, load_task

FIGURES = Path(__file__).with_name("other_people.json")
MARGINS = (0.0, 0.1, 0.2, 0.4, 1.0)  # nats a shot


def synthetic_to_real() -> Task:
    """Train on 14 people of emosynth, choose on 6, ask the 12 of RAVDESS; five emotions, voices without their level."""
    generated, real = load_task("emosynth-new-subjects").clips, load_task("ravdess-to-emodb")
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
    return freeze(Task(real.protocol.model_copy(update=changes), clips))


def held_out() -> Task:
    """The first fold of emosynth-ambiguous, asking the first two of its training people and none of those it tests."""
    task = load_task("emosynth-ambiguous")
    fold = task.protocol.folds[0]
    asked = Fold(meta_train=fold.meta_train[2:], meta_val=fold.meta_val, meta_test=fold.meta_train[:2])
    changes = {"name": "emosynth-ambiguous-held-out", "folds": (asked,), "frozen": ""}
    return freeze(Task(task.protocol.model_copy(update=changes), task.clips))


def scored(task: Task) -> dict[str, dict[int, tuple[float, float]]]:
    """Model -> shots -> UAR in percent and NLL in nats."""
    found = {}
    with progress_bars() as progress, TemporaryDirectory() as apart:
        views = open_views(task, progress=progress)

        def score(title: str, key: str, **config: Any) -> None:
            done = evaluate(task, key, views=views, results=Path(apart), progress=progress, **config)
            shots = done.result.figures.shots
            found[title] = {shot: (round(figures.uar, 1), round(figures.nll, 3)) for shot, figures in shots.items()}
            click.echo(f"{task.name}, {title}: {found[title]}")

        for key in ("ridge", "class_memory", "prototypical"):
            score(key, key)
        score("stf2m without trust", "stf2m", shot_trust=False)
        for margin in MARGINS:
            trust.MARGIN = margin
            score(f"stf2m, margin {margin}", "stf2m")
    return found


@click.command()
def main() -> None:
    """Train and score each model on both; write the figures."""
    torch.set_num_threads(1)
    tasks = (synthetic_to_real(), held_out())
    write_text(FIGURES, json.dumps({task.name: scored(task) for task in tasks}, indent=1) + "\n")


if __name__ == "__main__":
    main()
