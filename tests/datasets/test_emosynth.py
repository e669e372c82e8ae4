"""The embedded synthetic corpus: its plan without media, and the media of a small plan."""

from __future__ import annotations

import csv
import hashlib
import itertools
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from scipy.stats import spearmanr
from sklearn.metrics import recall_score
from sklearn.tree import DecisionTreeClassifier

from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.emosynth import EmoSynth
from stf2m_bench.datasets.synth.expression import ACTIONS, COURSES, EMOTIONS, course_over
from stf2m_bench.datasets.synth.face import Light, draw
from stf2m_bench.datasets.synth.motion import film_recording
from stf2m_bench.datasets.synth.people import cast_person
from stf2m_bench.datasets.synth.script import SOUND_RATE, ClipScript, Plan, script
from stf2m_bench.datasets.synth.sentences import LEANING, SENTENCES, leaning_to, syllables
from stf2m_bench.datasets.synth.signals import record_signals
from stf2m_bench.datasets.synth.voice import speak, speak_recording
from stf2m_bench.datasets.synth.write import generate_corpus
from stf2m_bench.errors import InputError

SMALL = Plan(subjects=2, recordings=2)
WHOLE = [clip for recording in script(Plan()) for clip in recording.clips]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("emosynth")
    generate_corpus(root, plan=SMALL)
    return root


@pytest.fixture(scope="module")
def clips(small: Path) -> list[Clip]:
    return list(EmoSynth().scan(small))


def hashes(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# The plan, without media


def test_the_plan_has_ten_clips_of_each_emotion_for_each_of_twenty_people() -> None:
    cells = Counter((clip.person, clip.emotion) for clip in WHOLE)
    assert len(cells) == 20 * 8
    assert set(cells.values()) == {10}
    assert len({clip.clip_id for clip in WHOLE}) == 1600


def test_every_recording_holds_one_clip_of_each_emotion_in_an_order_of_its_own() -> None:
    orders = [tuple(clip.emotion for clip in recording.clips) for recording in script(Plan())]
    assert all(sorted(order) == sorted(EMOTIONS) for order in orders)
    assert len(set(orders)) > 190


def test_clips_of_a_recording_follow_each_other_without_touching() -> None:
    for recording in script(Plan()):
        for before, after in itertools.pairwise(recording.clips):
            assert before.end < after.start
        assert recording.clips[-1].first + recording.clips[-1].frames < recording.frames
    assert min(clip.end - clip.start for clip in WHOLE) == pytest.approx(1.6)
    assert max(clip.end - clip.start for clip in WHOLE) == pytest.approx(2.4)


def test_votes_are_one_of_each_rater_and_the_clips_emotion_leads_alone() -> None:
    for clip in WHOLE:
        assert sum(clip.votes) == Plan().raters
        mine = clip.votes[EMOTIONS.index(clip.emotion)]
        assert sorted(clip.votes)[-2] < mine == max(clip.votes)


def test_about_a_fifth_of_the_clips_is_ambiguous_and_the_votes_tell_which_and_between_what() -> None:
    ambiguous = [clip for clip in WHOLE if clip.blend >= 0.3]
    assert 0.15 < len(ambiguous) / len(WHOLE) < 0.21

    def second(clip: ClipScript) -> float:
        return clip.votes[EMOTIONS.index(clip.other)] / Plan().raters

    clear = [clip for clip in WHOLE if clip.blend < 0.3]
    assert np.mean([second(clip) for clip in ambiguous]) > 0.25
    assert np.mean([second(clip) for clip in clear]) < 0.1


@pytest.mark.parametrize("shortcut", ["frames", "lead", "place", "first", "sentence"])
def test_nothing_of_the_script_but_the_emotion_itself_tells_the_emotion_of_unseen_people(shortcut: str) -> None:
    seen = [clip for clip in WHOLE if clip.person < 12]
    unseen = [clip for clip in WHOLE if clip.person >= 12]
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    tree.fit([[getattr(clip, shortcut)] for clip in seen], [clip.emotion for clip in seen])
    guesses = tree.predict([[getattr(clip, shortcut)] for clip in unseen])
    assert recall_score([clip.emotion for clip in unseen], guesses, average="macro") < 0.25


def test_sentences_lean_to_their_emotion_but_are_said_with_others_too() -> None:
    for emotion in EMOTIONS:
        said = Counter(clip.emotion for clip in WHOLE if clip.sentence in leaning_to(emotion))
        assert said.most_common(1)[0][0] == emotion
        assert said[emotion] < 0.75 * said.total()
    assert [SENTENCES[i] for i in leaning_to("fear")] == list(LEANING["fear"])


def test_another_seed_is_another_script_and_a_persons_script_does_not_hang_on_the_others() -> None:
    assert script(Plan(seed=1)) != script(Plan(seed=2))
    assert script(Plan(subjects=2)) == script(Plan())[:20]


def test_valence_and_arousal_lie_in_range_and_follow_the_emotion() -> None:
    assert all(-1 <= value <= 1 for clip in WHOLE for value in (clip.valence, clip.arousal))
    mean = {emotion: np.mean([c.arousal for c in WHOLE if c.emotion == emotion]) for emotion in EMOTIONS}
    assert mean["anger"] > mean["happiness"] > mean["neutral"] > mean["calm"]


@pytest.mark.parametrize(("sentence", "count"), [("We won, we really won!", 6), ("He never said goodbye.", 6)])
def test_syllables_are_counted_by_their_vowels(sentence: str, count: int) -> None:
    assert abs(syllables(sentence) - count) <= 1


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_expression_rises_to_its_apex_and_is_over_by_the_end_of_the_longest_clip(emotion: str) -> None:
    course = course_over(COURSES[emotion], 30, 12.5)
    assert course.max() == pytest.approx(1, abs=1e-6)
    assert course[0] < 0.5
    assert course[-1] < 0.05


def test_surprise_comes_faster_than_sadness() -> None:
    reached = {e: int(np.argmax(course_over(COURSES[e], 25, 12.5) > 0.9)) for e in ("surprise", "sadness")}
    assert reached["surprise"] + 4 <= reached["sadness"]


# Faces, voices and signals, before they are files


def _picture(**actions: float) -> np.ndarray:
    motion = np.zeros((1, len(ACTIONS) + 1), np.float32)
    for name, strength in actions.items():
        motion[0, (*ACTIONS, "blink").index(name)] = strength
    look = cast_person(Plan(), 0).look
    light = Light(right=0.0, down=0.0, gain=1.0, noise=0.0)
    return draw(look, motion, light, size=64, rng=np.random.default_rng(0))[0].astype(float)


@pytest.mark.parametrize(
    ("action", "rows"),
    [("jaw", (32, 64)), ("smile", (34, 60)), ("brow_lower", (14, 34)), ("blink", (20, 36)), ("nose", (20, 60))],
)
def test_an_action_changes_its_part_of_the_face_only(action: str, rows: tuple[int, int]) -> None:
    change = np.abs(_picture(**{action: 1.0}) - _picture()).sum((1, 2))
    assert change[slice(*rows)].sum() > 2000
    assert change.sum() == pytest.approx(change[slice(*rows)].sum())


def test_an_open_jaw_shows_a_dark_mouth() -> None:
    dark = [int((_picture(jaw=jaw)[38:60, 20:44].max(-1) < 60).sum()) for jaw in (0.0, 0.5, 1.0)]
    assert dark[0] < dark[1] < dark[2]


def test_skin_conductance_rises_more_in_clips_of_higher_arousal() -> None:
    arousal, rise = [], []
    for recording in script(Plan(subjects=1)):
        seconds, eda, _ = record_signals(Plan(), recording).T
        for clip in recording.clips:
            inside = eda[(seconds >= clip.start) & (seconds < clip.end)]
            arousal.append(clip.arousal)
            rise.append(inside[-1] - inside[0])
    assert 0.3 < spearmanr(arousal, rise).statistic < 0.95


# Media


def test_scan_tells_the_same_as_the_script(small: Path, clips: list[Clip]) -> None:
    planned = {clip.clip_id: clip for recording in script(SMALL) for clip in recording.clips}
    assert {clip.clip_id for clip in clips} == set(planned)
    for clip in clips:
        plan = planned[clip.clip_id]
        assert (clip.emotion, clip.start, clip.end) == (
            plan.emotion,
            pytest.approx(plan.start),
            pytest.approx(plan.end),
        )
        assert clip.text == SENTENCES[plan.sentence]
        assert sum(clip.votes.values()) == SMALL.raters
        assert clip.groups == {"sex": "female" if clip.subject == "p01" else "male"}
        for path in (clip.video, clip.audio, clip.signal):
            assert path is not None
            assert (small / path).is_file()


def test_video_decodes_with_the_right_rate_length_and_size(small: Path, clips: list[Clip]) -> None:
    lengths = {r.clips[0].clip_id: r.frames for r in script(SMALL)}
    for clip in clips:
        if clip.clip_id in lengths:
            with av.open(str(small / str(clip.video))) as container:
                stream = container.streams.video[0]
                assert (stream.codec_context.name, stream.average_rate) == ("h264", 12.5)
                frames = list(container.decode(stream))
            assert (frames[0].width, frames[0].height) == (SMALL.size, SMALL.size)
            assert len(frames) == lengths[clip.clip_id]
            assert np.abs(frames[7].to_ndarray(format="rgb24") - _filmed(clip)[7].astype(float)).mean() < 8
            assert soundfile.info(small / str(clip.audio)).duration == pytest.approx(len(frames) / 12.5)


def _filmed(clip: Clip) -> np.ndarray:
    recording = next(r for r in script(SMALL) if r.clips[0].clip_id == clip.clip_id)
    return film_recording(SMALL, recording, speak_recording(SMALL, recording)[1])


def test_the_sound_track_of_a_video_is_the_voice_file(small: Path, clips: list[Clip]) -> None:
    voice, rate = soundfile.read(small / str(clips[0].audio))
    with av.open(str(small / str(clips[0].video))) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate) == ("aac", rate)
        track = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream) if frame.time >= 0])
    n = min(len(track), len(voice)) - 2000
    lags = range(-200, 201)
    match = [np.corrcoef(voice[1000 : n - 1000], track[1000 + lag : n - 1000 + lag])[0, 1] for lag in lags]
    assert max(match) > 0.95
    assert abs(lags[int(np.argmax(match))]) <= 16


def test_the_pitch_in_the_file_is_the_pitch_of_the_plan(small: Path, clips: list[Clip]) -> None:
    planned = {clip.clip_id: clip for recording in script(SMALL) for clip in recording.clips}
    errors = []
    for clip in clips:
        if clip.emotion in ("neutral", "calm", "happiness"):
            pitch = speak(SMALL, planned[clip.clip_id]).pitch
            sound, _ = soundfile.read(small / str(clip.audio))
            first = round(float(clip.start or 0) * SOUND_RATE)
            for middle in _middles(pitch):
                heard = _autocorrelation_pitch(sound[first + middle - 400 : first + middle + 400])
                errors.append(abs(heard / pitch[middle] - 1))
    assert len(errors) > 40
    assert np.median(errors) < 0.03


def _middles(pitch: np.ndarray) -> list[int]:
    edges = np.flatnonzero(np.diff((pitch > 0).astype(int)))
    return [int(a + b) // 2 for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1200]


def _autocorrelation_pitch(window: np.ndarray) -> float:
    window = window - window.mean()
    similar = [np.corrcoef(window[:-lag], window[lag:])[0, 1] for lag in range(40, 230)]
    best = next(i for i, value in enumerate(similar) if value > 0.9 * max(similar) and value >= max(similar[i : i + 8]))
    return SOUND_RATE / (best + 40)


def test_a_clip_begins_with_near_silence_of_its_own_length(small: Path, clips: list[Clip]) -> None:
    planned = {clip.clip_id: clip for recording in script(SMALL) for clip in recording.clips}
    for clip in clips:
        sound, _ = soundfile.read(small / str(clip.audio))
        inside = sound[round(float(clip.start or 0) * SOUND_RATE) : round(float(clip.end or 0) * SOUND_RATE)]
        lead = round(planned[clip.clip_id].lead * SOUND_RATE)
        assert inside[: lead - 80].std() < 0.2 * inside[lead:].std()


def test_signals_have_seconds_eda_and_ppg_thirty_two_times_a_second(small: Path, clips: list[Clip]) -> None:
    with (small / str(clips[0].signal)).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seconds = np.array([float(row["seconds"]) for row in rows])
    assert np.allclose(np.diff(seconds), 1 / 32, atol=1e-4)
    assert all(float(row["eda"]) > 0 for row in rows)
    beats = np.array([float(row["ppg"]) for row in rows])
    spectrum = np.abs(np.fft.rfft((beats - beats.mean()) * np.hanning(len(beats))))
    rates = np.fft.rfftfreq(len(beats), 1 / 32) * 60
    assert 50 < rates[rates > 40][np.argmax(spectrum[rates > 40])] < 125


# Writing


def test_two_workers_write_the_same_bytes_as_one(small: Path, tmp_path: Path) -> None:
    generate_corpus(tmp_path, plan=SMALL, workers=2)
    assert hashes(tmp_path) == hashes(small)


def test_a_finished_folder_is_left_alone(small: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    generate_corpus(small, plan=SMALL)
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def test_lost_files_are_made_again_and_the_others_kept(small: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(small, root)
    lost = "recordings/p02/p02_r01.mp4"
    (root / lost).unlink()
    kept = {path: path.stat().st_mtime_ns for path in root.rglob("p01_*")}
    done: list[tuple[int, int]] = []
    generate_corpus(root, plan=SMALL, progress=lambda n, total: done.append((n, total)))
    assert done == [(3, 4), (4, 4)]
    assert {path: path.stat().st_mtime_ns for path in root.rglob("p01_*")} == kept
    assert hashes(root) == hashes(small)


def test_a_killed_run_goes_on_where_it_was_and_leaves_nothing_behind(small: Path, tmp_path: Path) -> None:
    call = (
        "import sys; from pathlib import Path; from stf2m_bench.datasets.synth.script import Plan\n"
        "from stf2m_bench.datasets.synth.write import generate_corpus\n"
        "generate_corpus(Path(sys.argv[1]), plan=Plan(subjects=2, recordings=2))"
    )
    repository = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", call, str(tmp_path)], cwd=repository) as run:
        while not (tmp_path / "recordings/p01/p01_r01.mp4").exists() and run.poll() is None:
            time.sleep(0.01)
        run.kill()
    with pytest.raises(InputError, match="stf2m-bench prepare emosynth"):
        list(EmoSynth().scan(tmp_path))
    (tmp_path / "recordings/p01/.p01_r02.mp4.abc.part.mp4").write_bytes(b"half")
    (tmp_path / "recordings/p01/.p01_r02.mp4.abc.part.sound.part.mp4").write_bytes(b"half")
    generate_corpus(tmp_path, plan=SMALL)
    assert hashes(tmp_path) == hashes(small)


def test_a_folder_of_another_plan_is_refused(small: Path) -> None:
    with pytest.raises(InputError, match="another version or seed"):
        generate_corpus(small, plan=Plan(seed=7, subjects=2, recordings=2))


def test_scan_of_a_folder_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not an emosynth folder.*run stf2m-bench prepare emosynth"):
        list(EmoSynth().scan(tmp_path))


def test_the_card_says_that_it_is_synthetic() -> None:
    assert EmoSynth.card.synthetic
    assert "synthetic" in EmoSynth.card.title
    assert EmoSynth.card.emotions == EMOTIONS


@pytest.mark.parametrize(
    ("module", "absent"), [("emosynth", ("moviepy", "av", "torch", "soundfile")), ("synth.write", ("torch",))]
)
def test_importing_loads_nothing_heavy(module: str, absent: tuple[str, ...]) -> None:
    call = f"import sys, stf2m_bench.datasets.{module}; print([m for m in {absent} if m in sys.modules])"
    repository = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", call], cwd=repository, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
