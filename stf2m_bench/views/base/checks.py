"""Checks of an extractor that anyone can run: does it keep its contract on a few clips of a dataset?"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.checks import Check, check_faults
from stf2m_bench.datasets.base.corpus_files import corpus_file
from stf2m_bench.datasets.base.manifest import Manifest
from stf2m_bench.errors import BenchError
from stf2m_bench.views.base.extractor import Extractor, make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.base.store import media_of, source_paths
from stf2m_bench.views.imported import columns_that_tell

_FEW = 4
_MANY = 2000  # clips are enough to see whether a column tells the emotion
_MEDIA = {"video", "audio", "text", "signal", "tables"}


def check_extractor(view: str, manifest: Manifest) -> list[Check]:
    """Every check of one view, on a few clips spread over a manifest.

    Raises:
        UnknownNameError, UsageError: there is no such view.
    """
    extractor = make_extractor(view)
    checks = [
        check_faults("declaration", _declaration_faults(extractor), "mend the class attributes"),
        check_faults("docs", _doc_faults(extractor), "write what it measures and what each parameter means"),
    ]
    clips = _few([clip for clip in media_of(manifest) if _has_media(clip, extractor)])
    if not clips:
        why = f"no clip of '{manifest.dataset}' has {' or '.join(extractor.media)}"
        return [*checks, Check("extraction", None, why)]
    try:
        arrays = [make_extractor(view).extract(clip) for clip in clips]
        again = [make_extractor(view).extract(clip) for clip in clips]
        nothing = make_extractor(view).extract(_without_media(clips[0], extractor))
    except BenchError as error:
        return [*checks, Check("extraction", False, str(error))]
    differ = [f"clip '{c.clip_id}'" for c, a, b in zip(clips, arrays, again, strict=True) if a.tobytes() != b.tobytes()]
    return [
        *checks,
        Check("extraction", True, f"{len(clips)} clips"),
        check_faults("arrays", _array_faults(extractor, clips, arrays), "every view is finite, of the declared dtype"),
        check_faults("absent media", _absence_faults(nothing, arrays), "a clip without the media has zero rows"),
        check_faults("repeats", differ, "the same media must give the same bytes"),
        _check_one_clip(view, extractor, clips, arrays),
        _check_order(view, extractor, clips, arrays),
        _check_together(extractor, arrays),
        _check_telling(view, manifest),
    ]


def telling_columns(view: str, manifest: Manifest) -> list[str]:
    """Columns of an imported table from which the emotion can be read off; of other views, none."""
    key, _, name = view.partition(":")
    if key != "imported" or name not in manifest.tables:
        return []
    extractor = make_extractor(view)
    labelled = [(clip, e) for clip, e in zip(media_of(manifest), manifest.table["emotion"], strict=True) if e]
    some = labelled[:: max(1, len(labelled) // _MANY)]
    rows = [(extractor.extract(clip), emotion) for clip, emotion in some]
    known = [(array.mean(axis=0), emotion) for array, emotion in rows if len(array)]
    if not known:
        return []
    return columns_that_tell(
        np.stack([mean for mean, _ in known]), manifest.tables[name].columns, [emotion for _, emotion in known]
    )


def _few(clips: Sequence[ClipMedia]) -> list[ClipMedia]:
    places = {i * (len(clips) - 1) // (_FEW - 1) for i in range(_FEW)} if clips else set()
    return [clips[place] for place in sorted(places)]


def _has_media(clip: ClipMedia, extractor: Extractor) -> bool:
    if "tables" in extractor.media:
        return extractor.argument in clip.tables
    return any(getattr(clip, kind) for kind in extractor.media)


def _without_media(clip: ClipMedia, extractor: Extractor) -> ClipMedia:
    """The clip as one that lacks what this extractor reads; of a table, as one that is not in it."""
    if "tables" in extractor.media:
        return replace(clip, clip_id=" no such clip ")
    absent: dict[str, Any] = dict.fromkeys(extractor.media)
    return replace(clip, **absent)


def _declaration_faults(extractor: Extractor) -> list[str]:
    faults = []
    if not isinstance(getattr(extractor, "version", None), int) or extractor.version < 1:
        faults.append("version is not a number from 1")
    if not getattr(extractor, "sites", ""):
        faults.append("sites does not say what the second axis is")
    if not getattr(extractor, "media", ()) or not set(extractor.media) <= _MEDIA:
        faults.append(f"media is not some of {', '.join(sorted(_MEDIA))}")
    if extractor.scope not in ("clip", "subject", "dataset"):
        faults.append(f"scope is '{extractor.scope}'")
    if extractor.rate is not None and not extractor.rate > 0:
        faults.append(f"rate is {extractor.rate}, not rows per second or None")
    frozen = getattr(type(extractor.params), "__dataclass_params__", None)
    if frozen is None or not frozen.frozen:
        return [*faults, "params is not a frozen dataclass"]
    try:
        json.dumps(extractor.identity())
    except TypeError as error:
        faults.append(f"params cannot be written as JSON ({error})")
    return faults


def _doc_faults(extractor: Extractor) -> list[str]:
    faults = [] if (type(extractor).__doc__ or "").strip() else ["the class has no docstring"]
    if is_dataclass(extractor.params):
        told = (type(extractor.params).__doc__ or "") + (type(extractor).__doc__ or "")
        faults += [f"parameter '{f.name}' is not explained" for f in fields(extractor.params) if f.name not in told]
    return faults


def _array_faults(extractor: Extractor, clips: list[ClipMedia], arrays: list[NDArray[Any]]) -> list[str]:
    faults = []
    for clip, array in zip(clips, arrays, strict=True):
        what = f"clip '{clip.clip_id}' gave {array.dtype} {list(array.shape)}"
        if array.dtype != extractor.dtype or array.ndim < 2:
            faults.append(f"{what}; expected {np.dtype(extractor.dtype)} [T, ...]")
        elif not np.isfinite(array).all():
            faults.append(f"{what} with NaN or infinite values")
        elif not len(array) and "tables" not in extractor.media:
            faults.append(f"{what}, but the clip has the media")
        elif extractor.rate is not None and clip.end is not None:
            most = (clip.end - (clip.start or 0.0)) * extractor.rate + 2
            if len(array) > most:
                faults.append(f"{what}: more rows than its seconds times the declared rate {extractor.rate}")
    if len({array.shape[1:] for array in arrays}) > 1:
        faults.append("rows of clips differ in shape")
    return faults


def _absence_faults(nothing: NDArray[Any], arrays: list[NDArray[Any]]) -> list[str]:
    expected = [0, *arrays[0].shape[1:]]
    return [] if list(nothing.shape) == expected else [f"gave {list(nothing.shape)}, expected {expected}"]


def _check_one_clip(view: str, extractor: Extractor, clips: list[ClipMedia], arrays: list[NDArray[Any]]) -> Check:
    """Extract each again with its own files alone on disk."""
    name = "one clip only"
    if extractor.scope != "clip" or "tables" in extractor.media:
        needs = "a table of all clips" if "tables" in extractor.media else f"scope '{extractor.scope}', as declared"
        return Check(name, None, f"it reads {needs}")
    faults = []
    for clip, array in zip(clips, arrays, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            for path in source_paths(clip, extractor):
                place = Path(folder) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                with corpus_file(clip.root, path).open() as source, place.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
            try:
                alone = make_extractor(view).extract(replace(clip, root=Path(folder)))
            except (BenchError, OSError) as error:
                return Check(name, False, f"without the other clips' files it fails ({error}); declare its scope")
        if alone.tobytes() != array.tobytes():
            faults.append(f"clip '{clip.clip_id}'")
    return check_faults(name, faults, "without the other clips' files it gives other numbers; declare its scope")


def _check_order(view: str, extractor: Extractor, clips: list[ClipMedia], arrays: list[NDArray[Any]]) -> Check:
    """One extractor over all clips, forwards and backwards: what it saw before may not matter."""
    name = "clips in any order"
    if extractor.scope != "clip":
        return Check(name, None, f"scope '{extractor.scope}', as declared")
    forwards, backwards = make_extractor(view), make_extractor(view)
    after = [forwards.extract(clip) for clip in clips]
    before = [backwards.extract(clip) for clip in reversed(clips)][::-1]
    faults = [
        f"clip '{clip.clip_id}'"
        for clip, array, one, other in zip(clips, arrays, after, before, strict=True)
        if not array.tobytes() == one.tobytes() == other.tobytes()
    ]
    return check_faults(name, faults, "clips extracted before it move its numbers; keep nothing, or declare its scope")


def _check_together(extractor: Extractor, arrays: list[NDArray[Any]]) -> Check:
    name = "clips together"
    if extractor.scope == "clip":
        return Check(name, None, "each clip is extracted for itself")
    shapes = [array.shape for array in extractor.together(arrays)]
    faults = [] if shapes == [array.shape for array in arrays] else [f"gave {shapes}"]
    return check_faults(name, faults, "clips, rows and columns must stay what extract gave")


def _check_telling(view: str, manifest: Manifest) -> Check:
    if not view.startswith("imported:"):
        return Check("tells no emotion", None, "it is computed from media, not imported")
    telling = telling_columns(view, manifest)
    return check_faults("tells no emotion", telling, "the emotion can be read off these columns; leave them out")
