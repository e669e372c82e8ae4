"""Any Hugging Face dataset, in a folder or on the Hub: `hf.toml` says which column is what."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.datasets.base.fetched import fetch
from stf2m_bench.datasets.base.hf_folder import open_splits
from stf2m_bench.datasets.base.loader import Card, Clip, GeneratedLoader, ImportedTable, Trace
from stf2m_bench.datasets.csv import OwnTable
from stf2m_bench.errors import FaultsError, InputError, UsageError
from stf2m_bench.files import replacing, write_text
from stf2m_bench.huggingface.address import PREFIX, Address, parse_address

_OPTIONS, _TABLE, _MADE = "hf.toml", "clips.parquet", "made-from.toml"


class Options(BaseModel):
    """What `hf.toml` holds.

    Attributes:
        source: `hub:ORG/NAME`, or a folder beside it: what `save_to_disk` wrote, or a copy of a repository.
        revision: a commit, tag or branch of what is on the Hub.
        columns: a column of `csv` -> the dataset's own; `emotion` is needed.
        emotions: the dataset's word -> canonical emotion, or "" where none fits; a canonical word needs no line.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    revision: str | None = None
    columns: dict[str, str]
    emotions: dict[str, str] = {}


class HuggingFace(GeneratedLoader):
    """A folder with `hf.toml`, and a dataset on the Hub (`source = "hub:ORG/NAME"`, `revision = "main"`) or in a folder
    beside it (`source = "NAME"`): what `save_to_disk` wrote, or the Parquet, CSV or JSON files of its repository.

    From the Hub it is fetched once, into `hub/ORG--NAME/COMMIT`; `fetched.toml` keeps which commit a branch or tag
    meant: delete it to ask anew. Nothing in a repository is executed.

    Then come tables: `[columns]` with `emotion = "label"`, `subject = "speaker"`, `audio = "audio"` and so on (every
    column of `csv`), `[emotions]` with `joy = "happiness"`. What is told is written beside it as a table of one's own,
    `clips.parquet`, sound and film inside the dataset as files in `media`, anew when `hf.toml` or the commit changes;
    where another dataset was put into the folder, delete `clips.parquet`. All splits are read. Without `clip_id` a row
    is called by split and number; without `subject` each row is a subject of its own, and nothing can be said of new
    people. Several datasets are kept apart by a name: `hf:mine`.
    """

    card: ClassVar[Card] = Card(
        title="A Hugging Face dataset, in a folder or on the Hub",
        licence="the dataset's",
        access="a folder with hf.toml (source, [columns], [emotions]), the dataset beside it or fetched from the Hub",
        citation="",
        subjects=None,
        emotions=tuple(canonical_emotions()),
        languages=(),
        modalities=("video", "audio", "text", "signal"),
        tracks=("new-subjects", "personal", "new-emotions", "new-stimuli"),
        verified="layout",
        no_task="Its owner makes tasks of it: stf2m-bench tasks new.",
    )

    def generate(self, root: Path, *, workers: int, progress: Callable[[int, int], None]) -> None:
        """Write `clips.parquet` and `media`; one process is enough.

        Raises:
            InputError: `hf.toml` or the dataset is missing or breaks its rules.
            CouldNotError: the Hub refuses, fails or cannot be reached; the disk is full.
        """
        import pandas as pd

        options = read_options(root)
        text = (root / _OPTIONS).read_text(encoding="utf-8")
        if options.source.startswith(PREFIX):
            folder = fetch(root, _address(root, options), progress)
            options, text = options.model_copy(update={"source": folder}), f"{text}\n# fetched: {folder}\n"
        made = root / _MADE
        if (root / _TABLE).is_file() and made.is_file() and made.read_text(encoding="utf-8") == text:
            return
        splits = open_splits(root / options.source)
        _refuse_absent_columns(root, options, splits)
        total, rows = sum(map(len, splits.values())), []
        for row in _rows(root, options, splits):
            rows.append(row)
            progress(len(rows), total)
        table = pd.DataFrame(rows)
        table["emotion"] = _emotions(root, options, table["label"])
        made.unlink(missing_ok=True)
        with replacing(root / _TABLE) as temporary:
            table.to_parquet(temporary, index=False)
        write_text(made, text)

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every row of the dataset, once `generate` has written them."""
        read_options(root)
        return OwnTable().scan(root)

    def traces(self, root: Path) -> Iterable[Trace]:
        """Files named by a column called `ratings` in `hf.toml`."""
        return OwnTable().traces(root)

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """Columns called `feature.<name>.<column>` in `hf.toml`."""
        return OwnTable().tables(root)


def read_options(root: Path) -> Options:
    """The options of a folder.

    Raises:
        InputError: no `hf.toml`, or one that breaks its rules.
    """
    path = root / _OPTIONS
    try:
        options = Options.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError(
            f'{root} holds no {_OPTIONS}; write one: source = "FOLDER", [columns] with emotion = "..." at least.'
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML ({error}); mend it.") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise FaultsError(str(path), faults, "mend these keys") from error
    if "emotion" not in options.columns:
        raise InputError(f'{path} does not say under [columns] which column is the emotion; add emotion = "...".')
    _refuse_source(root, options)
    return options


def _refuse_source(root: Path, options: Options) -> None:
    path = root / _OPTIONS
    if options.source.startswith(PREFIX):
        _address(root, options)
    elif options.revision is not None:
        raise InputError(f"{path} gives a folder a revision; leave it out, or name the source '{PREFIX}ORG/NAME'.")
    elif not (root / options.source).is_dir():
        raise InputError(f"{path} names the source '{options.source}', which is no folder in {root}; mend one.")


def _address(root: Path, options: Options) -> Address:
    path = root / _OPTIONS
    if not options.revision:
        raise InputError(f'{path} names {options.source} without a revision; add revision = "COMMIT, TAG or BRANCH".')
    try:
        return parse_address(f"{options.source}@{options.revision}")
    except UsageError as error:
        raise InputError(f"{path}, source and revision: {error}") from error


def _refuse_absent_columns(root: Path, options: Options, splits: dict[str, Any]) -> None:
    faults = [
        f"{ours} = \"{theirs}\": split '{split}' has {', '.join(table.column_names)}"
        for ours, theirs in options.columns.items()
        for split, table in splits.items()
        if theirs not in table.column_names
    ]
    if faults:
        raise FaultsError(f"{root / _OPTIONS}, [columns]", faults, "name columns of the dataset")


def _rows(root: Path, options: Options, splits: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each row under our names, media as paths."""
    for split, whole in splits.items():
        table = _undecoded(whole.select_columns(sorted(set(options.columns.values()))))
        for number, told in enumerate(table):
            name = f"{split}_{number:06}"
            row = {ours: _plain(table.features[theirs], told[theirs]) for ours, theirs in options.columns.items()}
            for kind in {"audio", "video", "signal", "ratings"} & row.keys():
                row[kind] = _path(root, options.source, f"{name}.{kind}", row[kind])
            row = {"clip_id": name, "label": row["emotion"]} | row
            yield {"subject": row["clip_id"]} | row


def _undecoded(table: Any) -> Any:
    """The same table, its media as bytes or paths."""
    import datasets

    for name, feature in table.features.items():
        if isinstance(feature, datasets.Audio | datasets.Video):
            table = table.cast_column(name, type(feature)(decode=False))
    return table


def _plain(feature: Any, value: Any) -> Any:
    """The word of a class number; else the value."""
    if hasattr(feature, "int2str"):
        return feature.int2str(value) if value is not None and value >= 0 else None
    return value


def _path(root: Path, source: str, name: str, value: Any) -> str | None:
    """A path relative to `root`: the one told, counted from the source, or that of bytes written to `media`."""
    content, told = (value["bytes"], value["path"]) if isinstance(value, dict) else (None, value)
    if content is not None:
        path = root / "media" / f"{name}{Path(told or '').suffix}"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        return path.relative_to(root).as_posix()
    if not told:
        return None
    if not isinstance(told, str):
        raise InputError(
            f"{root / source}: {name} is no path of a file but {type(told).__name__}; write each to a file and name it."
        )
    whole = root.absolute()
    path = Path(os.path.normpath(whole / source / told))
    if not path.is_relative_to(whole):
        raise InputError(f"{root / source} names the file {told}, which lies outside {root}; copy the media into it.")
    return path.relative_to(whole).as_posix()


def _emotions(root: Path, options: Options, labels: Iterable[object]) -> list[str | None]:
    known = {name: name for name in canonical_emotions()} | options.emotions
    words = [None if label is None else str(label) for label in labels]
    if unknown := sorted({word for word in words if word is not None} - known.keys()):
        raise FaultsError(
            f"{root / _OPTIONS}, [emotions]",
            [f"'{word}' is not a canonical emotion" for word in unknown],
            'say which one it is, "" for none',
        )
    return [known[word] or None if word is not None else None for word in words]
