"""Predictions: the log-probabilities of one model for every query of every episode of a task."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stf2m_bench.errors import InputError
from stf2m_bench.files import replacing
from stf2m_bench.tasks.task import Task

FLOOR = -15.0
NORMALISED = 5e-3
_PLACE = ("shot", "episode", "query")
Logs = NDArray[np.float16]


def from_logits(logits: NDArray[Any], *, shot: int, start: int = 0) -> Logs:
    """What is stored of a model's logits: float64 log-softmax over the last axis, clipped at -15, as float16.

    Args:
        logits: `[episodes, queries, ways]`.
        shot: shots of these episodes, for messages.
        start: number of the first of these episodes, for messages.

    Raises:
        InputError: another number of axes, NaN or infinity; names the shot and the episode.
    """
    if logits.ndim != 3 or 0 in logits.shape:
        raise InputError(
            f"Predictions for {shot}-shot episodes from {start} on have the shape {list(logits.shape)};"
            " expected [episodes, queries, ways]; mend the model's predict."
        )
    wide = logits.astype(np.float64)
    broken = np.flatnonzero(~np.isfinite(wide).all(axis=(1, 2)))
    if broken.size:
        raise InputError(
            f"Predictions for {shot}-shot episode {start + int(broken[0])} hold NaN or infinity;"
            " mend the model's predict, it must return finite logits."
        )
    wide -= wide.max(axis=-1, keepdims=True)
    wide -= np.log(np.exp(wide).sum(axis=-1, keepdims=True))
    return np.maximum(wide, FLOOR).astype(np.float16)


def same_top(one: Logs, other: Logs) -> float:
    """Share of queries with the same top class: `[episodes, queries, ways]` both; of tied classes, those in common."""
    tops = [logs == logs.max(axis=-1, keepdims=True) for logs in (one, other)]
    return float(((tops[0] & tops[1]).sum(axis=-1) / (tops[0] | tops[1]).sum(axis=-1)).mean())


def moved(one: Logs, other: Logs) -> float:
    """Mean absolute difference of log-probabilities, in nats."""
    return float(abs(one.astype(np.float64) - other.astype(np.float64)).mean())


@dataclass(frozen=True)
class Predictions:
    """Natural log-probabilities in float16, queries and classes in the order in which they were drawn.

    Attributes:
        logs: shots -> `[episodes, queries, ways]`, clipped at -15.
    """

    logs: dict[int, Logs]

    def to_bytes(self) -> bytes:
        """The Parquet file: one row a query, by shot, episode and query; zstd; 120-190 KB a 1,000 5-way episodes."""
        parts = [_table(shot, self.logs[shot]) for shot in sorted(self.logs)]
        buffer = io.BytesIO()
        pq.write_table(pa.concat_tables(parts), buffer, compression="zstd", use_dictionary=list(_PLACE))
        return buffer.getvalue()

    def raw(self) -> bytes:
        """Little-endian float16 values ordered by shot, episode, query, class: what a result's hash covers."""
        return b"".join(self.logs[shot].astype("<f2").tobytes() for shot in sorted(self.logs))

    def write(self, path: Path) -> None:
        """Write the Parquet file, whole or not at all."""
        with replacing(path) as temporary:
            temporary.write_bytes(self.to_bytes())

    @classmethod
    def read(cls, path: Path) -> Predictions:
        """Read a file that `write` wrote; its rows may stand in any order.

        Raises:
            InputError: no such file, no Parquet, other columns, missing or repeated episodes or queries.
        """
        if not path.is_file():
            raise InputError(f"There is no predictions file {path}; it lies beside its result.")
        try:
            table = pq.read_table(path, partitioning=None)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"The predictions file {path} is not readable Parquet; copy it again.") from error
        shots, episodes, queries, logs = _columns(table, path)
        found = {}
        for shot in np.unique(shots):
            rows = shots == shot
            where = f"The predictions file {path}, {shot} shot"
            found[int(shot)] = _grid(episodes[rows], queries[rows], logs[rows], where)
        return cls(found)

    def shape_faults(self, task: Task) -> list[str]:
        """Ways in which shots, episodes, queries or classes are not those of the task, as sentences."""
        protocol = task.protocol
        faults = [f"{shot}-shot predictions are missing" for shot in protocol.shots if shot not in self.logs]
        faults += [f"the task has no {shot}-shot episodes" for shot in self.logs if shot not in protocol.shots]
        wanted = (protocol.ways * protocol.queries, protocol.ways)
        for shot in sorted(set(self.logs) & set(protocol.shots)):
            episodes, *shape = self.logs[shot].shape
            if episodes != protocol.episodes:
                faults.append(f"{shot} shot: {episodes} episodes instead of {protocol.episodes}")
            if tuple(shape) != wanted:
                faults.append(f"{shot} shot: [queries, ways] is {shape} instead of {list(wanted)}")
        return faults

    def value_faults(self) -> Iterator[str]:
        """Values that are no log-probabilities, as sentences: the first of each kind and shot."""
        for shot, logs in sorted(self.logs.items()):
            wide = logs.astype(np.float64)
            finite = np.isfinite(wide)
            if not finite.all():
                yield f"{shot} shot, episode {_first(~finite)}: NaN or infinity"
                continue
            outside = (wide > 0) | (wide < FLOOR)
            if outside.any():
                yield f"{shot} shot, episode {_first(outside)}: a log-probability outside [-15, 0]"
                continue
            off = abs(np.exp(wide).sum(axis=-1) - 1) > NORMALISED
            if off.any():
                yield f"{shot} shot, episode {_first(off)}: the probabilities of a query do not sum to 1"

    def require(self, task: Task) -> None:
        """Refuse predictions that are not whole, finite and normalised for this task.

        Raises:
            InputError: names the first fault, with its shot and episode.
        """
        fault = next(iter(self.shape_faults(task)), None) or next(self.value_faults(), None)
        if fault:
            raise InputError(
                f"These predictions do not fit the task '{task.name}': {fault}; predict its frozen episodes again."
            )


def _first(wrong: NDArray[np.bool_]) -> int:
    return int(np.argwhere(wrong)[0, 0])


def _table(shot: int, logs: Logs) -> Any:
    episodes, queries, ways = logs.shape
    flat = logs.astype(np.float16, copy=False).reshape(-1, ways)
    place = (
        np.full(episodes * queries, shot),
        np.repeat(np.arange(episodes), queries),
        np.tile(np.arange(queries), episodes),
    )
    columns = {name: pa.array(column.astype(np.int32)) for name, column in zip(_PLACE, place, strict=True)}
    return pa.table(columns | {f"class_{c}": pa.array(np.ascontiguousarray(flat[:, c])) for c in range(ways)})


def _columns(table: Any, path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Logs]:
    ways = len(table.column_names) - len(_PLACE)
    expected = [*_PLACE, *(f"class_{c}" for c in range(ways))]
    types = [str(field.type) for field in table.schema]
    if ways < 2 or table.column_names != expected or types != ["int32"] * 3 + ["halffloat"] * ways:
        raise InputError(
            f"The predictions file {path} has other columns than shot, episode, query (int32) and class_0,"
            " class_1, ... (float16), one for each way; write it with Predictions.write."
        )
    if any(column.null_count for column in table.columns):
        raise InputError(f"The predictions file {path} has empty cells; write it with Predictions.write.")
    place = [table[name].to_numpy().astype(np.int64) for name in _PLACE]
    logs = np.stack([table[f"class_{c}"].to_numpy() for c in range(ways)], axis=1)
    return place[0], place[1], place[2], logs


def _grid(episode: NDArray[np.int64], query: NDArray[np.int64], logs: Logs, where: str) -> Logs:
    """Rows -> `[episodes, queries, ways]`; every episode from 0 on must be there once, with the same queries."""
    remedy = "predict its frozen episodes again."
    order = np.lexsort((query, episode))
    episode, query = episode[order], query[order]
    if query.min() < 0 or episode[0] < 0:
        raise InputError(f"{where}: a negative episode or query number; {remedy}")
    queries = int(query.max()) + 1
    twice = np.flatnonzero((np.diff(episode) == 0) & (np.diff(query) == 0))
    if twice.size:
        at = twice[0]
        raise InputError(f"{where}: episode {episode[at]}, query {query[at]} occurs more than once; {remedy}")
    rows = np.arange(len(episode))
    wrong = np.flatnonzero((episode != rows // queries) | (query != rows % queries))
    if wrong.size or len(rows) % queries:
        at = int(wrong[0]) if wrong.size else len(rows)
        raise InputError(f"{where}: episode {at // queries}, query {at % queries} is missing; {remedy}")
    return logs[order].reshape(-1, queries, logs.shape[1])
