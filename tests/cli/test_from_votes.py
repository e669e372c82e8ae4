"""Votes by the commands that help tells: a task with votes is made of a table, shown and run, its result checked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from own_table import NEW_TASK

from stf2m_bench.scoring.result import predictions_of, read_result


@pytest.fixture
def voted(here: Path) -> Path:
    """The table with ten votes a clip: eight for its emotion, but the first clip of each person is not agreed on."""
    path = here / "data/clips.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        split = row["clip_id"].endswith("-0")
        counts = dict.fromkeys(("anger", "happiness", "sadness"), 0)
        counts["anger"] = counts["sadness"] = 5 if split else 1
        counts |= {} if split else {row["emotion"]: 8}
        row.update({f"votes.crowd.{emotion}": str(n) for emotion, n in counts.items()})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return here


def test_a_task_with_votes_goes_from_the_table_to_a_checked_result(voted: Path, run) -> None:
    run("tasks", "new", "ours", *NEW_TASK, "--votes", "crowd", "--majority", "0.5")
    shown = run("tasks", "show", "ours.toml")
    assert 'votes = "crowd"\nmajority = 0.5' in shown.out
    assert "150 clips" in shown.out
    assert (
        "# Emotions are the corpus's own. Only clips are taken of which one emotion alone has at least 50 %"
        in shown.out
    )
    run("evaluate", "ours.toml", "--model", "ridge")
    run("evaluate", "ours.toml", "--model", "ridge", "--set", "votes=true", "--name", "ridge-votes")
    path = "home/results/ours/ridge-votes.json"
    votes = read_result(Path(path)).figures.shots[1].votes
    out = run("results", "show", path).out
    assert f"{votes.cross_entropy:.3f}" in out
    assert f"one rater says what another one says in {votes.one_rater:.1f} %" in out
    checks = {
        check["name"]: check["passed"] for check in run("results", "check", path, "--task", "ours.toml", "--json").json
    }
    assert checks["votes"]
    assert all(checks.values())
    assert run("results", "rescore", path, "--task", "ours.toml", "--json").json["differences"] == []
    run("leaderboards", "add", "home/results/ours/ridge-votes.json", "--folder", "boards", "--task", "ours.toml")
    page = Path("boards/ours.md").read_text()
    assert "## Agreement with the raters `crowd`" in page
    (row,) = (line for line in page.splitlines() if line.startswith(f"| ridge-votes | {votes.cross_entropy:.3f} ± "))
    assert f" | {votes.divergence:.3f} ± " in row
    assert f" | {votes.agreement:.1f} ± " in row
    cells = [cell.strip() for cell in row.strip("|").split("|")[1:]]
    told = run("results", "show", path, "--task", "ours.toml").out
    assert all(cell in told for cell in cells)  # the board's intervals
    predictions_of(read_result(Path(path)), Path(path)).unlink()
    bare = run("results", "show", path, "--task", "ours.toml").out
    assert (cells[0] in bare, f"{votes.cross_entropy:.3f}" in bare) == (False, True)
    assert "uses votes" in page


def test_relabelling_is_said_where_the_task_is_shown(voted: Path, run) -> None:
    run("tasks", "new", "heard", *NEW_TASK, "--votes", "crowd", "--relabel")
    assert (
        "# Emotions are those that lead the votes 'crowd', not the corpus's own."
        in run("tasks", "show", "heard.toml").out
    )
    own = run("tasks", "show", "mine.toml").out
    assert "# Emotions are the corpus's own.\n" in own
    assert "# Classes are of no stated kind: " in own
    assert "# Classes are intended: " in run("tasks", "show", "emodb-new-subjects").out
    rated = run("tasks", "show", "ceap-personal-new-stimuli").out
    assert "# Classes are reported: " in rated
    assert "the corpus's own" not in rated


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--majority", "0.5"], ["--majority and --relabel need --votes WHOSE"]),
        (["--votes", "face"], ["'csv:mine' has no votes 'face'; it has: crowd."]),
        (["--votes", "crowd", "--majority", "50"], ["50", "0<=x<=1"]),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(voted: Path, refused, options: list[str], says: list[str]) -> None:
    refused("tasks", "new", "ours", *NEW_TASK, *options, says=says)
    assert not Path("ours.toml").exists()


def test_the_settings_of_a_model_are_listed_with_votes(run) -> None:
    assert run("models", "show", "ridge", "--json").json["settings"] == {"statistics": "training", "votes": False}
    listed = {row["model"]: row["config"] for row in run("models", "list", "--json").json}
    assert [name for name, config in listed.items() if "votes" in config] == [
        "nearest_mean",
        "prototypical",
        "ridge",
        "stf2m",
    ]
