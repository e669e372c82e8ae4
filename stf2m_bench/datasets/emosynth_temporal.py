"""emosynth, the variant `temporal`: only the course of an expression over time tells the emotion."""

from __future__ import annotations

from dataclasses import replace

from stf2m_bench.datasets.emosynth import EmoSynth
from stf2m_bench.datasets.synth.script import Plan


class EmoSynthTemporal(EmoSynth):
    """Each clip has one expression and voice, as much of both; the order of rises, stays and falls is the emotion."""

    plan = Plan(variant="temporal", subjects=20, recordings=6, leaning=0.0)
    card = replace(
        EmoSynth.card,
        title="emosynth, temporal (synthetic): only the course of an expression over time tells the emotion",
        access="generated on this machine: stf2m-bench prepare emosynth_temporal",
        citation="stf2m-bench, the embedded synthetic corpus, variant temporal",
        tracks=("new-subjects", "personal"),
    )
