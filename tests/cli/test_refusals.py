"""Bad input: the exact exit code, one sentence that says what and where, no traceback, nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from own_table import NEW_TASK, files_in, write_clips

RIDGE = Path("home/results/mine/ridge.json")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["evalute"], ["no command called 'evalute'", "did you mean evaluate?"]),
        (["tasks", "lst"], ["No such command 'lst'"]),
        (["evaluate", "--modle", "x"], ["No such option '--modle'", "--model"]),
        (["evaluate", "ravdess-a12-new-subject"], ["no task called", "did you mean ravdess-a12-new-subjects"]),
        (["tasks", "show", "emosynth-persona"], ["no task called", "emosynth-personal"]),
        (["tasks", "show", "nowhere/x.toml"], ["no task file nowhere/x.toml"]),
        (["evaluate", "mine.toml", "--model", "nearst_mean"], ["no model", "did you mean nearest_mean?"]),
        (["models", "show", "rigde"], ["no model", "did you mean ridge?"]),
        (["evaluate", "mine.toml", "--model", "own_models:nothing"], ["could not be imported", "nothing"]),
        (["evaluate", "mine.toml", "--model", "home"], ["home is not a saved model"]),
        (["datasets", "show", "ravdes"], ["no dataset called 'ravdes'", "did you mean ravdess?"]),
        (["prepare", "csv:mine", "--views", "audio.logmle"], ["no view called", "did you mean audio.logmel"]),
        (["prepare", "csv:mine", "--views", "imported:y"], ["no feature table called 'y'", "known: x"]),
        (["prepare", "csv:mine"], ["No built-in task reads 'csv:mine'", "--views"]),
        (["prepare", "ravdess"], ["Where does the dataset 'ravdess' lie?", "--data FOLDER"]),
        (["evaluate", "ravdess-a12-personal", "--model", "ridge"], ["Where does the dataset 'ravdess' lie?"]),
        (["datasets", "check", "ravdess"], ["Where does the dataset 'ravdess' lie?"]),
        (["prepare", "ravdess", "--data", "nowhere"], ["nowhere, does not exist", "--data FOLDER"]),
        (["evaluate", "mine.toml", "--device", "gpu"], ["no device 'gpu'", "cpu"]),
        (["train", "mine.toml", "--model", "ridge", "--out", "w", "--device", "gpu"], ["no device 'gpu'"]),
        (["train", "mine.toml", "--model", "own_models:Slow", "--out", "w"], ["'Slow' is not a built-in"]),
        (["evaluate", "mine.toml", "--model", "ridge", "--set", "depth"], ["--set wants KEY=VALUE", "depth"]),
        (["evaluate", "mine.toml", "--model", "ridge", "--set", "depth=3"], ["no setting 'depth'"]),
        (["evaluate", "mine.toml", "--model", "prototypical", "--set", "width=wide"], ["'width'", "48", "wide"]),
        (["evaluate", "mine.toml", "--set", "width=3"], ["--set", "exactly one --model"]),
        (["evaluate", "mine.toml", "--name", "me"], ["--name", "exactly one --model"]),
        (["evaluate", "mine.toml", "--predictions", "mine.toml"], ["--predictions needs one TASK and --name"]),
        (["evaluate", "mine.toml", "emosynth-personal", "--data", "data"], ["--data", "one dataset", "several"]),
        (["leaderboards", "show", "mine.toml", "--folder", "none"], ["none holds no results of 'mine'", "home"]),
        (["leaderboards", "build", "--folder", "none"], ["none holds no results", "--folder"]),
        (["leaderboards", "add", RIDGE, "--folder", "b"], ["no task called 'mine'", "--task NAME.toml"]),
        (["results", "check", RIDGE], ["no task called 'mine'", "--task NAME.toml"]),
        (["results", "show", "none.json"], ["none.json", "does not exist"]),
        (["tasks", "new", "Mine", *NEW_TASK], ["'Mine' is no name for a task", "small letters"]),
        (["tasks", "new", "mine", *NEW_TASK], ["mine.toml exists already"]),
        (["tasks", "new", "m2", *NEW_TASK, "--emotion", "rage"], ["3-way", "rage"]),
        (["tasks", "new", "m2", *NEW_TASK, "--ways", "5"], ["5-way episodes need 5 emotions", "has 3"]),
        (["tasks", "new", "m2", *NEW_TASK, "--folds", "9"], ["10 people are too few for 9 folds"]),
        (["tasks", "new", "m2", *NEW_TASK, "--ways", "1"], ["'--ways'", "1"]),
        (["tasks", "new", "m2", *NEW_TASK, "--track", "new-stimuli"], ["needs --stimuli A,B/C,D"]),
        (["tasks", "new", "m2", *NEW_TASK, "--stimuli", "a/b"], ["no other track takes it"]),
        (["tasks", "new", "m2", *NEW_TASK, "--one-person"], ["no other track takes it or --one-person"]),
        (["tasks", "new", "m2", *NEW_TASK, "--track", "new-stimuli", "--stimuli", "a,b"], ["'a,b' is not of the form"]),
        (["tasks", "new", "m2", *NEW_TASK, "--track", "new-stimuli", "--stimuli", "a/b"], ["no stimulus called 'a'"]),
    ],
    ids=lambda value: " ".join(map(str, value))[:60] if isinstance(value, list) else None,
)
def test_a_wrong_wish_is_refused_with_code_2_and_nothing_is_written(command, says, here: Path, refused) -> None:
    before = files_in(here)
    refused(*command, says=says)
    assert files_in(here) == before


@pytest.mark.parametrize("dataset", ["ravdess", "csv:other"])
def test_a_wrong_or_empty_folder_is_refused(dataset: str, here: Path, refused) -> None:
    Path("empty").mkdir()
    view = "audio.logmel" if dataset == "ravdess" else "imported:x"
    refused("prepare", dataset, "--views", view, "--data", "empty", says=[str(here / "empty")])
    assert not (here / "home/manifests/ravdess.parquet").exists()
    assert sorted(path.name for path in (here / "home/views").iterdir()) == ["csv-mine"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("ways = 3", "way = 3", ["2 faults", "ways: missing key", "way: unknown key"]),
        ("ways = 3", "ways = 'three'", ["ways"]),
        ("ways = 3", "ways = ", ["not valid TOML", "mine.toml"]),
        ("ways = 3", "ways = 4", ["only 3 emotions"]),
        ('name = "mine"', 'name = "yours"', ["calls itself 'yours'"]),
        ("frozen = ", 'frozen = "' + "0" * 64 + '"  # ', ["was frozen with 000000000000", "restore"]),
        ("seed = 0", "seed = 1", ["was frozen with"]),
        ("meta_val = [", 'meta_val = ["{tested}", ', ["subject '{tested}' is in meta_val and in meta_test"]),
        ("meta_test = [", 'meta_test = ["stranger", ', ["subject 'stranger' of meta_test has no clip"]),
    ],
)
def test_a_broken_task_file_is_refused(old: str, new: str, says: list[str], here: Path, run, refused) -> None:
    tested = run("tasks", "show", "mine.toml", "--json").json["folds"][0]["meta_test"][0]
    change(Path("mine.toml"), old, new.replace("{tested}", tested))
    before = files_in(here)
    says = [word.replace("{tested}", tested) for word in says]
    refused("evaluate", "mine.toml", "--model", "chance", says=says)
    assert files_in(here) == before


def test_a_task_without_its_clip_list_is_refused(here: Path, refused) -> None:
    Path("mine.clips.csv").unlink()
    refused("evaluate", "mine.toml", "--model", "chance", says=["mine.clips.csv"])


def test_too_few_clips_are_named_by_emotion_and_subject(here: Path, refused) -> None:
    write_clips(Path("few"), clips=3)
    lines = Path("few/clips.csv").read_text().splitlines(keepends=True)
    Path("few/clips.csv").write_text("".join(line for line in lines if not line.startswith("p4-happiness-")))
    command = ["tasks", "new", "few", *NEW_TASK, "--dataset", "csv:few", "--data", "few"]
    refused(*command, "--track", "personal", says=["happiness", "p4", "fewer shots, queries or emotions"])
    assert not Path("few.toml").exists()
    assert not Path("few.clips.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("anger-0,p0,anger", "anger-0,p0,angry", ["p0-anger-0", "angry", "did you mean 'anger'?"]),
        ("anger-0,p0,anger", "anger-1,p0,anger", ["'p0-anger-1' occurs 2 times"]),
        ("anger-0,p0,anger", "anger-0,,anger", ["subject is empty"]),
        ("clip_id,subject", "clip,person", ["column 'clip_id' is missing", "column 'person' is unknown"]),
        ("anger-0,p0,anger,", "anger-0,p0,anger,loud", ["row 1", "feature.x.c0", "loud"]),
        ("anger-0,p0,anger", "anger-00,p0,anger", ["'p0-anger-0' is not in the folder", "--data"]),
    ],
)
def test_a_table_with_faults_is_refused(old: str, new: str, says: list[str], here: Path, refused) -> None:
    change(Path("data/clips.csv"), old, new)
    results = files_in(Path("home/results"))
    refused("evaluate", "mine.toml", "--model", "chance", says=says)
    assert files_in(Path("home/results")) == results


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("wrong_shape", ["'wrong_shape' returned a tensor [2, 7]", "[10, 6, 3]"]),
        ("gives_nan", ["'gives_nan' returned NaN"]),
        ("changes_views", ["'changes_views' changed the views"]),
        ("raises", ["'raises' raised ValueError in predict: shapes (3, 4) and (5, 6) are not aligned", "--debug"]),
        ("FitRaises", ["'FitRaises' raised KeyError in fit: 'lost'"]),
        ("bad_factory", ["'own_models:bad_factory' raised RuntimeError when it was made: no weights here"]),
    ],
)
def test_a_model_that_misbehaves_is_named_and_leaves_no_result(model: str, says, here: Path, refused) -> None:
    results = files_in(Path("home/results"))
    refused("evaluate", "mine.toml", "--model", f"own_models:{model}", says=says)
    assert files_in(Path("home/results")) == results


def test_a_wrong_second_model_is_told_before_the_first_is_run(here: Path, refused) -> None:
    results = files_in(Path("home/results"))
    refused("evaluate", "mine.toml", "--model", "chance", "--model", "own_models:bad_factory", says=["bad_factory"])
    assert files_in(Path("home/results")) == results


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def drop_row(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.slice(0, len(table) - 1), path)


def rename_column(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.rename_columns([name.replace("class_", "logit_") for name in table.column_names]), path)


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (cut, ["not readable Parquet"]),
        (drop_row, ["episode 59, query 5 is missing"]),
        (rename_column, ["other columns", "class_0"]),
    ],
)
def test_a_broken_predictions_file_is_refused(breaks: Callable[[Path], None], says, here: Path, refused) -> None:
    file = Path(shutil.copy(RIDGE.with_suffix(".parquet"), "given.parquet"))
    breaks(file)
    refused("evaluate", "mine.toml", "--predictions", file, "--name", "me", says=["given.parquet", *says])
    assert not Path("home/results/mine/me.json").exists()


def test_predictions_of_another_task_are_refused(here: Path, refused) -> None:
    command = ["evaluate", "ravdess-a12-personal", "--predictions", RIDGE.with_suffix(".parquet"), "--name", "me"]
    refused(*command, says=["do not fit the task 'ravdess-a12-personal'"])
    assert not Path("home/results/ravdess-a12-personal").exists()


def alter(path: Path, change: Callable[[dict], None]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def more_uar(value: dict) -> None:
    value["figures"]["shots"]["1"]["uar"] = round(value["figures"]["shots"]["1"]["uar"] + 1e-6, 6)


def another_model(value: dict) -> None:
    value["model"]["sha256"] = "0" * 64


def another_task(value: dict) -> None:
    value["task"]["version"] = 2


@pytest.mark.parametrize(
    ("alters", "failed"),
    [(more_uar, {"hash", "figures"}), (another_model, {"hash"}), (another_task, {"task"})],
)
def test_a_result_with_one_altered_digit_fails_its_check_and_is_not_admitted(
    alters, failed: set[str], here: Path, run, refused
) -> None:
    alter(RIDGE, alters)
    checks = run("results", "check", RIDGE, "--task", "mine.toml", "--json", code=2).json
    assert {check["name"] for check in checks if not check["passed"]} == failed
    refused("leaderboards", "add", RIDGE, "--folder", "boards", "--task", "mine.toml", says=["not admitted", *failed])
    assert not Path("boards").exists()


def test_rescoring_an_altered_figure_ends_with_2_and_tells_both(here: Path, run) -> None:
    was = json.loads(RIDGE.read_text())["figures"]["shots"]["1"]["uar"]
    alter(RIDGE, more_uar)
    out = run("results", "rescore", RIDGE, "--task", "mine.toml", code=2).out
    assert f"figures.shots.1.uar is {round(was + 1e-6, 6)}, recomputed {was}" in out


def test_altered_predictions_fail_the_check(here: Path, run) -> None:
    shutil.copy(RIDGE.with_name("nearest_mean.parquet"), RIDGE.with_suffix(".parquet"))
    checks = run("results", "check", RIDGE, "--task", "mine.toml", "--json", code=2).json
    assert {check["name"] for check in checks if not check["passed"]} == {"predictions file", "hash", "figures"}


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": 1}', "[1, 2]"])
def test_a_broken_result_file_is_refused(text: str, here: Path, refused) -> None:
    RIDGE.write_text(text, encoding="utf-8")
    for command in (["results", "show"], ["results", "rescore"], ["leaderboards", "add"]):
        refused(*command, RIDGE, says=["ridge.json", "evaluate again"])


def test_a_second_result_of_a_model_is_refused_unless_it_shall_replace(here: Path, run, refused) -> None:
    add = ["leaderboards", "add", RIDGE, "--folder", "boards", "--task", "mine.toml"]
    run(*add)
    run("evaluate", "mine.toml", "--model", "ridge", "--set", "statistics=support")
    before = files_in(Path("boards"))
    refused(*add, says=["already has another result of 'ridge'"])
    assert files_in(Path("boards")) == before
    run(*add, "--replace")
    assert files_in(Path("boards")) != before


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "mine.toml", "--model", "ridge", "--data", "data"],
        ["prepare", "csv:mine", "--views", "imported:x", "--data", "data"],
        ["evaluate", "--model", "chance", "--workers", "1"],
    ],
)
def test_a_home_that_cannot_be_written_is_told_with_code_1(command, here: Path, monkeypatch, refused) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(here / "mine.toml/home"))
    before = files_in(here)
    refused(*command, code=1, says=[str(here / "mine.toml/home"), "Not a directory"])
    assert files_in(here) == before


def test_weights_that_cannot_be_written_are_told_with_code_1(here: Path, refused) -> None:
    command = ["train", "mine.toml", "--model", "ridge", "--out", "mine.toml/weights"]
    refused(*command, code=1, says=["mine.toml/weights", "Not a directory"])


def test_debug_shows_the_traceback_wherever_it_stands_and_keeps_the_code(here: Path, capsys) -> None:
    from stf2m_bench.cli import main

    for command in (["--debug", "tasks", "show", "nope"], ["tasks", "show", "nope", "--debug"]):
        with pytest.raises(SystemExit) as stop:
            main(command)
        assert stop.value.code == 2
        err = capsys.readouterr().err
        assert "Traceback" in err
        assert "UnknownNameError" in err
        assert "Error: There is no task called 'nope'" in err
