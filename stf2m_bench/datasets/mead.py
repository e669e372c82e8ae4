"""MEAD: 48 actors, eight emotions in three strengths, seven cameras (Wang et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stf2m_bench.datasets.base.loader import NOT_AT_HAND, Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.datasets.base.people import sex_group

_NAME = (
    r"(?P<actor>(?P<sex>[MW])\d{3})/(?:audio|video/front)/(?P<emotion>[a-z]+)[/_]level_(?P<level>\d)/(?P<number>\d{3})"
)


class MEAD(Loader):
    """`M003/audio/angry/level_1/001.m4a` and `M003/video/front/angry/level_1/001.mp4`, joined by their numbers.

    Of the seven cameras the front one is read. A number is one text within an emotion only, and most texts belong to an
    emotion: words tell it. Numbers of sound and picture are reported to differ for some actors: compare their lengths.
    """

    card = Card(
        title="Multi-view Emotional Audio-visual Dataset",
        licence="research only",
        access="wywu.github.io/projects/MEAD; M003/audio/angry/level_1/001.m4a, M003/video/front/angry/level_1/001.mp4",
        citation="Wang et al. 2020, ECCV, doi 10.1007/978-3-030-58589-1_42",
        subjects=48,
        emotions=emotions_of("MEAD"),
        languages=("en",),
        modalities=("audio", "video"),
        tracks=("new-subjects", "personal", "new-emotions", "new-corpus"),
        verified="layout",
        no_task=NOT_AT_HAND,
        emotion_is="intended",
        left_out="Six of seven cameras: they show the same takes as the front one, which is read.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every clip found below `root`."""
        name = "{actor}_{emotion}_{level}_{number}"
        for take in named_takes(root, _NAME, name, corpus="MEAD", example="M003/audio/angry/level_1/001.m4a"):
            yield Clip(
                clip_id=take.clip_id,
                subject=take["actor"],
                emotion=canonical_of("MEAD", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=f"{take['emotion']} {take['number']}",
                intensity=float(take["level"]),
                video=take.video,
                audio=take.audio,
                language="en",
                groups=sex_group(take["sex"]),
            )
