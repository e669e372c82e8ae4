"""The contract that all built-in extractors keep."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import is_dataclass
from pathlib import Path

import numpy as np
import pytest
from small_media import clip_of, table

from stf2m_bench.errors import UnknownNameError, UsageError
from stf2m_bench.views import ROOM
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

ARGUMENTS = {
    "signal.window": ":eda",
    "imported": ":units",
    "signal.eda": ":eda",
    "signal.pulse": ":ppg",
    "signal.temperature": ":temp",
    "signal.motion": ":acc",
    "signal.pupil": ":pupil",
    "signal.head": ":pitch",
    "signal.gaze": ":rests",
    "signal.zscored": ":eda:eda",
}


@pytest.mark.parametrize("key", ROOM.keys())
def test_an_extractor_says_what_it_is(key: str) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    assert extractor.version >= 1
    assert extractor.sites
    assert extractor.media
    assert extractor.scope in {"clip", "subject", "dataset"}
    assert len(type(extractor).__doc__ or "") > 80
    assert is_dataclass(extractor.params)
    assert type(extractor.params).__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert extractor.identity()["params"] == {
        name: getattr(extractor.params, name) for name in extractor.params.__dataclass_fields__
    }


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_view_is_an_array_of_the_stated_kind_time_first(key: str, media: Path) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    view = extractor.extract(clip_of(media))
    assert view.dtype == extractor.dtype
    assert view.ndim >= 2
    assert len(view) >= 1
    assert np.isfinite(view).all()
    if extractor.rate is not None and "audio" not in extractor.media:
        half = extractor.extract(clip_of(media, start=0.5, end=1.5))
        assert len(half) == pytest.approx(extractor.rate, abs=1)


@pytest.mark.parametrize("key", ROOM.keys())
def test_the_same_clip_gives_the_same_bytes(key: str, media: Path) -> None:
    first, second = (make_extractor(key + ARGUMENTS.get(key, "")).extract(clip_of(media)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("key", ROOM.keys())
def test_absent_media_give_no_rows_of_the_right_width(key: str, media: Path) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    bare = ClipMedia(clip_id="nobody", root=media, tables={"units": table()})
    view, absent = extractor.extract(clip_of(media)), extractor.extract(bare)
    assert absent.shape == (0, *view.shape[1:])
    assert absent.dtype == view.dtype


def test_an_argument_is_asked_for_and_refused_where_it_belongs() -> None:
    with pytest.raises(UsageError, match="needs a name after a colon"):
        make_extractor("signal.window")
    with pytest.raises(UsageError, match="takes nothing after a colon"):
        make_extractor("audio.logmel:loud")
    with pytest.raises(UnknownNameError, match=r"did you mean audio\.logmel"):
        make_extractor("audio.logmal")


def test_importing_extractors_imports_no_decoder() -> None:
    keys = ROOM.keys()
    modules = [type(make_extractor(key + ARGUMENTS.get(key, ""))).__module__ for key in keys]
    heavy = ["torch", "moviepy", "av", "skimage", "scipy", "soundfile", "pandas"]
    code = f"import sys, {', '.join(modules)}; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
