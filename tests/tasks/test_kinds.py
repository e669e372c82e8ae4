"""Whose word the classes of a task are, and that tasks whose two corpora differ in it say so."""

from __future__ import annotations

import pytest
from toys import toy_protocol

from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.loader import Card
from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.episode.checks import check_task
from stf2m_bench.tasks.kinds import is_mixed, kinds_in_words, kinds_of
from stf2m_bench.tasks.protocol import Protocol
from stf2m_bench.tasks.task import load_task, task_names

UNTOLD = {"csv", "hf", "emobank"}


def protocol(*datasets: str, **changes: object) -> Protocol:
    return toy_protocol(datasets=datasets, **changes)


def card_of(dataset: str) -> Card:
    return load_loader(dataset).card


def test_every_corpus_but_those_of_ones_own_and_emobank_says_whose_word_its_emotion_is() -> None:
    assert {dataset for dataset in ROOM.keys() if not card_of(dataset).emotion_is} == UNTOLD
    reason = " ".join((load_loader("emobank").__doc__ or "").split())
    assert "neither reported nor perceived" in reason


@pytest.mark.parametrize(
    ("dataset", "kind"),
    [
        ("eevr", "induced"),
        ("case", "induced"),
        ("stress_predict", "induced"),
        ("smartwatch_walk", "induced"),
        ("wesad", "induced"),
        ("wesad_features", "induced"),
        ("ceap_360vr", "reported"),
        ("deap", "reported"),
        ("cmu_mosei", "perceived"),
        ("ravdess", "intended"),
    ],
)
def test_emotions_and_own_words_are_what_the_card_says(dataset: str, kind: str) -> None:
    assert kinds_of(protocol(dataset)) == {dataset: kind}
    assert kinds_of(protocol(dataset, label="word")) == {dataset: kind}


@pytest.mark.parametrize("label", ["valence", "arousal", "quadrant", "quadrant_or_neutral"])
def test_ratings_are_those_of_who_rates(label: str) -> None:
    kinds = {
        "eevr": "reported",  # the video aims at a quadrant, the person rates
        "case": "reported",
        "ceap_360vr": "reported",
        "cmu_mosei": "perceived",
        "emobank": "",
        "ravdess": "",  # nobody tells who would have rated an actor
    }
    for dataset, kind in kinds.items():
        assert kinds_of(protocol(dataset, label=label)) == {dataset: kind}


def test_emotions_that_lead_the_votes_are_perceived_whatever_was_intended() -> None:
    relabelled = {"votes": "voice", "relabelled": True}
    assert kinds_of(protocol("crema_d", **relabelled)) == {"crema_d": "perceived"}
    assert kinds_of(protocol("crema_d", votes="voice")) == {"crema_d": "intended"}
    assert kinds_of(protocol("ceap_360vr", label="valence", **relabelled)) == {"ceap_360vr": "reported"}


def test_a_mixture_is_named_with_the_kind_of_each_corpus() -> None:
    mixed = protocol("ravdess", "meld", track="new-corpus")
    assert is_mixed(mixed)
    for part in ("mixed kinds", "ravdess: intended", "meld: perceived"):
        assert part in kinds_in_words(mixed)
    assert is_mixed(protocol("csv:one", "csv:two"))
    assert "may be of mixed kinds" in kinds_in_words(protocol("csv:one", "csv:two"))  # nobody tells of either
    assert not is_mixed(protocol("csv:one"))
    assert not is_mixed(protocol("ravdess", "emodb"))
    assert (
        kinds_in_words(protocol("nobody_knows"))
        == "Classes are of no stated kind: nobody's word alone, or not told whose."
    )


def test_checking_a_task_names_a_mixture_and_says_nothing_of_corpora_alike() -> None:
    task = load_task("ravdess-to-emodb")
    assert remark(task) == (True, "")
    task.protocol = task.protocol.model_copy(update={"datasets": ("ravdess", "meld")})
    passed, message = remark(task)
    assert passed
    assert "meld: perceived" in message


def remark(task: object) -> tuple[bool | None, str]:
    (found,) = [check for check in check_task(task) if check.name == "kinds of classes"]  # type: ignore[arg-type]
    return found.passed, found.message


def test_no_built_in_task_mixes_kinds() -> None:
    assert [name for name in task_names() if is_mixed(load_task(name).protocol)] == []
