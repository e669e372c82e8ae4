"""The card of a task on its board's page: who is where, clips of each class, majority, licence, to whom it tells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from toy_boards import few_people
from toy_results import PEOPLE, frozen_toy, toy_task

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.base.votes import known_ceilings
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.leaderboards.render import escape
from stf2m_bench.leaderboards.task_card import card_lines, generalises, in_short
from stf2m_bench.tasks.protocol import Fold
from stf2m_bench.tasks.task import Task, load_task, task_names


def card(task: Task) -> str:
    return "\n".join(card_lines(task))


@pytest.fixture
def uneven() -> Task:
    """p00 has one clip of anger that may be drawn, all others six of everything."""
    task = toy_task()
    copies = ["p00-anger-0" if "p00-anger" in clip and clip[-1] != "0" else "" for clip in task.clips.clip_id]
    return Task(task.protocol, replace(task.clips, duplicate_of=copies))


def test_the_card_stands_on_the_page_before_the_commands() -> None:
    page = to_markdown(board([], frozen_toy()), frozen_toy())
    assert 0 < page.index("## Who and what") < page.index("## Check a row")
    assert card(frozen_toy()) in page


def test_it_tells_who_is_on_which_side_of_each_fold() -> None:
    assert f"| 1 | 8: {', '.join(PEOPLE[:4] + PEOPLE[8:])} | nobody | 4: p04, p05, p06, p07 |" in card(toy_task())


def test_many_people_are_told_by_number_and_range_in_the_order_of_numbers() -> None:
    lines = card(load_task("crema-d-new-subjects"))
    assert "| 0 | 39, from 1001 to 1091 | 22, from 1003 to 1090 | 30, from 1007 to 1089 |" in lines
    assert "[clips](../tasks/crema-d-new-subjects.clips.csv)" in lines
    people = tuple(f"P{number}" for number in (2, 10, 1, 9, 3, 4, 5, 6, 7, 8, 11, 12, 13))
    task = toy_task()
    task.protocol = task.protocol.model_copy(
        update={"folds": (Fold(meta_train=people, meta_val=(), meta_test=("p",)),)}
    )
    assert "| 13, from P1 to P13 |" in card(task)


def test_clips_of_a_class_are_counted_without_copies_and_by_person(uneven: Task) -> None:
    lines = card(uneven)
    assert "| anger | 67 | 12 | 1 | 6 | 6 |" in lines
    assert "| fear | 72 | 12 | 6 | 6 | 6 |" in lines
    assert "Marked as copies of another clip, and never drawn: 5." in lines


def test_the_majority_is_named_alone_with_others_or_not_at_all(uneven: Task) -> None:
    assert "Majority: disgust, fear, happiness, sadness, surprise, 16.9 % of all clips each;" in card(uneven)
    assert "Majority: none, all are alike, 16.7 % of all clips each;" in card(toy_task())
    assert "Majority: neutral, 50.3 % of all clips;" in card(load_task("meld-new-subjects"))


def test_people_who_are_not_told_are_not_counted_and_emotions_are_the_sides() -> None:
    task = load_task("goemotions-new-emotions")
    assert "| class | clips |" in card(task)
    assert f"| 8: {', '.join(task.protocol.folds[0].meta_test)} |" in card(task)
    assert "to nobody; whose clips these are is not told" in generalises(task)


@pytest.mark.parametrize("name", task_names())
def test_every_task_tells_licence_citation_access_and_whose_word_its_classes_are(name: str) -> None:
    task = load_task(name)
    lines = card(task)
    for dataset in task.protocol.datasets:
        found = load_loader(dataset).card
        for fact in (found.licence, found.citation, found.access):
            assert escape(fact) in lines
        assert (f"`{dataset}`: SYNTHETIC" in lines) is found.synthetic
    assert "Classes are " in lines
    assert lines.count("To whom ") == 1


def test_to_whom_an_interval_generalises_follows_from_cards_and_protocol() -> None:
    acted = generalises(load_task("ravdess-to-emodb"))
    for part in ("like the 8 tested of emodb", "asked to show an emotion", "in German", "trained on ravdess"):
        assert part in acted
    assert "nor to emotion that nobody asked for" in acted
    rated = generalises(load_task("ceap-personal-new-stimuli"))
    assert "as they tell of themselves, of whom a few clips are labelled; not to other corpora or recordings" in rated
    assert "in English" not in generalises(load_task("eevr-new-stimuli"))  # signals speak no language
    assert generalises(load_task("emosynth-personal")).endswith("generated: nothing of it holds for real ones.")
    assert "generated" not in acted
    assert "4 people are too few for an interval" in generalises(few_people())


def test_stimuli_of_new_stimuli_stand_beside_the_people() -> None:
    lines = card(load_task("ceap-personal-new-stimuli"))
    assert "| stimuli of training and support | stimuli of queries |" in lines
    assert "| 4: V1, V2, V3, V4 | 4: V5, V6, V7, V8 |" in lines
    assert "stimuli of queries" not in card(toy_task())


def test_names_of_people_are_data_and_escaped() -> None:
    folds = (Fold(meta_train=("<b>p|00</b>",), meta_val=(), meta_test=tuple(PEOPLE)),)
    task = toy_task()
    task.protocol = task.protocol.model_copy(update={"folds": folds})
    assert "&lt;b&gt;p\\|00&lt;/b&gt;" in card(task)


def test_what_raters_reach_on_crema_d_stands_on_its_card_from_the_one_file() -> None:
    kept = Path(__file__).parents[2] / "stf2m_bench/datasets/base/crema_d_votes.json"
    told = json.loads(kept.read_text(encoding="utf-8"))
    assert {name: one.uar for name, one in known_ceilings("crema_d").items()} == {k: v["uar"] for k, v in told.items()}
    reached = ", ".join(f"by {name} {one['uar']:.1f}" for name, one in told.items())
    assert reached in card(load_task("crema-d-new-subjects"))
    assert known_ceilings("ravdess") == known_ceilings("csv:../crema_d") == {}
    assert "one rater" not in card(load_task("ravdess-new-subjects"))


def test_in_short_it_is_plain_text() -> None:
    lines = in_short(load_task("ravdess-to-emodb"))
    assert lines[0].startswith("Majority: anger, 21.8 %")
    assert "Licence of emodb: free for research" in lines
    assert lines[-1] == generalises(load_task("ravdess-to-emodb"))
    assert not any("\\" in line for line in lines)
