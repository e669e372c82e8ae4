"""What `models explain` tells of an ST-F2M: its own numbers, in words and pictures, and nothing of a single clip."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from moved import moved
from toys import EMOTIONS, PEOPLE, make_task, make_views

from stf2m_bench.cli import main
from stf2m_bench.episode.training_sides import TrainingSides
from stf2m_bench.errors import CouldNotError, InputError, UsageError
from stf2m_bench.evaluation.ambiguity import correlation, vote_ambiguity
from stf2m_bench.evaluation.explain import explain, require_explainable
from stf2m_bench.evaluation.explain_pages import as_markdown, sentences, write_explanation
from stf2m_bench.models.base.lift import find_model
from stf2m_bench.models.base.model import TrainedOn, save_model

PAGES = {"explain.json", "rules.md"}
VIEW_PICTURES = {"memberships-audio.logmel.png", "memberships-imported-x.png"}


@pytest.fixture(scope="module")
def views():
    return make_views(make_task(), absent={"p00-fear-0", "p05-anger-3"})


@pytest.fixture(scope="module")
def folder_of(views, tmp_path_factory):
    """A folder of weights as if `train` had written it; every correction that starts at zero is moved away from it."""

    def make(**config):
        sides = TrainingSides(views, 0)
        model = moved(sides, **config)
        folder = tmp_path_factory.mktemp("weights")
        for fold in range(3):
            trained_on = TrainedOn(views.task.name, views.task.hash, fold, ("csv",), 1.0)
            save_model("stf2m", model, sides.view_specs, folder / f"fold-{fold}", trained_on=trained_on)
        return folder

    return make


@pytest.fixture(scope="module")
def named(folder_of):
    return find_model(folder_of())


@pytest.fixture(scope="module")
def found(named, views):
    return explain(named, views)


def test_the_folder_holds_the_words_the_pictures_and_their_numbers(found, tmp_path):
    import matplotlib.image

    files = set(write_explanation(found, tmp_path / "out"))
    assert files == PAGES | VIEW_PICTURES | {"rules-by-emotion.png", "sites.png", "time.png", "views.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == files
    for name in files - PAGES:
        assert matplotlib.image.imread(tmp_path / "out" / name).shape[1] == 1080
        assert f"]({name})" in (tmp_path / "out/rules.md").read_text(encoding="utf-8")


def test_shares_of_firing_dilations_and_views_sum_to_one(found):
    assert set(found.rules) == set(found.views)
    for rules in found.rules.values():
        assert rules.by_emotion.shape == (4, 16)
        np.testing.assert_allclose(rules.by_emotion.sum(1), 1, atol=1e-5)
        np.testing.assert_allclose(rules.usage.sum(), 1, atol=1e-5)
        assert np.ptp(rules.by_emotion, axis=0).max() > 0.01
        np.testing.assert_allclose(rules.towards.mean(1), 0, atol=1e-5)
    assert set(found.branches) == {"audio.logmel"}
    np.testing.assert_allclose(found.branches["audio.logmel"].weights.sum(-1), 1, atol=1e-5)
    assert found.branches["audio.logmel"].clips[0] == 3 * 4 * 8
    np.testing.assert_allclose(found.shares.by_emotion.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(found.shares.leads.sum(), 1, atol=1e-5)
    assert {view: len(sites.mean) for view, sites in found.sites.items()} == {"audio.logmel": 6, "imported:x": 5}


def test_the_episodes_are_those_on_which_every_choice_is_made(found, named, views):
    right = [
        (named.model.predict(problem).argmax(-1) == labels).float()
        for problem, labels in TrainingSides(views, 0).validation(5)
    ]
    assert found.figures.accuracy == pytest.approx(float(torch.cat(right).mean()), abs=1e-3)
    assert (found.episodes, found.queries) == (200, 200 * 6)


def test_a_rule_holds_fully_at_its_centre(found):
    rules = found.rules["audio.logmel"]
    for rule in range(16):
        nearest = abs(rules.grid - rules.centres[rule, 0]).argmin()
        if abs(rules.centres[rule, 0]) < 3:
            assert rules.curves[0, rule, 0].argmax() == nearest
            assert rules.curves[0, rule, 0, nearest] > 0.95


def test_rules_with_centres_of_their_own_are_sentences_with_numbers(found):
    said = sentences(found.rules["audio.logmel"], EMOTIONS)
    form = (
        r"IF v1 is about -?\d\.\d \((low|medium|high)\) AND v2 .* THEN towards \w+ \([+-]\d\.\d\d\), then \w+ \(.*\)\."
    )
    assert len(said) == 16
    assert [one for one in said if not re.fullmatch(form, one)] == []
    assert not any("-0.0 " in one for one in said)


def test_rules_of_terms_are_sentences_of_words_named_by_where_the_terms_lie(folder_of, views, tmp_path):
    named = find_model(folder_of(antecedent="terms", membership="it2"))
    for one in named.saved:
        rules = one.model.network.rules[0]
        with torch.no_grad():
            rules.centres[:, 0] = torch.tensor([1.0, 0.0, -1.0])
            rules.terms[0, 0] = torch.tensor([9.0, 0.0, 0.0])
            rules.importance[0, 1] = -1.0
    found = explain(named, views)
    first = sentences(found.rules["audio.logmel"], EMOTIONS)[0]
    assert re.fullmatch(r"IF v1 is high AND v3 is (low|medium|high) AND .* THEN towards .*", first)
    curves = found.rules["audio.logmel"].curves
    assert curves.shape == (2, 3, 8, 31)
    peaks = curves[0, :, 0].argmax(-1)
    assert list(peaks) == sorted(peaks)
    assert (curves[0] <= curves[1] + 1e-9).all()
    assert set(write_explanation(found, tmp_path / "out")) > VIEW_PICTURES


def test_parts_that_a_model_lacks_are_left_out_and_named(folder_of, views, tmp_path):
    named = find_model(folder_of(fuzzy="none", temporal="none", site_gate=False))
    found = explain(named, views)
    assert set(write_explanation(found, tmp_path / "out")) == PAGES | {"views.png"}
    page = (tmp_path / "out/rules.md").read_text(encoding="utf-8")
    for said in ("fuzzy=none", "temporal=none", "site_gate=false", "no votes"):
        assert said in page


def test_the_control_without_rules_is_called_so(folder_of, views):
    found = explain(find_model(folder_of(fuzzy="mlp")), views)
    assert not found.rules
    assert "a control without rules" in as_markdown(found, [])


def test_nothing_of_a_single_clip_or_person_is_written(found, views, tmp_path):
    write_explanation(found, tmp_path / "out")
    text = "".join((tmp_path / "out" / name).read_text(encoding="utf-8") for name in PAGES)
    assert [clip for clip in views.task.clips.clip_id if clip in text] == []
    assert [person for person in PEOPLE if person in text] == []
    told = json.loads((tmp_path / "out/explain.json").read_text(encoding="utf-8"))
    longest = max(len(one) for one in _lists(told))
    assert longest <= 31


def _lists(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return ([value] if isinstance(value, list) else []) + [one for part in inner for one in _lists(part)]


def test_doubt_is_compared_with_the_votes_of_the_clips(named, views):
    ids = views.task.clips.clip_id
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"clip_id": ids, "votes.all.anger": rng.integers(1, 9, len(ids)), "votes.all.fear": 5})
    table.loc[table.clip_id.str.startswith("p04"), "votes.all.anger"] = None
    table.loc[table.clip_id.str.startswith("p04"), "votes.all.fear"] = None
    told = explain(named, views, clips=table).ambiguity
    assert told.clips == 2 * 4 * 8
    assert abs(told.rules) < 0.5
    assert abs(told.scores) < 0.5


def test_votes_of_all_conditions_are_added_and_a_clip_without_votes_is_unknown():
    table = pd.DataFrame(
        {
            "clip_id": ["b", "a", "c"],
            "votes.audio.fear": [3, 1, 0],
            "votes.face.fear": [3, 0, 0],
            "votes.face.joy": [2, 1, 0],
        }
    )
    assert vote_ambiguity(table, ["a", "b", "c"]) == pytest.approx([0.5, 0.25, np.nan], nan_ok=True)
    assert vote_ambiguity(table[["clip_id"]], ["a"]) is None


def test_each_clip_counts_once_however_often_it_is_queried():
    clip = np.array([4, 4, 4, 4, 1, 2])
    ambiguity = np.array([0.1, 0.1, 0.1, 0.1, 0.3, 0.2])
    doubt = np.array([0.0, 0.2, 0.0, 0.2, 0.9, 0.5])
    assert correlation(doubt, ambiguity, clip) == pytest.approx(1.0)
    assert correlation(doubt * 0, ambiguity, clip) is None


def test_other_models_folds_and_shots_are_refused_before_anything_is_trained(named, views):
    with pytest.raises(UsageError, match="Only stf2m can be explained; 'ridge'"):
        explain(find_model("ridge"), views)
    with pytest.raises(UsageError, match="folds 0 to 2, not 3"):
        explain(named, views, fold=3)
    with pytest.raises(UsageError, match=r"no 2-shot episodes; it has K = \(1, 5\)"):
        explain(named, views, shot=2)
    with pytest.raises(InputError, match="was trained on 'toy', not on 'other'"):
        require_explainable(named, make_task(name="other"), fold=0, shot=5)


def test_a_folder_that_holds_something_is_left_as_it_is(found, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists already"):
        write_explanation(found, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_matplotlib_the_message_says_what_to_install_and_nothing_is_written(found, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(CouldNotError, match="matplotlib"):
        write_explanation(found, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_refuses_another_model_in_one_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["models", "explain", "ridge", "emosynth-new-subjects", "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "Only stf2m can be explained" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
