"""The checks of an extractor."""

from __future__ import annotations

from pathlib import Path

import pytest

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import BenchError, UnknownNameError
from stf2m_bench.views.base.checks import check_extractor

pytestmark = pytest.mark.usefixtures("own_home")


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
