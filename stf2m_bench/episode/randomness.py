"""Counter-based random words that outlive any library: Philox4x64-10 and our own bounded draws.

Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC'11).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = 2**64 - 1
_MULTIPLY = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Four 64-bit words of Philox4x64 with ten rounds."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product0, product1 = _MULTIPLY[0] * c0, _MULTIPLY[1] * c2
        c0, c1, c2, c3 = (
            (product1 >> 64) ^ c1 ^ k0,
            product1 & _MASK,
            (product0 >> 64) ^ c3 ^ k1,
            product0 & _MASK,
        )
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return c0, c1, c2, c3


class Words:
    """A stream of random words keyed by any values; equal keys give equal streams, everywhere and always."""

    def __init__(self, *key: str | int) -> None:
        digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
        self._key = (int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little"))
        self._block = 0
        self._left: list[int] = []

    def next(self) -> int:
        """The next word, uniform on [0, 2^64)."""
        if not self._left:
            self._left = list(philox((self._block, 0, 0, 0), self._key))[::-1]
            self._block += 1
        return self._left.pop()

    def below(self, n: int) -> int:
        """Uniform on [0, n), without bias (Lemire 2019, ACM TOMACS 29(1), with rejection)."""
        product = self.next() * n
        if (product & _MASK) < n:
            threshold = (2**64 - n) % n
            while (product & _MASK) < threshold:
                product = self.next() * n
        return product >> 64

    def choice(self, items: Sequence[T]) -> T:
        """One item, uniformly."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence[T], k: int) -> list[T]:
        """`k` different items in random order; costs O(k), however many items there are."""
        pile = Pile(len(items), self)
        return [items[pile.take()] for _ in range(k)]


class Pile:
    """The numbers 0 .. n-1 in random order, taken one by one: Fisher-Yates that stores only what was moved."""

    def __init__(self, n: int, words: Words) -> None:
        self.left = n
        self._words = words
        self._moved: dict[int, int] = {}

    def take(self) -> int:
        """The next number. Raises IndexError when none is left."""
        if not self.left:
            raise IndexError("the pile is empty")
        place = self._words.below(self.left)
        self.left -= 1
        taken = self._moved.get(place, place)
        self._moved[place] = self._moved.get(self.left, self.left)
        return taken
