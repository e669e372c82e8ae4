"""A Hugging Face dataset in a folder, opened without the network and without running anything of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stf2m_bench.datasets.base.archives import leaves_its_folder
from stf2m_bench.errors import InputError
from stf2m_bench.home import home

_TELLING = ("README.md", ".huggingface.yaml")  # where a dataset may say which files are its data


def open_splits(source: Path) -> dict[str, Any]:
    """Split -> `datasets.Dataset`: what `save_to_disk` wrote, or a copy of a repository.

    Raises:
        InputError: it cannot be read, or names data that lie elsewhere.
    """
    import datasets

    datasets.disable_progress_bars()
    _refuse_data_elsewhere(source)
    saved = any((source / name).is_file() for name in ("dataset_dict.json", "state.json"))
    try:
        if saved:
            found = datasets.load_from_disk(str(source))
        else:
            found = datasets.load_dataset(str(source), cache_dir=str(home() / "huggingface"))
    except Exception as error:
        raise InputError(f"{source} could not be read as a Hugging Face dataset ({error}); fetch it again.") from error
    return dict(found) if isinstance(found, dict) else {"all": found}


def _refuse_data_elsewhere(source: Path) -> None:
    """`datasets` would fetch addresses, and read any file of this machine, that a dataset calls its data."""
    for name in _TELLING:
        for path in _data_of(_told(source / name).get("configs")):
            if ":" in path or leaves_its_folder(path):
                raise InputError(
                    f"{source / name} calls '{path}' its data, which lies outside {source}; fetch the data yourself,"
                    " put them into the folder and name them there."
                )


def _told(path: Path) -> dict[str, Any]:
    """The YAML of a file, or of the head of a README as the library reads it."""
    import yaml
    from huggingface_hub import DatasetCard

    if not path.is_file():
        return {}
    try:
        if path.suffix == ".md":
            return dict(DatasetCard.load(path).data.to_dict())
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path} holds YAML that cannot be read ({error}); mend it.") from error
    return told if isinstance(told, dict) else {}


def _data_of(told: object, named: bool = False) -> Iterator[str]:
    """Every string under `data_files` and `data_dir`, however deep."""
    if isinstance(told, str) and named:
        yield told
    elif isinstance(told, dict):
        for key, one in told.items():
            yield from _data_of(one, named or key in ("data_files", "data_dir"))
    elif isinstance(told, list):
        for one in told:
            yield from _data_of(one, named)
