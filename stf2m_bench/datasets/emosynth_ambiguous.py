"""emosynth, the variant `ambiguous`: every clip is blended with another emotion, by half at most."""

from __future__ import annotations

from dataclasses import replace

from stf2m_bench.datasets.emosynth import EmoSynth
from stf2m_bench.datasets.synth.script import Plan


class EmoSynthAmbiguous(EmoSynth):
    """As the base, but each clip is a blend with another emotion, its share even from 0 to 0.5; the votes tell so."""

    plan = Plan(variant="ambiguous", subjects=20, recordings=6)
    card = replace(
        EmoSynth.card,
        title="emosynth, ambiguous (synthetic): every clip is blended with another emotion, by half at most",
        access="generated on this machine: stf2m-bench prepare emosynth_ambiguous",
        citation="stf2m-bench, the embedded synthetic corpus, variant ambiguous",
        tracks=("new-subjects", "personal"),
    )
