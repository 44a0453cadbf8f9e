"""Bars and signals of a part, in integers, so that parts merge in any order."""

from __future__ import annotations

from typing import NamedTuple


class Tally(NamedTuple):
    """Bars and signals of a part, a series or a run.

    bars: how many.
    ones: those whose signal is 1.

    >>> Tally(3, 1) + Tally(2, 2)
    Tally(bars=5, ones=3)
    """

    bars: int = 0
    ones: int = 0

    def __add__(self, other: Tally) -> Tally:  # type: ignore[override]
        return Tally(self.bars + other.bars, self.ones + other.ones)
