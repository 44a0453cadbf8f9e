"""Numbers that look random and are a pure function of their key, the same on every machine.

The key is mixed as SplitMix64 does it: Steele, Lea, Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014. NumPy promises a stream of numbers for one build alone (NEP 19).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

GOLDEN = 0x9E3779B97F4A7C15
MASK = 2**64 - 1


def mix(words: Words) -> Words:
    """64 bits for each of the words, each of which depends on each bit of the word.

    >>> hex(mix(np.array([12345], np.uint64))[0])
    '0xf36cf1164265dd51'
    """
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def of_seed(seed: int) -> Words:
    """One word for the seed of a config."""
    return mix(np.array([(seed + 1) * GOLDEN & MASK], np.uint64))


def chosen(seed: int, series: int, count: int) -> int:
    """One of `count` things by a config's seed and the number of a series.

    >>> [chosen(42, series, 100) for series in range(5)]
    [8, 68, 26, 66, 90]
    """
    word = mix(of_seed(seed) + np.uint64((series + 1) * GOLDEN & MASK))
    return (int(word[0]) * count) >> 64
