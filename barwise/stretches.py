"""One long series in stretches, which workers can compute side by side.

Only where an arithmetic can begin anywhere; how a series is cut changes no bit of its signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from barwise.arithmetic import Arithmetic
    from barwise.batch import Closes

STRETCH_BARS = 1 << 18  # that a worker takes at least
CUT_BARS = 1 << 12  # stretches begin where a block of the digest does


class Stretch(NamedTuple):
    """Closes of one series that follow each other, and the carry before them."""

    carry: Any
    closes: list[Closes]


def share(bars: int, workers: int) -> int:
    """How many of so many bars of one series a worker takes."""
    return max(STRETCH_BARS, -(-bars // workers))


def stretches(
    arrays: Iterable[Closes], carry: Any, position: int, chosen: Arithmetic, window: int, bars: int
) -> Iterator[Stretch]:
    """Successive closes of a series, cut after some `bars` where the arithmetic can begin anew.

    `carry` is the one before them, and `position` their place in the series.
    """
    current, size = Stretch(carry, []), 0
    before: Closes = np.empty(0)
    for closes in arrays:
        first = 0
        while first < len(closes):
            if size >= bars and len(before) >= window:
                resumed = chosen.resumed(before, window)
                if resumed is not None:
                    yield current
                    current, size = Stretch(resumed, []), 0
            end = len(closes)
            if size < bars:
                wanted = first + bars - size
                end = min(end, wanted + -(position + wanted) % CUT_BARS)
            current.closes.append(closes[first:end])
            size += end - first
            before = closes[:end]
            first = end
        position += len(closes)
    yield current
