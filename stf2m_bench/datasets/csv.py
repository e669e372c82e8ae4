"""Bring your own: a folder with `clips.csv` or `clips.parquet`, one row a clip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from stf2m_bench.datasets.base.archives import leaves_its_folder
from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.datasets.base.loader import Card, Clip, ImportedTable, Loader, Trace
from stf2m_bench.errors import FaultsError, InputError

REQUIRED = ("clip_id", "subject", "emotion")
_NUMBERS = ("intensity", "start", "end", "valence", "arousal")
_RATED = ("seconds", "valence", "arousal")
_PREFIXES = ("votes.", "group.", "feature.")


class OwnTable(Loader):
    """Columns: `clip_id`, `subject`, `emotion`, and any of `video`, `audio`, `signal` (paths relative to the folder),
    `text`, `start`, `end` (seconds), `recording`, `stimulus`, `session`, `label`, `intensity`, `language`, `valence`,
    `arousal`, `ratings`, `votes.<condition>.<emotion>`, `group.<name>`, `feature.<name>.<column>`.

    `ratings` names a CSV file (`seconds`, `valence`, `arousal` from -1 to 1) of what a person said all the while, on
    the clock of the clip's other files: a task with the key `window` cuts it into windows, each with its own rating.

    All `feature.<name>.*` columns together are the view `imported:<name>`. Several tables of one's own are kept apart
    by a name after a colon: `csv:mine`.
    """

    card = Card(
        title="A table of one's own",
        licence="the owner's",
        access="a folder with clips.csv or clips.parquet: clip_id, subject, emotion and any media or feature columns",
        citation="",
        subjects=None,
        emotions=tuple(canonical_emotions()),
        languages=(),
        modalities=("video", "audio", "text", "signal"),
        tracks=("new-subjects", "personal", "new-emotions", "new-stimuli"),
        verified="real",
        no_task="Its owner makes tasks of it: stf2m-bench tasks new.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """One clip a row; every fault of the columns at once."""
        path = _table_path(root)
        table = _read(path)
        known = {field.name for field in fields(Clip)} - {"votes", "groups"}
        faults = [f"column '{name}' is missing" for name in REQUIRED if name not in table.columns]
        for name in table.columns:
            if name not in known | {"ratings"} and not name.startswith(_PREFIXES):
                faults.append(
                    f"column '{name}' is unknown; a number computed per clip is named feature.<name>.<column>"
                )
        if not faults:
            numeric = [name for name in table.columns if name in _NUMBERS or name.startswith("votes.")]
            faults = [fault for name in numeric for fault in _number_faults(name, table[name])]
        if faults:
            raise FaultsError(str(path), faults, "mend the table")
        return [_clip(row) for row in table.to_dict("records")]

    def traces(self, root: Path) -> Iterable[Trace]:
        """The ratings of every clip, if there is such a column.

        Raises:
            InputError: some clips have none, or a file that is not of this form.
        """
        path = _table_path(root)
        table = _read(path)
        if "ratings" not in table.columns:
            return []
        files = [_word(value) for value in table["ratings"]]
        if bare := [row for row, file in enumerate(files, start=2) if file is None]:
            raise InputError(f"{path}, row {bare[0]}: no file of ratings; give one to every clip, or to none.")
        return [_trace(root, _clip(row), str(file)) for row, file in zip(table.to_dict("records"), files, strict=True)]

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """The `feature.<name>.*` columns, one declaration a name."""
        path = _table_path(root)
        features: dict[str, list[str]] = {}
        for column in _read(path).columns:
            if column.startswith("feature.") and column.count(".") >= 2:
                features.setdefault(column.split(".")[1], []).append(column)
        return {
            name: ImportedTable(
                path=path.name,
                key="clip_id",
                columns=tuple(columns),
                source=f"columns feature.{name}.* of {path.name}",
                fitted_on="not stated by the owner of the table",
            )
            for name, columns in features.items()
        }


def _table_path(root: Path) -> Path:
    found = [root / name for name in ("clips.csv", "clips.parquet") if (root / name).is_file()]
    if len(found) != 1:
        what = "holds both clips.csv and clips.parquet; keep one" if found else "holds no clips.csv or clips.parquet"
        raise InputError(f"{root} {what} (columns: {', '.join(REQUIRED)} and any media or feature columns).")
    return found[0]


def _read(path: Path) -> Any:
    stat = path.stat()
    return _read_version(path, (stat.st_mtime_ns, stat.st_size))


@cache
def _read_version(path: Path, _changed: tuple[int, int]) -> Any:
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("its rows have more values than its header")
        if len(table.columns) == 1 and ";" in table.columns[0]:
            raise ValueError("its columns lie between semicolons, not commas")
        return table
    except Exception as error:
        raise InputError(
            f"{path} could not be read as a table ({error}); save it as UTF-8 CSV or as Parquet."
        ) from error


def _number_faults(name: str, values: Any) -> list[str]:
    faults = []
    for row, value in enumerate(values, start=2):
        try:
            _number(value)
        except ValueError:
            faults.append(f"row {row}: {name} '{value}' is not a number")
    return faults


def _number(value: object) -> float | None:
    text = "" if value is None or value != value else str(value).strip()
    if not text:
        return None
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def _word(value: object) -> str | None:
    text = "" if value is None or value != value else str(value).strip()
    return text or None


def _clip(row: dict[str, Any]) -> Clip:
    own = {field.name for field in fields(Clip)} - {"votes", "groups", "label", *REQUIRED}
    values: dict[str, Any] = {
        name: _number(row[name]) if name in _NUMBERS else _word(row[name]) for name in own if name in row
    }
    emotion = _word(row["emotion"])
    votes = {name[6:]: _number(row[name]) for name in row if name.startswith("votes.")}
    groups = {name[6:]: _word(row[name]) for name in row if name.startswith("group.")}
    clip_id = _word(row["clip_id"]) or ""
    return Clip(
        clip_id=clip_id,
        subject=_word(row["subject"]) or "",
        emotion=emotion,
        label=_word(row.get("label")) or emotion or "",
        votes={name: value for name, value in votes.items() if value is not None},
        groups={name: value for name, value in groups.items() if value is not None},
        **({"recording": clip_id} | {name: value for name, value in values.items() if value is not None}),
    )


def _trace(root: Path, whole: Clip, file: str) -> Trace:
    path = root / file
    if leaves_its_folder(file) or not path.is_file():
        raise InputError(f"The ratings '{file}' of clip '{whole.clip_id}' are no file inside {root}; mend the table.")
    table = _numbers(path)
    seconds, valence, arousal = (table[name].to_numpy() for name in _RATED)
    if len(seconds) and seconds[0] >= (86_400 if whole.end is None else whole.end):
        raise InputError(
            f"{path}: stamps run from {seconds[0]:.2f} to {seconds[-1]:.2f} s, none of them during clip"
            f" '{whole.clip_id}'; they are seconds from the beginning of the clip's files."
        )
    return Trace(whole=whole, seconds=seconds, valence=valence, arousal=arousal)


def _numbers(path: Path) -> Any:
    """The table of a file of ratings; the first row that breaks its rules is named."""
    import numpy as np
    import pandas as pd

    text = _read(path).rename(columns=str.strip)
    if missing := [name for name in _RATED if name not in text.columns]:
        raise InputError(
            f"{path} has no column '{missing[0]}' (it has: {', '.join(map(str, text.columns))}); ratings are a CSV"
            f" file with {', '.join(_RATED)}, commas between them."
        )
    table = text[list(_RATED)].apply(pd.to_numeric, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)
    if table.empty:
        raise InputError(f"{path} holds no ratings; fill it, or leave the clip out.")
    for name in _RATED:
        if (bad := table[name].isna()).any():
            row = int(bad.argmax())
            raise InputError(f"{path}, row {row + 2}: {name} is '{text[name][row]}', no number; mend or drop the row.")
        if name != "seconds" and (bad := table[name].abs() > 1).any():
            row = int(bad.argmax())
            raise InputError(
                f"{path}, row {row + 2}: {name} is {table[name][row]:g}; ratings go from -1 to 1, so map 1 to 9 by"
                " (x - 5) / 4."
            )
    if (bad := table["seconds"].diff() <= 0).any():
        row = int(bad.argmax())
        before, now = table["seconds"][row - 1], table["seconds"][row]
        raise InputError(
            f"{path}, row {row + 2}: {now:g} s does not come after {before:g} s; sort, drop double stamps."
        )
    return table
