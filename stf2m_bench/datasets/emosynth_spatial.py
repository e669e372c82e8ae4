"""emosynth, the variant `spatial`: places of face and voice tell the emotion, whatever the time; some are disturbed."""

from __future__ import annotations

from dataclasses import replace

from stf2m_bench.datasets.emosynth import EmoSynth
from stf2m_bench.datasets.synth.script import Plan


class EmoSynthSpatial(EmoSynth):
    """Emotions are still faces and bands of the voice; each person and recording has other places disturbed."""

    plan = Plan(variant="spatial", subjects=20, recordings=6, leaning=0.0)
    card = replace(
        EmoSynth.card,
        title="emosynth, spatial (synthetic): places of face and voice tell the emotion, some are disturbed",
        access="generated on this machine: stf2m-bench prepare emosynth_spatial",
        citation="stf2m-bench, the embedded synthetic corpus, variant spatial",
        tracks=("new-subjects", "personal"),
    )
