"""The view store and broken media, wrong views: one sentence, and nothing half-written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from voices import content, extracted, write_corpus

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.views.base import store as store_module
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view, store_folder

pytestmark = pytest.mark.usefixtures("own_home")


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
