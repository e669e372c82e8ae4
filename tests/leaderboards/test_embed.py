"""Short tables of boards inside other pages."""

from toy_results import frozen_toy, random_predictions, toy_result

from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.embed import to_short_markdown


def test_every_line_of_a_short_table_has_a_cell_for_each_heading():
    task = frozen_toy()
    lines = to_short_markdown(board([toy_result(task, random_predictions(task))], task)).splitlines()
    assert lines[0] == "| | model | UAR, 1-shot | UAR, 5-shot | tier | NLL |"
    assert {line.count("|") for line in lines} == {7}
