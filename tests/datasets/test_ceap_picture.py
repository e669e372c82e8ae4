"""The picture of continuous ratings is of all people together, and of nobody where there are few."""

from __future__ import annotations

import json
import runpy
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stf2m_bench.datasets.base.continuous import rated_windows

SCRIPT = Path(__file__).parents[2] / "docs/figures/ceap_ratings.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def write_person(file: zipfile.ZipFile, person: int) -> None:
    """Two videos; half of the people rise, half fall, after two seconds of rest."""
    sign = 1 if person % 2 else -1
    rows = [
        {"TimeStamp": n / 10, "Valence": 5 + sign * 2 * (n >= 20), "Arousal": 5 - 0.25 * (n >= 20)} for n in range(600)
    ]
    videos = [{"VideoID": name, "TimeStamp_Valence_Arousal": rows} for name in ("V1", "V2")]
    told = {"ContinuousAnnotation_TransData": [{"ParticipantID": f"P{person}", "Video_Annotation_TransData": videos}]}
    file.writestr(f"3_AnnotationData/Transformed/P{person}_Annotation_TransData.json", json.dumps(told))


def corpus(root: Path, people: int) -> Path:
    with zipfile.ZipFile(root / "participants.zip", "w") as file:
        for person in range(1, people + 1):
            write_person(file, person)
    return root


def test_shares_are_of_all_people_by_second_and_by_class(script: dict[str, Any], tmp_path: Path) -> None:
    found = list(script["traces"](corpus(tmp_path, 20)))
    assert (len(found), len({trace.person for trace in found})) == (40, 20)
    shares = script["side_shares"](found, "valence", 0.0)
    assert shares[:, 0].tolist() == [0, 1, 0]
    assert shares[:, 30].tolist() == [0.5, 0, 0.5]
    assert script["side_shares"](found, "arousal", 0.125)[:, 30].tolist() == [0, 1, 0]  # within half a point
    windows, classes = script["class_shares"](found, 2.0, 0.0)
    assert windows == 40 * 30
    assert np.allclose(classes, [0, 29 / 60, 29 / 60, 0, 1 / 30])


def test_few_people_are_not_drawn(script: dict[str, Any], tmp_path: Path) -> None:
    before = script["PICTURE"].read_bytes()
    with pytest.raises(SystemExit, match="19 people; 20 are needed"):
        script["main"](corpus(tmp_path, 19))
    assert script["PICTURE"].read_bytes() == before


def test_the_real_windows_are_as_many_as_counted(script: dict[str, Any], lying_beside: Callable[[str], Path]) -> None:
    found = list(script["traces"](lying_beside("CEAP-360VR")))
    counts = {length: sum(len(list(rated_windows(*t[2:], length=length))) for t in found) for length in (1, 2, 4)}
    assert counts == {1: 12_480, 2: 6_240, 4: 3_120}
    _, classes = script["class_shares"](found, 2.0, 0.0)
    told = [1185, 1350, 746, 1174, 1785]  # of the frames, of which one video was not corrected
    assert np.allclose(classes, np.array(told) / 6240, atol=0.01)
