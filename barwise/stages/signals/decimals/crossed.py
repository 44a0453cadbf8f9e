"""Exact crossings: two means of ticks and a band are compared in integers.

With F the sum of the `fast` last ticks and S that of the last `window`, a band of part / unit, and
gap = window * F - fast * S, the fast mean is above the upper line where

    unit * gap > part * fast * S

and not above the lower one where unit * gap <= -part * fast * S. The gap is less than window *
fast times the spread of the ticks, so that int64 holds the left side where prices are large, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.stages.signals.decimals import counted, filtered, ticks
from barwise.stages.signals.decimals import means as averages
from barwise.stages.signals.trailing import refuse_infinite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes
    from barwise.stages.signals.crossing import Decided, Lines
    from barwise.stages.signals.decimals.counted import Scratch

BLOCK_BARS = 1 << 14  # or the window, if that is more: as many are counted before a block


def decide(
    held: Closes, closes: Closes, scale: int | None, lines: Lines, out: Decided, scratch: Scratch
) -> int | None:
    """Writes what is decided of `closes`, which follow the last `window` closes, `held`.

    `scale` is that of the series' ticks as far as known; gives it as it is known then.
    """
    window = lines.window
    size = max(BLOCK_BARS, min(window, len(closes)))
    for first in range(0, len(closes), size):
        end = min(first + size, len(closes))
        values, before = counted.with_window(held, closes, first, end, window, scratch)
        refuse_infinite(values)
        scale = _block(values, before, scale, lines, out.cut(slice(first, end)), scratch)
    return scale


@np.errstate(all="ignore")  # as in counted.py
def _block(
    values: Closes, before: int, scale: int | None, lines: Lines, out: Decided, scratch: Scratch
) -> int | None:
    """Decides `values[before:]`; gives the scale that they are on, if on any."""
    if len(values) < lines.window and out.fast_means is None:  # not even one window
        _undefined(out)
        return scale
    for known in (scale, counted.scale_of_first(values) if scale is None else None):
        if known is not None and _in_ticks(values, before, known, lines, out, scratch):
            return known
    scale = ticks.common_scale(0, values)
    if scale is not None and _in_ticks(values, before, scale, lines, out, scratch):
        return scale
    filtered.crossed(values, before, lines, out)
    for column, bars in ((out.means, lines.window), (out.fast_means, lines.fast)):
        if column is not None:
            column[:] = averages.of_decimals(values, before, bars)
    return None


def _undefined(out: Decided) -> None:
    out.on[:] = False
    if out.off is not None:
        out.off[:] = True
    if out.means is not None:
        out.means[:] = np.nan


def _in_ticks(
    values: Closes, before: int, scale: int, lines: Lines, out: Decided, scratch: Scratch
) -> bool:
    """Decides `values[before:]`, if all are ticks of the scale, and few enough."""
    size = len(values)
    of_float = scratch.of("counted", float, size)
    gaps = counted.count(values, scale, of_float, scratch)
    if gaps is None:
        return False
    if len(gaps) == size:
        of_float[:] = 0
        low, high = 0.0, 0.0
    else:
        low, high = float(np.fmin.reduce(of_float)), float(np.fmax.reduce(of_float))
    largest = max(high, -low)
    if largest >= ticks.LARGEST_TICK:
        return False
    part, unit = lines.band
    area = lines.window * lines.fast
    reach = unit * area * int(high - low) + part * area * int(largest)
    if reach >= 2**63:
        return False
    of_float[gaps] = low
    _write_means(values, of_float, gaps, before, scale, lines, largest, out)
    _write_decided(of_float, before, lines, reach < 2**31 and not part, low, out, scratch)
    if gaps.size:
        full = filtered.without_gap(values, lines.window)[before:]
        out.on[:] &= full
        if out.off is not None:
            out.off[:] |= ~full
    return True


def _write_decided(
    of_float: Closes, before: int, lines: Lines, is_narrow: bool, low: float, out: Decided,
    scratch: Scratch,
) -> None:  # fmt: skip
    """Compares the sums of ticks; of narrow ones from `low` on, in int32, which wraps around."""
    size, (part, unit) = len(of_float), lines.band
    kind: Any = np.int32 if is_narrow else np.int64
    if is_narrow:
        of_float -= low
    whole, sums = scratch.of("whole", kind, size + 1), scratch.of("sums", kind, size + 1)
    np.copyto(whole[1:], of_float, casting="unsafe")
    whole[0] = sums[0] = 0
    np.add.accumulate(whole[1:], out=sums[1:])
    warm_up = min(max(0, lines.window - 1 - before), len(out.on))  # of bars that are decided
    out.on[:warm_up] = False
    if out.off is not None:
        out.off[:warm_up] = True
    first = before + warm_up + 1  # of `sums` that end a whole window
    if first > size:
        return
    slow = scratch.of("slow", kind, size + 1 - first)
    gap = scratch.of("gap", kind, size + 1 - first)
    np.subtract(sums[first:], sums[first - lines.window : size + 1 - lines.window], out=slow)
    if lines.fast == 1:
        np.multiply(whole[first:], lines.window, out=gap)
    else:
        np.subtract(sums[first:], sums[first - lines.fast : size + 1 - lines.fast], out=gap)
        gap *= lines.window
        slow *= lines.fast
    gap -= slow
    if not part:
        np.greater(gap, 0, out=out.on[warm_up:])
        if out.off is not None:
            np.less_equal(gap, 0, out=out.off[warm_up:])
        return
    gap *= unit
    slow *= part
    np.greater(gap, slow, out=out.on[warm_up:])
    if out.off is not None:
        gap += slow
        np.less_equal(gap, 0, out=out.off[warm_up:])


def _write_means(
    values: Closes, of_float: Closes, gaps: NDArray[np.intp], before: int, scale: int,
    lines: Lines, largest: float, out: Decided,
) -> None:  # fmt: skip
    """The correctly rounded means, as far as somebody asks."""
    for column, bars in ((out.means, lines.window), (out.fast_means, lines.fast)):
        if column is not None:
            column[:] = averages.of_ticks(of_float, scale, bars, largest)[before:]
            if gaps.size:
                column[~filtered.without_gap(values, bars)[before:]] = np.nan
