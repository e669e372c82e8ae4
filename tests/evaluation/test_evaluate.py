"""Evaluation of a frozen toy task: the same figures again, from a fresh home too; faults told in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from toys import make_task, make_views, toy_folds

from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.evaluation.evaluate import evaluate, evaluate_predictions
from stf2m_bench.evaluation.train import train_folds
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.model import Model
from stf2m_bench.models.base.pooling import pool
from stf2m_bench.scoring.checks import check_result, rescore
from stf2m_bench.scoring.predictions import Predictions


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(freeze=True), absent={"p00-fear-0", "p05-anger-3"})


@pytest.fixture(autouse=True)
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Means(Model):
    """Ten lines that a researcher might write."""

    def predict(self, problem):
        vectors = pool(problem.clips["audio.logmel"], problem.lengths["audio.logmel"])
        support, query = vectors[problem.support_index], vectors[problem.query_index]
        means = support.reshape(len(support), problem.ways, -1, support.shape[-1]).mean(2)
        return -torch.cdist(query, means)


def uar(evaluation):
    return {shot: figures.uar for shot, figures in evaluation.result.figures.shots.items()}


@pytest.mark.parametrize("model", ["nearest_mean", "prototypical", "names_no_shots", Means, KNeighborsClassifier(1)])
def test_twice_and_from_a_fresh_home_the_result_is_the_same(views, model, tmp_path, monkeypatch, quick_training):
    first = evaluate(views.task, model, views=views)
    again = evaluate(views.task, model, views=views)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "another"))
    elsewhere = evaluate(views.task, model, views=views)
    assert first.result.hash == again.result.hash == elsewhere.result.hash
    assert elsewhere.path.is_relative_to(tmp_path / "another")
    assert first.path.read_bytes() != b""
    assert min(uar(first).values()) > 100 / 3 + 5


@pytest.fixture
def quick_training(monkeypatch):
    """Two dozen steps instead of hundreds."""
    monkeypatch.setattr("stf2m_bench.models.base.recipe.Recipe.__init__.__defaults__", (24, 4, 1e-3, 1e-2, 1.0, 12, 5))


def test_the_result_is_written_whole_and_every_check_of_it_passes(views, fresh_home):
    done = evaluate(views.task, "ridge", views=views, name="my ridge")
    assert done.path == fresh_home / "results" / "toy" / "my-ridge.json"
    assert [check for check in check_result(done.path, views.task) if not check.passed] == []
    assert rescore(done.path, views.task).differences == []
    mark = done.result.model
    assert (mark.name, mark.source, mark.training_data) == ("my ridge", "built-in", ("csv",))
    assert done.result.view_stores == {view: store.hash for view, store in views.stores.items()}
    assert done.result.seeds == (0,)


def test_chance_gets_exactly_one_in_n(views):
    assert uar(evaluate(views.task, "chance", views=views)) == pytest.approx({1: 100 / 3, 5: 100 / 3}, abs=1e-6)


def test_a_model_that_knows_the_truth_gets_all_right(views):
    """Queries are looked up by their content: the figures pair predictions with the right episodes."""
    store = views.stores["audio.logmel"]
    emotion_of = dict(zip(views.task.clips.clip_id, views.task.clips.emotion, strict=True))
    known = {store.array(clip)[0].tobytes(): emotion for clip, emotion in emotion_of.items()}

    class Oracle(Model):
        told_names = True

        def predict(self, problem):
            raise NotImplementedError

        def predict_named(self, problem, names):
            first = problem.query["audio.logmel"][:, :, 0].numpy()
            rows = [[[known[q.tobytes()] == n for n in row] for q in qs] for qs, row in zip(first, names, strict=True)]
            return torch.tensor(rows).float() * 9

    assert uar(evaluate(views.task, Oracle, views=views)) == {1: 100, 5: 100}


def test_each_fold_is_predicted_by_the_model_fitted_on_its_own_people(views):
    class Remembering(Model):
        def fit(self, sides):
            self.fold = sides.fold
            return self

        def predict(self, problem):
            logits = torch.zeros(*problem.query_index.shape, problem.ways)
            return logits + torch.tensor([0.0, 1.0, 0.0]) * (self.fold + 1)

    logs = evaluate(views.task, Remembering, views=views).predictions.logs
    for shot in (1, 5):
        gaps = (logs[shot][..., 1] - logs[shot][..., 0]).astype(float)
        for i, episode in enumerate(Drawer(views.task).all(shot)):
            assert gaps[i] == pytest.approx(np.full(6, episode.fold + 1), abs=0.01)


def changed(problem):
    problem.clips["audio.logmel"].mul_(2)
    return torch.zeros(*problem.query_index.shape, problem.ways)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            lambda p: torch.zeros(len(p.query_index), p.ways),
            r"returned a tensor \[10, 3\]; expected a tensor \[10, 6, 3\]",
        ),
        (lambda p: torch.zeros(*p.query_index.shape, 2), r"returned a tensor \[10, 6, 2\]; expected a tensor"),
        (lambda p: None, "returned NoneType; expected a tensor"),
        (lambda p: np.zeros((10, 6, 3)), "returned ndarray; expected a tensor"),
        (lambda p: torch.full((*p.query_index.shape, p.ways), float("nan")), "returned NaN or infinite logits"),
        (lambda p: torch.full((*p.query_index.shape, p.ways), float("inf")), "returned NaN or infinite logits"),
        (changed, "changed the views that it was given"),
    ],
)
def test_what_a_model_must_not_do_is_told_in_one_sentence_and_nothing_is_written(views, model, says, fresh_home):
    with pytest.raises(InputError, match=says):
        evaluate(views.task, model, views=views)
    assert not list(fresh_home.rglob("*.json"))


def test_a_predictions_file_gives_the_figures_of_the_model_that_made_it(views):
    done = evaluate(views.task, "nearest_mean", views=views)
    given = evaluate_predictions(views.task, done.path.with_suffix(".parquet"), name="somebody's file")
    assert given.result.figures == done.result.figures
    assert given.result.model.source == "predictions"
    assert given.result.model.training_data == ("not stated",)
    assert [check for check in check_result(given.path, views.task) if not check.passed] == []


def test_a_predictions_file_that_lacks_episodes_is_refused(views, tmp_path):
    done = evaluate(views.task, "chance", views=views)
    Predictions({shot: logs[:-1] for shot, logs in done.predictions.logs.items()}).write(tmp_path / "short.parquet")
    with pytest.raises(InputError, match="1 shot: 29 episodes instead of 30"):
        evaluate_predictions(views.task, tmp_path / "short.parquet", name="short")


@pytest.mark.parametrize(
    ("frozen", "says"), [("", "The task 'toy' is not frozen"), ("0" * 64, "was frozen with 000000000000")]
)
def test_a_task_that_is_not_what_was_frozen_is_refused(frozen, says, tmp_path):
    task = make_task(freeze=True)
    other = type(task)(task.protocol.model_copy(update={"frozen": frozen}), task.clips)
    with pytest.raises(InputError, match=says):
        evaluate(other, "chance", views=make_views(other))
    with pytest.raises(InputError, match=says):
        evaluate_predictions(other, tmp_path / "any.parquet", name="any")


def test_weights_of_each_fold_are_kept_and_read_again(views, fresh_home):
    def written():
        return {path: path.stat().st_mtime_ns for path in (fresh_home / "models").rglob("*") if path.is_file()}

    evaluate(views.task, "ridge", views=views)
    first = written()
    assert sorted(path.parent.name for path in first if path.suffix == ".safetensors") == ["fold-0", "fold-1", "fold-2"]
    evaluate(views.task, "ridge", views=views)
    assert written() == first
    evaluate(views.task, "ridge", views=views, seed=1)
    assert len(written()) == 2 * len(first)


def test_a_spoilt_weights_file_is_fitted_anew(views, fresh_home):
    first = evaluate(views.task, "ridge", views=views)
    for path in (fresh_home / "models").rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:20])
    assert evaluate(views.task, "ridge", views=views).result.hash == first.result.hash


def test_a_trained_folder_gives_what_evaluate_gives_and_other_folds_are_refused(views, tmp_path):
    train_folds(find_model("ridge"), views, tmp_path / "mine")
    done = evaluate(views.task, tmp_path / "mine", views=views)
    fitted_here = evaluate(views.task, "ridge", views=views)
    assert done.result.model.source == "mine"
    assert done.result.model.sha256 == fitted_here.result.model.sha256
    assert done.result.hash == fitted_here.result.hash
    (tmp_path / "mine" / "fold-2").rename(tmp_path / "kept")
    with pytest.raises(InputError, match=r"holds weights for 2 folds, but 'toy' has 3; train it on this task\."):
        evaluate(views.task, tmp_path / "mine", views=views)


def test_a_folder_trained_on_people_whom_this_task_may_test_is_refused(views, tmp_path):
    train_folds(find_model("nearest_mean"), views, tmp_path / "mine")
    other = make_task(freeze=True, folds=toy_folds()[::-1])
    with pytest.raises(InputError, match=r"trained on fold 0 of .toy., whose training people may be tested"):
        evaluate(other, tmp_path / "mine", views=make_views(other))
    (tmp_path / "mine" / "fold-0").rename(tmp_path / "one")
    with pytest.raises(InputError, match=r"was trained on fold 0 of 'toy'.* fold 1 of 'toy'"):
        evaluate(views.task, tmp_path / "one", views=views)


def test_a_folder_trained_on_another_dataset_is_taken_and_says_so(views, tmp_path):
    other = make_task(freeze=True, datasets=("emosynth",), folds=toy_folds()[:1])
    train_folds(find_model("nearest_mean"), make_views(other), tmp_path / "mine")
    done = evaluate(views.task, tmp_path / "mine", views=views)
    assert done.result.model.training_data == ("emosynth",)


def test_a_folder_trained_on_a_view_that_the_task_lacks_is_refused(views, tmp_path):
    train_folds(find_model("nearest_mean"), views, tmp_path / "mine")
    other = make_task(freeze=True, views=("audio.logmel",))
    with pytest.raises(InputError, match="was trained on the view 'imported:x', which 'toy' lacks"):
        evaluate(other, tmp_path / "mine", views=make_views(other))


def test_training_goes_on_where_it_was_and_models_of_ones_own_are_refused(views, tmp_path):
    train_folds(find_model("nearest_mean"), views, tmp_path / "mine")
    before = (tmp_path / "mine" / "fold-0" / "config.json").stat().st_mtime_ns
    for path in (tmp_path / "mine" / "fold-1").iterdir():
        path.unlink()
    train_folds(find_model("nearest_mean"), views, tmp_path / "mine")
    assert (tmp_path / "mine" / "fold-1" / "model.safetensors").exists()
    assert (tmp_path / "mine" / "fold-0" / "config.json").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="'Means' is not a built-in or installed model"):
        train_folds(find_model(Means), views, tmp_path / "theirs")


def test_a_classifier_that_is_handed_in_stays_unfitted(views):
    mine = KNeighborsClassifier(1)
    done = evaluate(views.task, mine, views=views)
    assert (done.result.model.name, done.result.model.source) == ("KNeighborsClassifier", "python")
    assert not hasattr(mine, "classes_")


class Table(torch.nn.Module):
    def forward(self, problem):
        return torch.zeros(*problem.query_index.shape, problem.ways)


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (lambda p: torch.zeros(*p.query_index.shape, p.ways), ()),
        (Table, ()),
        (Means, ()),
        (KNeighborsClassifier(1), ("csv",)),
        ("nearest_mean", ("csv",)),
        ("chance", ("csv",)),
    ],
)
def test_code_that_does_not_fit_states_no_training_data(views, model, data):
    assert evaluate(views.task, model, views=views).result.model.training_data == data
