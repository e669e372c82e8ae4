"""Makes the tasks of whole corpora out of names alone, for whoever has no media:
`python benchmarks/tasks_from_names.py CREMA_D_FOLDER --out tasks`

Both corpora are made of empty files with the corpus's names, read by their own loaders: RAVDESS by its naming rule,
CREMA-D by `processedResults/summaryTable.csv` and `VideoDemographics.csv`, which lie in CREMA_D_FOLDER. Whoever has the
corpus gets the same clip list. Copies of a clip cannot be seen in names; those that are known are marked.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.episode.new_task import Wish, new_task
from stf2m_bench.tasks.make import write_task
from stf2m_bench.tasks.task import Task

VIEWS = ("audio.logmel", "video.face")
NO_RESULT = "no result yet, needs the whole corpus"
TWINS = {"01-03-01-02-02-07": "01-03-01-02-01-07"}  # of RAVDESS, the same sound; found in ravdess-a12-new-subjects


def main() -> None:
    """Write both tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("crema_d", type=Path)
    parser.add_argument("--out", type=Path, default=Path("tasks"))
    options = parser.parse_args()
    for task in (ravdess(), crema_d(options.crema_d)):
        print(write_task(task.protocol, task.clips, options.out))


def ravdess() -> Task:
    """New people among all 24 actors of RAVDESS, its speech."""
    with tempfile.TemporaryDirectory() as folder:
        for performance in performances():
            place = Path(folder) / f"Actor_{performance[-2:]}"
            touch(place / f"03-{performance}.wav")
            touch(place / f"01-{performance}.mp4")
        return whole("ravdess", Path(folder), f"RAVDESS speech, all 24 actors: new people, voice and face; {NO_RESULT}")


def performances() -> Iterator[str]:
    """The last six fields of every spoken performance: neutral has no strong intensity."""
    emotions, levels, twice = range(1, 9), (1, 2), (1, 2)
    for actor, emotion, level, statement, repetition in product(range(1, 25), emotions, levels, twice, twice):
        if (emotion, level) != (1, 2):
            yield f"01-{emotion:02d}-{level:02d}-{statement:02d}-{repetition:02d}-{actor:02d}"


def crema_d(tables: Path) -> Task:
    """New people among all 91 actors of CREMA-D."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(tables / "VideoDemographics.csv", folder)
        with (tables / "processedResults" / "summaryTable.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                touch(Path(folder) / "AudioWAV" / f"{row['FileName']}.wav")
                touch(Path(folder) / "VideoFlash" / f"{row['FileName']}.flv")
        return whole("crema_d", Path(folder), f"CREMA-D, all 91 actors: new people, voice and face; {NO_RESULT}")


def whole(dataset: str, folder: Path, title: str) -> Task:
    """The task of a corpus; its board ranks once models and shortcut probes were scored."""
    manifest = build_manifest(dataset, folder)
    name = f"{dataset.replace('_', '-')}-new-subjects"
    wish = Wish(name, title, "new-subjects", emotions=manifest.card.emotions, views=VIEWS)
    return new_task(manifest, {}, wish, duplicates=TWINS if dataset == "ravdess" else {})


def touch(path: Path) -> None:
    """An empty file."""
    path.parent.mkdir(exist_ok=True)
    path.touch()


if __name__ == "__main__":
    main()
