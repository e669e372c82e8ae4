"""Where the bench keeps what it makes, and where it remembers that datasets lie."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.files import write_text


def home() -> Path:
    """`$STF2M_BENCH_HOME`, else the user's cache folder of this platform."""
    if chosen := os.environ.get("STF2M_BENCH_HOME"):
        return Path(chosen).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_cache_dir("stf2m-bench"))


def results_of(task: str) -> Path:
    """Where results of a task are kept."""
    return home() / "results" / task


def remembered_roots() -> dict[str, Path]:
    """Dataset key -> folder, as given once by `--data`."""
    path = home() / "datasets.toml"
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML ({error}); mend or delete it.") from error
    return {key: Path(value) for key, value in table.items() if isinstance(value, str)}


def remember_root(dataset: str, root: Path) -> None:
    """Keep the folder of a dataset for later commands."""
    roots = remembered_roots() | {dataset: root.resolve()}
    lines = [f"{json.dumps(key)} = {json.dumps(str(roots[key]))}\n" for key in sorted(roots)]
    write_text(home() / "datasets.toml", "".join(lines))


def root_of(dataset: str, data: Path | None = None) -> Path:
    """The folder of a dataset: the one given, else the one remembered.

    Raises:
        UsageError: neither given nor remembered, or no such folder.
    """
    root = data or remembered_roots().get(dataset)
    if root is None:
        raise UsageError(f"Where does the dataset '{dataset}' lie? Say it once: --data FOLDER.")
    root = root.expanduser()
    if not root.exists():
        raise UsageError(
            f"The folder of the dataset '{dataset}', {root}, does not exist; give the right --data FOLDER."
        )
    return root.resolve()
