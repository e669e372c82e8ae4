"""CREMA-D: 91 actors, twelve sentences, six emotions, each clip judged by voice, face and both (Cao et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import named_takes
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of, native_emotions
from stf2m_bench.datasets.base.people import age_group, sex_group
from stf2m_bench.datasets.base.side_tables import read_rows

_NAME = r"(?P<actor>\d{4})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>LO|MD|HI|XX?)"
_LEVELS = {"LO": 1.0, "MD": 2.0, "HI": 3.0}
_CONDITIONS = {"1": "voice", "2": "face", "3": "both"}  # first digit of the id of a row of votes
_SPOILT = {"1076_MTI_SAD_XX", "1076_MTI_NEU_XX", "1064_TIE_SAD_XX", "1064_IEO_DIS_MD"}


class CREMAD(Loader):
    """`VideoFlash/1001_IEO_ANG_HI.flv` and the same name in `AudioWAV` or `AudioMP3`: actor, sentence, emotion, level.

    The emotion is the one that the actor was asked for. What raters heard, saw or both is in the votes: counts from
    `processedResults/tabulatedVotes.csv`, ties as they are. Sex and age are from `VideoDemographics.csv`. Either table
    may be missing. Levels are told for sentence IEO alone. Four takes are left out as spoilt, from what their users
    report: two hold no sound to speak of, one has no length, one runs on for a minute through several emotions.
    """

    card = Card(
        title="Crowd-sourced Emotional Multimodal Actors Dataset",
        licence="ODbL 1.0",
        access="github.com/CheyneyComputerScience/CREMA-D (git lfs); VideoFlash/1001_DFA_ANG_XX.flv, AudioWAV/....wav",
        citation="Cao et al. 2014, IEEE TAFFC 5(4), 377-390, doi 10.1109/TAFFC.2014.2336244",
        subjects=91,
        emotions=emotions_of("CREMA-D"),
        languages=("en",),
        modalities=("audio", "video"),
        tracks=("new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"),
        verified="real",
        emotion_is="intended",
        left_out="4 of 7,442 takes, reported as spoilt: two without sound, one without length, one of a minute.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every take found below `root`."""
        name = "{actor}_{sentence}_{emotion}_{level:X<2}"  # one file ends in a single X
        takes = named_takes(root, _NAME, name, corpus="CREMA-D", example="AudioWAV/1001_DFA_ANG_XX.wav")
        votes, people = read_votes(root), _people(root)
        for take in takes:
            if take.clip_id in _SPOILT:
                continue
            yield Clip(
                clip_id=take.clip_id,
                subject=take["actor"],
                emotion=canonical_of("CREMA-D", take["emotion"]),
                label=take["emotion"],
                recording=take.clip_id,
                stimulus=take["sentence"],
                intensity=_LEVELS.get(take["level"]),
                video=take.video,
                audio=take.audio,
                language="en",
                votes=votes.get(take.clip_id, {}),
                groups=people.get(take["actor"], {}),
            )


def read_votes(root: Path) -> dict[str, Mapping[str, float]]:
    """Clip id -> `voice.anger` and so on -> how many raters chose it; empty where the table does not lie there."""
    letters = {code[0]: canonical_of("CREMA-D", code) for code in native_emotions("CREMA-D")}
    votes: dict[str, dict[str, float]] = {}
    for path in sorted(root.glob("processedResults/tabulatedVotes.csv*"))[:1]:
        for row in read_rows(path, ("Unnamed: 0", "fileName", *letters)):
            condition = _CONDITIONS[row["Unnamed: 0"][0]]
            counts = {f"{condition}.{emotion}": float(row[letter]) for letter, emotion in letters.items()}
            votes.setdefault(row["fileName"], {}).update(counts)
    return dict(votes)


def _people(root: Path) -> dict[str, dict[str, str]]:
    path = root / "VideoDemographics.csv"
    rows = read_rows(path, ("ActorID", "Age", "Sex")) if path.is_file() else []
    return {row["ActorID"]: sex_group(row["Sex"]) | age_group(int(row["Age"])) for row in rows}
