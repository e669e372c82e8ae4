"""A proposed change of the boards: what passes, what stands against it, what a person must judge."""

import json
import shutil

import pytest
from toy_boards import load, made

from stf2m_bench.leaderboards.admit import add, set_state
from stf2m_bench.leaderboards.build import build
from stf2m_bench.leaderboards.review import review, to_markdown
from stf2m_bench.scoring.result import Cost, read_result, to_text


@pytest.fixture(scope="module")
def accepted(tmp_path_factory):
    """A board with the results `one` and `two`."""
    folder = tmp_path_factory.mktemp("accepted")
    for seed, name in enumerate(("one", "two")):
        add(made(folder / name, name, seed), folder / "boards", who="Ada", load=load)
    return folder / "boards"


@pytest.fixture
def base(accepted, tmp_path):
    return shutil.copytree(accepted, tmp_path / "base")


@pytest.fixture
def head(accepted, tmp_path):
    return shutil.copytree(accepted, tmp_path / "head")


def edit(path, change):
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def faults(base, head):
    return review(base, head, load=load).faults


def test_no_change_is_no_fault(base, head):
    found = review(base, head, load=load)
    assert (found.faults, found.judge, found.seen, found.boards) == ([], [], [], {})
    assert "**Nothing stands against this change.**" in to_markdown(found)


def test_a_result_that_was_admitted_as_told_passes_and_its_board_is_shown(base, head, tmp_path):
    add(made(tmp_path / "mine", "three", 3), head, who="Bob", load=load)
    found = review(base, head, load=load)
    assert found.faults == []
    assert found.seen[0].startswith("toy: 'three' is new: UAR 1-shot ")
    assert "| three |" in found.boards["toy"]
    assert "| three |" in to_markdown(found)


def test_a_first_board_passes(head, tmp_path):
    (tmp_path / "empty").mkdir()
    found = review(tmp_path / "empty", head, load=load)
    assert found.faults == []
    assert len(found.seen) == 2


def test_an_altered_digit_is_found_by_rescoring(base, head):
    place = head / "results/toy/one.json"
    edit(place, lambda value: value["figures"]["shots"]["5"].update(uar=99.0))
    found = " ".join(faults(base, head))
    assert "toy/one.json: hash" in found
    assert "figures.shots.5.uar is 99.0, recomputed" in found


def test_a_changed_score_needs_a_line_that_names_the_old_one(base, head, tmp_path):
    new = made(tmp_path / "mine", "one", 7)
    for suffix in (".json", ".parquet"):
        shutil.copy(new.with_suffix(suffix), head / "results/toy")
    build(head, load=load)
    assert any("no line in states.jsonl admits it" in fault for fault in faults(base, head))
    assert any("its score was changed and no line" in fault for fault in faults(base, head))


def test_a_score_replaced_on_purpose_passes_and_is_shown(base, head, tmp_path):
    add(made(tmp_path / "mine", "one", 7), head, who="Bob", replace=True, load=load)
    found = review(base, head, load=load)
    assert found.faults == []
    assert "'one' was replaced: UAR 1-shot" in found.seen[0]


def test_costs_changed_without_a_new_evaluation_are_a_fault(base, head):
    place = head / "results/toy/one.json"
    place.write_text(to_text(read_result(place).model_copy(update={"cost": Cost(parameters=1)})), encoding="utf-8")
    build(head, load=load)
    assert faults(base, head) == [
        "toy/one.json: its costs or other facts were changed without a new evaluation; evaluate again and use"
        " 'add --replace'"
    ]


def test_the_same_predictions_under_two_names_are_a_fault(base, head, tmp_path):
    add(made(tmp_path / "mine", "copy", 1), head, who="Bob", load=load)
    assert faults(base, head) == ["toy: the predictions of 'copy' are those of 'two', number for number"]


def test_nothing_is_removed(base, head):
    for suffix in (".json", ".parquet"):
        (head / "results/toy/two").with_suffix(suffix).unlink()
    build(head, load=load)
    assert faults(base, head) == [
        f"results/toy/two{suffix} was removed; results are retracted, never removed" for suffix in (".json", ".parquet")
    ]


def test_lines_are_only_appended(base, head):
    lines = head / "results/toy/states.jsonl"
    lines.write_text(lines.read_text(encoding="utf-8").replace("Ada", "Eve"), encoding="utf-8")
    assert faults(base, head) == ["toy: lines of states.jsonl were changed or removed; they are only ever appended"]


def test_a_state_that_no_line_gave_is_a_fault(base, head):
    edit(head / "results/toy/one.json", lambda value: value.update(state="reproduced"))
    build(head, load=load)
    assert "toy/one.json: it calls itself reproduced, states.jsonl says checked" in faults(base, head)


@pytest.mark.parametrize("state", ["retracted", "reproduced"])
def test_states_set_by_hand_are_for_a_person_to_judge(base, head, state):
    set_state("one", "toy", head, state, who="Bob", reason="<b>because</b>", load=load)
    found = review(base, head, load=load)
    assert found.faults == []
    assert found.judge == [f"toy: Bob calls 'one' {state}: <b>because</b>"]
    assert "&lt;b&gt;because&lt;/b&gt;" in to_markdown(found)


def test_a_retraction_cannot_be_taken_back(base, head):
    before = (base / "results/toy/one.json").read_text(encoding="utf-8")
    for boards in (base, head):
        set_state("one", "toy", boards, "retracted", who="Bob", reason="leak", load=load)
    shutil.copy(base / "results/toy/states.jsonl", head / "results/toy/states.jsonl")
    (head / "results/toy/one.json").write_text(before, encoding="utf-8")
    build(head, load=load)
    assert "toy/one.json: a retracted result was changed; it stays as it is" in faults(base, head)


def test_pages_are_those_that_the_results_give(base, head):
    (head / "toy.md").write_text("# We win\n", encoding="utf-8")
    (head / "other.md").write_text("# More\n", encoding="utf-8")
    assert faults(base, head) == [
        "toy.md is not the page that these results give; run 'stf2m-bench leaderboards build'",
        "other.md is the page of no board; nothing else may lie here",
    ]


@pytest.mark.parametrize(
    "name", ["run.py", "results/toy/setup.py", "results/toy/deep/one.json", "results/one.json", "results/Toy/x.json"]
)
def test_a_file_that_has_no_place_is_a_fault_and_nothing_is_read(base, head, name):
    (head / name).parent.mkdir(parents=True, exist_ok=True)
    (head / name).write_text("{", encoding="utf-8")
    (fault,) = faults(base, head)
    assert fault.startswith(f"{name} has no place here")


def test_links_and_large_files_are_refused_unread(base, head, tmp_path):
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (head / "results/toy/link.json").symlink_to(tmp_path / "secret")
    with (head / "results/toy/large.json").open("wb") as file:
        file.truncate(5 * 2**20)
    assert [fault.partition(" ")[0] for fault in faults(base, head)] == [
        "results/toy/large.json",
        "results/toy/link.json",
    ]


def test_predictions_of_no_result_and_an_unknown_task_are_faults(base, head):
    shutil.copy(head / "results/toy/one.parquet", head / "results/toy/stray.parquet")
    shutil.copytree(head / "results/toy", head / "results/unknown")
    found = faults(base, head)
    assert "toy/stray.parquet belongs to no result" in found
    assert any(fault.startswith("unknown: There is no task called 'unknown'") for fault in found)
