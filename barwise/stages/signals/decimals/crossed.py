"""Exact crossings: two means of ticks and a band are compared in integers.

With F the sum of the `fast` last ticks and S that of the last `window`, a band of part / unit, and
gap = window * F - fast * S, the fast mean is above the upper line where

    unit * gap > part * fast * S

and not above the lower one where unit * gap <= -part * fast * S. The gap is less than window *
fast times the spread of the ticks, so that int64 holds the left side where prices are large, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.stages.signals.decimals import counted, filtered, ticks
from barwise.stages.signals.decimals import means as averages
from barwise.stages.signals.hysteresis import held_within
from barwise.stages.signals.trailing import refuse_infinite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes
    from barwise.stages.signals.decimals.counted import Scratch
    from barwise.stages.signals.lines import Lines, Written

BLOCK_BARS = 1 << 14  # or the window, if that is more: as many are counted before a block


class Decided(NamedTuple):
    """Of each bar whether it is above the upper line, and whether it is not above the lower one.

    Where the window is not full, it is off. Without a band nobody asks where it is off.
    """

    on: NDArray[np.bool_]
    off: NDArray[np.bool_]


def signals(
    held: Closes,
    closes: Closes,
    scale: int | None,
    last: int,
    lines: Lines,
    out: Written,
    scratch: Scratch,
) -> tuple[int | None, int]:
    """Writes what comes of `closes`, which follow the last `window` closes, `held`.

    `scale` is that of the series' ticks as far as known, `last` the signal before; gives both as
    they are then.
    """
    first = 0

    def compute(before: Closes, values: Closes, power: float) -> int:
        nonlocal last
        crossing, to = (lines.fast, *lines.band, last), out.signals[len(closes) - len(values) :]
        computed: int
        computed, last = kernels.kernel.exact_crossed(
            before, values, lines.window, power, crossing, to
        )
        return computed

    while first < len(closes):
        computed = 0
        if out.means is None and out.fast_means is None:
            scale, computed = counted.by_kernel(
                held, closes, first, scale, lines.window, compute, scratch
            )
        first += computed
        end = min(first + max(BLOCK_BARS, lines.window), len(closes))
        if first < end:
            values, before = counted.with_window(held, closes, first, end, lines.window, scratch)
            to = out.cut(slice(first, end))
            scale, last = _block(values, before, scale, last, lines, to, scratch)
            first = end
    return scale, last


@np.errstate(all="ignore")  # as in counted.py
def _block(
    values: Closes, before: int, scale: int | None, last: int, lines: Lines, out: Written,
    scratch: Scratch,
) -> tuple[int | None, int]:  # fmt: skip
    """Writes what comes of `values[before:]`; gives the scale that they are on, if on any."""
    refuse_infinite(values)
    if len(values) < lines.window and out.fast_means is None:  # not even one window
        out.signals[:] = 0
        if out.means is not None:
            out.means[:] = np.nan
        return scale, 0
    size = len(out.signals)
    decided = Decided(scratch.of("on", np.bool_, size), scratch.of("off", np.bool_, size))
    scale = _decide(values, before, scale, lines, decided, out, scratch)
    if not lines.band[0]:
        np.copyto(out.signals, decided.on)
        return scale, 0
    return scale, held_within(decided.on, decided.off, last, out.signals, scratch)


def _decide(
    values: Closes, before: int, scale: int | None, lines: Lines, decided: Decided, out: Written,
    scratch: Scratch,
) -> int | None:  # fmt: skip
    """Decides `values[before:]` and writes their means; gives the scale that they are on."""
    if scale is None:  # the first bars mostly tell
        scale = counted.scale_of_first(values)
    if scale is not None and _in_ticks(values, before, scale, lines, decided, out, scratch):
        return scale
    scale = ticks.common_scale(0, values)
    if scale is not None and _in_ticks(values, before, scale, lines, decided, out, scratch):
        return scale
    filtered.crossed(values, before, lines, decided.on, decided.off)
    for column, bars in ((out.means, lines.window), (out.fast_means, lines.fast)):
        if column is not None:
            column[:] = averages.of_decimals(values, before, bars)
    return None


def _in_ticks(
    values: Closes, before: int, scale: int, lines: Lines, decided: Decided, out: Written,
    scratch: Scratch,
) -> bool:  # fmt: skip
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
    if reach < 2**31 and not part:  # sums of int32 may wrap around
        of_float -= low
        _compare(of_float, before, np.int32, lines, decided, scratch)
    else:
        _compare(of_float, before, np.int64, lines, decided, scratch)
    if gaps.size:
        full = filtered.without_gap(values, lines.window)[before:]
        np.logical_and(decided.on, full, out=decided.on)
        np.logical_or(decided.off, ~full, out=decided.off)
    return True


def _compare(
    counted_ticks: Closes, before: int, kind: Any, lines: Lines, out: Decided, scratch: Scratch
) -> None:
    """Decides by the sums of ticks, of a type that holds both sides of each comparison."""
    size, (part, unit), window = len(counted_ticks), lines.band, lines.window
    whole, sums = scratch.of("whole", kind, size + 1), scratch.of("sums", kind, size + 1)
    whole[0] = 0
    np.copyto(whole[1:], counted_ticks, casting="unsafe")
    np.add.accumulate(whole, out=sums)
    warm_up = min(max(0, window - 1 - before), len(out.on))
    out.on[:warm_up], out.off[:warm_up] = False, True
    first = before + warm_up + 1  # of the sums that end a window
    if first > size:
        return
    slow, gap = (scratch.of(name, kind, size + 1 - first) for name in ("slow", "gap"))
    np.subtract(sums[first:], sums[first - window : size + 1 - window], out=slow)
    if lines.fast == 1:
        np.multiply(whole[first:], window, out=gap)
    else:
        np.subtract(sums[first:], sums[first - lines.fast : size + 1 - lines.fast], out=gap)
        gap *= window
        slow *= lines.fast
    gap -= slow
    if part:
        gap *= unit
        slow *= part
        np.greater(gap, slow, out=out.on[warm_up:])
        gap += slow
        np.less_equal(gap, 0, out=out.off[warm_up:])
    else:
        np.greater(gap, 0, out=out.on[warm_up:])


def _write_means(
    values: Closes, of_float: Closes, gaps: NDArray[np.intp], before: int, scale: int,
    lines: Lines, largest: float, out: Written,
) -> None:  # fmt: skip
    """The correctly rounded means, as far as somebody asks."""
    for column, bars in ((out.means, lines.window), (out.fast_means, lines.fast)):
        if column is not None:
            column[:] = averages.of_ticks(of_float, scale, bars, largest)[before:]
            if gaps.size:
                column[~filtered.without_gap(values, bars)[before:]] = np.nan
