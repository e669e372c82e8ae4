"""Checks of a dataset that anyone can run: does its folder give a manifest that episodes can be drawn from?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args, get_type_hints

from stf2m_bench.checks import Check, check_faults
from stf2m_bench.datasets.base.continuous import clips_in
from stf2m_bench.datasets.base.corpus_files import corpus_file, is_there
from stf2m_bench.datasets.base.emotions import canonical_emotions
from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.manifest import PATHS, find_faults, load_loader
from stf2m_bench.datasets.base.side_tables import LFS_POINTER
from stf2m_bench.datasets.base.signals import file_of
from stf2m_bench.errors import BenchError

_MODALITIES = {"video", "audio", "text", "signal"}
_TRACKS = {"new-subjects", "personal", "new-stimuli", "new-emotions", "new-corpus"}


def check_dataset(dataset: str, root: Path) -> list[Check]:
    """Every check of one dataset as it lies in `root`; nothing is written, nothing decoded.

    Raises:
        UnknownNameError: there is no such loader.
    """
    loader = load_loader(dataset)
    card = check_faults("card", _card_faults(loader.card), "complete the card in the loader's file")
    before = _listing(root)
    try:
        clips = sorted(loader.scan(root), key=lambda clip: clip.clip_id)
        again = sorted(loader.scan(root), key=lambda clip: clip.clip_id)
        tables = loader.tables(root)
    except BenchError as error:
        return [card, Check("scan", False, str(error))]
    if not clips:
        return [card, Check("scan", False, f"no clip was found in {root}; expected: {loader.card.access}")]
    files = {path for clip in clips for path in (clip.video, clip.audio) if path}
    files |= {file_of(clip.signal) for clip in clips if clip.signal}
    files |= {table.path for table in tables.values()}
    return [
        card,
        Check("scan", True, f"{len(clips)} clips"),
        check_faults("scan repeats", _differences(clips, again), "scan must tell the same each time"),
        check_faults("pure reading", _changes(before, _listing(root)), "scan must not write into the dataset's folder"),
        check_faults("manifest", find_faults(clips, root, loader.card), "mend them in the data or the loader"),
        check_faults("media", _media_faults(root, files), "fetch these files again"),
        _check_emotions(clips, loader.card),
        _check_subjects(clips, loader.card),
        check_faults("recordings", list(_recording_faults(clips)), "clips recorded in one go share one recording"),
        *_check_ratings(loader, root),
    ]


def _check_ratings(loader: Loader, root: Path) -> Iterator[Check]:
    """Whether ratings given all the while can be cut into windows of a second; nothing where there are none."""
    try:
        rated = {trace.whole.clip_id: len(list(clips_in(trace, length=1.0))) for trace in loader.traces(root)}
    except BenchError as error:
        yield Check("ratings", False, str(error))
        return
    faults = [f"clip '{clip}' has no second rated without a gap" for clip, seconds in rated.items() if not seconds]
    if rated:
        yield check_faults("ratings", faults, "ratings may be half a second apart; resample them, mend their stamps")


def _card_faults(card: Card) -> list[str]:
    own = card.subjects is None  # a table of one's own: its owner knows what to cite
    needed = ("title", "licence", "access", "emotions", "modalities", "tracks", *(() if own else ("citation",)))
    faults = [f"{name} is empty" for name in needed if not getattr(card, name)]
    faults += [f"emotion '{name}' is not canonical" for name in card.emotions if name not in canonical_emotions()]
    faults += [f"there is no modality '{name}'" for name in card.modalities if name not in _MODALITIES]
    faults += [f"there is no track '{name}'" for name in card.tracks if name not in _TRACKS]
    if card.verified not in get_args(get_type_hints(Card)["verified"]):
        faults.append(f"verified is '{card.verified}'")
    if card.emotion_is not in get_args(get_type_hints(Card)["emotion_is"]):
        faults.append(f"emotion_is '{card.emotion_is}'")
    return faults


def _listing(root: Path) -> dict[str, tuple[int, int]]:
    """Path -> size and time of change of everything below `root`."""
    stats = {str(path.relative_to(root)): path.lstat() for path in root.rglob("*")}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


def _changes(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> list[str]:
    return [f"{path} changed" for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


def _differences(clips: list[Clip], again: list[Clip]) -> list[str]:
    if len(clips) != len(again):
        return [f"{len(clips)} clips, then {len(again)}"]
    return [f"clip '{one.clip_id}' differs" for one, other in zip(clips, again, strict=True) if one != other]


def _media_faults(root: Path, files: Iterable[str]) -> list[str]:
    faults = []
    for path in sorted(files):
        if not is_there(root, path):
            faults.append(f"{path} does not exist")
            continue
        with corpus_file(root, path).open() as file:
            head = file.read(len(LFS_POINTER))
        if not head:
            faults.append(f"{path} is empty")
        elif head == LFS_POINTER:
            faults.append(f"{path} is a Git LFS pointer, not the media (git lfs pull)")
    return faults


def _check_emotions(clips: list[Clip], card: Card) -> Check:
    found = {clip.emotion for clip in clips}
    if card.subjects is None:
        return Check("emotions", None, "the table is its owner's: no emotion is promised")
    missing = [f"'{emotion}' has no clip" for emotion in card.emotions if emotion not in found]
    return check_faults("emotions", missing, "find their files, or take them off the card")


def _check_subjects(clips: list[Clip], card: Card) -> Check:
    count, what = len({clip.subject for clip in clips}), "subjects" if card.people_known else "groups of unknown people"
    if count < 2:
        return Check("subjects", False, f"the folder holds {count} subject; episodes of new people need at least 2")
    if card.subjects is not None and count > card.subjects:
        return Check("subjects", False, f"the folder holds {count} {what}, the card says {card.subjects}; mend one")
    part = card.subjects is not None and count < card.subjects
    return Check("subjects", True, f"{count} of {card.subjects} {what} are here" if part else f"{count} {what}")


def _recording_faults(clips: list[Clip]) -> Iterator[str]:
    """No recording runs over two sessions; no second of a file is in two recordings."""
    sessions: dict[str, set[str | None]] = defaultdict(set)
    stretches: dict[str, list[tuple[float, float, str, str]]] = defaultdict(list)
    for clip in clips:
        recording = clip.recording or clip.clip_id
        sessions[recording].add(clip.session)
        end = float("inf") if clip.end is None else clip.end
        for path in {getattr(clip, kind) for kind in PATHS} - {None}:
            stretches[path].append((clip.start or 0.0, end, recording, clip.clip_id))
    for recording, names in sessions.items():
        if len(names) > 1:
            yield f"recording '{recording}' is in the sessions {', '.join(sorted(map(str, names)))}"
    for path, parts in sorted(stretches.items()):
        _, end, recording, clip_id = min(parts)
        for start, its_end, other, other_id in sorted(parts)[1:]:
            if start < end and recording != other:
                yield f"{path}: clips '{clip_id}' and '{other_id}' overlap, but are of two recordings"
            if its_end > end:
                end, recording, clip_id = its_end, other, other_id
