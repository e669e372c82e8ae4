"""Writes docs/datasets.md from the cards of all loaders: python docs/figures/datasets.py"""

import json
from collections.abc import Iterator
from pathlib import Path

from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.loader import Card
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.base.native_emotions import native_corpora, native_emotions, near_matches
from stf2m_bench.datasets.base.votes import known_ceilings
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.tasks.task import load_task, task_names

PAGE = Path(__file__).parents[1] / "datasets.md"
BEGIN = """\
# Datasets

Made of the loaders' cards by `python docs/figures/datasets.py`; edit nothing here. `stf2m-bench datasets show DATASET`
shows a whole card, `stf2m-bench prepare DATASET --data FOLDER` reads a corpus from the folder that holds it. Only `hf`
downloads anything, and no media is in this repository. Sound, films and the signals of `ceap_360vr`, `eevr`,
`smartwatch_walk` and `stress_predict` may stay in zip files that hold the corpus's own layout (as those of RAVDESS do),
or, slowly, in zip files in these: they are read there, nothing is unpacked beside them. Tables may not.

*Tested on*: `real`, files of the corpus itself; `layout`, file names and tables as its documentation gives them, so a
fault in your copy may be ours: tell us. *People*: of the whole corpus. Emotions are canonical ones, from the corpus's
own words by `stf2m_bench/datasets/base/native_emotions.csv`; a corpus of continuous ratings alone has `neutral` at
most. *Tasks*: those that we made of it, or why there is none. *Emotion is*: `intended` (asked of who shows it),
`induced` (what the stimulus or the condition aims at), `perceived` (by others) or `reported` (by the people
themselves); empty: none of these. `tasks check` names a task whose two corpora differ in it.

A split that is published with a corpus is not ours: EmoBox's lists put every speaker of CREMA-D (91 of 91), of EmoDB
(10 of 10) and of TESS (2 of 2) on both sides, so figures made by them are not of new people.

"""
LEFT_OUT = """
## What is left out, and why

"""
WORDS = """
## Words that are no emotion

Words and codes of corpora that have no canonical emotion. *None fits*: the word means something else. *Dropped*: the
corpus itself says that there is none to be had. Either way a clip with this word has no emotion, or there is no clip.

| corpus | word | | why |
|---|---|---|---|
"""
VOTES = """
## What people reach on CREMA-D

One of the raters of each clip, drawn at random, against the emotion that the actor was asked for (UAR) and against what
most of the other raters said (agreement); ties are split. Votes are answers: they are never a view. Made by
`python docs/figures/crema_d_votes.py FOLDER` of the corpus's own table; `stf2m-bench datasets votes DATASET` gives the
same for any corpus with votes. A model that scores above the UAR of its condition knows more than the raters agree on.

| votes by | clips | raters a clip | UAR | agreement | clips with a majority of half | ties |
|---|---|---|---|---|---|---|
"""
LISTENERS = """
## What people reach on EmoDB

One of 20 listeners, drawn at random, against the emotion that the actor was asked for (UAR). The corpus's own table
(`erkennung.txt`, decimals behind a comma) tells of each take how many knew it, but not what the others heard: that is
no distribution, so it is no vote and not in the manifest. It is biased too: by this very test (at least 80% knew the
emotion, at least 60% found it natural) the authors chose which takes to publish, so that the figure of published takes
is high by choice. Made by `python docs/figures/emodb_listeners.py FOLDER`.

| takes | how many | UAR | least of any take |
|---|---|---|---|
"""
_MEANT = {"drop": "dropped", "none": "none fits"}
NEAR = """
## Words that match nearly

Where a corpus's word is wider or narrower than the canonical emotion that it is read as. Every other word of a corpus
with a canonical emotion means just that; `label` keeps the corpus's own word of each clip, and tasks with
`label = "word"` have it as their class. The map knows more corpora than there are loaders.

| corpus, as the map calls it | word or code: canonical emotion |
|---|---|
"""
HEADER = (
    *("dataset", "title", "people", "emotions", "languages", "modalities", "licence", "tested on", "tasks"),
    "emotion is",
)


def row(key: str, card: Card, tasks: list[str]) -> tuple[str, ...]:
    """The cells of one dataset."""
    return (
        f"`{key}`",
        escape(f"{card.title} ({card.citation})" if card.citation else card.title),
        card.people,
        str(len(card.emotions)),
        ", ".join(card.languages),
        ", ".join(card.modalities),
        escape(card.licence),
        "synthetic" if card.synthetic else card.verified,
        ", ".join(f"`{task}`" for task in tasks) or escape(card.no_task and f"none: {card.no_task}"),
        card.emotion_is,
    )


def page() -> str:
    """The whole page."""
    protocols = [load_task(name).protocol for name in task_names()]
    lines = [f"| {' | '.join(HEADER)} |", f"|{'---|' * len(HEADER)}"]
    for key in ROOM.keys():
        tasks = [protocol.name for protocol in protocols if key in protocol.datasets]
        lines.append(f"| {' | '.join(row(key, load_loader(key).card, tasks))} |")
    return (
        BEGIN
        + "\n".join(lines)
        + "\n"
        + LEFT_OUT
        + "".join(left_out())
        + WORDS
        + "".join(words())
        + VOTES
        + "".join(votes())
        + LISTENERS
        + "".join(listeners())
        + NEAR
        + "".join(near())
    )


def left_out() -> Iterator[str]:
    """A line for each corpus of which something becomes no clip."""
    for key in ROOM.keys():
        if why := load_loader(key).card.left_out:
            yield f"- `{key}`: {escape(why)}\n"


def words() -> Iterator[str]:
    """A line for the words of a corpus that have no canonical emotion for one reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for corpus in native_corpora():
        for word, native in native_emotions(corpus).items():
            if native.why:
                found.setdefault((corpus, native.match, native.why), []).append(f"`{word}`")
    for (corpus, match, why), told in found.items():
        yield f"| {corpus} | {' '.join(told)} | {_MEANT[match]} | {why} |\n"


def votes() -> Iterator[str]:
    """A line for each condition of CREMA-D's votes."""
    for condition, one in known_ceilings("crema_d").items():
        shares = " | ".join(f"{share:.1f}%" for share in (one.uar, one.agreement, one.majority, one.ties))
        yield f"| {condition} | {one.clips:,} | {one.raters:.1f} | {shares} |\n"


def near() -> Iterator[str]:
    """A line for each corpus of the map with words that match nearly."""
    for corpus, words in near_matches().items():
        yield f"| {escape(corpus)} | {'; '.join(f'{escape(word)}: {key}' for word, key in words.items())} |\n"


def listeners() -> Iterator[str]:
    """A line for all takes of EmoDB that listeners heard, and for those that were chosen."""
    found = json.loads((PAGE.parent / "figures" / "emodb_listeners.json").read_text(encoding="utf-8"))
    for takes, one in found.items():
        yield f"| {takes} | {one['takes']} | {one['uar']:.1f}% | {one['least']:.0f}% |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
