"""The page of a pushed model: what it is, how to evaluate it, its figures, its data and their licences, its limits.

Whatever comes from files is data: escaped in Markdown, dumped as YAML by the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stf2m_bench.datasets.base.loader import Card
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import UsageError
from stf2m_bench.huggingface.address import PREFIX, Address
from stf2m_bench.leaderboards.page import SYNTHETIC
from stf2m_bench.leaderboards.render import escape, uar_cell
from stf2m_bench.models.base.model import SavedModel, declarations
from stf2m_bench.scoring.result import Result, file_stem
from stf2m_bench.tasks.task import task_names

CARD, FIGURES = "README.md", ".eval_results"
BENCHMARK = "stf2m-bench/stf2m-bench"  # where the tasks would be a dataset on the Hub; nobody has put them there yet
LIMITS = (
    "Figures hold for the frozen episodes of the task named, for its people, its language and its way of recording."
    " Other people are covered only as far as the interval says, given these weights; other corpora are not.",
    "A shown emotion is not a felt one: the classes are the labels of the training data, often acted or voted on.",
    "Each fold's weights are for scoring that fold. Nothing here is meant for decisions about people.",
    "Evaluating the weights reproduces the figures; it does not show what they were trained on. That is stated by"
    " whoever pushed them.",
)


def model_card(address: Address, saved: Sequence[SavedModel], results: Sequence[Result], *, licence: str = "") -> str:
    """The text of the repository's README.md.

    Args:
        saved: the model of each fold. results: of these very weights.
        licence: of the weights, as the Hub calls it; empty if it is not stated.
    """
    cards = {name: _card_of(name) for name in _datasets(saved)}
    lines = [f"# {escape(address.name)}", ""]
    lines += [SYNTHETIC, ""] if any(card and card.synthetic for card in cards.values()) else []
    lines += [*_what(saved), *_how(address, saved), *_figures(results), *_data(cards, saved, licence)]
    lines += [*_settings(saved[0]), "## Limits", "", *(f"- {limit}" for limit in LIMITS), ""]
    lines += ["Written by `stf2m-bench models push`; the next push writes it anew.", ""]
    return f"---\n{_front_matter(address, cards, results, licence)}---\n\n" + "\n".join(lines)


def eval_results(results: Iterable[Result]) -> dict[str, str]:
    """Path -> text of `.eval_results/<task>.yaml`: the UAR of the most shots, of the newest version of each task."""
    import yaml
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    newest: dict[str, Result] = {}
    for result in _standing(results):
        held = newest.get(result.task.name)
        if held is None or result.task.version > held.task.version:
            newest[result.task.name] = result
    texts = {}
    for task, result in newest.items():
        most = max(result.figures.shots)
        entry = EvalResultEntry(
            dataset_id=BENCHMARK,
            task_id=task,
            value=result.figures.shots[most].uar,
            date=result.created.isoformat(),
            notes=_notes(result, most),
        )
        texts[f"{FIGURES}/{file_stem(task)}.yaml"] = yaml.safe_dump(
            eval_result_entries_to_yaml([entry]), sort_keys=False
        )
    return texts


def _notes(result: Result, shot: int) -> str:
    interval = result.figures.shots[shot].new_people
    within = f"95% interval for new people {interval.lower:.1f} to {interval.upper:.1f}" if interval else "no interval"
    seeds = ", ".join(map(str, result.seeds)) or "not stated"
    return (
        f"UAR in percent, {shot}-shot; {within}; {result.figures.shots[shot].people} people tested; training seed"
        f" {seeds}; task version {result.task.version}, hash {result.task.hash}; result {result.hash}, {result.state}"
    )


def _standing(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.state != "retracted"]


def _front_matter(address: Address, cards: dict[str, Card | None], results: Iterable[Result], licence: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    found = [
        EvalResult(
            task_type="few-shot-emotion-recognition",
            task_name="Few-shot emotion recognition",
            dataset_type=result.task.name,
            dataset_name=result.task.name,
            dataset_revision=result.task.hash,
            metric_type="uar",
            metric_name=f"UAR, {shot}-shot, percent",
            metric_value=figures.uar,
        )
        for result in _standing(results)
        for shot, figures in result.figures.shots.items()
    ]
    stated: dict[str, Any] = {"license": licence} if licence else {"license": "other", "license_name": "not-stated"}
    known = sorted(name for name, card in cards.items() if card and ":" not in name)
    data = ModelCardData(
        library_name="stf2m-bench",
        tags=["stf2m-bench", "emotion-recognition", "few-shot-learning"],
        datasets=known or None,
        model_name=address.name if found else None,
        eval_results=found or None,
        **stated,
    )
    return f"{data.to_yaml()}\n"


def _what(saved: Sequence[SavedModel]) -> Iterator[str]:
    on = saved[0].trained_on
    sets = "one set of weights" if len(saved) == 1 else f"{len(saved)} sets of weights, one a fold"
    of = f" of the task {escape(on.task)} (hash {escape(on.task_hash[:12])})" if on else ""
    yield from (
        f"The model {escape(saved[0].key)} of stf2m-bench, a benchmark of few-shot, multi-modal emotion"
        f" recognition: {sets}{of}. The repository holds `config.json` and `model.safetensors` of each;"
        " nothing in it is executable.",
        "",
    )
    if on and all(
        one.trained_on and (one.trained_on.task_hash, one.trained_on.fold) == (on.task_hash, n)
        for n, one in enumerate(saved)
    ):
        yield from ("By its training record, the weights of a fold saw none of the people whom that fold tests.", "")


def _how(address: Address, saved: Sequence[SavedModel]) -> Iterator[str]:
    task = saved[0].trained_on.task if saved[0].trained_on else ""
    board = task if task in task_names() else f"{task}.toml" if re.fullmatch(r"[a-z0-9][a-z0-9-]*", task) else "TASK"
    yield from ("## Evaluate it", "", "```")
    yield f"stf2m-bench models check {PREFIX}{address.repo}"
    yield f"stf2m-bench evaluate {board} --model {PREFIX}{address.repo}"
    yield from ("```", "")
    where = "Say once where the data lie: `--data FOLDER`. A commit is pinned by `@COMMIT` behind the name."
    yield from (where + ("" if task in task_names() else " The task is not built in; ask who pushed this for it."), "")


def _figures(results: Sequence[Result]) -> Iterator[str]:
    yield from ("## Results", "")
    if not results:
        yield from ("No result of these weights was at hand when they were pushed.", "")
        return
    yield "| task | version | shots | UAR | people | accuracy | NLL | training seed | state | result |"
    yield "| --- | --: | --: | --: | --: | --: | --: | --: | --- | --- |"
    for result in results:
        for shot, figures in result.figures.shots.items():
            state = f"{result.state}: {result.reason}" if result.state == "retracted" else result.state
            seeds = ", ".join(map(str, result.seeds)) or "not stated"
            cells = [result.task.name, result.task.version, shot, uar_cell(figures.uar, figures.new_people)]
            cells += [figures.people, f"{figures.accuracy:.1f}", f"{figures.nll:.3f}", seeds, state, result.hash[:12]]
            yield _line(cells)
    yield from (
        "",
        "UAR is the mean recall over emotions, in percent. ± is the 95% interval for new people, given these weights;"
        " *rough* marks fewer than 12 people, and without ± it cannot be told. The result's hash is the same wherever"
        " these weights are evaluated on the same machine and versions.",
        "",
    )


def _data(cards: dict[str, Card | None], saved: Sequence[SavedModel], licence: str) -> Iterator[str]:
    yield from ("## Training data and licences", "")
    if cards:
        yield from ("| dataset | what | licence of the data | access | source |", "| --- | --- | --- | --- | --- |")
    for name, card in cards.items():
        told = (card.title, card.licence, card.access, card.citation) if card else ("not known here", "", "", "")
        yield _line([name, *told])
    if any(one.trained_on is None for one in saved):
        yield from ("", "What the weights were trained on is not stated.")
    before = sorted({source for one in saved for source in one.model.pretrained_on})
    if before:
        yield from ("", f"Pretrained on: {escape(', '.join(before))}.")
    own = escape(licence) if licence else "not stated by who pushed them; ask before using them"
    yield from ("", f"Licence of the weights: {own}. The licence of the data may bind what is trained on them.", "")


def _settings(saved: SavedModel) -> Iterator[str]:
    yield from ("## Settings", "", "| | |", "| --- | --- |")
    facts = {**saved.model.config(), **declarations(saved.model), "views": sorted(saved.view_specs)}
    for name, value in facts.items():
        shown = ", ".join(map(str, value)) or "none" if isinstance(value, list) else value
        yield _line([name, shown])
    yield ""


def _datasets(saved: Iterable[SavedModel]) -> list[str]:
    return sorted({name for one in saved if one.trained_on for name in one.trained_on.datasets})


def _card_of(dataset: str) -> Card | None:
    try:
        return load_loader(dataset).card
    except UsageError:
        return None


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join(escape(str(cell)) for cell in cells) + " |"
