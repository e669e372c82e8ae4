"""The lowest rooms: errors, files that are whole or not there, the home, discovery, worker processes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stf2m_bench import discovery
from stf2m_bench.checks import check_faults
from stf2m_bench.datasets import ROOM
from stf2m_bench.datasets.base.loader import Loader
from stf2m_bench.errors import BenchError, CouldNotError, FaultsError, InputError, UnknownNameError, UsageError
from stf2m_bench.files import canonical_json, hash_of, replacing, replacing_folder, sha256_of, write_text
from stf2m_bench.home import home, remember_root, remembered_roots, root_of
from stf2m_bench.workers import one_at_a_time, share_out

REPOSITORY = Path(__file__).parents[1]


# ---- errors ----


def test_an_unknown_name_is_answered_with_near_ones_or_else_with_all() -> None:
    known = ["audio.logmel", "video.face"]
    assert str(UnknownNameError("view", "audio.logmell", known)) == (
        "There is no view called 'audio.logmell'; did you mean audio.logmel?"
    )
    assert str(UnknownNameError("view", "zzz", known)).endswith("known: audio.logmel, video.face.")
    assert str(UnknownNameError("view", "zzz", [])).endswith("known: none.")


def test_many_faults_are_counted_and_the_first_twenty_shown() -> None:
    error = FaultsError("The table", [f"row {n}" for n in range(25)], "mend it")
    lines = str(error).split("\n")
    assert lines[0] == "The table has 25 faults; mend it:"
    assert lines[1:] == [*(f"  - row {n}" for n in range(20)), "  - ... and 5 more"]
    assert len(error.faults) == 25
    assert "has 1 fault;" in str(FaultsError("The table", ["row 1"], "mend it"))


def test_exit_codes_part_wrong_use_from_what_could_not_be_done() -> None:
    codes = {kind: kind.exit_code for kind in (UsageError, InputError, UnknownNameError, FaultsError, CouldNotError)}
    assert codes == {UsageError: 2, InputError: 2, UnknownNameError: 2, FaultsError: 2, CouldNotError: 1}


def test_a_check_without_faults_has_nothing_to_say() -> None:
    assert check_faults("x", [], "mend it").message == ""
    assert check_faults("x", ["a", "b"], "mend it").message == "mend it: a; b"


# ---- files ----


class Fail(Exception):
    pass


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise Fail


def write_half_a_folder(folder: Path) -> None:
    with replacing_folder(folder) as temporary:
        (temporary / "b").write_text("half")
        raise Fail


def test_a_file_is_replaced_whole_or_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.txt"
    write_text(path, "old\n")
    with pytest.raises(Fail):
        write_half(path)
    assert path.read_text() == "old\n"
    with path.open() as reading:
        write_text(path, "new\n")
        assert reading.read() == "old\n"  # who reads meanwhile reads the old file to its end
    assert path.read_bytes() == b"new\n"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_whole_or_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with replacing_folder(folder) as temporary:
        (temporary / "a").write_text("old")
    with pytest.raises(Fail):
        write_half_a_folder(folder)
    assert [p.name for p in folder.iterdir()] == ["a"]
    with replacing_folder(folder) as temporary:
        (temporary / "c").write_text("new")
    assert [p.name for p in folder.iterdir()] == ["c"]
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("writer", [replacing, replacing_folder])
def test_a_disk_that_takes_no_more_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, writer: Callable[[Path], object]
) -> None:
    message = r"No space left on device.*make room or choose another place, then repeat"
    with pytest.raises(CouldNotError, match=message), writer(tmp_path / "a"):  # type: ignore[attr-defined]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [lambda p: write_text(p, "x"), lambda p: one_at_a_time(p).__enter__()])
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path, write: Callable[[Path], object]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CouldNotError, match=r"Could not write .*/file/under/it"):
        write(tmp_path / "file" / "under" / "it")


def test_equal_values_have_one_json_text_and_one_hash(tmp_path: Path) -> None:
    assert canonical_json({"b": 1, "a": ["ü", None]}) == '{"a":["ü",null],"b":1}'
    assert hash_of({"b": 1, "a": 2}) == hash_of({"a": 2, "b": 1}) != hash_of({"a": 2, "b": 2})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256_of(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# ---- home ----


def test_the_home_is_where_the_environment_says_else_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "x" / ".." / "y"))
    assert home() == tmp_path / "y"
    monkeypatch.delenv("STF2M_BENCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert home().name == "stf2m-bench"


def test_roots_are_remembered_whatever_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    assert remembered_roots() == {}
    odd = tmp_path / 'a "quoted" \\ folder, ü'
    odd.mkdir()
    remember_root("csv:mine", odd)
    remember_root("ravdess", tmp_path)
    assert remembered_roots() == {"csv:mine": odd, "ravdess": tmp_path}
    assert root_of("csv:mine") == odd
    (tmp_path / "home" / "datasets.toml").write_text("ravdess = ")
    with pytest.raises(InputError, match=r"datasets\.toml is not valid TOML .* mend or delete it"):
        root_of("ravdess")


# ---- discovery ----


def test_keys_are_file_names_and_packages_of_others_join(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"csv", "emosynth", "ravdess"} <= set(ROOM.keys())
    assert not {"base", "synth"} & set(ROOM.keys())

    class Theirs(Loader):
        pass

    point = SimpleNamespace(name="theirs", load=lambda: Theirs)
    broken = SimpleNamespace(name="broken", load=lambda: 3)
    monkeypatch.setattr(discovery.metadata, "entry_points", lambda group: [point, broken])
    assert "theirs" in ROOM.keys()
    assert ROOM.load("theirs", Loader) is Theirs
    with pytest.raises(InputError, match=r"The entry point 'broken' of stf2m_bench\.datasets is no Loader"):
        ROOM.load("broken", Loader)
    with pytest.raises(UnknownNameError, match="did you mean theirs"):
        ROOM.load("their", Loader)


def test_a_module_holds_exactly_one_class_of_its_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "plugins_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "two_parts_here.py").write_text("class A(ValueError): pass\nclass B(ValueError): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    room = discovery.Room("thing", "plugins_of_a_test", "none", dotted=True)
    assert room.keys() == ["two.parts_here"]
    with pytest.raises(InputError, match="defines 2 classes of ValueError; one file holds exactly one"):
        room.load("two.parts_here", ValueError)


def test_listing_what_there_is_imports_none_of_it() -> None:
    call = (
        "import sys, json\nfrom stf2m_bench.datasets import ROOM\nfrom stf2m_bench.views import ROOM as views\n"
        "keys = ROOM.keys() + views.keys()\n"
        "print(json.dumps([keys, [m for m in sys.modules if 'ravdess' in m or 'logmel' in m or m in ('torch', 'av')]]))"
    )
    answer = subprocess.run([sys.executable, "-c", call], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    keys, loaded = json.loads(answer.stdout)
    assert {"ravdess", "audio.logmel"} <= set(keys)
    assert loaded == []


@pytest.mark.parametrize(
    "module",
    [
        "datasets.base.checks",
        "views.base.checks",
        "tasks.make",
        "episode.checks",
        "scoring.checks",
        "leaderboards.build",
    ],
)
def test_whoever_checks_tasks_and_results_needs_no_torch(module: str) -> None:
    call = f"import sys, stf2m_bench.{module}; print([m for m in ('torch', 'sklearn', 'moviepy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", call], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# ---- workers ----


def half(number: int) -> int:
    if number == 13:
        raise UnknownNameError("number", "13", ["12", "130"])
    if number == 666:
        os._exit(1)
    return number // 2


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(workers: int) -> None:
    assert sorted(share_out(half, [(n,) for n in (2, 4, 6, 8)], workers=workers, what="halves")) == [1, 2, 3, 4]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_error_of_a_job_is_raised_as_its_kind(workers: int) -> None:
    with pytest.raises(UsageError, match="There is no number called '13'; did you mean 130"):
        list(share_out(half, [(n,) for n in (2, 13, 6)], workers=workers, what="halves"))


def test_a_killed_worker_is_one_sentence() -> None:
    with pytest.raises(CouldNotError, match=r"A worker process ended early while making halves .*; repeat"):
        list(share_out(half, [(2,), (666,), (4,)], workers=2, what="halves"))


def test_all_errors_are_children_of_one() -> None:
    assert all(issubclass(kind, BenchError) for kind in (UsageError, InputError, CouldNotError))
