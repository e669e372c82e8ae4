"""RAVDESS: 24 actors, eight emotions, voice and face (Livingstone & Russo 2018)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from stf2m_bench.datasets.base.corpus_files import all_paths
from stf2m_bench.datasets.base.loader import Card, Clip, ImportedTable, Loader
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.errors import InputError

_NAME = re.compile(r"(0[1-3])-((0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(\d\d))")
_KINDS = {".mp4": "video", ".wav": "audio", ".flac": "audio"}
_UNITS = ("01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25", "26")
_ACTION_UNITS = (*(f"AU{u}_r" for u in (*_UNITS, "45")), *(f"AU{u}_c" for u in (*_UNITS, "28", "45")))


class RAVDESS(Loader):
    """Speech clips under `Actor_NN/` (WAV, FLAC, MP4): `modality-channel-emotion-intensity-statement-repetition-actor`.

    One performance is the last six fields of the name: voice (`03-...`), face (`02-...`) and both (`01-...`) of one
    take are one clip. Where the same sound lies as WAV and as FLAC, the FLAC is read. Song (channel 02) is left out.
    What models trained on this corpus gave for its clips (`posteriors/`, `face_time/`) is never a view: the model that
    did not know one test person was trained on the others.
    """

    card = Card(
        title="Ryerson Audio-Visual Database of Emotional Speech and Song",
        licence="CC BY-NC-SA 4.0",
        access="Zenodo record 1188976; folders Actor_01 ... Actor_24 with 03-01-EE-II-SS-RR-AA.wav and 01-01-....mp4",
        citation="Livingstone & Russo 2018, PLoS ONE 13(5): e0196391",
        subjects=24,
        emotions=emotions_of("RAVDESS"),
        languages=("en",),
        modalities=("audio", "video"),
        tracks=("new-subjects", "personal", "new-emotions", "new-corpus"),
        verified="real",
        emotion_is="intended",
        left_out="Song: 1,012 of 2,452 takes, by 23 of the actors, without disgust and surprise.",
    )

    def scan(self, root: Path) -> Iterable[Clip]:
        """Every spoken performance found below `root`."""
        performances: dict[str, dict[str, list[PurePosixPath]]] = {}
        for path in map(PurePosixPath, all_paths(root)):
            if not re.fullmatch(r"Actor_\d\d", path.parent.name):
                continue
            match = _NAME.fullmatch(path.stem)
            if match and match[3] == "01" and path.suffix.lower() in _KINDS:
                kinds = performances.setdefault(match[2], {})
                kinds.setdefault(_KINDS[path.suffix.lower()], []).append(path)
        if not performances:
            raise InputError(
                f"{root} is not a RAVDESS folder: no file like Actor_01/03-01-05-02-01-01-01.wav was found below it;"
                " give the folder that holds the zip files of Zenodo record 1188976, unpacked or not."
            )
        return [
            _clip(
                name,
                {kind: _first_choice(paths).as_posix() for kind, paths in kinds.items()},
            )
            for name, kinds in performances.items()
        ]

    def tables(self, root: Path) -> dict[str, ImportedTable]:
        """Clip-averaged OpenFace action units, where these two published tables lie beside the media."""
        known = {
            "au_mean": ImportedTable(
                path="face_action_units/df_average_AUs_actors_01-12.csv",
                key="name",
                columns=_ACTION_UNITS,
                separator=";",
                source="cristinalunaj/MMEmotionRecognition @ aeb78449 (MIT): OpenFace 2, default mode (a baseline per"
                " video is subtracted), mean over the frames of a clip",
                fitted_on="nothing of this corpus (OpenFace's own training data)",
                clip_id=performance_of,
            ),
            "au_static": ImportedTable(
                path="face_action_units/au_static_mean_actors_01-12.csv",
                key="name",
                columns=_ACTION_UNITS,
                source="KangHyunWook/Pytorch-implementation-of-Multimodal-emotion-recognition-on-RAVDESS-dataset"
                " @ dd366fbc: OpenFace 2 with -au_static, mean over the frames of a clip",
                fitted_on="nothing of this corpus (OpenFace's own training data)",
                clip_id=performance_of,
            ),
        }
        return {name: table for name, table in known.items() if (root / table.path).is_file()}


def performance_of(name: str) -> str:
    """The clip id of a file or table name: its last six fields."""
    return name.strip()[3:]


def _first_choice(paths: list[PurePosixPath]) -> PurePosixPath:
    """FLAC before WAV, picture with sound before picture alone."""
    return min(paths, key=lambda path: (path.suffix.lower() != ".flac", path.name, path))


def _clip(name: str, files: dict[str, str]) -> Clip:
    _, emotion, intensity, statement, _, actor = name.split("-")
    return Clip(
        clip_id=name,
        subject=actor,
        emotion=canonical_of("RAVDESS", emotion),
        label=emotion,
        recording=name,
        stimulus=f"statement {statement}",
        intensity={"01": 1.0, "02": 2.0}[intensity],
        video=files.get("video"),
        audio=files.get("audio"),
        language="en",
        groups={"sex": "male" if int(actor) % 2 else "female"},
    )
