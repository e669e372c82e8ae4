"""Shortcut probes: above chance where a shortcut tells the emotion, at chance where it does not, never silent on it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from toys import EMOTIONS, PEOPLE, clip_list, make_task, make_views

from stf2m_bench.datasets.base.manifest import COLUMNS, build_manifest, open_dataset
from stf2m_bench.episode.new_task import Wish, new_task
from stf2m_bench.evaluation.probes import probe_tables, run_probes
from stf2m_bench.evaluation.shortcuts import as_store, shortcut_tables, telling
from stf2m_bench.scoring.checks import check_result, rescore
from stf2m_bench.scoring.result import read_result
from stf2m_bench.tasks.make import make_clip_list
from stf2m_bench.tasks.task import Task
from stf2m_bench.views.base.store import prepare_view


@pytest.fixture(autouse=True)
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def task():
    return make_task(freeze=True, episodes=120)


def uar(probes, name):
    return {shot: figures.uar for shot, figures in probes.evaluations[name].result.figures.shots.items()}


def numbers_of(task, *, told):
    """One number a clip; where `told`, it is the emotion's with some noise."""
    rng = np.random.default_rng(0)
    centre = np.array([EMOTIONS.index(emotion) for emotion in task.clips.emotion]) * told
    return (centre + rng.normal(0, 0.1, len(task.clips)))[:, None]


def stimulus_of(task):
    """One column a stimulus."""
    return np.array([[float(name == one) for one in sorted(set(task.clips.stimulus))] for name in task.clips.stimulus])


def test_a_shortcut_that_tells_is_found_alone_and_among_all_and_one_that_does_not_is_at_chance(task):
    tables = {"loudness": numbers_of(task, told=True), "length": numbers_of(task, told=False)}
    probes = probe_tables(task, tables)
    assert set(probes.evaluations) == {"probe.loudness", "probe.length", "probe.all"}
    assert min(uar(probes, "probe.loudness").values()) > 95
    assert min(uar(probes, "probe.all").values()) > 95
    assert uar(probes, "probe.length") == pytest.approx({1: 100 / 3, 5: 100 / 3}, abs=6)


def test_a_probe_is_a_result_that_a_stranger_can_check_and_that_is_never_ranked(task, fresh_home):
    found = probe_tables(task, {"length": numbers_of(task, told=True)}).evaluations
    assert set(found) == {"probe.length"}  # all of one would be the same result under a second name
    done = found["probe.length"]
    assert done.path == fresh_home / "results/toy/probe.length.json"
    assert [check for check in check_result(done.path, task) if not check.passed] == []
    assert rescore(done.path, task).differences == []
    mark = read_result(done.path).model
    assert (mark.name, mark.source, mark.reference) == ("probe.length", "probe", True)
    again = probe_tables(task, {"length": numbers_of(task, told=True)}).evaluations["probe.length"]
    assert again.result.hash == done.result.hash


def test_what_is_unknown_or_the_same_for_every_clip_is_left_out_and_named(task):
    one = np.ones((len(task.clips), 1))
    tables = {"length": numbers_of(task, told=False), "channel": one, "place": one * np.nan, "time": one[:, :0]}
    probes = probe_tables(task, tables)
    assert probes.left_out == ("channel", "place", "time")
    assert set(probes.evaluations) == {"probe.length"}  # alone it is all of them


def test_where_no_shortcut_applies_a_probe_that_sees_nothing_says_so_and_gets_what_chance_does(task):
    probes = probe_tables(task, {"channel": np.ones((len(task.clips), 1)), "time": np.zeros((len(task.clips), 0))})
    assert set(probes.evaluations) == {"probe.none"}
    assert probes.left_out == ("channel", "time")
    assert set(uar(probes, "probe.none").values()) == {33.333333}
    assert [check for check in check_result(probes.evaluations["probe.none"].path, task) if not check.passed] == []


def test_a_clip_of_which_a_number_is_unknown_lacks_the_shortcut(task):
    table = numbers_of(task, told=True)
    table[3] = np.nan
    store = as_store("probe.length", table, task)
    assert len(store.array(task.clips.clip_id[3])) == 0
    assert store.array(task.clips.clip_id[4])[0, 0] == pytest.approx(table[4, 0])
    assert min(uar(probe_tables(task, {"length": table}), "probe.length").values()) > 90


def test_only_columns_that_differ_are_kept():
    table = np.array([[1.0, 2.0, np.nan, np.nan], [1.0, 3.0, np.nan, 5.0], [1.0, np.nan, np.nan, 6.0]])
    assert np.array_equal(telling(table), table[:, [1, 3]], equal_nan=True)


def test_a_balanced_corpus_tells_by_the_stimulus_that_a_support_has_least_of():
    """Four clips of each of two stimuli, five in the support: the rest is mostly of the other stimulus."""
    rows = [
        {"clip_id": f"{p}-{e}-{n}", "subject": p, "emotion": e, "stimulus": f"s{n % 2}"}
        for p in PEOPLE
        for e in EMOTIONS
        for n in range(8)
    ]
    task = make_task(clips=clip_list(rows), track="personal", freeze=True, episodes=300)
    stimulus = np.array([[float(name == "s0")] for name in task.clips.stimulus])
    assert uar(probe_tables(task, {"stimulus": stimulus}), "probe.stimulus")[5] > 100 / 3 + 5


@pytest.mark.parametrize("track", ["new-subjects", "personal"])
def test_what_people_of_training_felt_under_the_same_stimulus_is_found_without_shots(track):
    """Six clips in eight of an emotion are of its own stimulus, two of the next one's."""
    rows = [
        {"clip_id": f"{p}-{e}-{n}", "subject": p, "emotion": e, "stimulus": f"s{(at + n // 6) % len(EMOTIONS)}"}
        for p in PEOPLE
        for at, e in enumerate(EMOTIONS)
        for n in range(8)
    ]
    task = make_task(clips=clip_list(rows), track=track, freeze=True, episodes=300)
    probes = probe_tables(task, {"stimulus": stimulus_of(task), "length": numbers_of(task, told=False)})
    found = probes.evaluations["probe.stimulus_in_others"]
    others = uar(probes, "probe.stimulus_in_others")
    assert others == pytest.approx({1: 81, 5: 81}, abs=5)  # 75, and more where the next emotion is not asked for
    assert others[1] > uar(probes, "probe.stimulus")[1] + 5
    assert found.result.model.declarations.told_names
    assert [check for check in check_result(found.path, task) if not check.passed] == []


def test_what_training_did_not_show_or_the_stimulus_does_not_tell_is_not_asked_of_others(task):
    probes = probe_tables(task, {"length": numbers_of(task, told=False)})
    assert "probe.stimulus_in_others" not in probes.evaluations
    others = ("anger", "fear", "happiness"), ("sadness", "disgust", "surprise")
    rows = [
        {"clip_id": f"{p}-{e}-{n}", "subject": p, "emotion": e, "stimulus": f"s{n % 2}"}
        for p in PEOPLE
        for e in (*others[0], *others[1])
        for n in range(8)
    ]
    emotions = {"track": "new-emotions", "emotions": others[0], "training_emotions": others[1]}
    task = make_task(clips=clip_list(rows), freeze=True, **emotions)
    assert set(probe_tables(task, {"stimulus": stimulus_of(task)}).evaluations) == {"probe.stimulus"}


# ---- where the numbers come from ----


def manifest_of(tmp_path, rows):
    """A table of one's own with `COLUMNS` and imported numbers."""
    tmp_path.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv", index=False)
    return build_manifest("csv", tmp_path)


def test_place_time_and_stimulus_are_read_from_the_manifest(tmp_path):
    rows = [
        {"clip_id": f"{p}-{n}", "subject": p, "emotion": EMOTIONS[n % 4], "session": "s", "recording": f"{p}r{n // 3}",
         "start": float(10 * (n % 3)), "end": 10.0 * (n % 3) + n + 1, "text": "a word", "stimulus": "xxyyxx"[n]}
        for p in PEOPLE
        for n in (0, 2, 1, 5, 4, 3)
    ]  # fmt: skip
    manifest = manifest_of(tmp_path, rows)
    assert set(COLUMNS) <= set(manifest.table.columns)
    task = make_task(clips=make_clip_list(manifest, EMOTIONS, {}), track="personal")
    tables = {name: table[6:12].tolist() for name, table in shortcut_tables(task, manifest, {}, None).items()}
    assert tables["length"] == [[1], [2], [3], [4], [5], [6]]
    assert tables["place"] == [[0, 1, 1], [10, 2, 1], [20, 3, 1], [0, 1, 2], [10, 2, 2], [20, 3, 2]]
    assert tables["time"] == [[0], [1], [2], [3], [4], [5]]
    assert tables["stimulus"] == [[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [1, 0]]
    assert np.isnan(tables["loudness"]).all()


def test_a_corpus_without_times_has_no_place_and_new_people_share_no_time(task, tmp_path):
    rows = [
        {"clip_id": c, "subject": s, "emotion": e, "feature.x.a": 1.0}
        for c, s, e in zip(task.clips.clip_id, task.clips.subject, task.clips.emotion, strict=True)
    ]
    manifest = manifest_of(tmp_path / "data", rows)
    views = make_views(task, absent={task.clips.clip_id[0]})
    tables = shortcut_tables(task, manifest, views.stores, None)
    assert np.isnan(tables["place"]).all()
    assert tables["time"].shape == (len(task.clips), 0)
    assert telling(tables["stimulus"]).shape[1] == 0
    assert telling(tables["presence"]).ravel().tolist() == [0.0] + [1.0] * (len(task.clips) - 1)
    rows_of_voice = [len(views.stores["audio.logmel"].array(clip)) for clip in task.clips.clip_id]
    assert tables["length"][:, 1].tolist() == rows_of_voice


def test_the_whole_way_from_sound_files(tmp_path):
    rng = np.random.default_rng(0)
    people, emotions = ("a", "b", "c", "d", "e", "f"), ("anger", "fear", "sadness")
    rows = [
        {"clip_id": f"{p}-{e}-{n}", "subject": p, "emotion": e, "audio": f"{p}-{e}-{n}.wav", "text": "two words"}
        for p in people
        for e in emotions
        for n in range(2)
    ]
    for row in rows:
        level = 0.5 if row["emotion"] == "anger" else 0.05
        soundfile.write(tmp_path / row["audio"], level * rng.uniform(-1, 1, 4000), 8000)
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv", index=False)
    manifest = open_dataset("csv:loud", data=tmp_path)
    task = new_task(
        manifest, {"text.hashed": prepare_view(manifest, "text.hashed")},
        Wish("loud", "Loud anger", "new-subjects", ways=3, shots=[1], queries=1, folds=2, episodes=40),
    )  # fmt: skip
    probes = run_probes(task)
    loudness = probes.evaluations["probe.loudness"].result.figures.shots[1]
    assert loudness.recalls["anger"] == 100
    assert {"length", "place", "time", "stimulus", "presence"} <= set(probes.left_out)


def test_a_stimulus_that_is_the_class_by_another_name_is_no_shortcut_and_others_are(task):
    unknown = {name: [None] * len(task.clips) for name in COLUMNS[1:]}
    manifest = SimpleNamespace(table=pd.DataFrame({"clip_id": task.clips.clip_id, **unknown}))
    for stimuli, columns in ((list(task.clips.emotion), 0), (["a", "b"] * (len(task.clips) // 2), 2)):
        shown = Task(task.protocol, replace(task.clips, stimulus=stimuli))
        tables = shortcut_tables(shown, manifest, make_views(task).stores, None)
        assert tables["stimulus"].shape[1] == columns
