"""TESS: two Canadian actresses, 200 words, seven emotions (Pichora-Fuller & Dupuis 2020)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import age_group

_NAME = r"(?P<speaker>OA|YA)F?_(?P<word>[a-z]+)_(?P<emotion>[a-z]+)"
_AGES = {"OA": 64, "YA": 26}
_UNREADABLE = {"YAF_germ_angry", "YAF_neat_fear"}


class TESS(Loader):
    """`OAF_lid_fear.wav`: speaker, the word said in "Say the word ...", emotion (`ps` is pleasant surprise).

    Flat or in folders of any spelling: names alone are read. Copies that hold the set twice give each clip once, and
    `OA_bite_neutral.wav` is speaker OAF's. Two files that are reported unreadable in some copies are left out of all,
    so that all have the same clips. `OAF_food_fear.wav` has 96 kHz, all others 24,414 Hz: audio views bring both to one
    rate. Two speakers only: no track of new people.
    """

    card = Card(
        title="Toronto Emotional Speech Set",
        licence="CC BY-NC-ND 4.0",
        access="doi 10.5683/SP2/E8H2MF; OAF_lid_fear.wav ..., YAF_..., flat or in folders",
        citation="Pichora-Fuller & Dupuis 2020, doi 10.5683/SP2/E8H2MF",
        subjects=2,
        emotions=emotions_of("TESS"),
        languages=("en",),
        modalities=("audio",),
        tracks=("personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="layout",
        no_task=(
            "Two speakers: no new people to test on once one has been trained on; no file of it was at hand either."
        ),
        emotion_is="intended",
        left_out="2 of 2,800 clips, reported as unreadable in some copies.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`, once."""
        name = "{speaker}F_{word}_{emotion}"
        for take in named_takes(root, _NAME, name, corpus="TESS", example="OAF_lid_fear.wav"):
            if take.clip_id in _UNREADABLE:
                continue
            yield Clip(
                clip_id=take.clip_id,
                subject=f"{take['speaker']}F",
                emotion=canonical_of("TESS", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=take["word"],
                audio=take.audio,
                language="en",
                groups={"sex": "female"} | age_group(_AGES[take["speaker"]]),
            )
