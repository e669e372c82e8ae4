import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, log_loss, recall_score
from toy_results import EMOTIONS, PEOPLE, frozen_toy, random_predictions, toy_task

from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.episode.drawing import Drawer
from stf2m_bench.errors import InputError
from stf2m_bench.scoring.drawn import draw_all
from stf2m_bench.scoring.figures import percent, six
from stf2m_bench.scoring.predictions import Predictions, from_logits
from stf2m_bench.scoring.score import score, score_shot


@pytest.fixture(scope="module")
def task():
    return frozen_toy()


def answers(task, predictions, shot):
    """Rows (fold, subject, group, true emotion, decided emotion, episode), query by query, in plain Python."""
    clips = task.clips
    for episode in Drawer(task).all(shot):
        decided = predictions.logs[shot][episode.index].argmax(axis=1)
        for row, choice in zip(episode.query, decided, strict=True):
            yield (
                episode.fold,
                clips.subject[row],
                clips.group[row],
                clips.emotion[row],
                episode.emotions[choice],
                episode.index,
            )


@pytest.fixture(scope="module")
def confident(task):
    """Predictions without ties, right more often than not."""
    rng, logs = np.random.default_rng(7), {}
    drawer = Drawer(task)
    for shot in task.protocol.shots:
        labels = draw_all(drawer, shot).labels
        logits = rng.normal(0, 1, (*labels.shape, 4)) + np.eye(4)[labels]
        logs[shot] = from_logits(logits, shot=shot)
        top_two = np.sort(logs[shot], axis=-1)[..., -2:]
        logs[shot][top_two[..., 0] == top_two[..., 1]] = np.log([0.7, 0.1, 0.1, 0.1])
    return Predictions(logs)


@pytest.mark.parametrize("shot", [1, 5])
def test_figures_agree_with_scikit_learn(task, confident, shot):
    figures = score(task, confident).shots[shot]
    rows = list(answers(task, confident, shot))
    uars, f1s, accuracies = [], [], []
    for fold in range(3):
        _, _, _, truth, decided, _ = zip(*(row for row in rows if row[0] == fold), strict=True)
        uars.append(100 * recall_score(truth, decided, average="macro"))
        f1s.append(100 * f1_score(truth, decided, average="macro"))
        accuracies.append(100 * np.mean(np.array(truth) == np.array(decided)))
    assert figures.uar == pytest.approx(np.mean(uars), abs=1e-6)
    assert figures.macro_f1 == pytest.approx(np.mean(f1s), abs=1e-6)
    assert figures.accuracy == pytest.approx(np.mean(accuracies), abs=1e-6)
    assert [fold.uar for fold in figures.folds] == pytest.approx(uars, abs=1e-6)
    assert [fold.accuracy for fold in figures.folds] == pytest.approx(accuracies, abs=1e-6)
    _, _, _, truth, decided, _ = zip(*rows, strict=True)
    np.testing.assert_array_equal(figures.confusion, confusion_matrix(truth, decided, labels=EMOTIONS))


@pytest.mark.parametrize("shot", [1, 5])
def test_nll_agrees_with_scikit_learn(task, confident, shot):
    labels = np.concatenate([episode.query_labels for episode in Drawer(task).all(shot)])
    p = np.exp(confident.logs[shot].astype(np.float64).reshape(-1, 4))
    theirs = log_loss(labels, p / p.sum(axis=1, keepdims=True), labels=range(4))
    assert score(task, confident).shots[shot].nll == pytest.approx(theirs, abs=2e-3)


def test_uar_by_group_pools_the_queries_of_its_people(task, confident):
    figures = score(task, confident).shots[1]
    for label in ("sex=f", "sex=m"):
        members = [row for row in answers(task, confident, 1) if label in row[2].split(";")]
        truth, decided = [row[3] for row in members], [row[4] for row in members]
        assert figures.groups[label] == pytest.approx(100 * recall_score(truth, decided, average="macro"), abs=1e-6)
    assert set(figures.groups) == {"sex=f", "sex=m", "age=young"}
    assert figures.worst_group == min(figures.groups, key=figures.groups.get)


FINE = ("amusement", "anger", "annoyance", "calm", "happiness", "sadness")


@pytest.mark.parametrize("shot", [1, 5])
def test_coarse_recalls_agree_with_summing_by_hand_and_scikit_learn(shot):
    task = frozen_toy(emotions=FINE)
    predictions = random_predictions(task, 3)
    coarse = score(task, predictions).shots[shot].coarse
    parents = {emotion: canonical_emotions()[emotion].coarse or emotion for emotion in FINE}
    asked, decided = {0: [], 1: [], 2: []}, {0: [], 1: [], 2: []}
    for episode in Drawer(task).all(shot):
        for label, logs in zip(episode.query_labels, predictions.logs[shot][episode.index], strict=True):
            mass = dict.fromkeys(parents.values(), 0.0)
            for emotion, log in zip(episode.emotions, logs, strict=True):
                mass[parents[emotion]] += float(np.exp(float(log)))
            asked[episode.fold].append(parents[episode.emotions[label]])
            decided[episode.fold].append(max(mass, key=mass.get))
    names = ["happiness", "anger", "calm", "sadness"]
    folds = [recall_score(asked[f], decided[f], labels=names, average=None) for f in range(3)]
    assert list(coarse.recalls) == names
    assert list(coarse.recalls.values()) == pytest.approx(100 * np.mean(folds, axis=0), abs=1e-6)
    assert coarse.uar == pytest.approx(100 * np.mean(folds), abs=1e-6)


@pytest.mark.parametrize(
    "emotions",
    [("anger", "calm", "amusement", "sadness"), ("happiness", "amusement", "love", "pride")],
    ids=["no two fold into one", "all fold into one"],
)
def test_where_the_coarse_map_merges_nothing_or_everything_there_are_no_coarse_figures(emotions):
    task = frozen_toy(emotions=emotions)
    assert score(task, random_predictions(task)).shots[1].coarse is None


def test_recalls_average_to_the_uar_and_contributions_centre_on_it(task, confident):
    figures = score(task, confident).shots[5]
    assert list(figures.recalls) == list(EMOTIONS)
    assert np.mean(list(figures.recalls.values())) == pytest.approx(figures.uar, abs=1e-5)
    assert list(figures.subjects) == PEOPLE
    assert np.mean(list(figures.subjects.values())) == pytest.approx(figures.uar, abs=1e-5)
    assert figures.new_people.people == figures.people == 12


def test_a_model_that_knows_the_truth_scores_100_and_one_that_says_nothing_scores_chance(task):
    drawer = Drawer(task)
    labels = {shot: draw_all(drawer, shot).labels for shot in (1, 5)}
    perfect = score(task, Predictions({s: from_logits(50.0 * np.eye(4)[v], shot=s) for s, v in labels.items()}))
    silent = score(task, Predictions({s: from_logits(np.zeros((*v.shape, 4)), shot=s) for s, v in labels.items()}))
    for shot in (1, 5):
        one, other = perfect.shots[shot], silent.shots[shot]
        assert (one.uar, one.accuracy, one.macro_f1, one.nll, one.ece) == (100, 100, 100, 0, 0)
        assert (one.chance_normalised, other.chance_normalised) == (100, 0)
        assert one.new_people.halfwidth == 0
        assert (other.uar, other.accuracy) == (25, 25)
        assert other.macro_f1 == pytest.approx(25, abs=1.5)
        assert other.nll == pytest.approx(np.log(4), abs=1e-3)


@pytest.mark.parametrize("emotions", [EMOTIONS, FINE])
def test_the_order_of_queries_and_the_numbers_of_classes_do_not_matter(emotions):
    task = frozen_toy(emotions=emotions)
    logs = random_predictions(task).logs[5]
    drawn = draw_all(Drawer(task), 5)
    rng = np.random.default_rng(0)
    queries, classes = rng.permutation(8), rng.permutation(4)
    moved = replace(
        drawn,
        emotions=drawn.emotions[:, classes],
        labels=np.argsort(classes)[drawn.labels][:, queries],
        truth=drawn.truth[:, queries],
        query=drawn.query[:, queries],
    )
    assert score_shot(task, logs[:, queries][:, :, classes], moved) == score_shot(task, logs, drawn)


def test_the_personal_track_gives_each_person_their_own_uar():
    task = toy_task(track="personal", shots=(1,), episodes=240)
    figures = score(task, random_predictions(task, 1)).shots[1]
    assert figures.new_people.people == 12
    assert list(figures.subjects) == PEOPLE


def test_folds_of_two_people_give_dots_but_no_interval():
    folds = [
        {"meta_train": PEOPLE[4:], "meta_val": PEOPLE[2:4], "meta_test": PEOPLE[:2]},
        *({"meta_train": PEOPLE[:2], "meta_val": [], "meta_test": PEOPLE[i : i + 2]} for i in (2, 4, 6)),
    ]
    task = toy_task(folds=folds, shots=(1,), support_people={"1": 1}, episodes=80)
    figures = score(task, random_predictions(task)).shots[1]
    assert figures.people == 8
    assert figures.new_people is None
    assert figures.these_people is not None


def test_figures_have_six_decimals_and_no_minus_zero():
    assert repr(six(-1e-9)) == "0.0"
    assert (six(1 / 3), percent(2 / 3)) == (0.333333, 66.666667)


def test_a_task_that_never_asks_for_an_emotion_is_refused():
    task = toy_task(episodes=3)
    with pytest.raises(InputError, match="fold 0 never asks for '"):
        score(task, random_predictions(task))


def test_scoring_and_leaderboards_import_no_torch():
    code = (
        "import sys, stf2m_bench.scoring.score, stf2m_bench.scoring.checks, stf2m_bench.leaderboards.build;"
        "assert 'torch' not in sys.modules and 'sklearn' not in sys.modules and 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
