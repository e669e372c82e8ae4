"""Writing the corpus: one recording after the other, each file whole or not at all; the index last."""

from __future__ import annotations

import csv
import dataclasses
import errno
import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile
from moviepy import VideoClip
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import EMOTIONS
from stf2m_bench.datasets.synth.motion import film_recording
from stf2m_bench.datasets.synth.people import cast_person
from stf2m_bench.datasets.synth.script import (
    FRAME_RATE,
    SOUND_RATE,
    ClipScript,
    Plan,
    RecordingScript,
    person_name,
    recording_name,
    script,
    script_recording,
)
from stf2m_bench.datasets.synth.sentences import SENTENCES
from stf2m_bench.datasets.synth.signals import record_signals
from stf2m_bench.datasets.synth.voice import speak_recording
from stf2m_bench.errors import InputError
from stf2m_bench.files import canonical_json, replacing, write_text
from stf2m_bench.workers import one_at_a_time, refuse_inside_a_worker, share_out

VERSION = 1
"""Raised when the same plan gives other bytes."""


def generate_corpus(
    root: Path, *, plan: Plan | None = None, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> None:
    """Write the corpus of a plan into `root`, or finish one that was interrupted; at once where it is whole.

    Raises:
        InputError: `root` holds an emosynth of another plan or version.
        CouldNotError: the disk is full, or a worker process was killed; what is finished stays.
    """
    plan = plan or Plan()
    recordings = script(plan)
    if _is_claimed(root, plan) and (root / "clips.csv").exists() and not _missing(root, recordings):
        return
    refuse_inside_a_worker(workers)
    with one_at_a_time(root / ".lock"):
        if not _is_claimed(root, plan):
            write_text(root / "emosynth.json", _claim(plan))
        missing = _missing(root, recordings)
        places = [(root, plan, recording.person, recording.recording) for recording in missing]
        whole = len(recordings) - len(missing)
        report = progress or (lambda done, total: None)
        report(whole, len(recordings))
        for done, _ in enumerate(share_out(write_recording, places, workers=workers, what=str(root)), whole + 1):
            report(done, len(recordings))
        for left in root.rglob(".*.part*"):
            left.unlink()
        write_text(root / "clips.csv", _index(plan, recordings))


def media_of(person: int, recording: int) -> dict[str, str]:
    """The three files of a recording, relative to the root."""
    folder, name = person_name(person), recording_name(person, recording)
    return {
        "video": f"recordings/{folder}/{name}.mp4",
        "audio": f"voices/{folder}/{name}.wav",
        "signal": f"signals/{folder}/{name}.csv",
    }


def write_recording(root: Path, plan: Plan, person: int, recording: int) -> None:
    """Write sound, signals and pictures of one recording."""
    played = script_recording(plan, person, recording)
    media = {kind: root / path for kind, path in media_of(person, recording).items()}
    sound, opening = speak_recording(plan, played)
    with replacing(media["audio"]) as path:
        wav = io.BytesIO()  # soundfile itself does not say why a file could not be written
        soundfile.write(wav, sound, SOUND_RATE, subtype="PCM_16", format="WAV")
        path.write_bytes(wav.getvalue())
    with replacing(media["signal"]) as path:
        table = record_signals(plan, played)
        np.savetxt(path, table, fmt="%.5f", delimiter=",", header="seconds,eda,ppg", comments="", newline="\n")
    with replacing(media["video"]) as path:
        _write_video(path, film_recording(plan, played, opening), media["audio"])


def _claim(plan: Plan) -> str:
    """The content of `emosynth.json`: whose files these are."""
    return canonical_json({"version": VERSION, **dataclasses.asdict(plan)}) + "\n"


def _is_claimed(root: Path, plan: Plan) -> bool:
    claim = root / "emosynth.json"
    if not claim.exists():
        return False
    if claim.read_text(encoding="utf-8") != _claim(plan):
        raise InputError(f"{root} holds an emosynth of another version or seed; remove the folder or choose another.")
    return True


def _missing(root: Path, recordings: list[RecordingScript]) -> list[RecordingScript]:
    """Recordings of which a file is not there; files are whole or not there."""
    return [
        recording
        for recording in recordings
        if not all((root / path).exists() for path in media_of(recording.person, recording.recording).values())
    ]


def _write_video(path: Path, pictures: NDArray[np.uint8], sound: Path) -> None:
    """H.264 and AAC by moviepy; the duration is half a picture over, for moviepy rounds their number down."""
    duration = (len(pictures) + 0.5) / FRAME_RATE
    VideoClip(lambda t: pictures[round(t * FRAME_RATE)], duration=duration).write_videofile(
        str(path),
        fps=FRAME_RATE,
        codec="libx264",
        audio=str(sound),
        audio_codec="aac",
        preset="veryfast",
        threads=1,
        logger=None,
        ffmpeg_params=["-pix_fmt", "yuv420p", "-g", "25", "-crf", "23", "-b:a", "64k", "-bitexact"],
    )
    if not _is_whole_film(path, len(pictures)):
        raise OSError(errno.EIO, "the encoder stopped early, as on a full disk")


def _is_whole_film(path: Path, pictures: int) -> bool:
    """Whether the film's index, which is written last, lists all pictures; moviepy does not tell a failed encoder."""
    try:
        with av.open(path) as film:
            return film.streams.video[0].frames == pictures
    except (av.FFmpegError, IndexError):
        return False


def _index(plan: Plan, recordings: list[RecordingScript]) -> str:
    rows = [_row(plan, clip) for recording in recordings for clip in recording.clips]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(plan: Plan, clip: ClipScript) -> dict[str, str | int | float]:
    return {
        "clip_id": clip.clip_id,
        "subject": person_name(clip.person),
        "sex": cast_person(plan, clip.person).sex,
        "session": f"s{plan.session(clip.recording) + 1}",
        "recording": recording_name(clip.person, clip.recording),
        "stimulus": f"t{clip.sentence + 1:02d}",
        "emotion": clip.emotion,
        "intensity": clip.intensity,
        "start": f"{clip.start:.2f}",
        "end": f"{clip.end:.2f}",
        "text": SENTENCES[clip.sentence],
        "valence": clip.valence,
        "arousal": clip.arousal,
        **media_of(clip.person, clip.recording),
        **{f"votes.{emotion}": count for emotion, count in zip(EMOTIONS, clip.votes, strict=True)},
    }
