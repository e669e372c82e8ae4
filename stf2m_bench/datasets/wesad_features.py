"""Windows of WESAD (Schmidt et al. 2018) as features that someone else computed: 15 people, a row each 30 seconds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stf2m_bench.datasets.base.loader import Card, Clip, ImportedTable, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of
from stf2m_bench.datasets.base.people import age_group
from stf2m_bench.datasets.base.side_tables import read_rows

_TABLE = "data/m14_merged.csv"
_NUMBER = "Unnamed: 0"  # what pandas calls the first column, which has no name
_FEATURES = ("_mean", "_std", "_min", "_max", "BVP_peak_freq", "TEMP_slope")
_CODES = {"0": "3", "1": "1", "2": "2"}  # the table's label -> that of the corpus


class WESADFeatures(Loader):
    """`data/m14_merged.csv`: a clip a row; the view `imported:windows` is the columns that hold something of their own.

    33 of its 46 features are copies: every `_mean`, `_min` and `_max` is of one and the same signal, whatever its name
    says. Columns that are there twice are left out, all of them, since nobody knows whose they are. What each label
    means is inferred from the lengths of the blocks (20, 10 and 6.5 minutes). Use it as an example, not as a benchmark.
    """

    card = Card(
        title="WESAD, features of 30 seconds",
        licence="academic, non-commercial (the corpus); none stated (the table)",
        access="github.com/drn-i/WESAD; data/m14_merged.csv",
        citation="Schmidt et al. 2018, ICMI, doi 10.1145/3242969.3242985; features by M. Johnson 2019",
        subjects=15,
        emotions=("neutral", "stress", "amusement"),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects",),
        verified="real",
        emotion_is="induced",
        left_out="No row, but 33 of 46 features: copies of one and the same signal under other names.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every row of the table."""
        if not (root / _TABLE).is_file():
            refuse(root, "WESAD features", _TABLE)
        for row in read_rows(root / _TABLE, (_NUMBER, "subject", "label", "age")):
            person = f"S{row['subject']}"
            yield Clip(
                clip_id=row_id(row[_NUMBER]),
                subject=person,
                emotion=canonical_of("WESAD", _CODES.get(row["label"], row["label"])),
                label=row["label"],
                recording=person,
                groups=age_group(int(row["age"])),
            )

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """The features that are no copies."""
        features = pd.read_csv(root / _TABLE, usecols=lambda name: name.endswith(_FEATURES))
        windows = ImportedTable(
            path=_TABLE,
            key=_NUMBER,
            columns=unlike_columns(features),
            source="M. Johnson 2019, windows of 30 s without overlap, as kept in github.com/drn-i/WESAD",
            fitted_on="not stated by its author; no scaling is seen in the numbers",
            clip_id=row_id,
        )
        return {"windows": windows}


def row_id(number: str) -> str:
    """The clip id of a row, from its number."""
    return f"row-{int(number):04d}"


def unlike_columns(table: pd.DataFrame) -> tuple[str, ...]:
    """The columns that equal no other column, in the table's order."""
    copies = table.T.duplicated(keep=False)
    return tuple(str(name) for name in table.columns if not copies[name])
