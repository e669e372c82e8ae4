"""URDU: 400 clips of talk shows, four emotions (Latif et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group

_NAME = r"(?P<speaker>S(?P<sex>[MF])\d+)_F(?P<file>\d+)_(?P<emotion>[A-Z])(?P<number>\d+)"


class URDU(Loader):
    """`Angry/SM1_F10_A010.wav`: sex and number of the speaker, the speaker's file, emotion and number.

    The names hold 29 speakers (the corpus's README says 38), 26 of them with one emotion only: within this corpus,
    knowing the speaker is nearly knowing the emotion. So it serves as a new corpus alone. Which clips come from one
    programme is not told.
    """

    card = Card(
        title="URDU talk shows",
        licence="research only",
        access="github.com/siddiquelatif/URDU-Dataset; Angry/SM1_F10_A010.wav ..., Happy, Neutral, Sad",
        citation="Latif, Qayyum, Usman & Qadir 2018, FIT, arXiv 1812.10411",
        subjects=29,
        emotions=emotions_of("URDU"),
        languages=("ur",),
        modalities=("audio",),
        tracks=("new-corpus",),
        verified="real",
        no_task=(
            "26 of its 29 speakers have one emotion alone, so that no group of speakers can give a support of every "
            "emotion and leave others to query; a split that ignored speakers would measure who speaks."
        ),
        emotion_is="perceived",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`."""
        name = "{speaker}_F{file}_{emotion}{number}"
        for take in named_takes(root, _NAME, name, corpus="URDU", example="Angry/SM1_F10_A010.wav"):
            yield Clip(
                clip_id=take.clip_id,
                subject=take["speaker"],
                emotion=canonical_of("URDU", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                audio=take.audio,
                language="ur",
                groups=sex_group(take["sex"]),
            )
