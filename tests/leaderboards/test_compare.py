"""Comparing two results: held against plain NumPy and scipy; looking at the picture's file; filters."""

import json
import shutil
import sys
from dataclasses import asdict

import numpy as np
import pytest
from scipy.stats import ttest_rel
from toy_boards import few_people, load, made, skilled
from toy_results import frozen_toy, toy_result

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import CouldNotError, InputError, UnknownNameError, UsageError
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.compare import compare_results, find_pair, find_result
from stf2m_bench.leaderboards.filters import is_open, keep, unknown
from stf2m_bench.leaderboards.picture import draw_comparison
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.result import Declarations, write_result


@pytest.fixture(scope="module")
def task():
    return frozen_toy()


@pytest.fixture(scope="module")
def folder(task, tmp_path_factory):
    """Results of `good` and `poor`, with their predictions."""
    place = tmp_path_factory.mktemp("boards")
    for name, skill in (("good", 1.6), ("poor", 0.8)):
        predictions = skilled(task, skill, len(name) + int(10 * skill))
        write_result(toy_result(task, predictions, name), predictions, place / "results" / task.name)
    return place


@pytest.fixture(scope="module")
def pair(task, folder):
    return find_result(folder, task, "good"), find_result(folder, task, "poor")


@pytest.fixture(scope="module")
def found(task, folder, pair):
    return compare_results(*pair, task, folder)


def test_the_difference_and_its_test_over_people_are_those_of_scipy(pair, found):
    for shot, difference in found.items():
        one, other = (result.figures.shots[shot] for result in pair)
        people = sorted(one.subjects)
        test = ttest_rel([one.subjects[p] for p in people], [other.subjects[p] for p in people])
        low, high = test.confidence_interval(0.95)
        assert difference.points == pytest.approx(one.uar - other.uar)
        assert difference.p == pytest.approx(test.pvalue)
        assert difference.new_people == pytest.approx((high - low) / 2)
        assert difference.separated == (test.pvalue < 0.05)
        assert difference.subjects == {p: one.subjects[p] - other.subjects[p] for p in people}
        assert difference.emotions == {e: one.recalls[e] - other.recalls[e] for e in one.recalls}


def test_the_error_over_episodes_is_paired_as_a_bootstrap_of_episodes_says(task, folder, found):
    """1,000 bootstrap samples of episodes within each fold; the same episodes for both models."""
    rng = np.random.default_rng(3)
    drawn = draw_all(Drawer(task), 5)
    right = []
    for name, skill in (("good", 1.6), ("poor", 0.8)):
        logs = skilled(task, skill, len(name) + int(10 * skill)).logs[5].astype(float)
        right.append(logs.argmax(-1) == drawn.labels)

    def uar(correct, truth):
        return np.mean([correct[truth == emotion].mean() for emotion in range(6)])

    samples = []
    for _ in range(1000):
        folds = []
        for fold in range(3):
            rows = rng.choice(np.flatnonzero(drawn.fold == fold), (drawn.fold == fold).sum())
            folds.append(uar(right[0][rows], drawn.truth[rows]) - uar(right[1][rows], drawn.truth[rows]))
        samples.append(100 * np.mean(folds))
    assert found[5].these_people == pytest.approx(1.96 * np.std(samples), rel=0.12)


def test_a_model_compared_with_itself_differs_by_nothing(task, folder, pair):
    for difference in compare_results(pair[0], pair[0], task, folder).values():
        assert (difference.points, difference.these_people, difference.new_people, difference.p) == (0, 0, 0, 1)
        assert not difference.separated


def test_without_predictions_only_the_error_over_episodes_is_unknown(task, folder, pair, found, tmp_path):
    shutil.copytree(folder, tmp_path / "boards")
    (tmp_path / "boards/results/toy/poor.parquet").unlink()
    again = compare_results(*pair, task, tmp_path / "boards")
    assert again[5].these_people is None
    assert again[5].new_people == found[5].new_people


def test_fewer_than_six_people_are_shown_and_not_tested(tmp_path):
    task = few_people()
    results = [toy_result(task, skilled(task, skill), name) for name, skill in (("a", 2.0), ("b", 0.1))]
    difference = compare_results(*results, task, tmp_path)[5]
    assert (difference.people, difference.new_people, difference.p, difference.p_flip) == (4, None, None, None)
    assert len(difference.subjects) == 4
    assert not difference.separated


def test_a_model_that_is_not_on_the_board_or_of_another_version_is_refused(folder, task):
    with pytest.raises(UnknownNameError, match="did you mean good"):
        find_result(folder, task, "goood")
    with pytest.raises(InputError, match="another version of 'toy'"):
        find_result(folder, frozen_toy(version=2), "good")


def test_seeds_are_found_by_name_and_a_result_is_not_compared_with_itself(tmp_path):
    task = load("toy")
    for trained in (0, 1):
        made(tmp_path / "results/toy", "net", trained, trained=trained)
    names = [result.stem for result in find_pair(tmp_path, task, "net", "net.seed-1")]
    assert names == ["net", "net.seed-1"]
    with pytest.raises(UsageError, match="are the same result; name two different ones"):
        find_pair(tmp_path, task, "net.seed-1", "net.seed-1")
    with pytest.raises(UnknownNameError, match=r"did you mean net\.seed-1\?"):
        find_pair(tmp_path, task, "net", "net.seed1")
    with pytest.raises(UsageError, match="chance is computed and has no result to compare with"):
        find_pair(tmp_path, task, "net", "chance")


def test_the_picture_is_a_png_that_changes_with_the_figures(task, found, tmp_path):
    import matplotlib.image

    draw_comparison(found, ("good", "$x_y$"), task, tmp_path / "one.png")
    draw_comparison({5: found[5]}, ("good", "poor"), task, tmp_path / "two.png")
    one, two = (matplotlib.image.imread(tmp_path / name) for name in ("one.png", "two.png"))
    assert one.shape[1] == two.shape[1] == 1210
    assert one.shape != two.shape or (one != two).any()
    with pytest.raises(UsageError, match=r"let its name end in \.png"):
        draw_comparison(found, ("good", "poor"), task, tmp_path / "one.svg")


def test_without_matplotlib_the_picture_says_what_to_install(task, found, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(CouldNotError, match=r"pip install 'stf2m-bench\[plots\]'"):
        draw_comparison(found, ("good", "poor"), task, tmp_path / "one.png")
    assert list(tmp_path.iterdir()) == []


def shown(task, results, **filters):
    return [row.model for row in keep(board(results, task), **filters)]


def test_filters_keep_the_rows_that_pass_and_chance(task, pair):
    good, poor = pair
    sees = good.model_copy(
        update={
            "view_stores": {"video.face": "c" * 64},
            "state": "reproduced",
            "model": good.model.model_copy(
                update={"name": "sees", "declarations": Declarations(transductive=True, pretrained_on=("secret",))}
            ),
        }
    )
    silent = good.model_copy(
        update={"model": good.model.model_copy(update={"name": "silent", "training_data": ("not stated",)})}
    )
    results = [good, poor, sees, silent]
    assert set(shown(task, results)) == {"good", "poor", "sees", "silent", "chance"}
    assert set(shown(task, results, modality="audio")) == {"good", "poor", "silent", "chance"}
    assert shown(task, results, modality="video") == ["sees", "chance"]
    assert shown(task, results, modality="text") == ["chance"]
    with pytest.raises(UnknownNameError, match="no modality called 'aud'; did you mean audio"):
        shown(task, results, modality="aud")
    with pytest.raises(UnknownNameError, match=r"known: audio, imported, signal, text, video\."):
        shown(task, results, modality="smell")
    assert shown(task, results, transductive=True) == ["sees", "chance"]
    assert set(shown(task, results, transductive=False)) == {"good", "poor", "silent", "chance"}
    assert shown(task, results, open_data=True) == ["good", "poor", "chance"]
    assert shown(task, results, state="reproduced") == ["sees", "chance"]


def test_rows_that_fail_for_want_of_knowledge_are_told(task, pair):
    good, poor = pair
    model = good.model.model_copy(update={"name": "silent", "training_data": ()})
    blind = good.model_copy(update={"model": model, "view_stores": {}})
    model = good.model.model_copy(update={"name": "odd", "training_data": ("ravdess", "my-corpus")})
    rows = board([good, poor, blind, good.model_copy(update={"model": model})], task)
    assert unknown(rows) == []
    assert unknown(rows, modality="audio") == ["silent: it is not known which views it reads"]
    assert sorted(unknown(rows, open_data=True)) == [
        "odd: no card here tells the licence of my-corpus",
        "silent: its training data are not stated",
    ]


def test_ranks_and_tiers_stay_those_of_the_whole_board(task, pair):
    (row, _) = keep(board([*pair], task), state="reported", modality="audio")[1:]
    assert (row.model, row.rank, row.tier) == ("poor", 2, {1: 2, 5: 2})


def test_data_are_open_where_the_card_names_a_public_licence():
    assert is_open("ravdess")
    assert is_open("emosynth")
    assert not is_open("csv:mine")
    assert not is_open("no-such-dataset")


def test_a_comparison_is_json(found):
    assert json.loads(json.dumps({shot: asdict(d) for shot, d in found.items()}, allow_nan=False))
