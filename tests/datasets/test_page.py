"""The page of all datasets in docs/ is the one that the cards give."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from stf2m_bench.cli import cli
from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.datasets.base.native_emotions import native_corpora, native_emotions
from stf2m_bench.tasks.task import load_task, task_names


def test_the_page_of_datasets_is_made_of_the_cards() -> None:
    docs = Path(__file__).parents[2] / "docs"
    made = runpy.run_path(str(docs / "figures" / "datasets.py"))["page"]()
    assert (docs / "datasets.md").read_text(encoding="utf-8") == made, "run python docs/figures/datasets.py"


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_corpus_has_a_task_or_says_why_it_has_none(key: str) -> None:
    tasks = [name for name in task_names() if key in load_task(name).protocol.datasets]
    reason = load_loader(key).card.no_task
    assert bool(tasks) != bool(reason), f"tasks: {tasks}, no_task: {reason!r}"
    assert not reason or reason.endswith(".")


@pytest.mark.parametrize("key", ROOM.keys())
def test_what_a_card_leaves_out_is_a_sentence_that_show_and_the_page_tell(key: str) -> None:
    told = load_loader(key).card.left_out
    shown = CliRunner().invoke(cli, ["datasets", "show", key]).stdout
    page = (Path(__file__).parents[2] / "docs/datasets.md").read_text(encoding="utf-8")
    assert ("left_out" in shown) == bool(told)
    assert (f"\n- `{key}`: " in page) == bool(told)
    assert not told or told.endswith(".")
    assert " ".join(told.split()[:3]) in " ".join(shown.split())


def test_the_page_tells_of_every_word_without_an_emotion_why() -> None:
    page = (Path(__file__).parents[2] / "docs/datasets.md").read_text(encoding="utf-8")
    assert "| IEMOCAP | `xxx` | dropped | its raters did not agree: a label would be noise |" in page
    rows = [row for row in page.splitlines() if "| dropped |" in row or "| none fits |" in row]
    told = [word for row in rows for word in row.split("|")[2].split("` `")]
    words = [native for corpus in native_corpora() for native in native_emotions(corpus).values()]
    assert len(told) == sum(native.canonical is None for native in words)


def test_show_tells_why_there_is_no_task_and_leaves_out_what_is_empty() -> None:
    shown = CliRunner().invoke(cli, ["datasets", "show", "tess"]).stdout
    assert "no_task" in shown
    assert "Two speakers" in shown
    assert "no_task" not in CliRunner().invoke(cli, ["datasets", "show", "ravdess"]).stdout
    told = json.loads(CliRunner().invoke(cli, ["datasets", "show", "ravdess", "--json"]).stdout)
    assert told["no_task"] == ""


def test_show_tells_what_one_rater_reaches_on_crema_d_alone() -> None:
    shown = CliRunner().invoke(cli, ["datasets", "show", "crema_d"]).stdout
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if "│" in line]
    assert ["voice", "7442", "9.2", "40.6", "56.6", "79.2", "8.7"] in rows
    assert {"face", "both"} <= {row[0] for row in rows}
    assert "rater" not in CliRunner().invoke(cli, ["datasets", "show", "emodb"]).stdout
