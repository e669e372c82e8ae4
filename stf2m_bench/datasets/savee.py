"""SAVEE: four English men, seven emotions, voice and face (Haq & Jackson 2010)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of

_NAME = r"(?P<speaker>DC|JE|JK|KL)[/_](?P<emotion>[a-z]{1,2})(?P<number>\d\d?)"


class SAVEE(Loader):
    """`AudioData/DC/a01.wav` and `AudioVisualClip/DC/a1.avi` (numbers are padded for sound alone), or `DC_a01.wav`.

    The stimulus is emotion and number. Three sentences are common to all emotions under numbers of their own, others
    belong to one emotion: so words tell the emotion in part, and stimuli cannot be told apart by text.
    """

    card = Card(
        title="Surrey Audio-Visual Expressed Emotion",
        licence="research only, by form",
        access="kahlan.eps.surrey.ac.uk/savee; AudioData/DC/a01.wav ..., AudioVisualClip/DC/a1.avi ...",
        citation="Haq & Jackson 2010, Machine Audition, doi 10.4018/978-1-61520-919-4.ch017",
        subjects=4,
        emotions=emotions_of("SAVEE"),
        languages=("en",),
        modalities=("audio", "video"),
        tracks=("personal", "new-emotions", "new-corpus"),
        verified="layout",
        no_task="Four speakers: too few people for intervals over new ones; no file of it was at hand either.",
        emotion_is="intended",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`."""
        name = "{speaker}_{emotion}{number:0>2}"
        for take in named_takes(root, _NAME, name, corpus="SAVEE", example="AudioData/DC/a01.wav"):
            yield Clip(
                clip_id=take.clip_id,
                subject=take["speaker"],
                emotion=canonical_of("SAVEE", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=f"{take['emotion']} {int(take['number'])}",
                video=take.video,
                audio=take.audio,
                language="en",
                groups={"sex": "male"},
            )
