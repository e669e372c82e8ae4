"""The card of a task: who is where, what there is of each class, whose word it is, to whom an interval generalises."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from stf2m_bench.datasets.base.loader import Card
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.base.votes import known_ceilings
from stf2m_bench.errors import UnknownNameError
from stf2m_bench.leaderboards.board import is_synthetic, people_tested
from stf2m_bench.leaderboards.render import escape, table_line
from stf2m_bench.scoring.intervals import FEWEST_PEOPLE
from stf2m_bench.tasks.kinds import kinds_in_words, kinds_of
from stf2m_bench.tasks.protocol import SIDES
from stf2m_bench.tasks.task import Task, task_names

_NAMED = 12  # people of a side who are named; more are told by number
_LANGUAGES = {"de": "German", "en": "English", "fa": "Persian", "pl": "Polish", "ur": "Urdu", "zh": "Mandarin"}
_OF_KIND = {
    "intended": (", asked to show an emotion", ", nor to emotion that nobody asked for"),
    "induced": (", to whom the same is shown or done", ", nor to emotion that comes about otherwise"),
    "perceived": (", as others perceive them", ", nor to what they feel themselves"),
    "reported": (", as they tell of themselves", ", nor to what others perceive in them"),
    "": ("", ""),
}


def card_lines(task: Task) -> Iterator[str]:
    """The section of a board's page."""
    yield from ("## Who and what", "")
    yield from (*_sides(task), "", *_classes(task), "")
    yield from (f"{escape(_most_frequent(task))} {escape(_copies(task))} {escape(kinds_in_words(task.protocol))}", "")
    for dataset in task.protocol.datasets:
        if card := _card_of(dataset):
            yield f"- `{dataset}`: {escape(_of_dataset(card))}"
    yield from ("", *_raters(task), escape(generalises(task)), "")


def in_short(task: Task) -> list[str]:
    """The card in a few sentences, as plain text."""
    cards = {dataset: _card_of(dataset) for dataset in task.protocol.datasets}
    licences = [
        f"{dataset}{', synthetic' if card.synthetic else ''}: {card.licence}" for dataset, card in cards.items() if card
    ]
    return [
        f"{_most_frequent(task)} {_copies(task)}",
        kinds_in_words(task.protocol),
        *(f"Licence of {one}" for one in licences),
        generalises(task),
    ]


def generalises(task: Task) -> str:
    """To whom a figure with an interval generalises, as far as cards and protocol tell."""
    tested = people_tested(task)
    if not task.people_known:
        return "To whom it generalises: to nobody; whose clips these are is not told."
    if tested < FEWEST_PEOPLE:
        return f"To whom it generalises: to nobody else; {tested} people are too few for an interval."
    trained_on, dataset = task.protocol.datasets[0], task.protocol.datasets[-1]
    card, (who, nor) = _card_of(dataset), _OF_KIND[kinds_of(task.protocol)[dataset]]
    spoken = card.languages if card and not all(view.startswith("signal.") for view in task.protocol.views) else ()
    languages = _in_words(_LANGUAGES.get(one, one) for one in spoken)
    said = [
        f"To whom a figure with an interval generalises: to new people like the {tested} tested of {dataset}",
        who,
        f", in {languages}" if languages else "",
        ", of whom a few clips are labelled" if task.one_person else "",
        f", by models trained on {trained_on}" if trained_on != dataset else "",
        f"; not to other corpora{', languages' if languages else ''} or recordings{nor}.",
        " Classes and stimuli are taken as they are.",
        " These people are generated: nothing of it holds for real ones." if is_synthetic(task) else "",
    ]
    return "".join(said)


def _raters(task: Task) -> Iterator[str]:
    """What raters of the whole corpus reach, where it is known; more is in docs/datasets.md."""
    for dataset in task.protocol.datasets:
        if found := known_ceilings(dataset):
            reached = ", ".join(f"by {condition} {one.uar:.1f}" for condition, one in found.items())
            yield f"What one rater of `{dataset}` reaches, of all its clips and emotions (UAR): {reached}."
            yield ""


def _card_of(dataset: str) -> Card | None:
    try:
        return load_loader(dataset).card
    except UnknownNameError:
        return None


def _sides(task: Task) -> Iterator[str]:
    """Who is on which side of each fold; emotions where people are unknown."""
    folds = task.protocol.folds
    shown = any(fold.query_stimuli for fold in folds)
    stimuli = ("stimuli of training and support", "stimuli of queries") if shown else ()
    yield table_line("fold", "meta-train", "meta-val", "meta-test", *stimuli)
    yield table_line("--:", "---", "---", "---", *("---" for _ in stimuli))
    for number, fold in enumerate(folds):
        named = [getattr(fold, side) for side in SIDES] + ([fold.support_stimuli, fold.query_stimuli] if shown else [])
        yield table_line(str(number), *(escape(_named(names)) for names in named))
    if task.name in task_names():
        yield from ("", f"Everyone: [task](../tasks/{task.name}.toml), [clips](../tasks/{task.name}.clips.csv).")


def _named(names: Sequence[str]) -> str:
    if not names:
        return "nobody"
    if len(names) <= _NAMED:
        return f"{len(names)}: {', '.join(names)}"
    first, *_, last = sorted(names, key=_natural)
    return f"{len(names)}, from {first} to {last}"


def _natural(name: str) -> list[int | str]:
    """For sorting: P2 before P10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]


def _classes(task: Task) -> Iterator[str]:
    """Clips that may be drawn, of each class and person."""
    counts = _counts(task)
    people = sorted(set(task.subject)) if task.people_known else []
    header = ("class", "clips", *(("people", "fewest a person", "median", "most a person") if people else ()))
    yield table_line(*header)
    yield table_line("---", *("--:" for _ in header[1:]))
    for emotion in task.protocol.every_emotion:
        each = [counts[emotion, person] for person in people]
        cells = (f"{sum(map(bool, each))}", f"{min(each)}", f"{median(each):g}", f"{max(each)}") if people else ()
        name = f"{emotion} (training alone)" if emotion in task.protocol.training_emotions else emotion
        yield table_line(escape(name), f"{_clips_of(counts, emotion):,}", *cells)


def _counts(task: Task) -> Counter[tuple[str, str]]:
    """(emotion, person) -> clips that may be drawn."""
    clips = zip(task.clips.emotion, task.subject, task.clips.duplicate_of, strict=True)
    return Counter((emotion, person) for emotion, person, earlier in clips if not earlier)


def _clips_of(counts: Counter[tuple[str, str]], emotion: str) -> int:
    return sum(number for (found, _), number in counts.items() if found == emotion)


def _most_frequent(task: Task) -> str:
    """The class of most of the task's clips, training's too, or all that come first, and its share."""
    counts = _counts(task)
    clips = {emotion: _clips_of(counts, emotion) for emotion in task.protocol.emotions}
    most = max(clips.values())
    first = [emotion for emotion, number in clips.items() if number == most]
    named = ", ".join(first) if len(first) < len(clips) else "none, all are alike"
    share = 100 * most / sum(clips.values())
    each = "" if len(first) == 1 else " each"
    return f"Majority: {named}, {share:.1f} % of all clips{each}; episodes ask for every class alike."


def _copies(task: Task) -> str:
    number = sum(map(bool, task.clips.duplicate_of))
    return f"Marked as copies of another clip, and never drawn: {number}."


def _of_dataset(card: Card) -> str:
    parts = ("SYNTHETIC. " if card.synthetic else "", card.title, f" ({card.citation})" if card.citation else "")
    return f"{''.join(parts)}. Licence: {card.licence}. Access: {card.access}."


def _in_words(names: Iterable[str]) -> str:
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last
