"""Words as hashed character n-grams: no vocabulary, no training, the same numbers on every machine."""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia


@dataclass(frozen=True)
class HashedTextParams:
    """Settings of `text.hashed`.

    Attributes:
        buckets: length of a row.
        shortest, longest: characters in an n-gram; a word is framed by `<` and `>` first.
    """

    buckets: int = 128
    shortest: int = 3
    longest: int = 5


class HashedText(Extractor):
    """One row a word, in order, `[words, 128]`: signed counts of its character n-grams, of length 1 (L2).

    Signed feature hashing (Weinberger et al. 2009) of the n-grams of fastText (Bojanowski et al. 2017). Text is
    brought to Unicode form NFKC, case is folded, words part at white space; each n-gram's CRC-32 over UTF-8 gives
    bucket and sign. Empty text has no view.
    """

    version = 1
    media = ("text",)
    sites = "hash bucket"
    params = HashedTextParams()

    def extract(self, clip: ClipMedia) -> NDArray[np.float32]:
        """`[words, buckets]` float32."""
        words = unicodedata.normalize("NFKC", clip.text or "").casefold().split()
        rows = [_hashed_word(word, self.params) for word in words]
        return np.stack(rows) if rows else np.zeros((0, self.params.buckets), np.float32)


@lru_cache(maxsize=50_000)
def _hashed_word(word: str, params: HashedTextParams) -> NDArray[np.float32]:
    framed = f"<{word}>"
    counts = np.zeros(params.buckets, np.float32)
    for size in range(params.shortest, params.longest + 1):
        for start in range(max(1, len(framed) - size + 1)):
            code = zlib.crc32(framed[start : start + size].encode())
            counts[(code >> 1) % params.buckets] += 1 if code & 1 else -1
    length = np.linalg.norm(counts)
    if not length:  # its n-grams cancel each other out
        counts[zlib.crc32(framed.encode()) % params.buckets] = length = np.float32(1)
    return counts / length
