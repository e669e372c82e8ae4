"""The part of a page that sets models beside the raters."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_results import frozen_toy, random_predictions, toy_result, voted_toy

from stf2m_bench.episode.drawing import Drawer, frozen_hash
from stf2m_bench.errors import InputError
from stf2m_bench.leaderboards.admit import add
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.build import build, read_results
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.leaderboards.raters import among_raters, rater_intervals, rater_lines
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.result import write_result
from stf2m_bench.scoring.votes import vote_intervals
from stf2m_bench.tasks.task import Task


def test_each_model_stands_beside_what_raters_reach_among_themselves() -> None:
    task = voted_toy()
    results = [toy_result(task, random_predictions(task, seed), f"m{seed}") for seed in (0, 1)]
    page = to_markdown(board(results, task), task)
    assert "Emotions are the corpus's own. The votes 'all' are scored, and shown with the shots." in page
    assert "## Agreement with the raters `all`" in page
    for result in results:
        one, five = (result.figures.shots[shot].votes for shot in (1, 5))
        cells = [f"{v.cross_entropy:.3f}" for v in (one, five)] + [f"{v.divergence:.3f}" for v in (one, five)]
        cells += [f"{v.agreement:.1f}" for v in (one, five)]
        assert f"| {result.model.name} | {' | '.join(cells)} |" in page
        assert f"- 5-shot: {among_raters(five)}" in page


def test_the_sentence_on_raters_leaves_out_what_is_not_known() -> None:
    votes = toy_result(voted_toy(), random_predictions(voted_toy())).figures.shots[1].votes
    assert among_raters(votes).startswith(f"one rater says what another one says in {votes.one_rater:.1f} %; what most")
    assert among_raters(votes.model_copy(update={"one_rater": None})).startswith("what most raters say would agree in")


def test_retracted_rows_and_the_computed_chance_are_not_in_the_table() -> None:
    task = voted_toy()
    good = toy_result(task, random_predictions(task, 0), "good")
    bad = toy_result(task, random_predictions(task, 1), "bad").model_copy(update={"state": "retracted", "reason": "x"})
    lines = list(rater_lines(board([good, bad], task), task))
    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")][2:] == ["| good"]


def test_a_page_without_votes_says_nothing_of_raters() -> None:
    task = frozen_toy()
    rows = board([toy_result(task, random_predictions(task))], task)
    assert list(rater_lines(rows, task)) == []
    assert "raters" not in to_markdown(rows, task)


# ---- intervals, from the predictions beside the results ----


def voted(name: str = "toy") -> Task:
    task = voted_toy(episodes=24)
    return Task(task.protocol.model_copy(update={"name": name, "frozen": frozen_hash(task)}), task.clips)


def test_a_built_page_has_the_intervals_that_the_stored_predictions_give(tmp_path: Path) -> None:
    task, boards = voted(), tmp_path / "boards"
    predictions = random_predictions(task)
    written = write_result(toy_result(task, predictions), predictions, tmp_path / "mine")
    added = add(written, boards, who="me", load=voted)
    held = added.read_bytes()
    (line,) = (x for x in (boards / "toy.md").read_text(encoding="utf-8").splitlines() if x.count("±") == 6)
    figures = read_results(boards, "toy")[0].figures.shots[1].votes
    around = vote_intervals(task, predictions.logs[1], draw_all(Drawer(task), 1))
    assert line.split(" | ")[1] == f"{figures.cross_entropy:.3f} ± {around.cross_entropy.halfwidth:.3f}"
    assert line.split(" | ")[5] == f"{figures.agreement:.1f} ± {around.agreement.halfwidth:.1f}"
    build(boards, load=voted)
    assert added.read_bytes() == held


def test_a_page_whose_predictions_are_gone_is_not_built_and_a_reported_row_has_no_interval(tmp_path: Path) -> None:
    task, predictions = voted(), random_predictions(voted())
    result = toy_result(task, predictions)
    rows = board([result], task)
    with pytest.raises(InputError, match="There is no predictions file"):
        rater_intervals(rows, [result], tmp_path, task)
    reported = result.model_copy(update={"predictions": None})
    assert rater_intervals(rows, [reported], tmp_path, task) == {}


def test_probes_have_no_interval_since_they_have_no_row(tmp_path: Path) -> None:
    task = voted()
    probe = toy_result(task, random_predictions(task), "probe.loudness", source="probe")
    assert rater_intervals(board([probe], task), [probe], tmp_path, task) == {}
