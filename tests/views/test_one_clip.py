"""Extractors that look beyond one clip: each way is found, and allowed where the scope says so."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from stf2m_bench import discovery
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.views.base.checks import check_extractor
from stf2m_bench.views.base.extractor import Extractor


class Level(Extractor):
    """The mean level of the clip: looks at nothing else."""

    version = 1
    media = ("audio",)
    sites = "one"

    def extract(self, clip):
        sound = clip.sound(8000)
        return np.zeros((0, 1), np.float32) if sound is None else np.array([[np.square(sound).mean()]], np.float32)


class SinceFirst(Level):
    """The level less that of all clips so far."""

    def extract(self, clip):
        own = super().extract(clip)
        if len(own):
            self._seen = [*getattr(self, "_seen", []), own]
            own = own - np.float32(np.mean(self._seen[:-1])) if len(self._seen) > 1 else own
        return own


class AmongFiles(Level):
    """The level, and how many files lie beside the clip's."""

    def extract(self, clip):
        own = super().extract(clip)
        return own + np.float32(len(list(clip.root.glob("*.wav")))) if len(own) else own


class OfOthers(SinceFirst):
    """As `SinceFirst`, but it says so."""

    scope = "dataset"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    root = tmp_path_factory.mktemp("tones")
    for n in range(6):
        soundfile.write(root / f"{n}.wav", 0.1 * (n + 1) * np.sin(np.arange(4000) / 5), 8000)
    rows = [f"c{n},p{n % 2},{('anger', 'fear')[n % 2]},{n}.wav" for n in range(6)]
    (root / "clips.csv").write_text("\n".join(["clip_id,subject,emotion,audio", *rows]))
    return build_manifest("csv", root)


def outcome(extractor: type[Extractor], manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool | None]:
    point = SimpleNamespace(name="theirs", load=lambda: extractor)
    monkeypatch.setattr(discovery.metadata, "entry_points", lambda group: [point])
    found = {check.name: check.passed for check in check_extractor("theirs", manifest)}
    return {name: found[name] for name in ("repeats", "one clip only", "clips in any order")}


def test_an_honest_extractor_passes(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(Level, manifest, monkeypatch) == {"repeats": True, "one clip only": True, "clips in any order": True}


def test_one_that_keeps_what_it_saw_is_found_by_the_order_of_clips(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = outcome(SinceFirst, manifest, monkeypatch)
    assert found == {"repeats": True, "one clip only": True, "clips in any order": False}


def test_one_that_looks_at_other_files_is_found_by_taking_them_away(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = outcome(AmongFiles, manifest, monkeypatch)
    assert found == {"repeats": True, "one clip only": False, "clips in any order": True}


def test_what_is_declared_is_allowed(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(OfOthers, manifest, monkeypatch) == {
        "repeats": True,
        "one clip only": None,
        "clips in any order": None,
    }
