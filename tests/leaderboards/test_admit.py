"""Admitting, replacing, retracting, confirming: what each leaves behind and what it refuses."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from filelock import FileLock
from toy_boards import contents, load, made, written
from toy_results import random_predictions, toy_result, toy_task

from stf2m_bench.errors import CouldNotError, FaultsError, InputError, UnknownNameError
from stf2m_bench.leaderboards.admit import add, add_all, set_state
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.build import read_results
from stf2m_bench.leaderboards.states import entries_of
from stf2m_bench.scoring.checks import check_result
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import hash_result, read_result, to_text, write_result


def entries(boards):
    return entries_of((boards / "results/toy/states.jsonl").read_text(encoding="utf-8"))


def told(boards):
    return [(entry.who, entry.model, entry.state, entry.reason) for entry in entries(boards)]


def bare(folder):
    """A result that has figures and no predictions."""
    path = made(folder, seed=3)
    result = read_result(path).model_copy(update={"predictions": None})
    path.write_text(to_text(result.model_copy(update={"hash": hash_result(result, b"")})), encoding="utf-8")
    return path


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
    (place,) = set_state(
        "prototypes", "toy", boards, "retracted", who="Ada", reason="test people in training", load=load
    )
    assert [check.name for check in check_result(place, load("toy")) if not check.passed] == []
    assert told(boards)[-1] == ("Ada", "prototypes", "retracted", "test people in training")
    page = (boards / "toy.md").read_text(encoding="utf-8")
    assert "~~prototypes~~" in page
    assert "retracted: test people in training" in page
    before = contents(boards)
    for path in (tmp_path / "mine/prototypes.json", made(tmp_path / "new", seed=5)):
        with pytest.raises(InputError, match="retracted 'prototypes' \\(test people in training\\)"):
            add(path, boards, who="Eve", replace=True, load=load)
    with pytest.raises(InputError, match="is already retracted"):
        set_state("prototypes", "toy", boards, "retracted", who="Eve", reason="again", load=load)
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
    path = bare(tmp_path / "bare")
    assert read_result(add(path, tmp_path / "others", who="me", load=load)).state == "reported"
    with pytest.raises(InputError, match="the new result has none"):
        add(path, boards, who="me", replace=True, load=load)


@pytest.mark.parametrize("retracted", [False, True])
def test_a_renamed_copy_is_refused_and_nothing_is_written(tmp_path, boards, retracted):
    if retracted:
        set_state("prototypes", "toy", boards, "retracted", who="Ada", reason="leak", load=load)
    before = contents(boards)
    with pytest.raises(InputError, match=r"predictions of 'mine' .* those of 'prototypes' .*number for number"):
        add(made(tmp_path / "theirs", "mine"), boards, who="Eve", load=load)
    assert contents(boards) == before


def test_two_built_in_models_may_say_the_same_and_no_other_name_may(tmp_path, boards):
    path = made(tmp_path / "theirs", "mine")
    with pytest.raises(InputError, match="number for number"):
        add_all([path], boards, who="Eve", built_in=("prototypes",), load=load)
    add_all([path], boards, who="Ada", built_in=("prototypes", "mine"), load=load)
    assert (boards / "results/toy/mine.json").is_file()


def test_a_result_cannot_bring_predictions_under_another_models_name(tmp_path, boards):
    path = made(tmp_path / "mine", "mine", 1)
    path.with_suffix(".parquet").rename(path.with_name("prototypes.parquet"))
    path.write_text(path.read_text(encoding="utf-8").replace("mine.parquet", "prototypes.parquet"), encoding="utf-8")
    before = contents(boards)
    with pytest.raises(InputError, match=r"names the predictions 'prototypes\.parquet'.*expected 'mine\.parquet'"):
        add(path, boards, who="Eve", load=load)
    assert contents(boards) == before


def test_predictions_of_chance_and_of_two_seeds_may_be_alike(tmp_path, boards):
    add(made(tmp_path / "again", trained=1), boards, who="Ada", load=load)
    task = load("toy").protocol
    shape = (task.episodes, task.ways * task.queries, task.ways)
    for name in ("chance", "probe.place"):
        even = Predictions({shot: from_logits(np.zeros(shape), shot=shot) for shot in task.shots})
        add(written(tmp_path / name, even, name), boards, who="Ada", load=load)


def test_of_several_results_none_is_admitted_if_one_is_refused(tmp_path, boards):
    good, copy, broken = (
        made(tmp_path / "good", "good", 1),
        made(tmp_path / "copy", "copy", 1),
        made(tmp_path / "broken", "broken", 2),
    )
    broken.with_suffix(".parquet").unlink()
    before = contents(boards)
    for others, says in (
        ([broken], "it was not admitted"),
        ([copy], "those of 'good'"),
        ([made(tmp_path / "new", seed=5)], "already has another result of 'prototypes'"),
        ([made(tmp_path / "twice", "good", 3)], "are both 'good' on 'toy'; hand in one"),
    ):
        with pytest.raises(InputError, match=says):
            add_all([good, *others], boards, who="Eve", load=load)
        assert contents(boards) == before
    places = add_all([good, made(tmp_path / "other", "other", 4)], boards, who="Eve", load=load)
    assert [place.name for place in places] == ["good.json", "other.json"]
    assert told(boards)[1:] == [("Eve", "good", "checked", ""), ("Eve", "other", "checked", "")]


@pytest.fixture
def seeded(tmp_path):
    """A board with three training seeds of `net` and another model."""
    paths = [made(tmp_path / f"{n}", "net", n, trained=n) for n in range(3)]
    add_all([*paths, made(tmp_path / "other", "other", 9)], tmp_path / "boards", who="Ada", load=load)
    return tmp_path / "boards"


def states_of(boards):
    return {path.stem: read_result(path).state for path in sorted((boards / "results/toy").glob("*.json"))}


def test_a_model_is_retracted_with_all_its_seeds_or_one_seed_by_its_name(seeded):
    assert [entry.model for entry in entries(seeded)] == ["net", "net.seed-1", "net.seed-2", "other"]
    (place,) = set_state("net.seed-1", "toy", seeded, "retracted", who="Ada", reason="one", load=load)
    assert place.name == "net.seed-1.json"
    places = set_state("net", "toy", seeded, "retracted", who="Ada", reason="leak", load=load)
    assert [place.name for place in places] == ["net.json", "net.seed-2.json"]
    assert states_of(seeded) == dict.fromkeys(("net", "net.seed-1", "net.seed-2"), "retracted") | {"other": "checked"}
    assert [line[1:] for line in told(seeded)[4:]] == [
        ("net.seed-1", "retracted", "one"),
        ("net", "retracted", "leak"),
        ("net.seed-2", "retracted", "leak"),
    ]
    with pytest.raises(InputError, match="'net' on 'toy' is already retracted"):
        set_state("net", "toy", seeded, "retracted", who="Ada", reason="leak", load=load)


def test_a_rerun_of_one_seed_reproduces_that_seed_and_the_row_waits_for_the_others(seeded):
    for seed, shown in (("net", "checked"), ("net.seed-1", "checked"), ("net.seed-2", "reproduced")):
        (place,) = set_state(seed, "toy", seeded, "reproduced", who="Ada", reason="rerun", load=load)
        assert place.stem == seed
        (row,) = (row for row in board(read_results(seeded, "toy"), load("toy")) if row.model == "net")
        assert row.state == shown


def test_a_reported_result_cannot_be_confirmed(tmp_path):
    add(bare(tmp_path / "bare"), tmp_path / "boards", who="me", load=load)
    with pytest.raises(InputError, match="is reported and cannot become reproduced; add it with its predictions"):
        set_state("prototypes", "toy", tmp_path / "boards", "reproduced", who="me", reason="rerun", load=load)


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
