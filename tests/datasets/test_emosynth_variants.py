"""The variants of emosynth: each has its one controlled difficulty, measured; the base is none of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.emosynth import EmoSynth
from stf2m_bench.datasets.synth import motion
from stf2m_bench.datasets.synth.expression import EMOTIONS
from stf2m_bench.datasets.synth.motion import film_recording
from stf2m_bench.datasets.synth.people import cast_person, shown_face
from stf2m_bench.datasets.synth.places import in_bands, with_noise, with_patches
from stf2m_bench.datasets.synth.rhythm import in_rhythm
from stf2m_bench.datasets.synth.script import SAMPLES_A_FRAME, SOUND_RATE, ClipScript, Plan, script, script_recording
from stf2m_bench.datasets.synth.sentences import NEUTRAL
from stf2m_bench.datasets.synth.voice import speak, speak_recording
from stf2m_bench.datasets.synth.write import generate_corpus
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.task import load_task

VARIANTS = ("temporal", "spatial", "ambiguous")
TEMPORAL = Plan(variant="temporal", leaning=0.0)
SPATIAL = Plan(variant="spatial", leaning=0.0)
AMBIGUOUS = Plan(variant="ambiguous")


def loader_of(variant: str) -> EmoSynth:
    loader = load_loader(f"emosynth_{variant}")
    assert isinstance(loader, EmoSynth)
    return loader


def clips_of(plan: Plan) -> list[ClipScript]:
    return [clip for recording in script(plan) for clip in recording.clips]


# What all have in common


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_says_that_it_is_synthetic_and_what_is_controlled(variant: str) -> None:
    loader = loader_of(variant)
    assert loader.plan.variant == variant
    assert loader.card.synthetic
    assert loader.card.title.startswith(f"emosynth, {variant} (synthetic): ")
    assert loader.card.emotions == EMOTIONS
    assert loader.card.subjects == loader.plan.subjects


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_small_variant_passes_every_check_of_a_dataset(variant: str, tmp_path: Path) -> None:
    generate_corpus(tmp_path, plan=replace(loader_of(variant).plan, subjects=2, recordings=1))
    failed = {check.name: check.message for check in check_dataset(f"emosynth_{variant}", tmp_path) if not check.passed}
    assert failed == {}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_folder_of_another_variant_is_not_overwritten(variant: str, tmp_path: Path) -> None:
    generate_corpus(tmp_path, plan=Plan(subjects=1, recordings=1))
    with pytest.raises(InputError, match="another version or seed"):
        loader_of(variant).generate(tmp_path, workers=1, progress=lambda done, total: None)


@pytest.mark.parametrize("variant", ["temporal", "spatial"])
def test_neither_words_nor_arousal_tell_the_emotion(variant: str) -> None:
    clips = clips_of(loader_of(variant).plan)
    assert {clip.sentence for clip in clips} == set(range(len(NEUTRAL)))
    arousal = [[clip.arousal for clip in clips if clip.emotion == emotion] for emotion in EMOTIONS]
    assert np.ptp([np.mean(values) for values in arousal]) < 0.03


# temporal: the course over time, and nothing else


def courses(emotion: str, count: int = 100, n: int = 140) -> NDArray[np.float64]:
    rng = np.random.default_rng(EMOTIONS.index(emotion))
    return np.array([in_rhythm(emotion, n, 50.0, rng) for _ in range(count)])


def test_courses_of_all_emotions_have_the_same_distribution_of_amounts_and_of_steps() -> None:
    amounts = np.array([np.quantile(courses(emotion), np.linspace(0, 1, 11)) for emotion in EMOTIONS])
    assert np.ptp(amounts, axis=0).max() < 0.06
    steps = [np.diff(courses(emotion), axis=1).std(axis=1).mean() for emotion in EMOTIONS]
    assert np.ptp(steps) < 0.03 * np.mean(steps)


def test_a_course_is_nearer_to_its_own_emotions_mean_course_than_to_any_other() -> None:
    means = np.array([courses(emotion).mean(axis=0) for emotion in EMOTIONS])
    for place, emotion in enumerate(EMOTIONS):
        distances = ((courses(emotion)[:, None] - means) ** 2).mean(axis=2)
        assert np.mean(distances.argmin(axis=1) == place) > 0.8


def test_faces_and_voices_of_a_temporal_clip_follow_the_course_of_its_emotion() -> None:
    recording = script_recording(TEMPORAL, 0, 0)
    for clip in recording.clips:
        course = in_rhythm(clip.emotion, clip.frames, 12.5, clip.rng(TEMPORAL, 11))
        raised = motion._play(TEMPORAL, clip)[:, motion._AT["outer_brow"]]
        assert max(spearmanr(course[: clip.frames - lag], raised[lag:]).statistic for lag in range(4)) > 0.9
        heard = np.abs(speak(TEMPORAL, clip).samples)
        spoken = heard[np.flatnonzero(heard > 1e-3)[0] : np.flatnonzero(heard > 1e-3)[-1]]
        loudness = [part.std() for part in np.array_split(spoken, 12)]
        swing = in_rhythm(clip.emotion, 12, 12.5, clip.rng(TEMPORAL, 11))
        assert spearmanr(loudness, swing).statistic > 0.5


def apex(plan: Plan, emotion: str) -> NDArray[np.float64]:
    """What faces of five people do at most, on average."""
    clips = [clip for clip in clips_of(replace(plan, subjects=5)) if clip.emotion == emotion]
    return np.mean([np.abs(motion._play(plan, clip)).max(axis=0) for clip in clips], axis=0)


def test_the_facial_actions_of_temporal_clips_are_those_of_one_expression_and_of_spatial_ones_their_own() -> None:
    differences = {
        plan.variant: float(np.abs(apex(plan, "anger") - apex(plan, "happiness")).max())
        for plan in (replace(TEMPORAL, recordings=4), replace(SPATIAL, recordings=4))
    }
    assert differences["temporal"] < 0.2
    assert differences["spatial"] > 0.6


# spatial: places, whatever the time, and disturbances


def test_a_spatial_expression_does_not_move() -> None:
    (clip, *_) = script_recording(SPATIAL, 0, 0).clips
    played = motion._play(SPATIAL, clip)[4:]
    assert np.ptp(played, axis=0).max() == 0
    assert np.abs(played).max() > 0.3


def bands(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decibels `[40]` of bands equally wide on the mel scale."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    mel = np.log10(1 + np.fft.rfftfreq(len(sound), 1 / SOUND_RATE) / 700)
    place = np.minimum((40 * mel / mel[-1]).astype(int), 39)
    return 10 * np.log10(np.bincount(place, power, 40) / np.bincount(place, minlength=40))


def test_each_emotion_has_bands_of_its_own() -> None:
    noise = np.random.default_rng(0).normal(size=SOUND_RATE)
    shown = np.array([bands(in_bands(noise, emotion, np.random.default_rng(1))) for emotion in EMOTIONS])
    standing_out = shown - np.median(shown, axis=0) > 5
    assert standing_out.any(axis=1).all()
    assert len({tuple(row) for row in standing_out}) == len(EMOTIONS)


def disturbed_places(person: int, recording: int) -> list[set[int]]:
    """Mel bands that become much louder; blocks of the picture that flicker."""
    place, own = (lambda: np.random.default_rng([1, person])), (lambda: np.random.default_rng([2, person, recording]))
    quiet = np.random.default_rng(3).normal(0, 1e-3, 4 * SOUND_RATE)
    louder = bands(with_noise(quiet, place(), own())) - bands(quiet)
    grey = np.full((30, 80, 80, 3), 128, np.uint8)
    moving = with_patches(grey, place(), own())[..., 0].reshape(30, 8, 10, 8, 10).mean(axis=(2, 4)).std(axis=0)
    return [set(np.flatnonzero(louder > 12).tolist()), set(np.flatnonzero(moving.ravel() > 10).tolist())]


def test_disturbances_spare_most_places_and_are_partly_the_persons_and_partly_the_recordings() -> None:
    for person in range(4):
        for one, other in zip(disturbed_places(person, 0), disturbed_places(person, 1), strict=True):
            assert one & other
        for places, among in zip(disturbed_places(person, 0), (40, 64), strict=True):
            assert 0.05 < len(places) / among < 0.55
    found = [[disturbed_places(person, recording)[kind] for person in range(4) for recording in range(2)]
             for kind in range(2)]  # fmt: skip
    assert all(len({frozenset(places) for places in kind}) > 4 for kind in found)


def test_between_its_clips_a_spatial_recording_has_noise_in_some_bands() -> None:
    recording = script_recording(SPATIAL, 0, 0)
    pauses = {}
    for plan in (SPATIAL, TEMPORAL):
        sound, _ = speak_recording(plan, recording)
        pauses[plan.variant] = bands(sound[: round(recording.clips[0].start * SOUND_RATE)])
    assert np.ptp(pauses["spatial"]) > np.ptp(pauses["temporal"]) + 10


def test_pictures_of_a_spatial_recording_flicker_where_those_of_the_base_are_still() -> None:
    recording = script_recording(SPATIAL, 0, 0)
    silence = np.zeros(recording.frames * SAMPLES_A_FRAME)
    plain, disturbed = (film_recording(replace(plan, size=40), recording, silence) for plan in (Plan(), SPATIAL))
    steps = [np.abs(np.diff(film.mean(axis=3), axis=0)).mean(axis=0) for film in (plain, disturbed)]
    assert np.quantile(steps[1], 0.95) > 2 * np.quantile(steps[0], 0.95)
    assert np.median(steps[1]) < 2 * np.median(steps[0])


# ambiguous: blends


def test_shares_of_the_other_emotion_are_spread_evenly_from_none_to_half() -> None:
    blends = [clip.blend for clip in clips_of(AMBIGUOUS)]
    counts = np.histogram(blends, bins=5, range=(0, 0.5))[0]
    assert sum(counts) == len(blends)
    assert counts.min() > 0.8 * counts.max()


def test_votes_for_the_other_emotion_follow_its_share() -> None:
    clips = clips_of(AMBIGUOUS)
    other = [clip.votes[EMOTIONS.index(clip.other)] for clip in clips]
    assert spearmanr([clip.blend for clip in clips], other).statistic > 0.6
    assert all(max(clip.votes) == clip.votes[EMOTIONS.index(clip.emotion)] for clip in clips)


def test_a_face_lies_between_the_two_emotions_of_its_clip_at_its_share() -> None:
    plan = replace(AMBIGUOUS, subjects=3, variation=0.0)
    for clip in clips_of(plan):
        person = cast_person(plan, clip.person)
        shown = shown_face(plan, person, clip, clip.rng(plan, 8)) / clip.intensity
        away = [np.linalg.norm(shown - person.face[EMOTIONS.index(name)]) for name in (clip.emotion, clip.other)]
        assert away[0] / sum(away) == pytest.approx(clip.blend)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_variants_task_is_for_two_views_and_new_people(variant: str) -> None:
    task = load_task(f"emosynth-{variant}")
    assert task.protocol.datasets == (f"emosynth_{variant}",)
    assert (task.protocol.track, task.protocol.ways) == ("new-subjects", 5)
    assert task.protocol.views == ("audio.logmel", "video.face")
    assert sum(len(fold.meta_test) for fold in task.protocol.folds) >= 12
