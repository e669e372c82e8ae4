"""CEAP-360VR: 32 people rate valence and arousal all the while, eight 360-degree videos each (Xue et al. 2021)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.continuous import clips_in
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, corpus_files, is_there
from stf2m_bench.datasets.base.loader import Card, Clip, Loader, Trace
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.people import age_group, sex_group
from stf2m_bench.datasets.base.signals import Channel, Signals, file_of
from stf2m_bench.errors import InputError, UnknownNameError

LENGTH = 2.0  # seconds of a window, as in the authors' figures, where a task does not say another
SECONDS = 60.0  # of every video
FRAMES, FRAMES_ELSE = {"V1": 25}, 30  # a second
_PUPIL = {"pupil": "PD_Mean", "pupil_emotion": "PD_emotion"}
_BODY = {name: name for name in ("EDA", "BVP", "SKT", "HR", "IBI")} | {
    f"ACC_{axis}": f"ACC_{axis.upper()}" for axis in "xyz"
}


class CEAPSignals(Signals):
    """Of one person and video, `4_BehaviorData/HM_ScanPath/P1_...json#V1`; second 0 is the video's start.

    - `head_pitch`, `head_yaw` (degrees, 5 Hz): yaw goes on past 180 degrees, where the file jumps to -180.
    - `fixation` (25 or 30 Hz): 1 while the gaze rests, else 0.
    - `pupil` (millimetres, 25 or 30 Hz): the mean of both eyes, which the file holds as the same number all but
      always.
    - `pupil_emotion` (millimetres): what the authors left of it after a line fitted on the video's brightness over all
      eight videos of the person, so that it knows of every other video of theirs.
    - `EDA` (microsiemens), `SKT` (degrees), `BVP`, `HR` (beats a minute), `IBI` (seconds from beat to beat; none of P2
      and P12), `ACC_x`, `ACC_y`, `ACC_z` of the wrist, where `5_PhysioData/Raw` is there: by their documented layout,
      at the stamps in the file. `Transformed` and `Frame` are left alone: what they hold was scaled between the least
      and the greatest value of the whole video, later moments included, and lost its unit.

    Where there is no scan path, a clip's signal is the file of the wrist, `5_PhysioData/Raw/P1_...json#V1`. Brightness
    itself and its fit name the video and are never read.
    """

    channels = ("head_pitch", "head_yaw", "fixation", "pupil", "pupil_emotion", *_BODY)

    def file(self, signal: str, channel: str) -> str:
        """The file of the person that holds a channel."""
        path = PurePosixPath(file_of(signal))
        corpus, person = path.parents[2], path.name.partition("_")[0]
        if channel == "fixation":
            return str(corpus / f"4_BehaviorData/EM_Fixation/{person}_Behavior_FixationData.json")
        if channel in _PUPIL:
            return str(corpus.parent / f"ML_Analysis/Processed_PD_Data/{person}_PD_ProcessedData.json")
        return _wrist(corpus, person) if channel in _BODY else _head(corpus, person)

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """One channel of one person during one video."""
        if channel not in self.channels:
            raise UnknownNameError("channel of CEAP-360VR", channel, self.channels)
        file, video = corpus_file(root, self.file(signal, channel)), signal.partition("#")[2]
        videos = _videos(file)
        if video not in videos:
            raise InputError(f"{file} has no video '{video}' (it has: {', '.join(videos)}); fetch it again.")
        try:
            seconds, values = _channel(videos[video], channel)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{file} is not a recording of CEAP-360VR ({error!r}); fetch it again.") from error
        if not len(seconds):
            raise InputError(f"{file} has no {channel} of {video}; leave the clip out or take another channel.")
        return seconds, values


def _head(corpus: PurePosixPath, person: str) -> str:
    return str(corpus / f"4_BehaviorData/HM_ScanPath/{person}_Behavior_HeadScanPathData.json")


def _wrist(corpus: PurePosixPath, person: str) -> str:
    return str(corpus / f"5_PhysioData/Raw/{person}_Physio_RawData.json")


def _channel(told: dict[str, Any], channel: str) -> Channel:
    if channel in _BODY:
        return _stamped(told[f"{channel.partition('_')[0]}_RawData"], _BODY[channel])
    if channel in _PUPIL:
        values = np.array(told[_PUPIL[channel]], np.float64)
        return np.linspace(0, SECONDS, len(values)), values
    if channel == "fixation":
        rate = FRAMES.get(told["VideoID"], FRAMES_ELSE)
        values = np.zeros(round(SECONDS * rate))
        for one in told["Fixation"]:
            values[one["StartFrame"] : one["EndFrame"] + 1] = 1
        return np.arange(len(values)) / rate, values
    rows = told["ID_Pitch_Yaw"]
    if channel == "head_yaw":
        return np.arange(len(rows)) / 5, np.unwrap([row["Yaw"] for row in rows], period=360)
    return np.arange(len(rows)) / 5, np.array([row["Pitch"] for row in rows], np.float64)


def _stamped(rows: list[dict[str, float]], name: str) -> Channel:
    """Of several rows with the same stamp, which is rounded, the first."""
    seconds = np.array([row["TimeStamp"] for row in rows], np.float64)
    values = np.array([row[name] for row in rows], np.float64)
    steps = np.diff(seconds, prepend=-np.inf)
    if np.any(steps < 0) or np.any(seconds > 2 * SECONDS):
        raise ValueError(f"the stamps of {name} are not seconds of the video")
    return seconds[steps > 0], values[steps > 0]


@lru_cache(maxsize=4)
def _videos(file: CorpusFile) -> dict[str, dict[str, Any]]:
    """Video -> what a file of one person tells of it."""
    try:
        told = _read(file)
        (person,) = next(iter(told.values())) if len(told) == 1 else [told]  # pupils have no outer name
        (videos,) = [part for part in person.values() if isinstance(part, list)]
        return {video["VideoID"]: video for video in videos}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{file} is not a recording of CEAP-360VR ({error!r}); fetch it again.") from error


class CEAP360VR(Loader):
    """Ratings in `3_AnnotationData/Transformed/P1_Annotation_TransData.json`, 1 to 9 becomes -1 to 1.

    A clip is a window of two seconds of one person and video, from the video's start on, without a lag, unless a task
    asks for windows of its own; its valence and arousal are means, its label the quadrant of these (exactly 5 on either
    axis: `neutral`). A quadrant is no emotion: only both at exactly 5 is neutral, where every trace starts and stays
    for seconds. A recording is a person and video. The files in `Frame` are left alone: one of them was not corrected
    when the others were. Most of what looks like skill is knowing the video: keep the videos of the query out of
    support and training.
    """

    card = Card(
        title="Continuous Physiological and Behavioral Emotion Annotation Dataset for 360 VR Videos",
        licence="CC BY-NC-SA 4.0 by its link (its text says BY-NC)",
        access="github.com/cwi-dis/CEAP-360VR-Dataset; 3_AnnotationData/Transformed/P1_Annotation_TransData.json ...",
        citation="Xue et al. 2021, IEEE Trans. Multimedia, doi 10.1109/TMM.2021.3124080",
        subjects=32,
        emotions=("neutral",),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects", "personal", "new-stimuli"),
        verified="real",
        emotion_is="reported",
    )
    signals = CEAPSignals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every window that was rated."""
        for trace in self.traces(root):
            yield from (clip for clip, _ in clips_in(trace, length=LENGTH, name="-{:02d}"))

    def traces(self, root: Path) -> Iterable[Trace]:
        """The ratings of each person and video."""
        files = corpus_files(root, "3_AnnotationData/Transformed/P*_Annotation_TransData.json")
        if not files:
            refuse(root, "CEAP-360VR", "3_AnnotationData/Transformed/P1_Annotation_TransData.json")
        for file in files:
            person, corpus = file.name.name.partition("_")[0], file.name.parents[2]
            files_of = (_head(corpus, person), _wrist(corpus, person))
            signal = next((path for path in files_of if is_there(root, path)), None)
            yield from _traces(file, person, signal, _group(root, corpus, person))

    def shortcuts(self, root: Path, clips: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
        """`brightness`: mean of the video's frames during the clip. Pupils answer to it, whatever is felt."""
        files = corpus_files(root, "1_Stimuli/CEAP_VideoInfo_Luminance.json")
        if not files:
            return {}
        frames = {video["VideoID"]: np.array(video["V"], np.float64) for video in _read(files[0])["Video_InfoData"]}
        return {"brightness": [_mean_during(frames[clip["stimulus"]], clip["start"], clip["end"]) for clip in clips]}


def _mean_during(frames: NDArray[np.float64], start: float, end: float) -> float:
    rate = len(frames) / SECONDS
    return float(frames[round(start * rate) : round(end * rate)].mean())


def _traces(file: CorpusFile, person: str, signal: str | None, groups: dict[str, str]) -> Iterator[Trace]:
    for video, seconds, valence, arousal in read_traces(file, "Trans"):
        whole = Clip(
            clip_id=f"{person}-{video}",
            subject=person,
            emotion=None,
            label="",
            recording=f"{person}-{video}",
            stimulus=video,
            signal=f"{signal}#{video}" if signal else None,
            groups=groups,
        )
        yield Trace(whole=whole, seconds=seconds, valence=valence, arousal=arousal)


def read_traces(file: CorpusFile, kind: str) -> list[tuple[str, list[float], list[float], list[float]]]:
    """Of each video: its name, stamps in seconds, valence and arousal in [-1, 1]. `kind` is `Trans` or `Frame`.

    Raises:
        InputError: the file is no such annotation.
    """
    try:
        (person,) = _read(file)[f"ContinuousAnnotation_{kind}Data"]
        videos = [(v["VideoID"], v["TimeStamp_Valence_Arousal"]) for v in person[f"Video_Annotation_{kind}Data"]]
        return [
            (
                video,
                [row["TimeStamp"] for row in rows],
                [(row["Valence"] - 5) / 4 for row in rows],
                [(row["Arousal"] - 5) / 4 for row in rows],
            )
            for video, rows in videos
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file} is not an annotation of CEAP-360VR ({error!r}); fetch it again.") from error


def _group(root: Path, corpus: PurePosixPath, person: str) -> dict[str, str]:
    path = str(corpus / f"2_QuestionnaireData/{person}_Questionnaire_Data.json")
    if not is_there(root, path):
        return {}
    file = corpus_file(root, path)
    try:
        (told,) = _read(file)["QuestionnaireData"]
        return sex_group(told["Gender"]) | age_group(int(told["Age"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file} is not a questionnaire of CEAP-360VR ({error!r}); fetch it again.") from error


def _read(file: CorpusFile) -> Any:
    return json.loads(file.read())
