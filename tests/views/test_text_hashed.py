"""`text.hashed`, by another route."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia


def plain_hash(word: str) -> np.ndarray:
    row = np.zeros(128)
    framed = f"<{word}>"
    for gram in [framed[i : i + n] for n in (3, 4, 5) for i in range(len(framed) - n + 1)]:
        code = zlib.crc32(gram.encode("utf-8"))
        row[(code // 2) % 128] += 1 if code % 2 else -1
    return row / np.sqrt((row**2).sum())


def hashed(text: str | None) -> np.ndarray:
    return make_extractor("text.hashed").extract(ClipMedia(clip_id="a", root=Path(), text=text))


def test_words_are_hashed_in_order() -> None:
    view = hashed("Kids are\n talking")
    assert np.allclose(view, [plain_hash(word) for word in ("kids", "are", "talking")], atol=1e-6)


def test_spelling_variants_of_unicode_and_case_are_one_word() -> None:
    assert np.array_equal(hashed("Straße ﬁne É"), hashed("STRASSE fine é"))


def test_related_words_lie_closer_than_unrelated_ones() -> None:
    happy, unhappy, door = hashed("happy unhappy door")
    assert happy @ unhappy > 0.4 > abs(happy @ door)


@pytest.mark.parametrize("text", [None, "", " \n\t "])
def test_empty_text_is_absent(text: str | None) -> None:
    assert hashed(text).shape == (0, 128)


def test_every_row_has_length_one_down_to_one_letter() -> None:
    view = hashed("a I 9 … naïve supercalifragilistic 你好")
    assert np.allclose(np.linalg.norm(view, axis=1), 1)
