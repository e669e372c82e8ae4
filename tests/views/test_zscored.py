"""Views on each person's own scale: made of all clips of that person, of no one else's, and said to be so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.errors import UnknownNameError
from stf2m_bench.views.base import store as store_module
from stf2m_bench.views.base.checks import check_extractor
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.store import prepare_view

VIEW = "signal.zscored:eda:eda"
PEOPLE = ("anna", "bert")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write_signal(path: Path, level: float, seed: int) -> None:
    seconds = np.arange(0, 12, 0.25)
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.1, len(seconds)))
    frame = pd.DataFrame({"seconds": seconds, "eda": level + 0.1 * level * walk, "still": level})
    frame.to_csv(path, index=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two people take turns; one is ten times as sweaty as the other."""
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = ["clip_id,subject,emotion,signal"]
    for n in range(6):
        write_signal(folder / f"{n}.csv", (1.5, 15.0)[n % 2], n)
        rows.append(f"c{n},{PEOPLE[n % 2]},{('anger', 'fear')[n // 2 % 2]},{n}.csv")
    (folder / "clips.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture
def manifest(root: Path) -> Manifest:
    return build_manifest("csv", root)


def arrays(manifest: Manifest, view: str = VIEW, **more: int) -> dict[str, np.ndarray]:
    store = prepare_view(manifest, view, **more)
    return {clip: np.array(store.array(clip)) for clip in manifest.table["clip_id"]}


def test_each_person_is_brought_to_mean_nought_and_deviation_one(manifest: Manifest) -> None:
    found, plain = arrays(manifest), arrays(manifest, "signal.eda:eda")
    for person in (0, 1):
        rows = np.concatenate([plain[f"c{n}"] for n in range(person, 6, 2)]).astype(float)
        for n in range(person, 6, 2):
            expected = (plain[f"c{n}"] - rows.mean(axis=0)) / rows.std(axis=0)
            assert np.allclose(found[f"c{n}"], expected, atol=1e-5)
    assert abs(np.concatenate([found[f"c{n}"] for n in (0, 2, 4)]).mean()) < 1e-5


def test_what_never_moves_becomes_nought(manifest: Manifest) -> None:
    assert all((array == 0).all() for array in arrays(manifest, "signal.zscored:window:still").values())


def test_a_clip_without_the_signal_stays_absent_and_the_others_are_scaled_without_it(root: Path) -> None:
    table = (root / "clips.csv").read_text().replace("4.csv", "")
    (root / "clips.csv").write_text(table)
    found = arrays(build_manifest("csv", root))
    assert found["c4"].shape == (0, 2)
    assert abs(np.concatenate([found["c0"], found["c2"]]).mean()) < 1e-5


def test_a_changed_clip_moves_all_clips_of_its_person_and_of_nobody_else(
    manifest: Manifest, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = arrays(manifest)
    write_signal(root / "2.csv", 1.5, 77)
    again: list[str] = []
    plain = store_module._extract_part
    monkeypatch.setattr(
        store_module,
        "_extract_part",
        lambda view, clips, path: (again.extend(clip.clip_id for clip in clips), plain(view, clips, path))[1],
    )
    after = arrays(manifest)
    assert again == ["c0", "c2", "c4"]
    assert [clip for clip in before if not np.array_equal(before[clip], after[clip])] == ["c0", "c2", "c4"]


def test_workers_and_none_give_the_same(manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = prepare_view(manifest, VIEW).hash
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "other"))
    assert prepare_view(manifest, VIEW, workers=2).hash == one


def test_it_tells_its_scope_and_what_it_is_made_of(manifest: Manifest) -> None:
    store = prepare_view(manifest, VIEW)
    assert store.info["scope"] == "subject"
    assert store.info["extractor"]["other"] == make_extractor("signal.eda:eda").identity()
    assert store.info["rate"] == 4.0
    with pytest.raises(UnknownNameError, match=r"'signal\.ada'; did you mean signal\.eda"):
        make_extractor("signal.zscored:ada:eda")


def test_the_checks_of_extractors_know_that_it_needs_more_than_one_clip(manifest: Manifest) -> None:
    found = {check.name: check.passed for check in check_extractor(VIEW, manifest)}
    assert (found["one clip only"], found["clips in any order"], found["clips together"]) == (None, None, True)
    assert False not in found.values()
