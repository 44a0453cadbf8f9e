"""Exact signals of windows too wide to be counted again: their sum runs from block to block."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.signals.decimals import filtered, ticks
from barwise.stages.signals.decimals import means as averages
from barwise.stages.signals.trailing import refuse_infinite

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.trailing import Trailing

LARGEST_SUM = 2**62  # half of what int64 holds, so that no difference of two sums overflows
BLOCK_BARS = 1 << 14


class Sum(NamedTuple):
    """How many closes of the window are not missing, and their sum where known.

    total: in units of 10**-scale; None where it would cost the whole window to find.
    """

    present: int = 0
    scale: int = 0
    total: int | None = 0


@np.errstate(all="ignore")  # as in counted.py
def signals(
    closes: Closes,
    before: Trailing,
    so_far: Sum,
    window: int,
    out: Signals,
    means: Closes | None,
) -> tuple[Trailing, Sum]:
    """Writes the signals and `means` of the next closes; gives what trails after them, its sum."""
    refuse_infinite(closes)
    leaving, trailing = before.slide(closes, window)
    present = so_far.present + np.cumsum(~np.isnan(closes)) - np.cumsum(~np.isnan(leaving))
    full = present == window
    out[:] = 0
    if means is not None:
        means[:] = np.nan
    scale, total = 0, None
    if so_far.total is not None or full.any():
        grid = _grid(closes, leaving, before, so_far, window)
        if grid is None:
            known = so_far.total if so_far.scale == ticks.UNIT_SCALE else None
            out[:], total = filtered.decided(before.joined(), closes, full, window, known)
            scale = ticks.UNIT_SCALE
            if means is not None and full.any():
                held = before.joined()
                values = np.concatenate((held, closes))
                means[:] = averages.of_decimals(values, len(held), window)
        else:
            scale, at_start = grid
            counted = ticks.to_ticks(closes, scale)
            totals = at_start + np.cumsum(counted - ticks.to_ticks(leaving, scale))
            out[:] = full & (counted * window > totals)
            if means is not None and full.any():
                means[full] = averages.of_sums(totals[full], scale, window)
            total = int(totals[-1])
    return trailing, Sum(int(present[-1]), scale, total)


def _grid(
    closes: Closes, leaving: Closes, before: Trailing, so_far: Sum, window: int
) -> tuple[int, int] | None:
    """The scale on which all closes at hand are ticks, and the window's sum before them on it.

    None where there is no such scale, or where a sum or product of ticks could leave int64.
    """
    scale, total = None, 0
    if so_far.total is not None:
        scale = ticks.common_scale(so_far.scale, closes, leaving)
        if scale is not None:
            total = so_far.total * 10 ** (scale - so_far.scale)
    if scale is None:  # begin again: perhaps what fitted no grid has left the window
        held = before.joined()
        scale = ticks.common_scale(0, closes, held)
        if (
            scale is None
            or len(held) * ticks.largest(held) * ticks.power_of_ten(scale) >= LARGEST_SUM
        ):
            return None
        total = int(ticks.to_ticks(held, scale).sum())
    largest = max(ticks.largest(closes), ticks.largest(leaving)) * ticks.power_of_ten(scale)
    if max(window * largest, abs(total) + 2 * len(closes) * largest) >= LARGEST_SUM:
        return None
    return scale, total
