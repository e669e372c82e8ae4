"""To the Hub: weights, their card and their figures, in one commit or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.home import home
from stf2m_bench.hub.card import CARD, FIGURES, eval_results, model_card
from stf2m_bench.hub.weights import is_ours, read_folder, weights_hash
from stf2m_bench.huggingface.address import Address, parse_address
from stf2m_bench.huggingface.client import asking
from stf2m_bench.models.base.model import SavedModel
from stf2m_bench.scoring.result import Result, read_result

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

Files = dict[str, bytes | Path]


def repository_named(text: str) -> Address:
    """The repository `ORG/NAME` to push to.

    Raises:
        UsageError: it is no name, or asks for a revision: a push always makes the newest one.
    """
    address = parse_address(text)
    if address.revision is not None:
        raise UsageError(f"A push makes the newest commit of its own; give '{address.repo}' without '@'.")
    return address


def files_to_push(folder: Path, address: Address, *, results: Sequence[Path] = (), licence: str = "") -> Files:
    """Every file of the repository, by its path: bytes, or where it lies. Nobody is asked.

    Args:
        folder: as `train` wrote it. results: result files, or folders of them; else those of the home.
        licence: of the weights, as the Hub calls it; empty if it is not stated.

    Raises:
        InputError: the folder holds anything but weights, or a given result is of other weights.
    """
    names, saved = read_folder(folder)
    found = _results_of(saved, results)
    files: Files = {CARD: model_card(address, saved, found, licence=licence).encode()}
    files |= {name: text.encode() for name, text in eval_results(found).items()}
    return files | {name: folder / name for name in names}


def push(address: Address, files: Files, *, private: bool = False) -> str:
    """Make the repository if there is none and commit these files; returns the commit.

    Weights and figures of an earlier push that are not among `files` go in the same commit. The commit counts only if
    nobody else pushed since it was begun.

    Raises:
        UsageError: the repository holds something else, or is public where `private` was asked for.
        CouldNotError: the Hub refuses, fails or cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    with asking(address.repo) as api:
        before = _repository(api, address, private=private)
        held = [file.rfilename for file in before.siblings or []]
        left = [path for path in held if path not in files and (is_ours(path) or _is_figures(path))]
        done = api.create_commit(
            address.repo,
            [
                *(CommitOperationAdd(name, str(it) if isinstance(it, Path) else it) for name, it in files.items()),
                *(CommitOperationDelete(path, is_folder=False) for path in left),
            ],
            commit_message="Push weights with stf2m-bench",
            parent_commit=before.sha,
        )
    return done.oid


def _repository(api: HfApi, address: Address, *, private: bool) -> ModelInfo:
    """The repository as it now is, made if there was none; refused before anything is sent where it does not fit."""
    api.create_repo(address.repo, private=private or None, exist_ok=True)
    info = api.model_info(address.repo)
    if private and not info.private:
        raise UsageError(
            f"'{address.repo}' is there already and is public; make it private in its settings, or push without"
            " --private."
        )
    held = [file.rfilename for file in info.siblings or [] if file.rfilename != ".gitattributes"]
    if held and not any(is_ours(path) for path in held):
        raise UsageError(f"'{address.repo}' holds something else ({held[0]}); push to another name.")
    return info


def _is_figures(path: str) -> bool:
    return path.startswith(f"{FIGURES}/") and path.endswith(".yaml")


def _results_of(saved: list[SavedModel], given: Sequence[Path]) -> list[Result]:
    """The results of these very weights, each once, by task."""
    found: dict[str, Result] = {}
    for place in given or filter(Path.is_dir, [home() / "results"]):
        of_these = [result for result in _read(place) if _is_of(result, saved)]
        if given and not of_these:
            raise InputError(f"{place} holds no result of these weights; evaluate this very folder first.")
        found |= {result.hash: result for result in of_these}
    return sorted(found.values(), key=lambda result: (result.task.name, result.task.version, result.seeds, result.hash))


def _read(place: Path) -> Iterable[Result]:
    """The result file, or every file below the folder that is one."""
    if not place.is_dir():
        yield read_result(place)
        return
    for path in sorted(place.rglob("[!.]*.json")):
        with suppress(InputError):
            yield read_result(path)


def _is_of(result: Result, saved: list[SavedModel]) -> bool:
    folds = len(next(iter(result.figures.shots.values())).folds)
    return result.model.sha256 == weights_hash(saved, folds)
