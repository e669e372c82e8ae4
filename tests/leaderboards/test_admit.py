"""Admitting, replacing, retracting, confirming: what each leaves behind and what it refuses."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock
from toy_boards import contents, load, made
from toy_results import random_predictions, toy_result, toy_task

from stf2m_bench.errors import CouldNotError, FaultsError, InputError, UnknownNameError
from stf2m_bench.leaderboards.admit import add, set_state
from stf2m_bench.leaderboards.states import entries_of
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.result import hash_result, read_result, to_text, write_result


def entries(boards):
    return entries_of((boards / "results/toy/states.jsonl").read_text(encoding="utf-8"))


def told(boards):
    return [(entry.who, entry.model, entry.state, entry.reason) for entry in entries(boards)]


@pytest.fixture
def boards(tmp_path):
    """A board with one checked result, `prototypes`."""
    add(made(tmp_path / "mine"), tmp_path / "boards", who="Ada", load=load)
    return tmp_path / "boards"


def test_an_admitted_result_is_copied_called_checked_told_and_shown(tmp_path, boards):
    place = boards / "results" / "toy" / "prototypes.json"
    assert read_result(place).state == "checked"
    assert [check.name for check in check_result(place, load("toy")) if not check.passed] == []
    assert "| 1 | prototypes |" in (boards / "toy.md").read_text(encoding="utf-8")
    assert set(contents(boards)) == {
        "README.md",
        "toy.md",
        "results/toy/prototypes.json",
        "results/toy/prototypes.parquet",
        "results/toy/states.jsonl",
    }
    (entry,) = entries(boards)
    assert (entry.who, entry.model, entry.state) == ("Ada", "prototypes", "checked")
    assert entry.hash == read_result(place).hash
    assert abs(datetime.now(UTC) - entry.when) < timedelta(minutes=5)


def test_adding_again_changes_no_byte_whoever_does_it(tmp_path, boards):
    before = contents(boards)
    add(tmp_path / "mine/prototypes.json", boards, who="Eve", load=load)
    add(boards / "results/toy/prototypes.json", boards, who="Eve", load=load)
    assert contents(boards) == before


def test_a_result_from_before_there_were_lines_gets_one(boards):
    (boards / "results/toy/states.jsonl").unlink()
    add(boards / "results/toy/prototypes.json", boards, who="Bob", load=load)
    assert told(boards) == [("Bob", "prototypes", "checked", "")]


def test_a_result_that_fails_a_check_is_refused_with_the_reason_and_nothing_is_written(tmp_path):
    path = made(tmp_path / "mine")
    value = json.loads(path.read_text(encoding="utf-8"))
    value["figures"]["shots"]["5"]["uar"] = 99.0
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(FaultsError, match=r"(?s)it was not admitted.*hash: .*figures: figures.shots.5.uar is 99.0"):
        add(path, tmp_path / "boards", who="me", load=load)
    assert not (tmp_path / "boards").exists()


def test_a_second_result_of_a_model_replaces_the_first_only_on_purpose_and_names_it(tmp_path, boards):
    old = read_result(boards / "results/toy/prototypes.json").hash
    new = made(tmp_path / "new", seed=5)
    before = contents(boards)
    with pytest.raises(InputError, match="already has another result of 'prototypes'"):
        add(new, boards, who="Bob", load=load)
    assert contents(boards) == before
    place = add(new, boards, who="Bob", replace=True, load=load)
    assert read_result(place).hash == read_result(new).hash
    assert [check.name for check in check_result(place, load("toy")) if not check.passed] == []
    assert [entry.replaces for entry in entries(boards)] == [None, old]
    assert contents(boards)["results/toy/states.jsonl"].startswith(before["results/toy/states.jsonl"])


def test_a_reproduced_result_is_never_demoted_by_adding_it_again(tmp_path, boards):
    set_state("prototypes", "toy", boards, "reproduced", who="Cy", reason="another machine", load=load)
    for replace in (False, True):
        place = add(tmp_path / "mine/prototypes.json", boards, who="Eve", replace=replace, load=load)
        assert (read_result(place).state, read_result(place).reason) == ("reproduced", "another machine")
    assert told(boards)[1:] == [("Cy", "prototypes", "reproduced", "another machine")]
    assert "| reproduced |" in (boards / "toy.md").read_text(encoding="utf-8")


def test_what_a_file_calls_itself_counts_for_nothing(tmp_path):
    path = made(tmp_path / "mine")
    path.write_text(to_text(read_result(path).model_copy(update={"state": "reproduced"})), encoding="utf-8")
    assert read_result(add(path, tmp_path / "boards", who="me", load=load)).state == "checked"


def test_a_retracted_result_stays_in_sight_with_its_reason_and_cannot_come_back(tmp_path, boards):
    place = set_state("prototypes", "toy", boards, "retracted", who="Ada", reason="test people in training", load=load)
    assert [check.name for check in check_result(place, load("toy")) if not check.passed] == []
    assert told(boards)[-1] == ("Ada", "prototypes", "retracted", "test people in training")
    page = (boards / "toy.md").read_text(encoding="utf-8")
    assert "~~prototypes~~" in page
    assert "retracted: test people in training" in page
    before = contents(boards)
    for path in (tmp_path / "mine/prototypes.json", made(tmp_path / "new", seed=5)):
        with pytest.raises(InputError, match="retracted 'prototypes' \\(test people in training\\)"):
            add(path, boards, who="Eve", replace=True, load=load)
    with pytest.raises(InputError, match="is retracted and cannot become reproduced"):
        set_state("prototypes", "toy", boards, "reproduced", who="Eve", reason="again", load=load)
    with pytest.raises(InputError, match="is retracted"):
        add(place, tmp_path / "elsewhere", who="Eve", load=load)
    assert contents(boards) == before


def test_a_change_of_state_needs_a_reason_and_a_model_that_is_there(boards):
    before = contents(boards)
    with pytest.raises(InputError, match="Give the reason"):
        set_state("prototypes", "toy", boards, "retracted", who="Ada", reason=" ", load=load)
    with pytest.raises(UnknownNameError, match="did you mean prototypes"):
        set_state("prototype", "toy", boards, "retracted", who="Ada", reason="leak", load=load)
    assert contents(boards) == before


def test_reported_figures_stay_reported_and_take_no_checked_results_place(tmp_path, boards):
    path = made(tmp_path / "bare", seed=3)
    result = read_result(path).model_copy(update={"predictions": None})
    result = result.model_copy(update={"hash": hash_result(result, b"")})
    path.write_text(to_text(result), encoding="utf-8")
    assert read_result(add(path, tmp_path / "others", who="me", load=load)).state == "reported"
    with pytest.raises(InputError, match="the new result has none"):
        add(path, boards, who="me", replace=True, load=load)


def test_a_result_of_an_unknown_task_is_refused(tmp_path):
    stray = toy_task(name="stray")
    predictions = random_predictions(stray)
    path = write_result(toy_result(stray, predictions), predictions, tmp_path)
    with pytest.raises(UnknownNameError, match="no task called 'stray'"):
        add(path, tmp_path / "boards", who="me", load=load)


def test_lines_that_were_broken_by_hand_are_named_and_kept(tmp_path, boards):
    lines = boards / "results/toy/states.jsonl"
    lines.write_text(lines.read_text(encoding="utf-8") + '{"who": "Eve"}\ncut', encoding="utf-8")
    before = contents(boards)
    with pytest.raises(FaultsError, match=r"(?s)line 2: when: .*line 3: .*the last line is cut off"):
        add(made(tmp_path / "new", "other", 1), boards, who="me", load=load)
    assert contents(boards) == before


def test_adding_waits_for_another_writer_and_gives_up_with_a_clear_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("stf2m_bench.leaderboards.staging._WAIT", 0.1)
    path = made(tmp_path / "mine")
    with FileLock(tmp_path / ".lock"), pytest.raises(CouldNotError, match="being written by someone else"):
        add(path, tmp_path, who="me", load=load)
    assert not (tmp_path / "results").exists()
