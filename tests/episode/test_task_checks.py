"""The named checks of a task: silent on sound tasks, and each one speaks where its rule is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toys import EMOTIONS, PEOPLE, clip_list, make_store, make_task, make_views, toy_clips

from stf2m_bench.checks import Check
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest, open_dataset
from stf2m_bench.episode.checks import check_task, group_faults
from stf2m_bench.episode.drawing import Drawer, Episode
from stf2m_bench.episode.views import open_views
from stf2m_bench.errors import FaultsError, InputError
from stf2m_bench.tasks.make import make_clip_list
from stf2m_bench.tasks.task import Task, load_task, task_names
from stf2m_bench.views.base.fingerprints import Alike
from stf2m_bench.views.base.store import prepare_view

NEEDS_DATA = {"clip list", "imported views", "views present", "duplicates", "near-duplicates"}
NOT_SEPARATED = {"stimuli on one side"}


def failed(found: list[Check]) -> dict[str, str]:
    return {check.name: check.message for check in found if check.passed is False}


@pytest.mark.parametrize("name", task_names())
def test_the_committed_tasks_pass_every_check_that_needs_no_data(name: str) -> None:
    task = load_task(name)
    found = check_task(task)
    assert failed(found) == {}
    separated = set() if task.protocol.track == "new-stimuli" else NOT_SEPARATED
    unasked = set() if task.people_known else {"new people queried"}
    assert {check.name for check in found if check.passed is None} == NEEDS_DATA | separated | unasked


@pytest.mark.parametrize("name", ["ravdess-a12-new-subjects", "ravdess-a12-personal"])
def test_the_committed_ravdess_tasks_pass_every_check_on_the_real_folder(name: str, ravdess_root: Path) -> None:
    task, manifest = load_task(name), build_manifest("ravdess", ravdess_root)
    stores = {view: prepare_view(manifest, view) for view in task.protocol.views}
    sound = {"audio.fingerprint": prepare_view(manifest, "audio.fingerprint")}
    found = check_task(task, manifest=manifest, stores=stores, fingerprints=sound)
    assert {check.name for check in found if not check.passed} == NOT_SEPARATED
    assert failed(found) == {}


def test_the_twins_of_ravdess_are_listed_where_they_are_not_marked(ravdess_root: Path) -> None:
    task, manifest = load_task("ravdess-a12-new-subjects"), build_manifest("ravdess", ravdess_root)
    pairs = [(c, d) for c, d in zip(task.clips.clip_id, task.clips.duplicate_of, strict=True) if d]
    unmarked = Task(task.protocol, replace(task.clips, duplicate_of=[""] * len(task.clips)))
    stores = {view: prepare_view(manifest, view) for view in task.protocol.views}
    sound = {"audio.fingerprint": prepare_view(manifest, "audio.fingerprint")}
    faults = failed(check_task(unmarked, stores=stores, fingerprints=sound))
    for later, first in pairs:
        assert f"clip '{later}' is the same as '{first}'" in faults["duplicates"]
        assert f"clip '{later}' is nearly '{first}' (apart 0.00), and both may come to" in faults["near-duplicates"]
    assert "frozen" in faults


@pytest.mark.parametrize("track", ["new-subjects", "personal"])
def test_a_sound_toy_task_passes(track: str) -> None:
    task = make_task(track=track, freeze=True)
    stores = {view: make_store(task, view) for view in task.protocol.views}
    assert failed(check_task(task, stores=stores)) == {}


def test_a_broken_freeze_says_what_was_expected_and_found_and_what_to_do() -> None:
    whole = make_task(freeze=True)
    message = failed(check_task(make_task(frozen="0" * 64)))["frozen"]
    assert message.startswith(f"expected {'0' * 64}, found {whole.protocol.frozen}: ")
    assert "restore them, or raise the version and run 'tasks freeze'" in message
    message = failed(check_task(make_task()))["frozen"]
    assert message == f"the task is not frozen; 'tasks freeze' writes frozen = \"{whole.protocol.frozen}\""


@pytest.mark.parametrize("column", ["emotion", "subject", "duplicate_of"])
def test_a_clip_list_that_was_touched_after_the_freezing_is_found(column: str) -> None:
    frozen = make_task(freeze=True)
    clips = toy_clips()
    value = {"emotion": "anger", "subject": "p01", "duplicate_of": "p00-fear-0"}[column]
    getattr(clips, column)[clips.clip_id.index("p00-fear-1")] = value
    assert "frozen" in failed(check_task(Task(frozen.protocol, clips)))


def test_too_few_clips_are_told_by_fold_emotion_and_person_and_no_episode_is_claimed() -> None:
    faults = failed(check_task(make_task(clips=toy_clips(2))))
    assert (
        "fold 0, meta_test: 'anger' is short in 2 supporting people (subject 'p00' has 2 clips)"
        in faults["enough clips"]
    )
    assert "cannot draw 3-way 5-shot episodes" in faults["episodes"]


def test_an_emotion_that_is_never_queried_makes_the_task_invalid() -> None:
    faults = failed(check_task(make_task(episodes=3, ways=2, shots=(1,), freeze=True)))
    assert "of the 1-shot episodes" in faults["emotions queried"]
    assert "results of this task would be invalid" in faults["emotions queried"]


def test_too_few_episodes_tell_nothing_of_their_order() -> None:
    found = {check.name: check for check in check_task(make_task(episodes=9, shots=(1,)))}
    assert found["permuted"].passed is None


# ---- groups on both sides ----


def fold_0(task: Task) -> tuple[str, str, str]:
    """A clip of a meta-train, a meta-test and another meta-test person of fold 0."""
    train, (one, other, *_) = task.people(0, "meta_train")[0], task.people(0, "meta_test")
    return f"{train}-fear-0", f"{one}-fear-0", f"{other}-fear-1"


@pytest.mark.parametrize("column", ["recording", "stimulus"])
def test_a_group_on_both_sides_of_a_fold_is_named_with_its_clips(column: str) -> None:
    task = make_task()
    train, test, other = fold_0(task)
    place = {clip: row for row, clip in enumerate(task.clips.clip_id)}
    values = getattr(task.clips, column)
    values[place[test]] = values[place[other]] = "g"
    assert not any(fault.startswith("fold 0") for fault in group_faults(task, column))
    values[place[train]] = "g"
    assert f"fold 0: {column} 'g' is in meta_train ('{train}') and in meta_test ('{test}')" in group_faults(
        task, column
    )
    task.clips.duplicate_of[place[train]] = test
    assert not any(fault.startswith("fold 0") for fault in group_faults(task, column))


def test_recordings_are_separated_by_every_track_and_stimuli_where_they_are_new() -> None:
    task = make_task()
    train, test, _ = fold_0(task)
    for column in (task.clips.recording, task.clips.stimulus):
        column[task.clips.clip_id.index(train)] = column[task.clips.clip_id.index(test)] = "g"
    found = {check.name: check for check in check_task(task)}
    assert found["recordings on one side"].passed is False
    assert found["stimuli on one side"].passed is None


def test_a_mark_must_lead_to_a_clip_that_is_drawn() -> None:
    task = make_task(freeze=True)
    marks = task.clips.duplicate_of
    marks[1], marks[2], marks[3] = task.clips.clip_id[0], task.clips.clip_id[1], "nowhere"
    message = failed(check_task(task))["duplicates marked"]
    ids = task.clips.clip_id
    assert f"clip '{ids[2]}' is marked as '{ids[1]}', which is marked itself" in message
    assert f"clip '{ids[3]}' is marked as 'nowhere', which is not in the list" in message
    assert f"clip '{ids[1]}' is marked" not in message


# ---- near-duplicates ----


def test_near_duplicates_are_named_with_where_they_face_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(freeze=True)
    train, test, _ = fold_0(task)
    same_person = f"{test.partition('-')[0]}-anger-3"
    strangers = [Alike(train, test, 0.031), Alike(same_person, test, 0.2), Alike("not of the task", test, 0.0)]
    monkeypatch.setattr("stf2m_bench.episode.checks.find_alike", lambda stores: strangers)
    at_hand = {"audio.fingerprint": make_store(task, "audio.logmel")}
    message = failed(check_task(task, fingerprints=at_hand))["near-duplicates"]
    assert f"clip '{test}' is nearly '{train}' (apart 0.03), in meta_train and in meta_test of fold 0" in message
    assert f"clip '{test}' is nearly '{same_person}' (apart 0.20), and both may come to support and query" in message
    assert "not of the task" not in message
    task.clips.duplicate_of[task.clips.clip_id.index(test)] = train
    assert "near-duplicates" not in failed(check_task(task, fingerprints=at_hand))


def test_near_duplicates_within_a_recording_never_face_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(freeze=True)
    one, other = 0, 1
    task.clips.recording[one] = task.clips.recording[other] = "r"
    pair = Alike(task.clips.clip_id[one], task.clips.clip_id[other], 0.0)
    monkeypatch.setattr("stf2m_bench.episode.checks.find_alike", lambda stores: [pair])
    assert "near-duplicates" not in failed(
        check_task(task, fingerprints={"audio.fingerprint": make_store(task, "imported:x")})
    )


# ---- episodes that break a rule ----


def repeat_a_support_clip(task: Task, e: Episode) -> Episode:
    query = e.query.copy()
    query[0] = e.support[e.query_labels[0] * e.shot]
    return replace(e, query=query)


def swap_two_labels(task: Task, e: Episode) -> Episode:
    return replace(e, query_labels=(e.query_labels + 1) % task.protocol.ways)


def query_a_supporting_person(task: Task, e: Episode) -> Episode:
    """The first query becomes another clip of the same emotion of the first supporting person."""
    emotion, person = e.emotions[e.query_labels[0]], task.clips.subject[e.support[0]]
    rows = [r for r, c in enumerate(task.clips.clip_id) if c.startswith(f"{person}-{emotion}-") and r not in e.support]
    return replace(e, query=np.array([rows[0], *e.query[1:]], np.int32))


def query_a_stranger(task: Task, e: Episode) -> Episode:
    person = task.people(e.fold, "meta_train")[0]
    row = task.clips.clip_id.index(f"{person}-{e.emotions[e.query_labels[0]]}-0")
    return replace(e, query=np.array([row, *e.query[1:]], np.int32))


def sort_queries(task: Task, e: Episode) -> Episode:
    order = np.argsort(e.query_labels, kind="stable")
    return replace(e, query=e.query[order], query_labels=e.query_labels[order])


@pytest.mark.parametrize(
    ("harm", "track", "name", "told"),
    [
        (repeat_a_support_clip, "new-subjects", "clips drawn", "a clip is drawn twice"),
        (swap_two_labels, "new-subjects", "labels", "a clip has another emotion than its label"),
        (query_a_supporting_person, "new-subjects", "new people queried", "gives both support and query"),
        (query_a_stranger, "new-subjects", "meta-test people", "is not in meta_test of fold"),
        (query_a_stranger, "personal", "one person an episode", "it has the subjects"),
        (sort_queries, "new-subjects", "permuted", "the queries of every episode come in the same order"),
        (sort_queries, "personal", "permuted", "the first query always has class number 0"),
    ],
)
def test_drawing_that_broke_a_rule_would_be_found(
    harm: Callable[[Task, Episode], Episode], track: str, name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task(track=track, freeze=True)
    plain = Drawer.draw
    monkeypatch.setattr(Drawer, "draw", lambda self, shot, i, **side: harm(task, plain(self, shot, i, **side)))
    faults = failed(check_task(task))
    assert told in faults[name]
    assert ("frozen" in faults) == (harm is not swap_two_labels)  # labels follow from the rows


def test_marked_duplicates_and_shared_recordings_would_be_found_in_drawn_episodes() -> None:
    task = make_task(freeze=True)
    drawn = [Drawer(task).draw(1, i) for i in range(30)]
    task.clips.duplicate_of[drawn[0].query[0]] = "p00-fear-0"
    one, other = int(drawn[7].support[0]), int(drawn[7].query[0])
    task.clips.recording[one] = task.clips.recording[other] = "r1"
    from stf2m_bench.episode.checks import _check_episodes

    message = failed(list(_check_episodes(task, drawn)))["clips drawn"]
    assert f"'{task.clips.clip_id[drawn[0].query[0]]}' is a duplicate of another clip and must not be drawn" in message
    assert "episode 7 of 1 shots: support and query share the recording 'r1'" in message


def test_class_numbers_that_never_change_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(ways=4, freeze=True)
    plain = Drawer.draw

    def in_fixed_order(self: Drawer, shot: int, index: int, **side: Any) -> Episode:
        e = plain(self, shot, index, **side)
        order = [e.emotions.index(emotion) for emotion in EMOTIONS]
        blocks = e.support.reshape(4, shot)
        labels = np.array([order.index(label) for label in e.query_labels])
        return replace(e, emotions=EMOTIONS, support=blocks[order].ravel(), query_labels=labels)

    monkeypatch.setattr(Drawer, "draw", in_fixed_order)
    faults = failed(check_task(task))
    assert faults.keys() == {"frozen", "permuted"}
    assert "'anger' always has class number 0" in faults["permuted"]


# ---- against the data ----


def own_table(root: Path, *, telling: bool = False) -> Path:
    """The toy clips as a table of one's own with one imported feature."""
    clips = toy_clips(6)
    rng = np.random.default_rng(0)
    rows = ["clip_id,subject,emotion,group.sex,feature.x.a,feature.x.b"]
    for clip, subject, emotion, group in zip(clips.clip_id, clips.subject, clips.emotion, clips.group, strict=True):
        b = EMOTIONS.index(emotion) if telling else rng.normal()
        rows.append(f"{clip},{subject},{emotion},{group[4:]},{rng.normal()},{b}")
    root.mkdir(exist_ok=True)
    (root / "clips.csv").write_text("\n".join(rows))
    return root


def own_task(manifest: Manifest) -> Task:
    return make_task(
        clips=make_clip_list(manifest, EMOTIONS, {}), views=("imported:x",), datasets=(manifest.dataset,), freeze=True
    )


def test_a_task_agrees_with_the_folder_that_it_was_made_from(tmp_path: Path) -> None:
    manifest = open_dataset("csv:sound", data=own_table(tmp_path))
    task = own_task(manifest)
    assert failed(check_task(task, manifest=manifest)) == {}
    views = open_views(task)
    assert views.specs["imported:x"].shape == (2,)


def test_another_folder_is_refused_with_the_clips_that_differ(tmp_path: Path) -> None:
    manifest = open_dataset("csv:changed", data=own_table(tmp_path))
    task = own_task(manifest)
    table = (tmp_path / "clips.csv").read_text()
    lines = [line for line in table.split("\n") if not line.startswith("p03-fear-2,")]
    (tmp_path / "clips.csv").write_text("\n".join(lines).replace("p00-anger-0,p00,anger", "p00-anger-0,p00,fear"))
    with pytest.raises(FaultsError, match=r"point --data at the complete dataset") as error:
        open_views(task)
    assert error.value.faults == [
        "clip 'p00-anger-0' is ('p00', 'fear') in the folder, ('p00', 'anger') in the clip list",
        "clip 'p03-fear-2' is not in the folder",
    ]
    faults = failed(check_task(task, manifest=build_manifest("csv:changed", tmp_path)))
    assert "clip 'p03-fear-2' is not in the folder" in faults["clip list"]


def test_an_imported_column_that_tells_the_emotion_is_refused_before_any_episode(tmp_path: Path) -> None:
    manifest = open_dataset("csv:telling", data=own_table(tmp_path, telling=True))
    task = own_task(manifest)
    assert failed(check_task(task, manifest=manifest)) == {
        "imported views": "the emotion can be read off columns; leave them out: imported:x (feature.x.b)"
    }
    with pytest.raises(InputError, match=r"view 'imported:x' of 'csv:telling' holds columns .* \(feature\.x\.b\)"):
        open_views(task)


def test_clips_of_equal_content_are_asked_to_be_marked_unless_they_are() -> None:
    task = make_task(freeze=True)
    stores = {view: make_store(task, view) for view in task.protocol.views}
    store = stores["imported:x"]
    same = [store.row_of[clip] for clip in ("p02-fear-1", "p02-fear-5", "p07-anger-0")]
    store.data[same[1]] = store.data[same[2]] = store.data[same[0]]
    message = failed(check_task(task, stores=stores))["duplicates"]
    assert "clip 'p02-fear-5' is the same as 'p02-fear-1'; clip 'p07-anger-0' is the same as 'p02-fear-1'" in message
    for clip in ("p02-fear-5", "p07-anger-0"):
        task.clips.duplicate_of[task.clips.clip_id.index(clip)] = "p02-fear-1"
    assert "duplicates" not in failed(check_task(task, stores=stores))


def test_clips_that_are_not_of_the_task_need_no_mark() -> None:
    whole = make_task()
    stores = {"imported:x": make_store(whole, "imported:x")}
    store = stores["imported:x"]
    store.data[store.row_of["p02-fear-5"]] = store.data[store.row_of["p02-anger-1"]]
    rows = [
        {"clip_id": f"{p}-{e}-{n}", "subject": p, "emotion": e} for p in PEOPLE for e in EMOTIONS[1:] for n in range(8)
    ]
    task = make_task(clips=clip_list(rows), emotions=EMOTIONS[1:], freeze=True)
    assert failed(check_task(task, stores=stores)) == {}


def test_a_view_that_no_clip_has_is_named() -> None:
    task = make_task()
    stores = make_views(task, absent=set(task.clips.clip_id)).stores
    fault = failed(check_task(task, stores=stores))["views present"]
    assert fault.endswith(f"The view 'imported:x' is absent in all {len(task.clips)} clips")
