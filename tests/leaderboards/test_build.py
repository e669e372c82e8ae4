import json
from multiprocessing import get_context

import pytest
from filelock import FileLock
from toy_results import frozen_toy, random_predictions, toy_result, toy_task

from stf2m_bench.errors import CouldNotError, FaultsError, InputError, UnknownNameError
from stf2m_bench.leaderboards.build import add, build, read_results
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import hash_result, read_result, to_text, write_result


def load(name):
    tasks = {"toy": frozen_toy(), "drawn": frozen_toy(name="drawn", datasets=("emosynth",), ranked=False)}
    if name not in tasks:
        raise UnknownNameError("task", name, tasks)
    return tasks[name]


def made(folder, name="prototypes", seed=0, task="toy"):
    """A result and its predictions, written into `folder`."""
    predictions = random_predictions(load(task), seed)
    return write_result(toy_result(load(task), predictions, name), predictions, folder)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def test_an_admitted_result_is_copied_called_checked_and_shown(tmp_path):
    boards = tmp_path / "boards"
    place = add(made(tmp_path / "mine"), boards, load=load)
    assert place == boards / "results" / "toy" / "prototypes.json"
    assert read_result(place).state == "checked"
    assert [check.name for check in check_result(place, load("toy")) if not check.passed] == []
    assert "| 1 | prototypes |" in (boards / "toy.md").read_text(encoding="utf-8")
    assert set(contents(boards)) == {
        "README.md",
        "toy.md",
        "results/toy/prototypes.json",
        "results/toy/prototypes.parquet",
    }


def test_adding_or_building_again_changes_no_byte(tmp_path):
    boards, mine = tmp_path / "boards", made(tmp_path / "mine")
    add(mine, boards, load=load)
    add(made(tmp_path / "theirs", "other", 1), boards, load=load)
    before = contents(boards)
    add(mine, boards, load=load)
    assert build(boards, load=load) == [boards / "toy.md", boards / "README.md"]
    assert contents(boards) == before


def test_the_index_lists_every_board(tmp_path):
    place = add(made(tmp_path / "a"), tmp_path / "boards", load=load)
    add(made(tmp_path / "b", task="drawn"), tmp_path / "boards", load=load)
    figures = read_result(place).figures.shots[5]
    leader = f"{figures.uar:.1f} ± {figures.new_people.halfwidth:.1f} (5-shot)"
    assert (tmp_path / "boards" / "README.md").read_text(encoding="utf-8").splitlines()[4:] == [
        "| board | track | people | results | leader | UAR | |",
        "| --- | --- | --: | --: | --- | --: | --- |",
        "| [Toy people](drawn.md) | new-subjects | 12 | 1 |  |  | **synthetic**, control, not ranked |",
        f"| [Toy people](toy.md) | new-subjects | 12 | 1 | prototypes | {leader} |  |",
    ]


def test_a_result_that_fails_a_check_is_refused_with_the_reason_and_nothing_is_written(tmp_path):
    path = made(tmp_path / "mine")
    value = json.loads(path.read_text(encoding="utf-8"))
    value["figures"]["shots"]["5"]["uar"] = 99.0
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(FaultsError, match=r"(?s)it was not admitted.*hash: .*figures: figures.shots.5.uar is 99.0"):
        add(path, tmp_path / "boards", load=load)
    assert not (tmp_path / "boards").exists()


def test_a_second_result_of_a_model_replaces_the_first_only_on_purpose(tmp_path):
    boards = tmp_path / "boards"
    add(made(tmp_path / "old"), boards, load=load)
    new = made(tmp_path / "new", seed=5)
    with pytest.raises(InputError, match="already has another result of 'prototypes'"):
        add(new, boards, load=load)
    place = add(new, boards, replace=True, load=load)
    assert read_result(place).hash == read_result(new).hash


def test_reported_figures_stay_reported(tmp_path):
    path = made(tmp_path / "mine")
    result = read_result(path).model_copy(update={"predictions": None})
    result = result.model_copy(update={"hash": hash_result(result, b"")})
    path.write_text(to_text(result), encoding="utf-8")
    assert read_result(add(path, tmp_path / "boards", load=load)).state == "reported"


def test_a_result_of_an_unknown_task_or_in_the_wrong_folder_is_refused(tmp_path):
    stray = toy_task(name="stray")
    predictions = random_predictions(stray)
    path = write_result(toy_result(stray, predictions), predictions, tmp_path / "results" / "toy")
    with pytest.raises(UnknownNameError, match="no task called 'stray'"):
        add(path, tmp_path / "boards", load=load)
    with pytest.raises(InputError, match="is of task 'stray'; move it"):
        read_results(tmp_path, "toy")


def _add(paths):
    add(*paths, load=load)


def test_results_added_at_the_same_time_all_reach_the_board(tmp_path):
    mine = [made(tmp_path / str(n), f"model-{n}", n) for n in range(4)]
    with get_context("spawn").Pool(2) as pool:
        pool.map(_add, [(path, tmp_path / "boards") for path in mine])
    page = (tmp_path / "boards" / "toy.md").read_text(encoding="utf-8")
    assert all(f"| model-{n} |" in page for n in range(4))


def test_adding_waits_for_another_writer_and_gives_up_with_a_clear_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("stf2m_bench.leaderboards.build._WAIT", 0.1)
    path = made(tmp_path / "mine")
    with FileLock(tmp_path / ".lock"), pytest.raises(CouldNotError, match="being written by someone else"):
        add(path, tmp_path, load=load)
    assert not (tmp_path / "results").exists()


def test_a_folder_without_results_gives_an_empty_index(tmp_path):
    assert build(tmp_path, load=load) == [tmp_path / "README.md"]
