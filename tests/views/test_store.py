"""The view store: the same bytes however it was made, and nothing decoded twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from voices import RATE, content, extracted, voice, write_corpus

from stf2m_bench.datasets.base.corpus_files import CorpusFile
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.views.base import store as store_module
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import media_of, prepare_view, store_folder

pytestmark = pytest.mark.usefixtures("own_home")


def rename_part(old: str, new: str) -> Callable[[Path], object]:
    return lambda root: (root / "clips.csv").write_text((root / "clips.csv").read_text().replace(old, new))


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
