"""Bring your own: from a clips.csv to a leaderboard, by the commands that help and README tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import own_table
import pandas as pd
import pytest
from own_table import NEW_TASK, files_in, write_clips

from stf2m_bench.discovery import Room
from stf2m_bench.scoring.result import read_result


def test_a_table_becomes_a_frozen_task_that_passes_its_checks(here: Path, run) -> None:
    ran = run("tasks", "new", "again", *NEW_TASK, "--out", "tasks", "--title", "Mine again")
    assert "stf2m-bench evaluate tasks/again.toml" in ran.err
    shown = run("tasks", "show", "tasks/again.toml", "--json").json
    assert (shown["ways"], shown["shots"], shown["queries"], shown["episodes"]) == (3, [1], 2, 60)
    assert shown["title"] == "Mine again"
    assert len(shown["frozen"]) == 64
    assert shown["clips"] == 180
    tested = [person for fold in shown["folds"] for person in fold["meta_test"]]
    assert sorted(tested) == sorted({f"p{n}" for n in range(10)})
    assert all(check["passed"] is not False for check in run("tasks", "check", "tasks/again.toml", "--json").json)


def test_the_same_wish_gives_the_same_task(here: Path, run) -> None:
    run("tasks", "new", "mine", *NEW_TASK, "--out", "elsewhere")
    assert Path("elsewhere/mine.toml").read_text() == Path("mine.toml").read_text()
    assert Path("elsewhere/mine.clips.csv").read_bytes() == Path("mine.clips.csv").read_bytes()


def test_models_learn_what_the_table_holds(here: Path, run) -> None:
    rows = {row["model"]: row for row in run("leaderboards", "show", "mine.toml", "--folder", "home", "--json").json}
    assert rows["chance"]["uar"]["1"] == pytest.approx(100 / 3, abs=0.01)
    assert 50 < rows["nearest_mean"]["uar"]["1"] < 95
    assert 50 < rows["ridge"]["uar"]["1"] < 95


def test_a_result_is_checked_rescored_and_shown(here: Path, run) -> None:
    path = "home/results/mine/nearest_mean.json"
    checks = run("results", "check", path, "--task", "mine.toml", "--json").json
    assert {check["name"] for check in checks} >= {"schema", "task", "frozen", "hash", "figures"}
    assert all(check["passed"] for check in checks)
    assert run("results", "rescore", path, "--task", "mine.toml", "--json").json["differences"] == []
    result = read_result(Path(path))
    assert run("results", "show", path, "--json").json["hash"] == result.hash
    shown = run("results", "show", path).out
    assert f"nearest_mean on mine ({result.state})" in shown
    assert f"{result.figures.shots[1].uar:.1f}" in shown
    assert result.hash in shown


def test_a_result_is_admitted_shown_and_its_pages_built(here: Path, run) -> None:
    run("leaderboards", "add", "home/results/mine/ridge.json", "--folder", "boards", "--task", "mine.toml")
    assert read_result(Path("boards/results/mine/ridge.json")).state == "checked"
    rows = run("leaderboards", "show", "mine.toml", "--folder", "boards", "--json").json
    assert [row["model"] for row in rows if row["kind"] == "ranked"] == ["ridge"]
    before = files_in(Path("boards"))
    assert set(before) >= {"README.md", "mine.md", "results/mine/ridge.json", "results/mine/ridge.parquet"}
    page = Path("page.md")
    page.write_text("# Mine\n\n<!-- board mine -->\n<!-- end -->\n", encoding="utf-8")
    built = run("leaderboards", "build", "--folder", "boards", "--task", "mine.toml", "--into", page)
    assert built.out == ""
    assert "boards/mine.md" in built.err
    assert "| 1 | ridge |" in page.read_text(encoding="utf-8")
    assert files_in(Path("boards")) == before


def test_a_trained_folder_scores_as_the_model_fitted_by_evaluate(here: Path, run) -> None:
    ran = run("train", "mine.toml", "--model", "nearest_mean", "--out", "weights")
    assert ran.out == ""
    assert "stf2m-bench evaluate mine.toml --model weights" in ran.err
    assert sorted(path.name for path in Path("weights").iterdir()) == ["fold-0", "fold-1", "fold-2"]
    run("evaluate", "mine.toml", "--model", "weights")
    mine, theirs = (read_result(Path(f"home/results/mine/{name}.json")) for name in ("weights", "nearest_mean"))
    assert mine.hash == theirs.hash
    assert mine.figures == theirs.figures
    before = files_in(Path("weights"))
    run("train", "mine.toml", "--model", "nearest_mean", "--out", "weights")
    assert files_in(Path("weights")) == before


def test_predictions_made_elsewhere_are_scored_under_the_name_given(here: Path, run) -> None:
    file = "home/results/mine/ridge.parquet"
    rows = run("evaluate", "mine.toml", "--predictions", file, "--name", "from afar", "--json").json["mine"]
    uar = {row["model"]: row["uar"] for row in rows}
    assert uar["from afar"] == uar["ridge"]


def test_a_model_of_ones_own_gets_its_row(here: Path, run) -> None:
    ran = run("evaluate", "mine.toml", "--model", "own_models:flat", "--name", "my flat model", "--json")
    rows = {row["model"]: row for row in ran.json["mine"]}
    assert rows["my flat model"]["uar"]["1"] == pytest.approx(100 / 3, abs=0.01)
    result = json.loads(Path("home/results/mine/my-flat-model.json").read_text())
    assert result["model"]["source"] == "python:own_models:flat"


def test_a_task_edited_by_hand_is_frozen_anew(here: Path, run, refused) -> None:
    file = Path("mine.toml")
    file.write_text(file.read_text().replace("queries = 2", "queries = 1"), encoding="utf-8")
    refused("evaluate", file, "--model", "chance", says=["was frozen with", "freeze"])
    assert "frozen as" in run("tasks", "freeze", file).err
    run("evaluate", file, "--model", "chance")
    assert read_result(Path("home/results/mine/chance.json")).figures.shots[1].uar == pytest.approx(100 / 3, abs=0.01)


def test_results_of_an_earlier_version_are_left_off_the_board_after_an_evaluation(here: Path, run) -> None:
    file = Path("mine.toml")
    file.write_text(file.read_text().replace("version = 1", "version = 2"), encoding="utf-8")
    run("tasks", "freeze", file)
    rows = run("evaluate", file, "--model", "ridge", "--json").json["mine"]
    assert {row["model"] for row in rows} == {"ridge", "chance"}


def test_models_that_have_nothing_to_say_on_a_task_are_left_out_unless_asked_for(
    here: Path, run, refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_table, "EMOTIONS", (*own_table.EMOTIONS, "fear", "disgust", "surprise", "pride"))
    write_clips(Path("more"))
    wish = ("--views", "imported:x", "--ways", "2", "--shots", "1", "--queries", "2", "--episodes", "60")
    run("tasks", "new", "more", "--dataset", "csv:more", "--data", "more", "--track", "new-emotions", *wish)
    monkeypatch.setattr(Room, "keys", lambda room: ["chance", "names_no_shots", "nearest_mean"])
    ran = run("evaluate", "more.toml", "--json")
    assert {row["model"] for row in ran.json["more"]} == {"chance", "nearest_mean"}
    assert "more: names_no_shots is left out: names_no_shots knows the emotions of training alone" in ran.err
    refused("evaluate", "more.toml", "--model", "names_no_shots", says=["knows the emotions of training alone"])


def test_a_task_may_tell_high_from_low_ratings_instead_of_emotions(here: Path, run) -> None:
    write_clips(Path("rated"))
    header, *rows = Path("rated/clips.csv").read_text().splitlines()
    ratings = [f"{row},{(-0.6, -0.1, 0.7)[n % 3]}" for n, row in enumerate(rows)]
    Path("rated/clips.csv").write_text("\n".join([f"{header},valence", *ratings]) + "\n")
    wish = ("--views", "imported:x", "--ways", "2", "--shots", "1", "--queries", "2", "--episodes", "60")
    read = ("--label", "valence", "--neutral-band", "0.2")
    run("tasks", "new", "rated", "--dataset", "csv:rated", "--data", "rated", *wish, *read)
    shown = run("tasks", "show", "rated.toml", "--json").json
    assert (shown["label"], shown["neutral_band"], shown["clips"]) == ("valence", 0.2, 120)
    assert sorted(shown["emotions"]) == ["high_valence", "low_valence"]
    assert all(check["passed"] is not False for check in run("tasks", "check", "rated.toml", "--json").json)
    ran = run("evaluate", "rated.toml", "--model", "nearest_mean")
    assert "nearest_mean  1-shot UAR" in ran.err
    Path("rated/clips.csv").write_text(Path("rated/clips.csv").read_text().replace(",-0.1\n", ",0\n"))
    run("tasks", "new", "even", "--dataset", "csv:rated", *wish, "--label", "valence", "--midpoint", "high")
    assert run("tasks", "show", "even.toml", "--json").json["clips"] == 180  # 60 of them in the middle
    assert all(check["passed"] is not False for check in run("tasks", "check", "even.toml", "--json").json)
    cut = run("tasks", "new", "cut", "--dataset", "csv:rated", *wish, "--window", "2", code=2)
    assert "imported tables know whole ones" in cut.err


def test_a_task_cuts_ratings_given_all_the_while_into_its_own_windows_and_scores_shares_of_time(
    here: Path, run
) -> None:
    folder = Path("watched")
    folder.mkdir()
    rows = ["clip_id,subject,emotion,start,end,signal,ratings"]
    seconds = np.arange(0, 24, 0.25)
    for person in range(9):
        felt = np.sin(seconds / 2 + person)
        heart = 60 + 8 * np.sin((seconds + 1) / 2 + person) + person
        table = pd.DataFrame({"seconds": seconds, "HR": heart, "valence": felt, "arousal": 0.5})
        table[["seconds", "HR"]].to_csv(folder / f"heart{person}.csv", index=False)
        table[["seconds", "valence", "arousal"]].to_csv(folder / f"said{person}.csv", index=False)
        rows.append(f"film{person},p{person},,0,24,heart{person}.csv,said{person}.csv")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    wish = ("--dataset", "csv:watched", "--data", folder, "--views", "signal.window:HR", "--ways", "2", "--shots", "1")
    read = ("--label", "valence", "--window", "2", "--lag", "1", "--votes", "time", "--queries", "2")
    run("tasks", "new", "watched", *wish, *read, "--episodes", "60")
    shown = run("tasks", "show", "watched.toml", "--json").json
    assert (shown["window"], shown["lag"], shown["votes"], shown["clips"]) == (2.0, 1.0, "time", 9 * 11)
    assert all(check["passed"] is not False for check in run("tasks", "check", "watched.toml", "--json").json)
    assert "nearest_mean  1-shot UAR" in run("evaluate", "watched.toml", "--model", "nearest_mean").err
    votes = read_result(Path("home/results/watched/nearest_mean.json")).figures.shots[1].votes
    assert votes is not None
    late = run("tasks", "new", "late", *wish, "--lag", "1", code=2).err
    assert "--lag needs --window SECONDS" in late
    assert "no number of seconds" in run("tasks", "new", "late", *wish, "--window", "nan", code=2).err
    assert "needs ratings: --label" in run("tasks", "new", "late", *wish, "--neutral-band", "0.1", code=2).err
    whole = run("tasks", "new", "late", *wish, "--label", "valence", "--votes", "time", code=2).err
    assert "'csv:watched' has no votes 'time'" in whole
    assert "Shares of time need the key window" in whole


def test_a_task_may_query_what_neither_support_nor_training_shows(here: Path, run) -> None:
    write_clips(Path("shown"), clips=8)
    header, *rows = Path("shown/clips.csv").read_text().splitlines()
    films = [f"{row},film {n % 8 // 2},{row.split(',')[1]}-{n % 8 // 2}" for n, row in enumerate(rows)]
    Path("shown/clips.csv").write_text("\n".join([f"{header},stimulus,recording", *films]) + "\n")
    wish = ("--dataset", "csv:shown", "--data", "shown", "--views", "imported:x", "--ways", "3", "--shots", "2")
    track = (
        "--track",
        "new-stimuli",
        "--stimuli",
        "film 0, film 1/film 2,film 3",
        "--queries",
        "2",
        "--episodes",
        "60",
    )
    for name, extra, folds in (("same", ["--one-person"], 6), ("others", ["--folds", "2"], 4)):
        run("tasks", "new", name, *wish, *track, *extra)
        shown = run("tasks", "show", f"{name}.toml", "--json").json
        assert (shown["track"], shown["one_person"], len(shown["folds"])) == ("new-stimuli", name == "same", folds)
        assert [fold["query_stimuli"] for fold in shown["folds"]][:2] == [["film 2", "film 3"], ["film 0", "film 1"]]
        assert all(check["passed"] is not False for check in run("tasks", "check", f"{name}.toml", "--json").json)
    assert "nearest_mean  2-shot UAR" in run("evaluate", "same.toml", "--model", "nearest_mean").err
