"""Numbers that look random and are a pure function of their key, the same on every machine.

The key is mixed as SplitMix64 does it: Steele, Lea, Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014. NumPy promises a stream of numbers for one build alone (NEP 19).
"""

from __future__ import annotations

GOLDEN = 0x9E3779B97F4A7C15
MASK = 2**64 - 1


def mix(x: int) -> int:
    """64 bits, each of which depends on each of `x`.

    >>> hex(mix(12345))
    '0xf36cf1164265dd51'
    """
    x &= MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def chosen(seed: int, series: int, count: int) -> int:
    """One of `count` things by a config's seed and the number of a series.

    >>> [chosen(42, series, 100) for series in range(5)]
    [8, 68, 26, 66, 90]
    """
    return (mix(mix((seed + 1) * GOLDEN) + (series + 1) * GOLDEN) * count) >> 64
