"""The view store: all clips' arrays of one extractor over one manifest, as plain memory-mapped NumPy files.

    <home>/views/<dataset>/<view>-<hash>/
        data.npy      [sum of T, ...]     rows of all clips in the manifest's order (by subject where that is the scope)
        offsets.npy   [n + 1]             an empty stretch: the clip lacks this view
        store.json    identity, hashes, sources (size and SHA-256), what each clip was made of, notes
        seen.json     size and time of each source when last hashed (saves hashing again; no part of the store's hash)

It is written in parts by worker processes and joined by one rename: killed at any point, the same call goes on; the
same bytes whatever the number of workers; a source whose bytes changed is extracted again, the others are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from glob import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import corpus_file
from stf2m_bench.errors import BenchError, InputError
from stf2m_bench.files import canonical_json, hash_of, replacing, replacing_folder, write_text
from stf2m_bench.home import home
from stf2m_bench.progress import Report
from stf2m_bench.views.base.extractor import Extractor, make_extractor
from stf2m_bench.views.base.groups import chunks, groups, of_groups
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.workers import one_at_a_time, refuse_inside_a_worker, share_out

if TYPE_CHECKING:  # each worker would import pandas with it
    from stf2m_bench.datasets.base.manifest import Manifest

FORMAT = 2
PART = 32
LIBRARIES = ("av", "scipy.signal", "soundfile")


@dataclass(frozen=True)
class Store:
    """One extractor's arrays, opened.

    Attributes:
        data: `[rows, ...]`, memory-mapped. offsets: `[n + 1]` int64.
        info: the content of `store.json`.
    """

    folder: Path
    data: NDArray[Any]
    offsets: NDArray[np.int64]
    info: dict[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 over data and offsets."""
        return str(self.info["hash"])

    @property
    def notes(self) -> Counter[str]:
        """What the extractor counted, summed over clips."""
        total: Counter[str] = Counter()
        for counts in self.info["notes"].values():
            total.update(counts)
        return total

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Clip id -> place in `offsets`."""
        return {clip: i for i, clip in enumerate(self.info["clips"])}

    def array(self, clip_id: str) -> NDArray[Any]:
        """The view `[T, ...]` of one clip."""
        i = self.row_of[clip_id]
        return np.asarray(self.data[self.offsets[i] : self.offsets[i + 1]])


def media_of(manifest: Manifest) -> list[ClipMedia]:
    """Every clip of a manifest as extractors see it: without labels, without people."""
    columns = ["clip_id", "video", "audio", "text", "signal", "start", "end"]
    rows = manifest.table[columns].to_dict("records")
    return [
        ClipMedia(
            root=manifest.root,
            tables=manifest.tables,
            signals=manifest.signals,
            **{str(k): v for k, v in row.items()},
        )
        for row in rows
    ]


def store_folder(manifest: Manifest, view: str) -> Path:
    """Where the store of this view of this manifest lies; its name holds all that decides the numbers."""
    extractor = make_extractor(view)
    identity = {"format": FORMAT, "manifest": manifest.hash, "view": view, "extractor": extractor.identity()}
    name = view.replace(":", "-")
    return home() / "views" / manifest.dataset.replace(":", "-") / f"{name}-{hash_of(identity)[:12]}"


def prepare_view(manifest: Manifest, view: str, *, workers: int = 1, progress: Report | None = None) -> Store:
    """The store of one view, made, mended or simply opened.

    Raises:
        InputError: broken media, named; nothing is half-written and the same call goes on after mending.
    """
    refuse_inside_a_worker(workers)
    extractor = make_extractor(view)
    folder = store_folder(manifest, view)
    with one_at_a_time(folder.with_name(f".{folder.name}.lock")):
        group_of = groups(manifest, extractor.scope)
        clips = sorted(media_of(manifest), key=lambda clip: group_of.get(clip.clip_id, ""))
        sources, seen = _hash_sources(folder / "seen.json", clips, extractor)
        made_of = of_groups({clip.clip_id: _made_of(clip, extractor, sources) for clip in clips}, group_of)
        old = _open_if_whole(folder)
        if old is None or old.info["made_of"] != made_of:
            _make(folder, manifest, view, clips, group_of, sources, made_of, old, workers, progress)
            old = _open_if_whole(folder)
        if _seen_before(folder / "seen.json") != seen:
            write_text(folder / "seen.json", canonical_json(seen))
    if old is None:
        raise InputError(f"The view store {folder} could not be opened after it was written; delete it and repeat.")
    return old


def source_paths(clip: ClipMedia, extractor: Extractor) -> list[str]:
    """The files, relative to the root, that this extractor reads for this clip."""
    if "tables" in extractor.media:
        table = clip.tables.get(extractor.argument)
        return [table.path] if table else []
    if "signal" in extractor.media:
        return list(clip.signals.files(clip.signal, extractor.channel)) if clip.signal else []
    fields = [getattr(clip, kind) for kind in extractor.media if kind != "text"]
    return [path for path in fields if path is not None]


def _made_of(clip: ClipMedia, extractor: Extractor, sources: dict[str, list[Any]]) -> str:
    """Short hash of the content of the files read for this clip, and of how a table is read."""
    reading: list[Any] = [sources[path] for path in source_paths(clip, extractor)]
    reading += [kind for kind in extractor.media if getattr(clip, kind)]
    if "tables" in extractor.media and (table := clip.tables.get(extractor.argument)):
        reading += [table.key, table.separator, table.rate, table.columns]
        reading += [] if table.scope == "clip" else [table.scope]
    return hash_of(reading)[:16]


def _scope(manifest: Manifest, extractor: Extractor) -> str:
    """What the view sees beyond one clip: the extractor's word, or that of the table which it reads."""
    table = manifest.tables.get(extractor.argument) if "tables" in extractor.media else None
    return table.scope if table else extractor.scope


def _seen_before(path: Path) -> dict[str, list[Any]]:
    try:
        seen: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return seen


def _hash_sources(
    seen_path: Path, clips: Sequence[ClipMedia], extractor: Extractor
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Path -> [size, SHA-256], and path -> [[size, time], SHA-256] to be kept as `seen.json`.

    Files whose size and time are as last seen are not read again.
    """
    seen = _seen_before(seen_path)
    sources: dict[str, list[Any]] = {}
    now: dict[str, list[Any]] = {}
    for path in sorted({path for clip in clips for path in source_paths(clip, extractor)}):
        file = corpus_file(clips[0].root, path)
        mark = [file.size, file.changed]
        digest = seen[path][1] if path in seen and seen[path][0] == mark else file.sha256()
        sources[path] = [file.size, digest]
        now[path] = [mark, digest]
    return sources, now


def _open_if_whole(folder: Path) -> Store | None:
    try:
        info = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        if info["format"] != FORMAT:
            return None
        data = np.load(folder / "data.npy", mmap_mode="r", allow_pickle=False)
        offsets = np.load(folder / "offsets.npy", allow_pickle=False)
    except (OSError, ValueError, KeyError):
        return None
    if len(offsets) != len(info["clips"]) + 1 or offsets[-1] != len(data):
        return None
    return Store(folder, data, offsets, info)


def _make(
    folder: Path,
    manifest: Manifest,
    view: str,
    clips: list[ClipMedia],
    group_of: dict[str, str],
    sources: dict[str, list[Any]],
    made_of: dict[str, str],
    old: Store | None,
    workers: int,
    progress: Report | None,
) -> None:
    extractor = make_extractor(view)
    before = old.info["made_of"] if old else {}
    kept = {clip for clip, content in made_of.items() if before.get(clip) == content}
    todo = [clip for clip in clips if clip.clip_id not in kept]
    parts_folder = folder.with_name(f".{folder.name}.parts")
    parts = _extract_parts(parts_folder, view, chunks(todo, group_of, PART), made_of, workers, progress)
    notes = {clip: counts for clip, counts in old.info["notes"].items() if clip in kept} if old else {}
    for path in parts:
        notes |= _read_notes(path)

    def arrays() -> Iterator[NDArray[Any]]:
        fresh = (array for path in parts for array in _read_part(path))
        return (old.array(clip.clip_id) if old and clip.clip_id in kept else next(fresh) for clip in clips)

    info = {
        "format": FORMAT,
        "dataset": manifest.dataset,
        "manifest": manifest.hash,
        "view": view,
        "extractor": extractor.identity(),
        "scope": _scope(manifest, extractor),
        "sites": extractor.sites,
        "rate": extractor.rate,
        "clips": [clip.clip_id for clip in clips],
        "notes": dict(sorted(notes.items())),
        "sources": sources,
        "made_of": made_of,
    }
    _join(folder, arrays, info)
    for left in (parts_folder, *folder.parent.glob(f".{escape(folder.name)}.*.part")):  # of runs that were killed
        shutil.rmtree(left, ignore_errors=True)


def _extract_parts(
    folder: Path,
    view: str,
    jobs: list[list[ClipMedia]],
    made_of: dict[str, str],
    workers: int,
    progress: Report | None,
) -> list[Path]:
    """Each part is named after what it was made of, so only current parts are taken up again."""
    contents = [[[clip.clip_id, made_of[clip.clip_id]] for clip in job] for job in jobs]
    names = [folder / f"{hash_of(content)[:24]}.npz" for content in contents]
    left = [(view, job, path) for job, path in zip(jobs, names, strict=True) if not path.exists()]
    total = sum(map(len, jobs))
    done = total - sum(len(job) for _, job, _ in left)
    if progress:
        progress(done, total)
    what = f"the view '{view}'"
    for count in share_out(_extract_part, left, workers=workers, what=what, libraries=LIBRARIES):
        done += count
        if progress:
            progress(done, total)
    return names


def _extract_part(view: str, clips: list[ClipMedia], path: Path) -> int:
    extractor = make_extractor(view)
    each = [_checked(extractor.extract(clip), view, extractor, clip) for clip in clips]
    whole = zip(extractor.together(each), clips, strict=True)
    arrays = [_checked(array, view, extractor, clip) for array, clip in whole]
    notes = {clip.clip_id: dict(clip.notes) for clip in clips if clip.notes}
    text = np.frombuffer(canonical_json(notes).encode(), np.uint8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, offsets=np.cumsum([0, *map(len, arrays)]), data=_stack(arrays, view), notes=text)
    return len(clips)


def _checked(array: NDArray[Any], view: str, extractor: Extractor, clip: ClipMedia) -> NDArray[Any]:
    if array.dtype != extractor.dtype or array.ndim < 2:
        raise BenchError(
            f"The view '{view}' gave {array.dtype} {list(array.shape)} for clip '{clip.clip_id}';"
            f" expected {np.dtype(extractor.dtype)} [T, ...]."
        )
    if not np.isfinite(array).all():
        raise InputError(f"The view '{view}' of clip '{clip.clip_id}' holds NaN or infinite values; look at its media.")
    return array


def _stack(arrays: list[NDArray[Any]], view: str) -> NDArray[Any]:
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) != 1:
        raise InputError(f"The view '{view}' has rows of different shapes ({sorted(shapes)}); all clips need the same.")
    return np.concatenate(arrays)


def _read_part(path: Path) -> Iterator[NDArray[Any]]:
    with np.load(path, allow_pickle=False) as part:
        offsets, data = part["offsets"], part["data"]
    yield from (data[start:stop] for start, stop in pairwise(offsets))


def _read_notes(path: Path) -> dict[str, dict[str, int]]:
    with np.load(path, allow_pickle=False) as part:
        notes: dict[str, dict[str, int]] = json.loads(part["notes"].tobytes())
    return notes


def _join(folder: Path, arrays: Callable[[], Iterator[NDArray[Any]]], info: dict[str, Any]) -> None:
    """Write the clips' arrays one after another; `arrays` runs twice, so that memory stays small."""
    lengths, shapes, dtypes = [], set(), set()
    for array in arrays():
        lengths.append(len(array))
        shapes.add(array.shape[1:])
        dtypes.add(array.dtype)
    if len(shapes) != 1:
        raise InputError(
            f"The view '{info['view']}' has rows of different shapes ({sorted(shapes)}); all clips need the same."
        )
    offsets = np.cumsum([0, *lengths], dtype=np.int64)
    digest = hashlib.sha256()
    with replacing_folder(folder) as new:
        with (new / "data.npy").open("wb") as file:
            header = {"descr": np.lib.format.dtype_to_descr(dtypes.pop()), "fortran_order": False}
            np.lib.format.write_array_header_1_0(file, header | {"shape": (int(offsets[-1]), *shapes.pop())})
            for array in arrays():
                raw = np.ascontiguousarray(array).tobytes()
                digest.update(raw)
                file.write(raw)
        np.save(new / "offsets.npy", offsets)
        digest.update(offsets.tobytes())
        (new / "store.json").write_text(canonical_json(info | {"hash": digest.hexdigest()}), encoding="utf-8")
