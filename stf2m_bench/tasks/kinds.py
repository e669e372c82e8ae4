"""Whose word the classes of a task are, for each of its datasets: kinds that are never merged silently."""

from __future__ import annotations

from stf2m_bench.datasets.base.manifest import load_loader
from stf2m_bench.errors import UnknownNameError
from stf2m_bench.tasks.protocol import Protocol

KINDS = {
    "intended": "what those who show it were asked to show",
    "induced": "what people were to feel by what they were shown or did",
    "perceived": "what others saw, heard or read in it",
    "reported": "what people told of themselves",
    "": "nobody's word alone, or not told whose",
}


def kinds_of(protocol: Protocol) -> dict[str, str]:
    """Dataset -> one of `KINDS`; empty as well where no loader is known here."""
    return {dataset: _kind_of(dataset, protocol) for dataset in protocol.datasets}


def is_mixed(protocol: Protocol) -> bool:
    """Whether the datasets of a task differ in whose word their classes are, or may do so."""
    kinds = set(kinds_of(protocol).values())
    return len(kinds) > 1 or (len(protocol.datasets) > 1 and "" in kinds)


def kinds_in_words(protocol: Protocol) -> str:
    """A sentence: of one kind, or of which kind in which dataset."""
    kinds = kinds_of(protocol)
    if not is_mixed(protocol):
        kind = next(iter(kinds.values()))
        return f"Classes are {kind or 'of no stated kind'}: {KINDS[kind]}."
    each = "; ".join(f"{dataset}: {kind or 'no stated kind'}, {KINDS[kind]}" for dataset, kind in kinds.items())
    if "" in kinds.values():
        return f"Classes may be of mixed kinds ({each})."
    return f"Classes are of mixed kinds ({each}): a figure of this task is of one kind against the other."


def _kind_of(dataset: str, protocol: Protocol) -> str:
    try:
        kind = load_loader(dataset).card.emotion_is
    except UnknownNameError:
        return ""
    if protocol.label not in ("emotion", "word"):  # made of ratings
        return {"induced": "reported", "intended": ""}.get(kind, kind)
    return "perceived" if protocol.relabelled else kind
