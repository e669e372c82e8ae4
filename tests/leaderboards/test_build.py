"""Pages are a pure function of the committed results."""

import pytest
from toy_boards import contents, load, made
from toy_results import random_predictions, toy_result, toy_task

from stf2m_bench.errors import InputError
from stf2m_bench.leaderboards.admit import add
from stf2m_bench.leaderboards.build import build, pages, read_results
from stf2m_bench.scoring.result import read_result, write_result


def test_the_same_results_give_the_same_bytes_whatever_was_there_before(tmp_path):
    boards = tmp_path / "boards"
    add(made(tmp_path / "mine"), boards, who="me", load=load)
    add(made(tmp_path / "theirs", "other", 1), boards, who="them", load=load)
    before = contents(boards)
    (boards / "toy.md").write_text("edited by hand", encoding="utf-8")
    assert build(boards, load=load) == [boards / "toy.md", boards / "README.md"]
    assert contents(boards) == before
    assert pages(boards, load=load) == {name: before[name].decode() for name in ("toy.md", "README.md")}


def test_the_index_lists_every_board(tmp_path):
    place = add(made(tmp_path / "a"), tmp_path / "boards", who="me", load=load)
    add(made(tmp_path / "b", task="drawn"), tmp_path / "boards", who="me", load=load)
    figures = read_result(place).figures.shots[5]
    leader = f"{figures.uar:.1f} ± {figures.new_people.halfwidth:.1f} (5-shot)"
    assert (tmp_path / "boards" / "README.md").read_text(encoding="utf-8").splitlines()[4:] == [
        "| board | track | people | results | leader | UAR | best shortcut | |",
        "| --- | --- | --: | --: | --- | --: | --: | --- |",
        "| [Toy people](drawn.md) | new-subjects | 12 | 1 |  |  |  | **synthetic**, control, not ranked |",
        f"| [Toy people](toy.md) | new-subjects | 12 | 1 | prototypes | {leader} |  |  |",
    ]


def test_the_page_of_a_board_that_is_gone_is_deleted_and_nothing_else(tmp_path):
    place = add(made(tmp_path / "mine"), tmp_path / "boards", who="me", load=load)
    (tmp_path / "boards" / "notes.md").write_text("# Kept by a person\n", encoding="utf-8")
    for path in place.parent.iterdir():
        path.unlink()
    assert build(tmp_path / "boards", load=load) == [tmp_path / "boards" / "README.md"]
    assert set(contents(tmp_path / "boards")) == {"README.md", "notes.md"}


def test_a_result_in_the_wrong_folder_is_refused(tmp_path):
    stray = toy_task(name="stray")
    predictions = random_predictions(stray)
    write_result(toy_result(stray, predictions), predictions, tmp_path / "results" / "toy")
    with pytest.raises(InputError, match="is of task 'stray'; move it"):
        read_results(tmp_path, "toy")


def test_a_folder_without_results_gives_an_empty_index(tmp_path):
    assert build(tmp_path, load=load) == [tmp_path / "README.md"]


def test_a_board_that_was_opened_without_a_result_says_so(tmp_path):
    opened = tmp_path / "results" / "drawn"
    opened.mkdir(parents=True)
    (opened / "states.jsonl").touch()
    assert build(tmp_path, load=load) == [tmp_path / "drawn.md", tmp_path / "README.md"]
    page = (tmp_path / "drawn.md").read_text(encoding="utf-8")
    assert "**No result yet.** Nobody has scored a model" in page
    assert "control" not in page
    last = (tmp_path / "README.md").read_text(encoding="utf-8").splitlines()[-1]
    assert last == "| [Toy people](drawn.md) | new-subjects | 12 | 0 |  |  |  | **synthetic**, no result yet |"
    add(made(tmp_path / "b", task="drawn"), tmp_path, who="me", load=load)
    assert "No result yet" not in (tmp_path / "drawn.md").read_text(encoding="utf-8")
    assert "control, not ranked" in (tmp_path / "README.md").read_text(encoding="utf-8")
