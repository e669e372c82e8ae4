"""Counts the media files that are opened, whoever opens them: Python itself, PyAV or soundfile."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import soundfile

SUFFIXES = (".mp4", ".wav", ".flac")
_listeners: list[Callable[[Any], None]] = []  # an audit hook stays for ever, so there is one for all


@contextmanager
def opened_media(root: Path) -> Iterator[list[str]]:
    """A list that grows by each media file below `root` that this process opens."""
    found: list[str] = []
    av_open, sound_file = av.open, soundfile.SoundFile

    def note(path: Any) -> None:
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if text.startswith(str(root)) and text.endswith(SUFFIXES):
            found.append(text)

    def counted_open(file: Any, *arguments: Any, **settings: Any) -> Any:
        note(file)
        return av_open(file, *arguments, **settings)

    def counted_sound_file(file: Any, *arguments: Any, **settings: Any) -> Any:
        note(file)
        return sound_file(file, *arguments, **settings)

    if not _listeners:
        sys.addaudithook(_hear)
    _listeners[:] = [note]
    av.open, soundfile.SoundFile = counted_open, counted_sound_file
    try:
        yield found
    finally:
        av.open, soundfile.SoundFile = av_open, sound_file
        _listeners[:] = [lambda path: None]


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        _listeners[0](arguments[0])
