"""A result: the outcome of one evaluation, one JSON file beside the predictions that it was computed from."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator

from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.files import canonical_json, replacing, write_text
from stf2m_bench.scoring.figures import BROUGHT, Figures, Value, brought_after
from stf2m_bench.scoring.predictions import Predictions
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.task import Task

SchemaVersion = Literal[1, 2, 3]
SCHEMA_VERSION: SchemaVersion = 2
WITH_VOTES: SchemaVersion = 3
"""Of results of tasks that score votes; others stay at the version before, and so keep their hash."""
State = Literal["reported", "checked", "reproduced", "retracted"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Seconds = Annotated[float, Field(ge=0)]


def _finite(value: JsonValue) -> JsonValue:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _finite(one)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinity are no finite number")
    return value


class TaskMark(Value):
    """Which task, exactly."""

    name: Name
    version: int
    hash: Sha256
    frozen: str


class Declarations(Value):
    """What a model declares of itself; shown on every board.

    Attributes:
        transductive: sees the queries of an episode together.
        uses_votes: reads the raters' votes of the support.
        told_names: is told the names of the episode's emotions (a reference row, never ranked).
        scope: what its views see beyond one clip.
        pretrained_on: sources of its weights or stems outside the task.
    """

    transductive: bool = False
    uses_votes: bool = False
    told_names: bool = False
    scope: Literal["clip", "subject", "dataset"] = "clip"
    pretrained_on: tuple[Text, ...] = ()


class ModelMark(Value):
    """Which model.

    Attributes:
        source: `built-in`, a folder's name, `hub:ORG/NAME`, or `predictions` where only a file was handed in.
        config: everything that sets it up.
        sha256: of config and weights: the model's identity, wherever it came from.
        training_data: dataset keys that its weights were fitted on, in this evaluation or before.
        reference: a fixed row that is shown but never ranked.
    """

    name: Name
    source: Text
    revision: Text = ""
    config: dict[str, Annotated[JsonValue, AfterValidator(_finite)]] = {}
    sha256: Sha256
    declarations: Declarations = Declarations()
    training_data: tuple[Text, ...]
    reference: bool = False


class Cost(Value):
    """What it took on the stated device; how each is measured stands in docs/metrics.md.

    Attributes:
        parameters: numbers that fold 0's model has learned, weights and statistics.
        flops: of one problem of the most shots, a multiply-add being two; None where not all work was done in torch.
        seconds_per_problem: wall time of predicting, in batches.
        fit_seconds: wall time of fitting all folds.
        peak_memory: bytes that predicting one problem of the most shots takes beyond weights and problem.
        adaptation_flops: as `flops`, with one query alone: what it costs to take in the support.
    """

    parameters: Count | None = None
    flops: Count | None = None
    seconds_per_problem: Seconds | None = None
    fit_seconds: Seconds | None = None
    peak_memory: Count | None = None
    adaptation_flops: Count | None = None


class Environment(Value):
    """Where it ran."""

    versions: dict[str, Text] = {}
    device: Text = ""
    threads: Count | None = None


class PredictionsMark(Value):
    """The predictions file, beside the result."""

    file: Name
    sha256: Sha256


class Result(Value):
    """One result, as written. Results of older schema versions are read, checked and rescored by what they had.

    Attributes:
        schema_version: 1; 2 and, for tasks with votes, 3, which brought the figures in `figures.BROUGHT`.
        view_stores: view -> hash of the store that it was read from.
        predictions: None where only figures were ever reported.
        hash: see `hash_result`.
    """

    schema_version: SchemaVersion
    task: TaskMark
    view_stores: dict[str, Text]
    model: ModelMark
    state: State
    reason: Text = ""
    figures: Figures
    cost: Cost
    environment: Environment
    seeds: tuple[int, ...]
    predictions: PredictionsMark | None
    created: date
    hash: Sha256

    @model_validator(mode="after")
    def _has_the_figures_of_its_version(self) -> Self:
        for shot, figures in self.figures.shots.items():
            stated = figures.model_fields_set
            later = brought_after(self.schema_version)
            for field in sorted(stated & later):
                raise ValueError(f"{shot} shot: a result of schema version {self.schema_version} has no '{field}'")
            for field in sorted(brought_after(0) - later - stated):
                raise ValueError(f"{shot} shot: a result of schema version {self.schema_version} must state '{field}'")
        return self

    @property
    def stem(self) -> str:
        """The name of its files without suffix."""
        return file_stem(self.model.name, self.seeds)


def file_stem(model: str, seeds: Sequence[int] = ()) -> str:
    """A model's name as a file name: letters, digits and `._+-`; everything else becomes `-`; then a seed above 0.

    >>> file_stem("hub:lab/model@1")
    'hub-lab-model-1'
    >>> file_stem("ridge", (2,))
    'ridge.seed-2'
    """
    stem = re.sub(r"[^A-Za-z0-9._+-]+", "-", model).strip(".-") or "model"
    return f"{stem}.seed-{seeds[0]}" if any(seeds) else stem


def hash_result(result: Result, raw: bytes) -> str:
    """SHA-256 over task, model identity, seeds, figures to six decimals (canonical JSON) and the raw predictions.

    Not over file bytes, created, state, view stores, versions, device, cost, or the model's name, source, revision:
    the same model on the same task gives the same hash wherever it came from.

    Args:
        raw: `Predictions.raw()`, empty where there are none.
    """
    covered = {
        "schema_version": result.schema_version,
        "task": result.task.model_dump(mode="json"),
        "model": result.model.model_dump(mode="json", exclude={"name", "source", "revision"}),
        "seeds": list(result.seeds),
        "figures": result.figures.to_json(result.schema_version),
    }
    return hashlib.sha256(canonical_json(covered).encode() + b"\x00" + raw).hexdigest()


def make_result(
    task: Task,
    predictions: Predictions,
    *,
    model: ModelMark,
    view_stores: dict[str, str],
    environment: Environment,
    cost: Cost,
    seeds: tuple[int, ...] = (),
    created: date | None = None,
) -> Result:
    """Score predictions and put the result together; its state is `reported` until someone checks it.

    Raises:
        InputError: the predictions do not fit the task.
    """
    result = Result(
        schema_version=WITH_VOTES if task.protocol.votes else SCHEMA_VERSION,
        task=mark_of(task),
        view_stores=view_stores,
        model=model,
        state="reported",
        figures=score(task, predictions),
        cost=cost,
        environment=environment,
        seeds=seeds,
        predictions=PredictionsMark(
            file=f"{file_stem(model.name, seeds)}.parquet",
            sha256=hashlib.sha256(predictions.to_bytes()).hexdigest(),
        ),
        created=created or datetime.now(UTC).date(),
        hash="0" * 64,
    )
    return result.model_copy(update={"hash": hash_result(result, predictions.raw())})


def mark_of(task: Task) -> TaskMark:
    """What a result says of its task."""
    protocol = task.protocol
    return TaskMark(name=task.name, version=protocol.version, hash=task.hash, frozen=protocol.frozen)


def to_json(result: Result) -> dict[str, Any]:
    """The result as JSON values, with the figures of its schema version, without costs that came later and it lacks."""
    found = result.model_dump(mode="json") | {"figures": result.figures.to_json(result.schema_version)}
    if result.cost.adaptation_flops is None:
        del found["cost"]["adaptation_flops"]
    return found


def to_text(result: Result) -> str:
    """The result file's text."""
    return json.dumps(to_json(result), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_result(result: Result, predictions: Predictions, folder: Path) -> Path:
    """Write `<model>.parquet`, then `<model>.json`, each whole or not at all; returns the path of the latter.

    Raises:
        InputError: these are not the predictions that the result was computed from.
    """
    content = predictions.to_bytes()
    mark = result.predictions
    if mark is None or hashlib.sha256(content).hexdigest() != mark.sha256:
        raise InputError(
            f"The result of '{result.model.name}' was computed from other predictions; make it again from these."
        )
    with replacing(folder / mark.file) as temporary:
        temporary.write_bytes(content)
    path = folder / f"{result.stem}.json"
    write_text(path, to_text(result))
    return path


def read_result(path: Path) -> Result:
    """Read one result file.

    Raises:
        InputError: no such file. FaultsError: it breaks the schema; every place is named.
    """
    if not path.is_file():
        raise InputError(f"There is no result file {path}; give the path of a .json file.")
    try:
        return Result.model_validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise FaultsError(f"The result file {path}", faults, "mend these places or evaluate again") from error


def predictions_of(result: Result, path: Path) -> Path | None:
    """Where the predictions of the result at `path` lie, or None where it has none.

    Raises:
        InputError: the result points outside its own folder.
    """
    if result.predictions is None:
        return None
    if Path(result.predictions.file).name != result.predictions.file:
        raise InputError(
            f"The result file {path} names the predictions '{result.predictions.file}'; expected a file beside it."
        )
    return path.parent / result.predictions.file


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of result files (draft 2020-12); committed as docs/result.schema.json."""
    schema = Result.model_json_schema(mode="serialization")
    versions = [_versioned(version, sorted(fields)) for version, fields in BROUGHT.items()]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "allOf": versions}


def _versioned(version: int, fields: list[str]) -> dict[str, Any]:
    """From this schema version on these figures must be there; before it they must not."""

    def figures(of_a_shot: dict[str, Any]) -> dict[str, Any]:
        return {"properties": {"figures": {"properties": {"shots": {"additionalProperties": of_a_shot}}}}}

    return {
        "if": {"properties": {"schema_version": {"minimum": version}}},
        "then": figures({"required": fields}),
        "else": figures({"properties": dict.fromkeys(fields, False)}),
    }


def write_json_schema(path: Path) -> None:
    """Write `json_schema()`: `python -m stf2m_bench.scoring.result docs/result.schema.json`."""
    write_text(path, json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    import sys

    write_json_schema(Path(sys.argv[1]))
