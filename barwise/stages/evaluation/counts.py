"""Counts of a signal, and of the close after it, in whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.signals.decimals import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes

    Which = NDArray[np.bool_]


class Counts(NamedTuple):
    """Of bars whose close is known.

    bars: how many.
    ones: whose signal is 1.
    switches: whose signal is another than that of the bar before.
    held: that come with the position on, of those with a bar before.
    in_bars, in_up, in_same: after a signal of 1; whose close is above, or the same as, the one
        before.
    out_bars, out_up, out_same: likewise after a signal of 0.
    entries, exits: with such a fill.
    """

    bars: int = 0
    ones: int = 0
    switches: int = 0
    held: int = 0
    in_bars: int = 0
    in_up: int = 0
    in_same: int = 0
    out_bars: int = 0
    out_up: int = 0
    out_same: int = 0
    entries: int = 0
    exits: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(*map(int.__add__, self, other))


def rises_of(
    last: Closes, now: Closes, units: NDArray[np.float64] | None = None
) -> tuple[Which, Which]:
    """Which closes are above the one before, and which are the same.

    With `units`, the returns in units of 2**-48, as the decimals that closes stand for: those of
    different closes may be the same where the return is so small that it rounds to 0.
    """
    up, same = now > last, now == last
    if units is not None:
        is_zero = units == 0
        if np.count_nonzero(is_zero) > np.count_nonzero(same):
            near = np.flatnonzero(is_zero & ~same)
            up[near], same[near] = _in_decimal(last[near], now[near])
    return up, same


def _in_decimal(last: Closes, now: Closes) -> tuple[Which, Which]:
    """The same of the decimals that closes stand for; see `ticks.py`."""
    scale = ticks.common_scale(0, last, now)
    if scale is not None:
        before, after = ticks.to_ticks(last, scale), ticks.to_ticks(now, scale)
        return after > before, after == before
    pairs = [
        (ticks.decimal(one), ticks.decimal(other))
        for one, other in zip(last.tolist(), now.tolist(), strict=True)
    ]
    return (
        np.array([other > one for one, other in pairs], np.bool_),
        np.array([other == one for one, other in pairs], np.bool_),
    )
