"""Votes of a task: which clips they keep, whose emotion a clip has, what the clip list says of them."""

from __future__ import annotations

import doctest
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import make_store, make_task, toy_clips, toy_protocol

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.episode.checks import check_task
from stf2m_bench.episode.new_task import Wish, new_task
from stf2m_bench.episode.views import disagreements
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.tasks import votes as module
from stf2m_bench.tasks.clips import COLUMNS, ClipList
from stf2m_bench.tasks.make import make_clip_list, write_task
from stf2m_bench.tasks.task import Task, load_task
from stf2m_bench.tasks.votes import Rated, as_matrix, as_text, from_text, leading, on_classes

TABLE = """clip_id,subject,emotion,votes.voice.anger,votes.voice.fear,votes.voice.calm,votes.face.anger
a,p1,anger,6,3,1,2
b,p1,anger,4,6,0,2
c,p2,fear,5,5,0,2
d,p2,fear,4,3,3,2
e,p2,fear,1,2,7,2
f,p2,fear,,,,
"""
COUNTS = st.dictionaries(st.sampled_from(["anger", "fear", "calm", "sadness"]), st.integers(0, 12).map(float))


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "clips.csv").write_text(TABLE)
    return build_manifest("csv", tmp_path)


def test_the_worked_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


@given(COUNTS)
def test_what_leads_is_the_one_emotion_with_the_largest_share(votes: dict[str, float]) -> None:
    most = max(votes.values(), default=0)
    first = [emotion for emotion, count in votes.items() if count == most and most > 0]
    alone = len(first) == 1
    assert leading(votes) == ((first[0], most / sum(votes.values())) if alone else (None, 0))


@given(COUNTS)
def test_votes_read_back_as_they_were_written_but_for_noughts(votes: dict[str, float]) -> None:
    text = as_text(votes, ["sadness", "anger", "calm", "fear"])
    assert from_text(text) == {emotion: count for emotion, count in votes.items() if count}
    assert list(from_text(text)) == [e for e in ["sadness", "anger", "calm", "fear"] if votes.get(e)]


@pytest.mark.parametrize("text", ["anger", "anger=", "anger=-1", "anger=1;", "anger=1;anger=2", "anger=nan", "=3"])
def test_what_is_not_written_as_votes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not of the form anger=7;sadness=3"):
        from_text(text)


def test_votes_of_an_episode_are_those_of_its_clips_on_its_classes_in_their_order() -> None:
    votes = as_matrix(["anger=7;sadness=3", "", "fear=1"], ["anger", "fear", "sadness"])
    assert votes.tolist() == [[7, 0, 3], [0, 0, 0], [0, 1, 0]]
    found = on_classes(votes, np.array([[0, 2], [1, 0]]), np.array([[2, 0], [1, 2]]))
    assert found.tolist() == [[[3, 7], [0, 0]], [[0, 0], [0, 3]]]


# ---- the clip list ----


def kept(manifest: Manifest, *emotions: str, **rated: Any) -> dict[str, str]:
    clips = make_clip_list(manifest, emotions, {}, Rated("voice", **rated))
    return dict(zip(clips.clip_id, clips.emotion, strict=True))


def test_without_a_majority_every_clip_keeps_its_place_and_its_own_emotion(manifest: Manifest) -> None:
    own = {"a": "anger", "b": "anger", "c": "fear", "d": "fear", "e": "fear", "f": "fear"}
    assert kept(manifest, "anger", "fear") == own
    clips = make_clip_list(manifest, ["fear", "anger"], {}, Rated("voice"))
    assert clips.votes == ["fear=3;anger=6", "fear=6;anger=4", "fear=5;anger=5", "fear=3;anger=4", "fear=2;anger=1", ""]


def test_a_majority_leaves_out_ties_smaller_shares_and_clips_without_votes(manifest: Manifest) -> None:
    assert kept(manifest, "anger", "fear", majority=0.5) == {"a": "anger", "b": "anger", "e": "fear"}
    assert kept(manifest, "anger", "fear", majority=0.6) == {"a": "anger", "b": "anger", "e": "fear"}
    assert kept(manifest, "anger", "fear", majority=0.61) == {"e": "fear"}


def test_relabelled_clips_have_the_emotion_that_leads_and_those_of_others_are_left_out(manifest: Manifest) -> None:
    assert kept(manifest, "anger", "fear", relabelled=True) == {"a": "anger", "b": "fear", "d": "anger"}
    assert kept(manifest, "anger", "fear", "calm", relabelled=True, majority=0.5) == {
        "a": "anger", "b": "fear", "e": "calm",
    }  # fmt: skip


def test_raters_whom_the_corpus_does_not_have_are_refused_with_those_that_it_has(manifest: Manifest) -> None:
    with pytest.raises(InputError, match="'csv' has no votes 'both'; it has: face, voice"):
        make_clip_list(manifest, ["fear"], {}, Rated("both"))


def test_a_clip_list_without_votes_is_written_as_it_always_was() -> None:
    assert toy_clips().to_csv().splitlines()[0] == ",".join(COLUMNS)
    assert voted(toy_clips()).to_csv().splitlines()[0] == ",".join([*COLUMNS, "votes"])


def voted(clips: ClipList, **others: str) -> ClipList:
    """Seven votes for the emotion of each clip, three for `anger` or `fear`; of some clips, others."""
    texts = [f"{e}=7;{'fear' if e == 'anger' else 'anger'}=3" for e in clips.emotion]
    return replace(clips, votes=[others.get(c.replace("-", "_"), t) for c, t in zip(clips.clip_id, texts, strict=True)])


def test_a_task_with_votes_reads_back_as_it_was_and_its_hash_covers_them(tmp_path: Path) -> None:
    task = Task(toy_protocol(votes="all", majority=0.5), voted(toy_clips()))
    again = load_task(write_task(task.protocol, task.clips, tmp_path))
    assert (again.clips, again.protocol, again.hash) == (task.clips, task.protocol, task.hash)
    others = [Task(toy_protocol(votes="all", majority=0.5), voted(toy_clips(), p00_fear_0="fear=7"))]
    others += [Task(toy_protocol(votes=one, majority=least), task.clips) for one, least in (("all", 0), ("x", 0.5))]
    assert len({one.hash for one in (task, *others, make_task())}) == 5


@pytest.mark.parametrize(
    ("keys", "clips", "fault"),
    [
        ({"votes": "all"}, toy_clips(), "votes = 'all', but the clip list has no column votes"),
        ({}, voted(toy_clips()), "the clip list has votes, but no key votes says whose"),
        ({"majority": 0.5}, toy_clips(), "majority needs the key votes"),
        ({"votes": "all"}, voted(toy_clips(), p00_fear_0="calm=1"), "'calm' is no emotion of the task"),
        ({"votes": "all"}, voted(toy_clips(), p00_fear_0="fear"), "'fear' is not of the form anger=7;sadness=3"),
        ({"votes": "all", "relabelled": True}, voted(toy_clips(), p00_fear_0="anger=2;fear=1"),
         "clip 'p00-fear-0' is 'fear', but 'anger' leads its votes"),
        ({"votes": "all", "relabelled": True}, voted(toy_clips(), p00_fear_0="anger=2;fear=2"),
         "clip 'p00-fear-0' is 'fear', but no emotion leads its votes"),
    ],
)  # fmt: skip
def test_keys_and_votes_that_contradict_each_other_are_told(keys: dict[str, Any], clips: ClipList, fault: str) -> None:
    with pytest.raises(FaultsError) as error:
        Task(toy_protocol(**keys), clips)
    assert [one for one in error.value.faults if one.endswith(fault)] == error.value.faults


def test_a_task_says_where_its_emotions_come_from() -> None:
    assert str(Rated()) == "Emotions are the corpus's own."
    assert str(Rated("both")) == (
        "Emotions are the corpus's own. The votes 'both' are scored, and shown with the shots."
    )
    assert str(Rated("face", 0.5, relabelled=True)) == (
        "Emotions are those that lead the votes 'face', not the corpus's own. Only clips are taken of which one emotion"
        " alone has at least 50 % of these votes. The votes 'face' are scored, and shown with the shots."
    )
    assert "of which one emotion alone has more votes than any other." in str(Rated("face", relabelled=True))


# ---- a new task, and the folder that it was made from ----


def voted_manifest(tmp_path: Path) -> Manifest:
    """The toy clips with votes; the anger of the first person is heard as fear."""
    clips = toy_clips()
    lines = ["clip_id,subject,emotion,votes.all.anger,votes.all.fear,votes.all.happiness,votes.all.sadness"]
    for clip, person, emotion in zip(clips.clip_id, clips.subject, clips.emotion, strict=True):
        heard = "fear" if (person, emotion) == ("p00", "anger") else emotion
        counts = ["6" if name == heard else "1" for name in ("anger", "fear", "happiness", "sadness")]
        lines.append(",".join([clip, person, emotion, *counts]))
    (tmp_path / "clips.csv").write_text("\n".join(lines) + "\n")
    return build_manifest("csv", tmp_path)


def test_a_new_task_may_take_the_emotions_that_raters_heard(tmp_path: Path) -> None:
    manifest, wish = voted_manifest(tmp_path), {"name": "mine", "title": "Mine", "track": "new-subjects"}
    stores = {"imported:x": make_store(make_task(), "imported:x")}
    sizes: dict[str, Any] = {"ways": 3, "queries": 1, "episodes": 6, "shots": (1,), "folds": 2}
    rated = Rated("all", 0.5, relabelled=True)
    task = new_task(manifest, stores, Wish(**wish, **sizes, rated=rated))
    assert task.protocol.rated == rated
    moved = {c: e for c, e in zip(task.clips.clip_id, task.clips.emotion, strict=True) if c.startswith("p00-anger")}
    assert set(moved.values()) == {"fear"}
    assert disagreements(task, manifest) == []
    assert len(task.protocol.frozen) == 64


def test_of_copies_the_first_that_a_majority_leaves_is_drawn_and_the_others_are_its_duplicates(tmp_path: Path) -> None:
    voted_manifest(tmp_path)
    text = (tmp_path / "clips.csv").read_text()
    (tmp_path / "clips.csv").write_text(text.replace("p02-fear-0,p02,fear,1,6,1,1", "p02-fear-0,p02,fear,2,2,2,2"))
    store = make_store(make_task(), "imported:x")
    copies = [f"p02-fear-{number}" for number in (0, 1, 3)]
    for clip in copies:
        store.array(clip)[:] = store.array("p02-fear-4")
    sizes: dict[str, Any] = {"ways": 3, "queries": 1, "episodes": 30, "shots": (1,), "folds": 2}
    wish = {"name": "mine", "title": "Mine", "track": "new-subjects", "rated": Rated("all", 0.5)}
    task = new_task(build_manifest("csv", tmp_path), {"imported:x": store}, Wish(**wish, **sizes))
    marks = dict(zip(task.clips.clip_id, task.clips.duplicate_of, strict=True))
    assert "p02-fear-0" not in marks
    assert {clip: first for clip, first in marks.items() if first} == dict.fromkeys(
        ("p02-fear-3", "p02-fear-4"), "p02-fear-1"
    )
    assert [one.name for one in check_task(task, stores={"imported:x": store}) if one.passed is False] == []


def test_votes_of_another_folder_are_a_disagreement(tmp_path: Path) -> None:
    manifest = voted_manifest(tmp_path)
    clips = make_clip_list(manifest, toy_protocol().emotions, {}, Rated("all"))
    clips.votes[3] = "anger=9"
    faults = disagreements(Task(toy_protocol(votes="all"), clips), manifest)
    found = "anger=1;fear=6;happiness=1;sadness=1"
    assert faults == [f"clip 'p00-anger-3' has the votes '{found}' in the folder, 'anger=9' in the clip list"]
