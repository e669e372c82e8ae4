"""From the Hub: a revision is resolved to its commit, the weights of that commit come whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from stf2m_bench.errors import CouldNotError, InputError, UsageError
from stf2m_bench.files import replacing_folder
from stf2m_bench.home import home
from stf2m_bench.hub.weights import load_files, weight_files
from stf2m_bench.huggingface.address import PREFIX, Address, parse_address
from stf2m_bench.huggingface.client import asking
from stf2m_bench.models.base.lift import NamedModel, find_model


def pull_model(text: str) -> NamedModel:
    """A model of the Hub, ready for `evaluate(task, pull_model("hub:ORG/NAME@REV"))`.

    Its source is `hub:ORG/NAME@COMMIT`, its name `ORG/NAME`. Commits are kept in the home, so that one given in full
    is not asked for again.

    Raises:
        UsageError: no such address. InputError: the repository holds no model of stf2m-bench, or a broken one.
        CouldNotError: the Hub refuses, fails or cannot be reached.
    """
    address = parse_address(text)
    commit = address.revision if address.is_pinned and _snapshot(address).is_dir() else None
    if commit is None:
        commit, files = _resolve(address)
        snapshot = _snapshot(Address(address.repo, commit))
        if not snapshot.is_dir():
            _download(address.repo, commit, files, snapshot)
    pinned = Address(address.repo, commit)
    return replace(find_model(_snapshot(pinned)), name=address.repo, source=f"{PREFIX}{pinned}")


def pull(address: Address, out: Path) -> str:
    """Put a model's weights into the new folder `out`; returns the commit that they are of.

    Raises:
        UsageError: `out` holds something already. Else as `pull_model`.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} exists already; give an --out that does not.")
    commit, files = _resolve(address)
    _download(address.repo, commit, files, out)
    return commit


def _snapshot(pinned: Address) -> Path:
    return home() / "hub" / pinned.repo.replace("/", "--") / str(pinned.revision)


def _resolve(address: Address) -> tuple[str, list[str]]:
    """The commit that the revision now means, and the files of the model in it."""
    with asking(address.repo) as api:
        info = api.model_info(address.repo, revision=address.revision)
    commit = str(info.sha)
    if not Address(address.repo, commit).is_pinned:
        raise CouldNotError(f"The Hub names no commit of '{address}'; nothing was pulled.")
    return commit, weight_files([file.rfilename for file in info.siblings or []], f"'{address}'")


def _download(repo: str, commit: str, files: list[str], folder: Path) -> None:
    with replacing_folder(folder) as new:
        with asking(repo) as api:
            for name in files:
                api.hf_hub_download(repo, name, revision=commit, local_dir=new)
        shutil.rmtree(new / ".cache", ignore_errors=True)  # the client's notes about its downloads
        try:
            load_files(new, files)
        except InputError as error:
            raise InputError(f"{PREFIX}{repo}@{commit} is broken: {str(error).replace(str(new), repo)}") from error
