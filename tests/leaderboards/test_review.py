"""A proposed change of the boards: what passes, what stands against it, what a person must judge."""

import json
import shutil

import numpy as np
import pytest
from toy_boards import load, made, written
from toy_results import random_predictions

from stf2m_bench.leaderboards.admit import add, set_state
from stf2m_bench.leaderboards.build import build
from stf2m_bench.leaderboards.review import review, to_markdown
from stf2m_bench.leaderboards.states import FILE, appended, entry_of, read_text
from stf2m_bench.scoring.predictions import Predictions, from_logits
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


def copied_by_hand(path, head):
    """What `add` refuses: the result is put onto the board with its line, all the same."""
    place = head / "results/toy"
    for suffix in (".json", ".parquet"):
        shutil.copy(path.with_suffix(suffix), place)
    result = read_result(path).model_copy(update={"state": "checked"})
    (place / path.name).write_text(to_text(result), encoding="utf-8")
    (place / FILE).write_text(appended(read_text(place), [entry_of(result, "Eve")]), encoding="utf-8")
    build(head, load=load)


def test_the_same_predictions_under_two_names_are_a_fault(base, head, tmp_path):
    copied_by_hand(made(tmp_path / "mine", "copy", 1), head)
    assert faults(base, head) == ["toy: the predictions of 'copy' are those of 'two', number for number"]


def test_a_result_has_its_predictions_under_its_own_name(base, head, tmp_path):
    place = head / "results/toy"
    add(made(tmp_path / "mine", "three", 3), head, who="Bob", load=load)
    (place / "three.parquet").rename(place / "best.parquet")
    edit(place / "three.json", lambda value: value["predictions"].update(file="best.parquet"))
    assert faults(base, head) == ["toy/three.json: it names the predictions best.parquet; expected three.parquet"]


def nudged(seed, spread, *, flipped=0.0):
    """The random predictions of this seed, a little changed; a share of queries says another class."""
    rng = np.random.default_rng(5)
    logs = {}
    for shot, old in random_predictions(load("toy"), seed).logs.items():
        logits = old.astype(float) + rng.normal(0, spread, old.shape)
        other = rng.random(old.shape[:2]) < flipped
        logits[other] = logits[other][:, ::-1]
        logs[shot] = from_logits(logits, shot=shot)
    return Predictions(logs)


def test_near_copies_are_for_a_person_to_judge(base, head, tmp_path):
    add(written(tmp_path / "near", nudged(1, 1e-3), "near"), head, who="Bob", load=load)
    add(written(tmp_path / "far", nudged(1, 0.1), "far"), head, who="Bob", load=load)
    add(written(tmp_path / "part", nudged(1, 1e-3, flipped=0.1), "part"), head, who="Bob", load=load)
    found = review(base, head, load=load)
    assert found.faults == []
    assert [said.partition(":")[2] for said in found.judge if "nearly" in said] == [
        f" 'near' says nearly what 'two' says at {shot}-shot: the same class in 99% of queries or more,"
        " log-probabilities within 0.01"
        for shot in (1, 5)
    ]


def test_training_seeds_of_one_model_may_be_alike_and_are_told_apart(base, head, tmp_path):
    add(made(tmp_path / "same", "two", 1, trained=1), head, who="Bob", load=load)
    add(written(tmp_path / "near", nudged(1, 1e-3), "two", trained=2), head, who="Bob", load=load)
    found = review(base, head, load=load)
    assert found.faults == []
    assert [said.split()[1] for said in found.seen] == ["'two.seed-1'", "'two.seed-2'"]
    assert not any("nearly" in said for said in found.judge)


def test_lines_that_call_a_seed_by_the_models_name_alone_stay_valid(base, head, tmp_path):
    add(made(tmp_path / "seed", "two", 7, trained=1), head, who="Bob", load=load)
    lines = head / "results/toy" / FILE
    lines.write_text(lines.read_text(encoding="utf-8").replace("two.seed-1", "two"), encoding="utf-8")
    assert faults(base, head) == []


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("hub:lab/net", "'three' (hub:lab/net) was not run by us; nothing shows that its predictions come from it"),
        ("predictions", "'three' is a predictions file; nothing shows how it was made"),
        ("built-in", "'three' calls itself built-in, but no built-in model has this name"),
        ("probe", "'three' calls itself a shortcut probe; until it is run again nothing shows that it is"),
    ],
)
def test_that_predictions_come_from_their_model_is_for_a_person_to_judge(base, head, tmp_path, source, says):
    add(made(tmp_path / "mine", "three", 3, source=source), head, who="Bob", load=load)
    assert review(base, head, built_in=("ridge",), load=load).judge == [f"toy: {says}"]


def test_a_name_of_a_built_in_model_proves_nothing_either(base, head, tmp_path):
    add(made(tmp_path / "mine", "ridge", 3), head, who="Bob", load=load)
    assert review(base, head, built_in=("ridge",), load=load).judge == [
        "toy: 'ridge' calls itself built-in; until it is run again nothing shows that it is"
    ]


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
    said = to_markdown(review(base, head, load=load))
    assert "**1 fault.**" in said
    assert "Nothing else was read of the proposal" in said


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
