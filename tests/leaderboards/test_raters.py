"""The part of a page that sets models beside the raters."""

from __future__ import annotations

from toy_results import frozen_toy, random_predictions, toy_result, voted_toy

from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.leaderboards.raters import among_raters, rater_lines


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
