"""Closes for signals of many windows: counted in ticks, whose running sums all windows share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.signals import exact
from barwise.stages.signals.decimals import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes

    Whole = NDArray[np.int64]
    QuickSums = tuple[Whole, Whole]

MOST = 1 << 62  # of window times fast times the spread of ticks: what is compared fits int64


class Counted(NamedTuple):
    """Known closes that follow each other.

    closes: of each.
    runs: up to each, how many of them follow each other without a gap.
    sums: running sums of their ticks, from 0 on; None where they are not on one grid.
    """

    closes: Closes
    runs: Whole
    sums: Whole | None

    def quick(self, fast: int) -> QuickSums | None:
        """The sum of the last `fast` ticks up to each close, and `fast` times the running sums."""
        if self.sums is None:
            return None
        quick = self.sums[1:].copy()
        quick[fast:] -= self.sums[1:-fast]
        return quick, self.sums * fast if fast > 1 else self.sums


@np.errstate(all="ignore")
def counted(at: NDArray[np.int64], closes: Closes, reach: int) -> Counted:
    """Of closes at positions of their series; `reach`: the largest window times fast."""
    places = np.arange(len(at))
    is_first = np.ones(len(at), np.bool_)
    np.not_equal(at[1:] - at[:-1], 1, out=is_first[1:])
    runs = places + 1 - np.maximum.accumulate(np.where(is_first, places, 0))
    scale = ticks.common_scale(0, closes)
    if scale is None:
        return Counted(closes, runs, None)
    whole = ticks.to_ticks(closes, scale)
    low, high = int(whole.min()), int(whole.max())
    if (high - low) * reach >= MOST:
        return Counted(closes, runs, None)
    sums = np.zeros(len(whole) + 1, np.int64)
    np.cumsum(whole - low, out=sums[1:])
    return Counted(closes, runs, sums)


def signals(held: Counted, window: int, fast: int, begin: int, end: int) -> NDArray[np.bool_]:
    """The signals at the closes from one index to another, by whatever integers it takes."""
    is_full = held.runs[begin:end] >= window
    is_above = np.zeros(end - begin, np.bool_)
    first = max(begin, window - 1)
    if first >= end:
        return is_above
    sums = held.sums
    if sums is None and fast == 1:
        before = held.closes[max(0, begin - window + 1) : begin]
        computed, _ = exact.step(held.closes[begin:end], exact.after(before, window), window)
        return computed.view(np.bool_) & is_full
    if sums is None:  # decimals of any size, as Python's integers
        begin_of_sums = first + 1 - window
        values = [ticks.decimal(close) for close in held.closes[begin_of_sums:end].tolist()]
        sums = np.cumsum(np.array([0, *values], object))
        shift = begin_of_sums
    else:
        shift = 0
    ends = np.arange(first + 1, end + 1) - shift
    quick = sums[ends] - sums[np.maximum(0, ends - fast)]
    above = window * quick - fast * (sums[ends] - sums[ends - window])
    is_above[first - begin :] = above > 0
    return is_above & is_full
