"""Signals that stay as they were where nothing decides, as those of a Schmitt trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Signals
    from barwise.bars.thread_arrays import ThreadArrays

BLOCK_BARS = 1 << 14
EVENS = np.arange(2, 2 * BLOCK_BARS + 2, 2, dtype=np.int32)


def held_within(
    on: NDArray[np.bool_], off: NDArray[np.bool_], last: int, out: Signals, scratch: ThreadArrays
) -> int:
    """Writes 1 where `on`, else 0 where `off`, else the signal before, at first `last`.

    Gives the last one. Bar i that decides has the number 2 i + 2 and its signal: the largest number
    up to a bar has the signal of that bar in its lowest bit.

    >>> on, off = np.array([False, True, False, False]), np.array([False, False, False, True])
    >>> out = np.empty(4, np.int8)
    >>> from barwise.bars.thread_arrays import ThreadArrays
    >>> held_within(on, off, 0, out, ThreadArrays()), out.tolist()
    (0, [0, 1, 1, 0])
    """
    for first in range(0, len(out), BLOCK_BARS):
        block = slice(first, first + BLOCK_BARS)
        size = len(out[block])
        numbers, decides = scratch.of("numbers", np.int32, size), scratch.of("decides", bool, size)
        np.logical_or(on[block], off[block], out=decides)
        np.add(EVENS[:size], on[block], out=numbers)
        np.multiply(numbers, decides, out=numbers)
        numbers[0] = max(int(numbers[0]), last)
        np.maximum.accumulate(numbers, out=numbers)
        np.bitwise_and(numbers, 1, out=numbers)
        np.copyto(out[block], numbers, casting="unsafe")
        last = int(out[first + size - 1])
    return last
