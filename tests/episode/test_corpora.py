"""Tasks of two datasets: one trains, the other is tested."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stf2m_bench.datasets.base.manifest import build_manifest, open_dataset
from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.corpora import join_manifests, join_stores, open_manifests, prepare_views
from stf2m_bench.episode.new_task import freeze
from stf2m_bench.episode.views import open_views
from stf2m_bench.errors import FaultsError, InputError, UsageError
from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.tasks.make import make_clip_list
from stf2m_bench.tasks.protocol import as_protocol
from stf2m_bench.tasks.task import Task

WORDS = {"anger": "cross angry furious", "happiness": "glad merry cheerful", "sadness": "low gloomy tearful"}


def write_corpus(folder: Path, people: int) -> None:
    """Six clips of words of each emotion and person."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    lines = ["clip_id,subject,emotion,text"]
    for person in range(people):
        for emotion, words in WORDS.items():
            lines += [f"{person}-{emotion}-{n},{person},{emotion},{words} {rng.integers(9)}" for n in range(6)]
    (folder / "clips.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """Trained on `csv:one`, tested on `csv:two`; both have people called 0 to 7."""
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    for name in ("one", "two"):
        write_corpus(tmp_path / name, 8)
        open_dataset(f"csv:{name}", data=tmp_path / name)
    datasets = ["csv:one", "csv:two"]
    manifest = join_manifests({name: open_dataset(name) for name in datasets})
    clips = make_clip_list(manifest, WORDS, {})
    people = {"meta_train": [f"csv:one/{n}" for n in range(5)], "meta_val": [f"csv:one/{n}" for n in (5, 6, 7)]}
    folds = [people | {"meta_test": [f"csv:two/{n}" for n in range(8)]}]
    keys = {
        "name": "one-to-two", "version": 1, "title": "t", "datasets": datasets, "track": "new-corpus", "folds": folds,
        "views": ["text.hashed"], "ways": 3, "shots": [1], "queries": 2, "emotions": list(WORDS), "episodes": 60,
        "support_people": {"1": 1}, "seed": 0,
    }  # fmt: skip
    return freeze(Task(as_protocol(keys, "t"), clips))


def test_language_is_a_group_beside_a_corpus_of_several_and_none_between_corpora_of_one(tmp_path: Path) -> None:
    tables = {"both": ("zh", "en"), "english": ("en", "en"), "german": ("de", "de")}
    for name, (one, other) in tables.items():
        (tmp_path / name).mkdir()
        text = f"clip_id,subject,emotion,language\na,p1,fear,{one}\nb,p2,fear,{other}\n"
        (tmp_path / name / "clips.csv").write_text(text, encoding="utf-8")
    manifests = {name: build_manifest("csv", tmp_path / name) for name in tables}
    joined = join_manifests({name: manifests[name] for name in ("english", "both")})
    groups = dict(
        zip(*(make_clip_list(joined, ["fear"], {}).__dict__[key] for key in ("clip_id", "group")), strict=True)
    )
    assert groups == {
        "both/a": "language=zh", "both/b": "language=en",
        "english/a": "language=en", "english/b": "language=en",
    }  # fmt: skip
    alone = join_manifests({name: manifests[name] for name in ("english", "german")})
    assert set(make_clip_list(alone, ["fear"], {}).group) == {""}


def test_a_model_trained_on_one_corpus_is_scored_on_people_of_the_other(task: Task) -> None:
    assert all(check.passed is not False for check in check_task(task, manifest=join_manifests(open_manifests(task))))
    done = evaluate(task, "nearest_mean")
    assert set(done.result.figures.shots[1].subjects) == {f"csv:two/{n}" for n in range(8)}
    assert done.result.figures.shots[1].uar > 90


def test_clips_of_both_corpora_have_their_own_views(task: Task) -> None:
    views = open_views(task)
    apart = {name: prepare_views({name: open_dataset(name)}, ["text.hashed"]) for name in task.protocol.datasets}
    for clip in ("csv:one/0-anger-0", "csv:two/7-sadness-5"):
        name, _, own = clip.partition("/")
        np.testing.assert_array_equal(views.stores["text.hashed"].array(clip), apart[name]["text.hashed"].array(own))


def test_one_folder_for_two_corpora_is_refused(task: Task, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one folder cannot be both"):
        open_views(task, data=tmp_path / "one")


def test_views_of_different_shape_are_refused(task: Task) -> None:
    store = open_views(task).stores["text.hashed"]
    with pytest.raises(InputError, match="choose a view that is the same in both"):
        join_stores({"one": store, "two": replace(store, data=store.data[:, :3])})


def test_people_on_the_wrong_side_are_told(task: Task) -> None:
    fold = task.protocol.folds[0]
    turned = fold.model_copy(update={"meta_val": fold.meta_test, "meta_test": fold.meta_val})
    with pytest.raises(FaultsError, match="subject 'csv:two/0' of meta_val is not of the dataset 'csv:one'"):
        Task(task.protocol.model_copy(update={"folds": (turned,)}), task.clips)
    with pytest.raises(FaultsError, match="only the track new-corpus has two datasets"):
        Task(task.protocol.model_copy(update={"track": "new-subjects"}), task.clips)
