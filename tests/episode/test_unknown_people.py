"""New emotions of unknown people: sides of folds are emotions, and no figure speaks of people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import clip_list, make_views, toy_protocol

from stf2m_bench.datasets.base.manifest import build_manifest
from stf2m_bench.episode.capacity import shortages
from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.episode.new_task import Wish, freeze, new_task
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import FaultsError, NotForThisTaskError, UsageError
from stf2m_bench.evaluation.sanity import sanity_task
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.compare import compare_results
from stf2m_bench.leaderboards.comparison_text import in_words, to_tables
from stf2m_bench.leaderboards.page import to_markdown
from stf2m_bench.leaderboards.standing import above_shortcuts
from stf2m_bench.models.base.model import make_model
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.result import Cost, Environment, ModelMark, make_result
from stf2m_bench.scoring.score import score
from stf2m_bench.tasks.make import as_toml, make_clip_list
from stf2m_bench.tasks.protocol import SIDES, Fold
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.training.loop import fit_model

FOLDS = (
    Fold(meta_test=("anger", "fear"), meta_val=("happiness", "sadness"), meta_train=("pride", "relief")),
    Fold(meta_test=("happiness", "sadness", "pride"), meta_val=("anger", "fear"), meta_train=("relief", "love")),
)


def unknown(folds: tuple[Fold, ...] = FOLDS, clips: int = 9, **changes: Any) -> Task:
    emotions = tuple(dict.fromkeys(emotion for fold in folds for emotion in fold.meta_test))
    names = sorted({name for fold in folds for side in SIDES for name in getattr(fold, side)})
    rows = [{"clip_id": f"{e}-{n}", "subject": f"{e}-{n}", "emotion": e} for e in names for n in range(clips)]
    keys = {"track": "new-emotions", "people": "unknown", "ways": 2, "emotions": emotions, "support_people": {}}
    return Task(toy_protocol(**(keys | {"folds": folds} | changes)), clip_list(rows))


def predicted(task: Task) -> Predictions:
    rng, p = np.random.default_rng(0), task.protocol
    shape = (p.episodes, p.ways * p.queries, p.ways)
    return Predictions({shot: from_logits(rng.normal(0, 1, shape), shot=shot) for shot in p.shots})


def test_each_side_of_each_fold_is_drawn_from_its_own_emotions() -> None:
    drawer = Drawer(unknown())
    for number, fold in enumerate(FOLDS):
        for side in SIDES:
            drawn = [drawer.draw(5, i, fold=number, side=side) for i in range(30)]
            assert {emotion for episode in drawn for emotion in episode.emotions} == set(getattr(fold, side))


def test_a_task_without_people_passes_every_check_that_can_be_made() -> None:
    found = {check.name: check.passed for check in check_task(freeze(unknown()))}
    assert False not in found.values()
    assert found["emotions on one side"]
    assert found["new people queried"] is None


def test_models_see_no_clip_of_a_tested_emotion() -> None:
    task = unknown()
    sides = TrainingSides(make_views_of(task), 1)
    assert sides.emotions == ("relief", "love", "anger", "fear")
    assert len(sides.clips("meta_train").labels) == 18
    assert set(sides.clips("meta_val").labels.tolist()) == {2, 3}
    fitted = fit_model(make_model("ridge"), sides)
    assert fitted.state()
    tested = np.array([row for row, emotion in enumerate(task.clips.emotion) if emotion == "pride"])
    with pytest.raises(UsageError, match="meta-test side"):
        sides._views.gather("imported:x", tested)


def test_each_fold_is_scored_on_its_own_emotions_and_nobody_is_named() -> None:
    task = unknown()
    figures = score(task, predicted(task)).shots[5]
    assert set(figures.recalls) == {"anger", "fear", "happiness", "sadness", "pride"}
    own = [np.mean([figures.recalls[emotion] for emotion in fold.meta_test]) for fold in FOLDS]
    assert [fold.uar for fold in figures.folds] == pytest.approx(own, abs=1e-5)
    assert figures.uar == pytest.approx(np.mean(own), abs=1e-5)
    assert (figures.subjects, figures.people, figures.new_people) == ({}, 0, None)
    assert figures.these_people is not None
    assert figures.these_people.halfwidth > 0


def test_the_page_says_that_nothing_is_known_of_people() -> None:
    task = unknown(ranked=False)
    page = to_markdown(board([], task), task)
    assert "people unknown" in page
    assert "no figure speaks of new people" in page
    assert "fold 1 tests 3: happiness, sadness, pride" in page
    assert "Fewer than 6 people" not in page.split("## ")[-2]


def test_two_models_are_compared_without_a_test() -> None:
    task = freeze(unknown())
    mark = ModelMark(name="toy", source="built-in", sha256="a" * 64, training_data=("csv",))
    result = make_result(
        task, predicted(task), model=mark, view_stores={}, environment=Environment(), cost=Cost(), seeds=(0,)
    )
    found = compare_results(result, result, task, Path("nowhere"))
    assert found[5].p is None
    assert [header[0] for header, _ in to_tables(found, ("one", "other"))] == ["shots", "emotion"]
    assert "people are unknown" in next(in_words(found, ("one", "other")))
    says = above_shortcuts({"one": result.figures.shots}, {"probe.x": result.figures.shots}, (1, 5))
    assert not says.ranked
    assert "cannot be tested, people are unknown" in says.says


def test_permuting_the_truth_moves_emotions_though_each_clip_is_a_subject() -> None:
    task = unknown()
    assert sanity_task(task).clips.emotion != task.clips.emotion


def test_class_memory_has_nothing_to_judge_itself_by_where_no_emotion_is_in_both_training_sides() -> None:
    sides = TrainingSides(make_views_of(unknown()), 0)
    with pytest.raises(NotForThisTaskError, match="class_memory judges its classifier by meta-val clips"):
        fit_model(make_model("class_memory"), sides)


def test_an_emotion_with_too_few_clips_is_named() -> None:
    assert shortages(unknown(clips=6))[0].startswith("fold 0, meta_test: 'anger' has 6 clips, but 7 are needed")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"track": "new-subjects"}, "only the track new-emotions can do without"),
        ({"training_emotions": ("love",)}, "training_emotions says nothing"),
        ({"emotions": ("anger", "fear", "happiness", "sadness")}, "emotion 'pride' is tested, but not listed"),
        ({"emotions": ("anger", "fear", "happiness", "sadness", "pride", "love")}, "'love' is tested in no fold"),
        ({"ways": 3}, "fold 0: ways = 3, but meta_train has only 2 emotions"),
        (
            {"folds": (FOLDS[0].model_copy(update={"meta_val": ("anger", "love")}),)},
            "fold 0: emotion 'anger' is in meta_val and in meta_test",
        ),
    ],
)
def test_sides_that_do_not_fit_are_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FaultsError, match=said):
        unknown(**changes)


def test_a_task_that_knows_people_says_nothing_of_it() -> None:
    assert "\npeople =" not in as_toml(load_task("ravdess-a12-new-emotions").protocol)


def test_goemotions_leaves_out_what_is_too_rare(lying_beside: Callable[[str], Path]) -> None:
    manifest = build_manifest("goemotions", lying_beside("GoEmotions"))
    task = load_task("goemotions-new-emotions")
    wish = Wish(task.name, "", "new-emotions", views=["text.hashed"], least=20)
    made = new_task(manifest, {}, wish, duplicates={})
    assert (made.hash, made.protocol.frozen) == (task.hash, task.protocol.frozen)
    assert make_clip_list(manifest, task.protocol.emotions, {}) == task.clips
    assert {e for e in manifest.card.emotions if e not in task.protocol.emotions} == {"grief", "pride", "relief"}


def make_views_of(task: Task) -> Any:
    """Views of all emotions of the clip list."""
    every = tuple(dict.fromkeys(task.clips.emotion))
    known = Task(toy_protocol(emotions=every, folds=(Fold(meta_train=(), meta_val=(), meta_test=()),)), task.clips)
    views = make_views(known)
    return type(views)(task, views.stores)
