"""GoEmotions: 54,263 Reddit comments in 27 emotions and neutral, some in several (Demszky et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of, native_emotions
from stf2m_bench.datasets.base.side_tables import read_bare_rows
from stf2m_bench.errors import InputError

_SPLITS = ("train.tsv", "dev.tsv", "test.tsv")
_WORDS = tuple(native_emotions("GoEmotions"))  # in the order of the corpus's numbers


class GoEmotions(Loader):
    """The filtered tables `train.tsv`, `dev.tsv`, `test.tsv` without header: words, numbers of labels, comment.

    The emotions are what readers perceived, each by at least two of three to five raters. A comment with one label has
    it as its emotion; one with several has none, and its labels joined by commas. The votes of `readers` give each
    label of a comment the same share: these tables do not tell how many raters chose which (those of single raters,
    `goemotions_1.csv` and so on, are not read). Writers are not told, so each comment is a subject of its own, and new
    people cannot be promised. Grief, relief and pride are rare. Comments may offend.
    """

    card = Card(
        title="GoEmotions",
        licence="Apache-2.0",
        access="github.com/google-research/google-research, goemotions; data/train.tsv, data/dev.tsv, data/test.tsv",
        citation="Demszky et al. 2020, ACL, 4040-4054, doi 10.18653/v1/2020.acl-main.372",
        subjects=54_263,
        emotions=emotions_of("GoEmotions"),
        languages=("en",),
        modalities=("text",),
        tracks=("new-emotions", "new-corpus"),
        verified="real",
        emotion_is="perceived",
        left_out="Comments that the authors' filter left out, and the tables of single raters.",
        people_known=False,
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every comment."""
        folders = (root / "data/original", root / "data", root)  # beside `original` lie coarser relabelings
        tables = next((found for folder in folders if (found := _tables(folder))), None)
        if tables is None:
            refuse(root, "GoEmotions", "data/train.tsv")
        for table in tables:
            for row in read_bare_rows(table, ("words", "numbers", "comment"), separator="\t", quotes=False):
                labels = _labels(row["numbers"], table)
                emotions = [canonical_of("GoEmotions", label) for label in labels]
                yield Clip(
                    clip_id=row["comment"],
                    subject=row["comment"],
                    emotion=emotions[0] if len(emotions) == 1 else None,
                    label=",".join(labels),
                    recording=row["comment"],
                    text=row["words"],
                    language="en",
                    votes={f"readers.{emotion}": 1 / len(emotions) for emotion in emotions},
                )


def _tables(folder: Path) -> list[Path]:
    return [folder / name for name in _SPLITS if (folder / name).is_file()]


def _labels(numbers: str, table: Path) -> list[str]:
    try:
        return [_WORDS[int(number)] for number in numbers.split(",")]
    except (ValueError, IndexError) as error:
        raise InputError(f"{table} has the labels '{numbers}', not numbers from 0 to {len(_WORDS) - 1}.") from error
