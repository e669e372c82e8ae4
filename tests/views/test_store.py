"""The view store: whole or not there, the same bytes however it was made, and nothing decoded twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from stf2m_bench.datasets.base.corpus_files import CorpusFile
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import BenchError, CouldNotError, InputError, UnknownNameError, UsageError
from stf2m_bench.views.base import store as store_module
from stf2m_bench.views.base.checks import check_extractor
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view, store_folder

REPOSITORY = Path(__file__).parents[2]
RATE = 16_000
PREPARE = (
    "import sys\nfrom pathlib import Path\nfrom stf2m_bench.datasets.base.manifest import build_manifest\n"
    "from stf2m_bench.views.base.store import prepare_view\n"
    "if __name__ == '__main__':\n"
    "    prepare_view(build_manifest('csv', Path(sys.argv[1])), sys.argv[2], workers=int(sys.argv[3]))\n"
)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def voice(number: int, seconds: float = 0.6) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * (150 + 7 * number) * t) * (1 + 0.2 * np.sin(30 * t))


def write_corpus(root: Path, clips: int, *, people: int = 4) -> Path:
    """`clips` WAV files of tones and their `clips.csv`, with a feature of one number."""
    (root / "sound").mkdir(parents=True, exist_ok=True)
    rows = ["clip_id,subject,emotion,audio,text,feature.x.a"]
    for n in range(clips):
        soundfile.write(root / f"sound/{n:03d}.wav", voice(n, 0.4 + 0.05 * (n % 7)), RATE)
        emotion = ("anger", "fear")[n % 2]
        rows.append(f"c{n:03d},p{n % people},{emotion},sound/{n:03d}.wav,some words {n},{n * 37 % 11}")
    (root / "clips.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus", 6)


@pytest.fixture
def manifest(corpus: Path) -> Manifest:
    return build_manifest("csv", corpus)


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("data.npy", "offsets.npy", "store.json")}


def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on, the clips that are extracted in this process."""
    clips: list[str] = []
    plain = store_module._extract_part

    def listening(view: str, chunk: list[store_module.ClipMedia], path: Path) -> int:
        clips.extend(clip.clip_id for clip in chunk)
        return plain(view, chunk, path)

    monkeypatch.setattr(store_module, "_extract_part", listening)
    return clips


def rename_part(old: str, new: str) -> Callable[[Path], object]:
    return lambda root: (root / "clips.csv").write_text((root / "clips.csv").read_text().replace(old, new))


# ---- content ----


@pytest.mark.parametrize("view", ["audio.logmel", "text.hashed", "imported:x"])
def test_a_store_holds_each_clips_view_as_the_extractor_gives_it(manifest: Manifest, view: str) -> None:
    store = prepare_view(manifest, view)
    for clip in media_of(manifest):
        assert np.array_equal(store.array(clip.clip_id), make_extractor(view).extract(clip))
    assert store.offsets[0] == 0
    assert store.offsets[-1] == len(store.data)
    assert isinstance(store.data, np.memmap)


def test_a_store_tells_its_sources_by_size_and_sha256_and_how_it_was_made(manifest: Manifest) -> None:
    import hashlib

    info = prepare_view(manifest, "audio.logmel").info
    sound = (manifest.root / "sound/003.wav").read_bytes()
    assert info["sources"]["sound/003.wav"] == [len(sound), hashlib.sha256(sound).hexdigest()]
    assert info["view"] == "audio.logmel"
    assert info["manifest"] == manifest.hash
    assert (info["sites"], info["rate"], info["scope"]) == ("mel band", 50.0, "clip")
    assert info["extractor"] == make_extractor("audio.logmel").identity()


def test_a_clip_without_the_media_has_an_empty_stretch(corpus: Path) -> None:
    rename_part("sound/002.wav", "")(corpus)
    store = prepare_view(build_manifest("csv", corpus), "audio.logmel")
    assert store.array("c002").shape == (0, 40)
    assert len(store.array("c003")) > 0


def test_the_hash_is_over_the_numbers_alone_and_the_same_in_every_home(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = prepare_view(manifest, "audio.logmel")
    shutil.copytree(manifest.root, tmp_path / "copy")
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "other home"))
    other = prepare_view(build_manifest("csv", tmp_path / "copy"), "audio.logmel")
    assert one.folder != other.folder
    assert content(one.folder) == content(other.folder)
    assert one.hash == other.hash


def test_workers_write_the_same_bytes_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = build_manifest("csv", write_corpus(tmp_path / "many", 40))
    alone = content(prepare_view(many, "audio.logmel").folder)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "other home"))
    assert content(prepare_view(many, "audio.logmel", workers=2).folder) == alone


# ---- what is made again ----


def test_a_second_call_extracts_nothing_and_reads_no_media(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    first = content(prepare_view(manifest, "audio.logmel").folder)
    again = extracted(monkeypatch)
    hashed: list[CorpusFile] = []
    monkeypatch.setattr(CorpusFile, "sha256", hashed.append)
    assert content(prepare_view(manifest, "audio.logmel").folder) == first
    assert again == hashed == []


@pytest.mark.parametrize("harm", [lambda p: p.unlink(), lambda p: p.write_text("{")])
def test_a_lost_or_broken_note_of_what_was_seen_costs_only_reading_the_media_again(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], object]
) -> None:
    folder = prepare_view(manifest, "audio.logmel").folder
    harm(folder / "seen.json")
    again = extracted(monkeypatch)
    prepare_view(manifest, "audio.logmel")
    assert again == []
    assert len(json.loads((folder / "seen.json").read_text())) == 6


def test_a_changed_file_is_extracted_again_and_the_others_are_kept(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {c.clip_id: prepare_view(manifest, "audio.logmel").array(c.clip_id) for c in media_of(manifest)}
    soundfile.write(manifest.root / "sound/004.wav", voice(40), RATE)
    again = extracted(monkeypatch)
    store = prepare_view(manifest, "audio.logmel")
    assert again == ["c004"]
    assert not np.array_equal(store.array("c004")[:5], before["c004"][:5])
    assert all(np.array_equal(store.array(clip), array) for clip, array in before.items() if clip != "c004")


def test_clips_whose_files_were_swapped_in_the_table_are_extracted_again(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest's hash does not cover paths, and the set of files is the same."""
    before = prepare_view(build_manifest("csv", corpus), "audio.logmel")
    one, other = before.array("c001"), before.array("c002")
    for old, new in (("sound/001", "sound/x"), ("sound/002", "sound/001"), ("sound/x", "sound/002")):
        rename_part(old, new)(corpus)
    again = extracted(monkeypatch)
    after = prepare_view(build_manifest("csv", corpus), "audio.logmel")
    assert again == ["c001", "c002"]
    assert np.array_equal(after.array("c001"), other)
    assert np.array_equal(after.array("c002"), one)


def test_a_file_that_was_only_renamed_is_not_extracted_again(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_view(build_manifest("csv", corpus), "audio.logmel")
    (corpus / "sound/001.wav").rename(corpus / "sound/new.wav")
    rename_part("sound/001.wav", "sound/new.wav")(corpus)
    again = extracted(monkeypatch)
    prepare_view(build_manifest("csv", corpus), "audio.logmel")
    assert again == []


@pytest.mark.parametrize("harm", ["older format", "cut short", "no offsets", "no json"])
def test_a_store_of_an_older_format_or_a_broken_one_is_made_again(manifest: Manifest, harm: str) -> None:
    folder = prepare_view(manifest, "audio.logmel").folder
    whole = content(folder)
    if harm == "older format":
        info = json.loads((folder / "store.json").read_text())
        (folder / "store.json").write_text(json.dumps(info | {"format": 0}))
    elif harm == "cut short":
        (folder / "data.npy").write_bytes(whole["data.npy"][:-100])
    elif harm == "no offsets":
        (folder / "offsets.npy").unlink()
    else:
        (folder / "store.json").write_text("{")
    assert content(prepare_view(manifest, "audio.logmel").folder) == whole


def test_another_format_version_or_parameter_lies_in_another_folder(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {store_folder(manifest, "audio.logmel"), store_folder(manifest, "text.hashed")}
    monkeypatch.setattr(store_module, "FORMAT", 0)
    folders.add(store_folder(manifest, "audio.logmel"))
    assert len(folders) == 3


# ---- broken media ----


@pytest.mark.parametrize(
    ("bytes_of", "message"),
    [
        (lambda whole: b"", "is empty"),
        (lambda whole: whole[: len(whole) // 2], r"cut short|cannot be|broken"),
        (lambda whole: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "is a Git LFS pointer"),
        (lambda whole: b"RIFF and then nothing of use", r"cannot be|broken|decoded"),
        (None, "does not exist"),
    ],
)
def test_broken_media_are_named_nothing_is_half_written_and_the_same_call_goes_on_after_mending(
    manifest: Manifest,
    bytes_of: Callable[[bytes], bytes] | None,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_module, "PART", 2)
    path = manifest.root / "sound/003.wav"
    whole = path.read_bytes()
    if bytes_of is None:
        path.unlink()
    else:
        path.write_bytes(bytes_of(whole))
    with pytest.raises(InputError, match=message) as error:
        prepare_view(manifest, "audio.logmel")
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not store_folder(manifest, "audio.logmel").exists()
    path.write_bytes(whole)
    again = extracted(monkeypatch)
    store = prepare_view(manifest, "audio.logmel")
    assert again == ["c000", "c001", "c002", "c003", "c004", "c005"][0 if bytes_of is None else 2 :]
    assert np.array_equal(store.array("c003"), make_extractor("audio.logmel").extract(media_of(manifest)[3]))


@pytest.mark.parametrize(
    ("bytes_of", "message"),
    [
        (lambda whole: b"", "is empty"),
        (lambda whole: whole[: len(whole) * 2 // 3], r"cut short|cannot be|broken|decoded"),
        (lambda whole: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "is a Git LFS pointer"),
    ],
)
def test_broken_films_are_named_too(
    small_corpus: Path, tmp_path: Path, bytes_of: Callable[[bytes], bytes], message: str
) -> None:
    root = tmp_path / "corpus"
    shutil.copytree(small_corpus, root)
    path = root / "recordings/p01/p01_r02.mp4"
    path.write_bytes(bytes_of(path.read_bytes()))
    manifest = build_manifest("emosynth", root)
    with pytest.raises(InputError, match=message) as error:
        prepare_view(manifest, "video.face")
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not store_folder(manifest, "video.face").exists()


def test_media_broken_later_leave_the_old_store_as_it_was(manifest: Manifest) -> None:
    folder = prepare_view(manifest, "audio.logmel").folder
    before = content(folder)
    (manifest.root / "sound/001.wav").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        prepare_view(manifest, "audio.logmel")
    assert content(folder) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_worker_arrives_as_it_is(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "PART", 2)
    root = write_corpus(tmp_path / "corpus", 6)
    (root / "body.csv").write_text("seconds,eda\n0,1\n1,2\n")
    lines = (root / "clips.csv").read_text().splitlines()
    (root / "clips.csv").write_text("\n".join([lines[0] + ",signal", *(line + ",body.csv" for line in lines[1:])]))
    with pytest.raises(UsageError, match=r"no channel in .*body\.csv called 'eba'; did you mean eda\?"):
        prepare_view(build_manifest("csv", root), "signal.window:eba", workers=workers)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("audio.logmell", "did you mean audio.logmel"),
        ("imported", "needs a name after a colon"),
        ("audio.logmel:x", "takes nothing after a colon"),
        ("imported:y", "no feature table called 'y'; known: x"),
    ],
)
def test_a_wrong_view_is_refused_with_the_right_one(manifest: Manifest, view: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        prepare_view(manifest, view)


# ---- killed, full, twice at once ----


def start(root: Path, home: Path, workers: int = 1) -> subprocess.Popen[bytes]:
    environment = os.environ | {"STF2M_BENCH_HOME": str(home)}
    call = [sys.executable, "-c", PREPARE, str(root), "audio.logmel", str(workers)]
    return subprocess.Popen(call, cwd=REPOSITORY, env=environment, start_new_session=True)


def finished_parts(home: Path) -> list[Path]:
    return [path for path in home.rglob("*.npz") if ".part" not in path.name]


def wait_until(true: Callable[[], object], run: subprocess.Popen[bytes] | None = None) -> None:
    for _ in range(6000):
        if true() or (run is not None and run.poll() is not None):
            return
        time.sleep(0.005)
    pytest.fail("it did not happen within 30 seconds")


def test_a_killed_prepare_goes_on_and_ends_with_the_bytes_of_one_that_was_not_killed(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_corpus(tmp_path / "corpus", 500)
    manifest = build_manifest("csv", root)
    with start(root, own_home) as run:
        wait_until(lambda: finished_parts(own_home), run)
        os.kill(run.pid, signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert not store_folder(manifest, "audio.logmel").exists()
    (store_folder(manifest, "audio.logmel").parent / f".{store_folder(manifest, 'audio.logmel').name}.x.part").mkdir()
    again = extracted(monkeypatch)
    resumed = content(prepare_view(manifest, "audio.logmel").folder)
    assert 0 < len(again) < 500
    left = [path.name for path in (own_home / "views").rglob("*") if "part" in path.name]
    assert left == []
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "other home"))
    assert content(prepare_view(manifest, "audio.logmel").folder) == resumed


def test_workers_end_when_their_parent_is_killed(tmp_path: Path, own_home: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 500)
    workers: list[psutil.Process] = []
    with start(root, own_home, workers=2) as run:
        wait_until(lambda: finished_parts(own_home), run)
        workers = psutil.Process(run.pid).children(recursive=True)
        os.kill(run.pid, signal.SIGKILL)
    assert len(workers) >= 2
    wait_until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))


def test_two_processes_at_once_make_one_store(tmp_path: Path, own_home: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 70)
    with start(root, own_home) as one, start(root, own_home) as other:
        assert (one.wait(60), other.wait(60)) == (0, 0)
    manifest = build_manifest("csv", root)
    assert len(prepare_view(manifest, "audio.logmel").info["clips"]) == 70


def test_a_script_without_a_main_guard_is_told_so_and_does_not_wait_for_itself(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus", 70)
    script = tmp_path / "script.py"
    script.write_text(PREPARE.replace("if __name__ == '__main__':\n    ", ""))
    call = [sys.executable, str(script), str(root), "audio.logmel", "2"]
    answer = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 1
    assert "put the script's calls under: if __name__ == '__main__':" in answer.stderr
    assert "CouldNotError: A worker process ended early" in answer.stderr


LIMITED = (
    "import resource, sys\nfrom pathlib import Path\nfrom stf2m_bench.datasets.base.manifest import build_manifest\n"
    "from stf2m_bench.errors import CouldNotError\nfrom stf2m_bench.views.base.store import prepare_view\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
    "try:\n    prepare_view(build_manifest('csv', Path(sys.argv[1])), 'audio.logmel')\n"
    "except CouldNotError as error:\n    sys.exit(f'CouldNotError {error}')\n"
)


@pytest.mark.parametrize("bytes_left", [100, 3_000, 10_000])
def test_a_disk_that_takes_no_more_is_told_and_the_old_store_is_left_as_it_was(
    manifest: Manifest, bytes_left: int
) -> None:
    """Files may not grow beyond a limit: writing stops as on a full disk, in the part or while joining."""
    folder = prepare_view(manifest, "audio.logmel").folder
    before = content(folder)
    soundfile.write(manifest.root / "sound/001.wav", voice(50), RATE)
    call = [sys.executable, "-c", LIMITED, str(manifest.root), str(bytes_left)]
    answer = subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True)
    assert answer.stderr.startswith("CouldNotError Could not write")
    assert "make room or choose another place, then repeat." in answer.stderr
    assert content(folder) == before
    prepare_view(manifest, "audio.logmel")
    assert content(folder) != before


def test_on_a_full_disk_prepare_stops_with_one_sentence_and_goes_on_when_there_is_room(
    manifest: Manifest, small_disk: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content(prepare_view(manifest, "audio.logmel").folder)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(small_disk("16k")))
    with pytest.raises(CouldNotError, match="No space left on device"):
        prepare_view(manifest, "audio.logmel")
    assert not store_folder(manifest, "audio.logmel").exists()
    small_disk("4m")
    assert content(prepare_view(manifest, "audio.logmel").folder) == whole


# ---- the checks of an extractor ----


@pytest.mark.parametrize("view", ["audio.logmel", "text.hashed", "imported:x"])
def test_the_built_in_extractors_pass_every_check(manifest: Manifest, view: str) -> None:
    found = check_extractor(view, manifest)
    assert [check for check in found if check.passed is False] == []
    assert {check.name: check.passed for check in found}["repeats"]


@pytest.mark.parametrize("view", ["video.face", "audio.logmel", "text.hashed", "signal.window:ppg"])
def test_the_built_in_extractors_pass_every_check_on_emosynth(small_corpus: Path, view: str) -> None:
    found = {check.name: check for check in check_extractor(view, build_manifest("emosynth", small_corpus))}
    assert [check for check in found.values() if check.passed is False] == []
    assert found["one clip only"].passed


def test_a_view_that_no_clip_can_have_is_not_applicable(manifest: Manifest) -> None:
    found = {check.name: check for check in check_extractor("video.face", manifest)}
    assert found["extraction"].passed is None
    assert found["extraction"].message == "no clip of 'csv' has video"


def test_a_column_that_tells_the_emotion_fails_the_check(tmp_path: Path) -> None:
    rows = [f"c{n:02d},p{n % 4},{['anger', 'fear', 'sadness'][n % 3]},{n % 3},{n * 37 % 11}" for n in range(60)]
    (tmp_path / "clips.csv").write_text("\n".join(["clip_id,subject,emotion,feature.x.code,feature.x.a", *rows]))
    found = {check.name: check for check in check_extractor("imported:x", build_manifest("csv", tmp_path))}
    assert found["tells no emotion"].passed is False
    assert found["tells no emotion"].message.endswith("leave them out: feature.x.code")


def test_broken_media_fail_the_check_with_the_extractors_own_sentence(manifest: Manifest) -> None:
    (manifest.root / "sound/000.wav").write_bytes(b"")
    found = {check.name: check for check in check_extractor("audio.logmel", manifest)}
    assert found["extraction"].passed is False
    assert "sound/000.wav is empty" in found["extraction"].message


def test_an_unknown_view_cannot_be_checked(manifest: Manifest) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        check_extractor("audio.logmell", manifest)
    assert issubclass(UnknownNameError, BenchError)


@pytest.mark.parametrize("seconds", [0.7, 1.2, 1.7])
def test_an_interrupt_while_workers_start_is_one_sentence(tmp_path: Path, seconds: float) -> None:
    root = write_corpus(tmp_path / "corpus", 300)
    code = "from stf2m_bench.cli import main; main()"
    call = [sys.executable, "-c", code, "prepare", "csv:x", "--data", str(root), "--views", "audio.logmel"]
    with subprocess.Popen([*call, "--workers", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        time.sleep(seconds)
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert "Traceback" not in said
    unborn = run.returncode == -signal.SIGINT and not said  # on a busy machine Python itself was not listening yet
    assert run.returncode == 0 or unborn or said.endswith("Interrupted; the same command goes on where it was.\n")
