"""Stress-Predict on its own files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from real_signals import rows

from stf2m_bench.datasets.base.corpus_files import corpus_file, corpus_files
from stf2m_bench.datasets.base.e4 import read_e4
from stf2m_bench.datasets.base.manifest import Manifest

# 4 s windows of each task, less 10 s at both ends: baseline, Stroop, rest, interview, rest, hyperventilation, rest
FOURS = """
S02 130 69 69 159 69 24 69
S03 81 69 69 129 69 24 69
S04 144 69 69 144 69 24 69
S05 142 84 69 144 69 24 69
S07 144 69 69 144 69 24 69
S09 141 69 69 144 69 24 69
S11 144 84 69 144 69 24 69
S13 144 99 69 144 69 24 69
S15 144 84 69 144 69 24 69
S17 144 84 69 144 69 24 69
S19 144 69 69 144 69 24 69
"""
TASKS = ("baseline", "stroop", "rest-1", "interview", "rest-2", "hyperventilation", "rest-3")


def test_stress_predict_holds_seven_tasks_of_the_counted_length(manifest: Callable[[str], Manifest]) -> None:
    table = manifest("stress_predict").table.set_index("clip_id")
    for person, numbers in rows(FOURS).items():
        mine = [table.loc[f"{person}-{task}"] for task in TASKS]
        for clip, number in zip(mine, numbers, strict=True):
            lost = 3 if clip["start"] == 10 else 0  # counted without regard to the heart rate, which starts late
            assert number - lost <= (clip["end"] - clip["start"] - 20) // 4 - 1 <= number
        assert [clip["start"] for clip in mine] == sorted(clip["start"] for clip in mine)  # one order for all
    assert len(table) == 77
    assert Counter(table["emotion"]) == {"neutral": 44, "stress": 33}


def test_stress_predict_begins_with_the_heart_rate_where_the_log_begins_earlier(
    manifest: Callable[[str], Manifest],
) -> None:
    starts = manifest("stress_predict").table.set_index("clip_id")["start"]
    assert [person for person in rows(FOURS) if starts[f"{person}-baseline"] == 10] == [
        "S02",
        "S03",
        "S05",
        "S09",
        "S19",
    ]


def test_stress_predict_agrees_with_the_corpus_own_labels_as_far_as_counted(
    root: Callable[[str], Path], manifest: Callable[[str], Manifest]
) -> None:
    folder, clips = root("stress_predict"), manifest("stress_predict").table
    with corpus_file(folder, "Processed_data/Improved_All_Combined_hr_rsp_binary.csv").open() as file:
        told = pd.read_csv(file)
    assert (told["HR"].isna().sum(), told["Participant"].nunique(), 1 in set(told["Participant"])) == (44, 34, False)
    agree = {}
    for person in rows(FOURS):
        mine = told[told["Participant"] == int(person[1:])]
        seconds = mine["Time(sec)"] - read_e4(corpus_file(folder, f"Raw_data/{person}/EDA.csv"))[0]
        stress = clips[(clips["subject"] == person) & (clips["emotion"] == "stress")]
        read = sum(
            seconds.between(start, end, "left") for start, end in zip(stress["start"], stress["end"], strict=True)
        )
        agree[person] = (read == mine["Label"]).mean()
        assert (mine["Label"].diff() != 0).sum() == 7
    assert (round(agree["S02"], 3), round(agree["S03"], 3)) == (0.898, 0.879)
    assert min(share for person, share in agree.items() if person not in ("S02", "S03")) > 0.9


def test_stress_predict_has_other_clocks_extra_presses_and_a_first_sample_of_nought(
    root: Callable[[str], Path],
) -> None:
    presses = {}
    for eda in corpus_files(root("stress_predict"), "Raw_data/S*/EDA.csv"):
        person = eda.name.parent.name
        beside = lambda name: corpus_file(eda.root, f"Raw_data/{person}/{name}.csv")  # noqa: B023, E731
        starts = {name: read_e4(beside(name))[0] for name in ("EDA", "BVP", "TEMP", "ACC", "HR")}
        assert {name: start - starts["EDA"] for name, start in starts.items() if start != starts["EDA"]} == {"HR": 10.0}
        presses[person] = len(beside(f"tags_{person}").read().split())
        assert float(eda.read().split()[2]) == 0
    assert {person: n for person, n in presses.items() if n != 7} == {"S02": 9, "S03": 9, "S04": 9}
