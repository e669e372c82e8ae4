"""`leaderboards` as a person uses it: who, states, filters, comparison, review."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

ADD = ["--folder", "boards", "--task", "mine.toml"]


@pytest.fixture
def boards(here: Path, run) -> Path:
    """A board with ridge and nearest_mean."""
    run("leaderboards", "add", *sorted(Path("home/results/mine").glob("*.json")), *ADD, "--who", "Ada")
    return here / "boards"


def lines(boards: Path) -> list[dict[str, str]]:
    return [
        json.loads(line) for line in (boards / "results/mine/states.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_who_is_the_name_given_else_that_of_git_else_it_is_asked_for(here: Path, run, refused, monkeypatch) -> None:
    result = "home/results/mine/ridge.json"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(here / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.delenv("GIT_CONFIG_COUNT")
    refused("leaderboards", "add", result, *ADD, says=["--who NAME", "git config --global user.name"])
    assert not Path("boards").exists()
    Path("gitconfig").write_text("[user]\n\tname = Grace Hopper\n", encoding="utf-8")
    run("leaderboards", "add", result, *ADD)
    run("leaderboards", "add", "home/results/mine/nearest_mean.json", *ADD, "--who", "Ada")
    assert [line["who"] for line in lines(here / "boards")] == ["Grace Hopper", "Ada"]


def test_a_result_is_retracted_and_confirmed_with_a_reason(boards: Path, run, refused) -> None:
    where = ["--task", "mine.toml", "--folder", "boards", "--who", "Bob"]
    run("leaderboards", "confirm", "ridge", *where, "--reason", "run on another machine")
    run("leaderboards", "retract", "nearest_mean", *where, "--reason", "leak")
    rows = {row["model"]: row for row in run("leaderboards", "show", "mine.toml", "--folder", "boards", "--json").json}
    assert (rows["ridge"]["state"], rows["nearest_mean"]["state"]) == ("reproduced", "retracted")
    assert rows["nearest_mean"]["rank"] is None
    assert [(line["model"], line["state"], line["reason"]) for line in lines(boards)[2:]] == [
        ("ridge", "reproduced", "run on another machine"),
        ("nearest_mean", "retracted", "leak"),
    ]
    refused("leaderboards", "retract", "rigde", *where, "--reason", "x", says=["rigde", "ridge"])
    refused("leaderboards", "retract", "ridge", *where, says=["--reason"])
    refused(
        "leaderboards", "add", "home/results/mine/nearest_mean.json", *ADD, "--who", "Eve", says=["retracted", "leak"]
    )


def test_show_filters_rows_and_keeps_their_ranks(boards: Path, run, refused) -> None:
    def models(*options: str) -> list[str]:
        shown = run("leaderboards", "show", "mine.toml", "--folder", "boards", "--json", *options).json
        return [row["model"] for row in shown]

    everything = models()
    assert set(everything) == {"ridge", "nearest_mean", "chance"}
    assert models("--inductive") == everything
    assert models("--transductive") == ["chance"]
    assert models("--modality", "imported") == everything
    assert models("--modality", "audio") == ["chance"]
    assert models("--open-data") == ["chance"]
    assert models("--state", "checked") == everything
    assert models("--state", "retracted") == ["chance"]
    show = ["leaderboards", "show", "mine.toml", "--folder", "boards", "--json"]
    assert "No row passes these filters." in run(*show, "--state", "retracted").err
    ridge = boards / "results/mine/ridge.json"
    ridge.write_text(ridge.read_text(encoding="utf-8").replace('"csv:mine"', '"secret"'), encoding="utf-8")
    assert "ridge: no card here tells the licence of secret" in run(*show, "--open-data").err
    refused(*show, "--modality", "imprted", says=["no modality called 'imprted'", "imported"])


def test_compare_tells_the_difference_and_draws_it(boards: Path, run, refused) -> None:
    where = ["--task", "mine.toml", "--folder", "boards"]
    shown = run("leaderboards", "compare", "ridge", "nearest_mean", *where, "--picture", "difference.png")
    assert "Drew difference.png" in shown.err
    assert Path("difference.png").read_bytes().startswith(b"\x89PNG")
    for word in ("± these people", "± new people", "happiness", "shot: "):
        assert word in shown.out
    one = run("leaderboards", "compare", "ridge", "nearest_mean", *where, "--json").json
    other = run("leaderboards", "compare", "nearest_mean", "ridge", *where, "--json").json
    rows = {row["model"]: row for row in run("leaderboards", "show", "mine.toml", "--folder", "boards", "--json").json}
    for shot, difference in one.items():
        assert difference["points"] == pytest.approx(rows["ridge"]["uar"][shot] - rows["nearest_mean"]["uar"][shot])
        assert other[shot]["points"] == -difference["points"]
        assert other[shot]["p"] == pytest.approx(difference["p"])
    picture = ["--picture", "nowhere/difference.png"]
    refused("leaderboards", "compare", "ridge", "nobody", *where, *picture, says=["There is no folder nowhere"])
    refused("leaderboards", "compare", "ridge", "ridge", *where, says=["are the same result"])
    refused("leaderboards", "compare", "ridge", "nobody", *where, says=["nobody", "ridge"])
    refused(
        "leaderboards", "compare", "ridge", "nearest_mean", "--task", "mine.toml", says=["holds no results of 'mine'"]
    )


def test_review_ends_with_2_and_says_what_is_wrong(boards: Path, run, refused) -> None:
    shutil.copytree("boards", "proposed")
    review = ["leaderboards", "review", "--base", "boards", "--head", "proposed", "--task", "mine.toml"]
    assert "**Nothing stands against this change.**" in run(*review).out
    out = run("leaderboards", "review", "--base", "data", "--head", "boards", "--task", "mine.toml").out
    assert "'ridge' calls itself built-in; until it is run again" in out
    Path("proposed/results/mine/ridge.parquet").unlink()
    out = run(*review, code=2).out
    assert "results/mine/ridge.parquet was removed" in out
    refused("leaderboards", "review", "--base", "boards", "--head", "nowhere", says=["There is no folder nowhere"])
