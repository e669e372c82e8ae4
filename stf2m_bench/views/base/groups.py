"""Which clips are extracted together: each for itself, all of a subject, or all of a dataset."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal

from stf2m_bench.files import hash_of
from stf2m_bench.views.base.media import ClipMedia

if TYPE_CHECKING:
    from stf2m_bench.datasets.base.manifest import Manifest


def groups(manifest: Manifest, scope: Literal["clip", "subject", "dataset"]) -> dict[str, str]:
    """Clip id -> the name of its group; empty where each clip is extracted for itself."""
    if scope == "clip":
        return {}
    table = manifest.table
    names = table["subject"] if scope == "subject" else [manifest.dataset] * len(table)
    return dict(zip(table["clip_id"], names, strict=True))


def of_groups(made_of: dict[str, str], group_of: dict[str, str]) -> dict[str, str]:
    """What each clip was made of: itself, and all that its group was made of, so that no group is half new."""
    members: dict[str, list[list[str]]] = {}
    for clip, group in group_of.items():
        members.setdefault(group, []).append([clip, made_of[clip]])
    return made_of | {clip: hash_of([made_of[clip], *members[group]])[:16] for clip, group in group_of.items()}


def chunks(clips: list[ClipMedia], group_of: dict[str, str], most: int) -> list[list[ClipMedia]]:
    """What one job extracts: at most so many clips, or all of one group (which follow one another)."""
    if not group_of:
        return [clips[i : i + most] for i in range(0, len(clips), most)]
    return [list(group) for _, group in groupby(clips, lambda clip: group_of[clip.clip_id])]
