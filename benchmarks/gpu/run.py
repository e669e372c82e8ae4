"""ST-F2M on an accelerator: `python benchmarks/gpu/run.py [--task emosynth-new-subjects] [--device cuda]`.

Trains and evaluates two sizes of the model, checks the small one against the CPU, and writes steps a second, problems a
second, memory and the share of time outside the model to `gpu.json` and `README.md` beside this file.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import torch

from stf2m_bench.episode.problems import Problem
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.episode.views import open_views
from stf2m_bench.models.base.model import make_model
from stf2m_bench.models.stf2m import STF2M
from stf2m_bench.tasks.task import load_task
from stf2m_bench.training.loop import seeded

HERE = Path(__file__).parent
SIZES: dict[str, dict[str, Any]] = {"cpu-size": {}, "gpu-size": {"width": 256, "site_width": 64}}
WARM_UP = 10


@dataclass(frozen=True)
class Measured:
    """One size of the model in one precision.

    Attributes:
        steps, problems: a second, in training (batches of `batch` episodes, K in turn) and in evaluation.
        outside: share of the time of a training step that is spent drawing and gathering episodes.
        memory: peak bytes on the device in training; 0 on the CPU.
        agreement: share of meta-val queries on which device and CPU say the same, with the same weights; and the
            largest difference of logits.
    """

    size: str
    precision: str
    compiled: bool
    parameters: int
    batch: int
    steps: float
    problems: float
    outside: float
    memory: int
    agreement: float
    apart: float


def measure(
    sides: TrainingSides, device: torch.device, size: str, precision: str, *, batch: int, steps: int, compiled: bool
) -> Measured:
    """Train for so many steps, then evaluate the meta-val episodes."""
    model = built(sides, precision=precision, **SIZES[size])
    model.network.to(device)
    if compiled:
        for _, encoder in model.network.encoders():
            encoder.encode = torch.compile(encoder.encode)  # type: ignore[method-assign]
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    drawn, whole = train(model, sides, device, batch=batch, steps=steps)
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    model.network.eval()
    problems = [problem for shot in sides.shots for problem, _ in sides.validation(shot)]
    with torch.no_grad():
        model.network(problems[0].to(device))
        spent = timed(device, lambda: [model.network(problem.to(device)) for problem in problems])
        agreement, apart = against_cpu(model, problems[0], device)
    return Measured(
        size,
        precision,
        compiled,
        sum(p.numel() for p in model.network.parameters()),
        batch,
        steps / whole,
        sum(len(problem.query_index) for problem in problems) / spent,
        drawn / whole,
        memory,
        agreement,
        apart,
    )


def built(sides: TrainingSides, **settings: Any) -> STF2M:
    """A model before its first step."""
    model = make_model("stf2m", class_space=False, **settings)
    assert isinstance(model, STF2M)
    with seeded(0):
        model.build(sides.view_specs, sides.emotions)
        model.prepare(sides)
    return model


def train(model: STF2M, sides: TrainingSides, device: torch.device, *, batch: int, steps: int) -> tuple[float, float]:
    """Seconds spent on drawing, and in all, in `steps` steps after ten that do not count.

    On CUDA a step that made the processor wait for the device would raise.
    """
    optimiser = torch.optim.AdamW(model.network.parameters(), lr=1e-3)
    model.network.train()
    drawn, start = 0.0, 0.0
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            synchronise(device)
            drawn, start = 0.0, time.perf_counter()
        before = time.perf_counter()
        problem, labels = sides.problem(sides.shots[step % len(sides.shots)], start=step * batch, count=batch)
        problem, labels = problem.to(device), labels.to(device)
        drawn += time.perf_counter() - before
        watch(device, step >= WARM_UP)
        optimiser.zero_grad()
        model.loss(problem, labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        watch(device, False)
    synchronise(device)
    return drawn, time.perf_counter() - start


def against_cpu(model: STF2M, problem: Problem, device: torch.device) -> tuple[float, float]:
    """How often, and how closely, the device says what the CPU says in float32."""
    here = model.network(problem.to(device)).logits.float().cpu()
    network = copy.deepcopy(model.network).cpu()
    network.settings = {**model.config(), "precision": "float32"}
    there = network(problem).logits
    same = (here.argmax(-1) == there.argmax(-1)).float().mean()
    return float(same), float((here - there).abs().max())


def watch(device: torch.device, on: bool) -> None:
    """Whether a wait for the device raises."""
    if device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error" if on else "default")


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(device: torch.device, work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    synchronise(device)
    start = time.perf_counter()
    work()
    synchronise(device)
    return time.perf_counter() - start


def page(rows: list[Measured], where: str, task: str) -> str:
    """The table."""
    lines = [
        "# ST-F2M on an accelerator",
        "",
        f"Made by `python benchmarks/gpu/run.py --task {task}` on {where}, torch {torch.__version__}.",
        "",
        "| size | parameters | precision | compiled | batch | steps a second | problems a second | outside the model "
        "| peak memory | as the CPU says | logits apart |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.size} | {row.parameters:,} | {row.precision} | {'yes' if row.compiled else 'no'} | {row.batch} "
        f"| {row.steps:.1f} | {row.problems:.0f} | {row.outside:.0%} | {row.memory / 2**20:.0f} MiB "
        f"| {row.agreement:.1%} | {row.apart:.2g} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--task", default="emosynth-new-subjects", show_default=True)
@click.option("--device", default="cuda", show_default=True)
@click.option("--steps", default=100, show_default=True, help="Training steps that are timed.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE, show_default=False, help="Where to write.")
def main(task: str, device: str, steps: int, out: Path) -> None:
    """Measure ST-F2M on DEVICE and check it against the CPU."""
    place = torch.device(device)
    sides = TrainingSides(open_views(load_task(task)), 0, device=device)
    where = torch.cuda.get_device_name(place) if place.type == "cuda" else "the CPU"
    plans = [("cpu-size", "float32", 4, False), ("cpu-size", "bf16", 4, False), ("cpu-size", "bf16", 16, True)]
    plans += [("gpu-size", "bf16", 16, False), ("gpu-size", "bf16", 16, True)]
    rows = []
    for size, precision, batch, compiled in plans:
        rows.append(measure(sides, place, size, precision, batch=batch, steps=steps, compiled=compiled))
        click.echo(str(rows[-1]))
    out.mkdir(parents=True, exist_ok=True)
    (out / "gpu.json").write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(page(rows, where, task), encoding="utf-8")


if __name__ == "__main__":
    main()
