"""A dataset of the Hugging Face Hub as a folder: every file of one commit, whole or not at all."""

from __future__ import annotations

import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stf2m_bench.errors import CouldNotError, InputError
from stf2m_bench.files import write_text
from stf2m_bench.huggingface.address import PREFIX, Address
from stf2m_bench.huggingface.client import asking
from stf2m_bench.progress import Report

KIND, RECORD = "dataset", "fetched.toml"
FILES_AT_ONCE = 8  # as huggingface_hub does


def fetch(root: Path, wanted: Address, progress: Report) -> str:
    """The folder with the files of the commit that `wanted` means, `hub/ORG--NAME/COMMIT`, relative to `root`.

    A branch or a tag is resolved once: `fetched.toml` keeps its commit, until it is deleted or names another. A commit
    that lies there is not asked for again, and files of an interrupted fetch are kept for the next. Calls
    `progress(done, total)` with files.

    Raises:
        CouldNotError: the Hub refuses, fails or cannot be reached; the disk is full.
        InputError: `fetched.toml` is broken.
    """
    commit = _recorded(root, wanted) or _resolve(root, wanted)
    folder = f"hub/{wanted.repo.replace('/', '--')}/{commit}"
    if not (root / folder).is_dir():
        _download(wanted.repo, commit, root / folder, progress)
    return folder


def _recorded(root: Path, wanted: Address) -> str | None:
    path = root / RECORD
    if not path.is_file():
        return None
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML ({error}); delete it, the Hub is asked again.") from error
    commit = Address(wanted.repo, str(told.get("commit")))
    same = (told.get("source"), told.get("revision")) == (f"{PREFIX}{wanted.repo}", wanted.revision)
    return commit.revision if same and commit.is_pinned else None


def _resolve(root: Path, wanted: Address) -> str:
    with asking(wanted.repo, KIND) as api:
        commit = str(api.dataset_info(wanted.repo, revision=wanted.revision).sha)
    if not Address(wanted.repo, commit).is_pinned:
        raise CouldNotError(f"The Hub names no commit of '{wanted}'; nothing was fetched.")
    told = {"source": f"{PREFIX}{wanted.repo}", "revision": wanted.revision, "commit": commit}
    write_text(root / RECORD, "".join(f'{key} = "{value}"\n' for key, value in told.items()))
    return commit


def _download(repo: str, commit: str, folder: Path, progress: Report) -> None:
    """Fetch into a hidden folder beside `folder`, which stays if this ends early; whole, it gets its name."""
    part = folder.with_name(f".{commit}.part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        with asking(repo, KIND) as api, ThreadPoolExecutor(FILES_AT_ONCE) as pool:
            names = api.list_repo_files(repo, revision=commit, repo_type=KIND)

            def fetch_one(name: str) -> None:
                api.hf_hub_download(repo, name, revision=commit, repo_type=KIND, local_dir=part)

            for done, _ in enumerate(pool.map(fetch_one, names), start=1):
                progress(done, len(names))
        shutil.rmtree(part / ".cache", ignore_errors=True)  # the client's notes about its downloads
        part.rename(folder)
    except OSError as error:
        raise CouldNotError(
            f"Could not write {part} ({error.strerror or error}); make room or choose another place, then repeat."
        ) from error
