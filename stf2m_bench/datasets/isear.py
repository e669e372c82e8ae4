"""ISEAR: situations in which people felt one of seven emotions, in their own words (Scherer & Wallbott 1994)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.side_tables import find_tables, read_bare_rows

_CODES = {
    "joy": "1", "fear": "2", "anger": "3", "sadness": "4", "disgust": "5", "shame": "6", "guilt": "7", "guit": "7",
}  # fmt: skip
_NO_ANSWER = re.compile(
    r"none|nothing|blank|does not apply|do not know|not included on questionnaire"
    r"|(.+, )?not applicable( to myself)?|no (response|description|answer)\b.*"
    r"|(it happens to me quite often\. |this is difficult, since )?"
    r"(i )?(can ?not|can't|do not|don't) (think of|remember|recall|describe|seem to feel)\b[^.]*"
    r"(\. i do not usually [^.]*)?|can think of no time [^.]*|i have felt \w+ but am unable to remember [^.]*"
    r"|(i )?(have not|haven't) (been|felt) (\w+ for ages|this emotion( yet)?)"
)
_SEE_ANOTHER = re.compile(r"the same (as in|event described under|for) [\w\" ]+|i felt it (at|on) the same [\w ]+")


class ISEAR(Loader):
    """The file `ISEAR.csv` without header: emotion, words, and what followed a bare comma (three records).

    The emotion is the one that the question asked for: a report of oneself, from memory. Line breaks inside answers
    become blanks. Answers that say only that there is none (40), or only that it is that of another question (7), are
    left out. This copy does not tell respondents. Records stand in a fixed order, joy to guilt, so a run in that order
    is taken for one respondent's answers and is both subject and recording: 1,204 runs, 936 of them of seven records.
    Some people are two runs, so new people cannot be promised. The emotion's own word stands in up to a quarter of the
    answers.
    """

    card = Card(
        title="International Survey on Emotion Antecedents and Reactions",
        licence="CC BY-NC-SA 3.0",
        access="unige.ch/cisa, copies on GitHub; ISEAR.csv with emotion and words, without header",
        citation="Scherer & Wallbott 1994, JPSP 66(2), 310-328, doi 10.1037/0022-3514.66.2.310",
        subjects=1_204,
        emotions=emotions_of("ISEAR"),
        languages=("en",),
        modalities=("text",),
        tracks=("new-emotions", "new-corpus"),
        verified="real",
        no_task=(
            "The copy at hand does not tell its respondents, so people cannot be kept apart, and up to a quarter of "
            "the answers say the emotion's own word."
        ),
        emotion_is="reported",
        left_out="47 of 7,516 answers: 40 say only that there is none, 7 only that it is that of another question.",
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every answer; its id is the number of its record."""
        tables = find_tables(root, "ISEAR.csv")
        if not tables:
            refuse(root, "ISEAR", "ISEAR.csv")
        run, last = 0, "7"  # before the first record a questionnaire ended
        for number, row in enumerate(read_bare_rows(tables[0], ("emotion", "words", "rest")), start=1):
            code = _CODES.get(row["emotion"], row["emotion"])
            run += not last < code
            last = code
            words = " ".join(", ".join(filter(None, (row["words"], row["rest"]))).split())
            if _says_nothing(words):
                continue
            yield Clip(
                clip_id=f"{number:04}",
                subject=f"run {run:04}",
                emotion=canonical_of("ISEAR", code),
                label=row["emotion"],
                recording=f"run {run:04}",
                text=words,
                language="en",
            )


def _says_nothing(words: str) -> bool:
    said = words.strip("[]. !").lower()
    return bool(_NO_ANSWER.fullmatch(said) or _SEE_ANOTHER.fullmatch(said))
