"""The files of a saved model, and the identity that results state of it. Nothing else is pushed or pulled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.errors import InputError
from stf2m_bench.files import hash_of
from stf2m_bench.models.base.model import CONFIG, WEIGHTS, SavedModel, identity, load_model

_OURS = re.compile(rf"(?:fold-(?:0|[1-9]\d*)/)?(?:{re.escape(CONFIG)}|{re.escape(WEIGHTS)})")


def is_ours(path: str) -> bool:
    """Whether a file of a repository belongs to a saved model.

    >>> is_ours("fold-0/config.json"), is_ours("pytorch_model.bin")
    (True, False)
    """
    return _OURS.fullmatch(path) is not None


def weight_files(paths: Iterable[str], where: str) -> list[str]:
    """The files of a saved model among `paths`: a pair in each of `fold-0`, `fold-1` ..., or else one pair at the top.

    Raises:
        InputError: a file of a pair or a fold is missing, or there is none.
    """
    ours = {path for path in paths if is_ours(path)}
    folds = {path.partition("/")[0] for path in ours if "/" in path}
    places = [f"fold-{n}/" for n in range(len(folds))] or [""]
    expected = [place + name for place in places for name in (CONFIG, WEIGHTS)]
    missing = [path for path in expected if path not in ours]
    if missing:
        raise InputError(
            f"{where} holds no whole model of stf2m-bench: {missing[0]} is missing; expected {CONFIG} and {WEIGHTS} in"
            " fold-0, fold-1 and so on, as 'stf2m-bench train' writes them."
        )
    return expected


def read_folder(folder: Path) -> tuple[list[str], list[SavedModel]]:
    """The files of a folder that `train` wrote, and what they hold.

    Raises:
        InputError: it holds anything else (code, pickles, links, notes), or a broken model.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    names = [path.relative_to(folder).as_posix() for path in paths]
    files = weight_files(names, str(folder))
    for path, name in zip(paths, names, strict=True):
        if path.is_symlink() or name not in files:
            raise InputError(
                f"{path} is none of the files that 'stf2m-bench train' writes ({CONFIG} and {WEIGHTS} of each fold);"
                " move it elsewhere, only those are pushed."
            )
    return files, load_files(folder, files)


def load_files(folder: Path, files: Iterable[str]) -> list[SavedModel]:
    """The model of each fold.

    Raises:
        InputError: a file is broken.
    """
    return [load_model((folder / name).parent) for name in files if Path(name).name == CONFIG]


def weights_hash(saved: list[SavedModel], folds: int) -> str:
    """The `sha256` of the model in a result of a task with so many folds."""
    every = saved * (folds // len(saved))
    return hash_of([identity(one.key, one.model) for one in every])
