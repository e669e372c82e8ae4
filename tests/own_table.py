"""A table of one's own, models of one's own, and what tests of the command line ask of folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

EMOTIONS = ("anger", "happiness", "sadness")
NEW_TASK = (
    *("--dataset", "csv:mine", "--views", "imported:x", "--ways", "3", "--shots", "1"),
    *("--queries", "2", "--episodes", "60"),
)
MODELS = '''
import time
from pathlib import Path

import torch

from stf2m_bench.models.base.model import Model


def flat(problem):
    return torch.zeros(*problem.query_index.shape, problem.ways)


def wrong_shape(problem):
    return torch.zeros(2, 7)


def gives_nan(problem):
    return flat(problem) * float("nan")


def changes_views(problem):
    problem.clips["imported:x"].zero_()
    return flat(problem)


def raises(problem):
    raise ValueError("shapes (3, 4) and (5, 6)\\nare not aligned")


def bad_factory():
    raise RuntimeError("no weights here")


def talks(problem):
    print("a stranger's model prints")
    return flat(problem)


class FitRaises(Model):
    def fit(self, sides):
        raise KeyError("lost")

    def predict(self, problem):
        return flat(problem)


class Slow(Model):
    """Predicts at once where the file `quick` lies, else tells that it has begun and takes its time."""

    def predict(self, problem):
        if not Path("quick").exists():
            Path("begun").touch()
            time.sleep(20)
        return -((problem.clips["imported:x"].mean() * 1000).round() + flat(problem))
'''


def write_clips(folder: Path, *, people: int = 10, clips: int = 6) -> None:
    """`clips.csv`: each emotion has a mean of its own in six columns, each person an offset."""
    rng = np.random.default_rng(0)
    means = {emotion: rng.normal(0, 1.2, 6) for emotion in EMOTIONS}
    lines = [",".join(["clip_id", "subject", "emotion", *(f"feature.x.c{n}" for n in range(6))])]
    for person in range(people):
        offset = rng.normal(0, 0.5, 6)
        for emotion, mean in means.items():
            for n in range(clips):
                values = mean + offset + rng.normal(0, 1, 6)
                lines.append(
                    ",".join([f"p{person}-{emotion}-{n}", f"p{person}", emotion, *(f"{v:.4f}" for v in values)])
                )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clips.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but locks, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and "__pycache__" not in path.parts
    }
