"""Exact decimal arithmetic: a close is above the mean, or it is not, and a tie is a tie.

A close is the decimal that the exchange printed (`ticks.py` says which). Closes on a decimal grid
are counted in ticks, and `close > mean` is decided in integers as `window * ticks > sum(ticks)`.
Where no grid fits, floats decide the bars that are clear by more
than their proven error and Python's integers the others. Every bar is decided without rounding,
so it does not matter how a series is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.arithmetic import ticks
from barwise.arithmetic.trailing import Trailing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Closes, Signals

LARGEST_SUM = 2**62  # half of what int64 holds, so that no difference of two sums overflows
UNIT = 2.0**-53  # relative error of one float64 rounding
SMALLEST = 2.0**-1074  # the smallest positive float64, twice the error of a rounding below normal


class Carry(NamedTuple):
    """What the window holds: its closes, how many are not missing, and their sum where known.

    total: in ticks of 10**-scale; None after bars that fit no grid.
    """

    trailing: Trailing = Trailing()
    present: int = 0
    scale: int = 0
    total: int | None = 0


def start() -> Carry:
    """The carry before the first bar of a series."""
    return Carry()


def step(closes: Closes, carry: Carry, window: int) -> tuple[Signals, Carry]:
    """The signals of the next `closes` of a series, int8, and the carry after them.

    0.4 is the mean of 0.1, 0.7 and 0.4; a float64 sum makes it 0.39999999999999997.

    >>> step(np.array([0.1, 0.7, 0.4]), start(), window=3)[0]
    array([0, 0, 0], dtype=int8)
    """
    if not len(closes):
        return np.empty(0, np.int8), carry
    leaving, trailing = carry.trailing.slide(closes, window)
    present = carry.present + np.cumsum(~np.isnan(closes)) - np.cumsum(~np.isnan(leaving))
    full = present == window
    grid = _grid(closes, leaving, carry, window)
    if grid is None:
        signals = _filtered(carry.trailing.joined(), closes, full, window)
        scale, total = 0, None
    else:
        scale, before = grid
        counted = ticks.to_ticks(closes, scale)
        totals = before + np.cumsum(counted - ticks.to_ticks(leaving, scale))
        signals = full & (counted * window > totals)
        total = int(totals[-1])
    return signals.astype(np.int8), Carry(trailing, int(present[-1]), scale, total)


def _grid(closes: Closes, leaving: Closes, carry: Carry, window: int) -> tuple[int, int] | None:
    """The scale on which all closes at hand are ticks, and the window's sum before them on it.

    None where there is no such scale, or where a sum or product of ticks could leave int64.
    """
    scale, before = None, 0
    if carry.total is not None:
        scale = ticks.common_scale(carry.scale, closes, leaving)
        if scale is not None:
            before = carry.total * 10 ** (scale - carry.scale)
    if scale is None:  # begin anew: perhaps what fitted no grid has left the window
        held = carry.trailing.joined()
        scale = ticks.common_scale(0, closes, held)
        if scale is None or len(held) * ticks.largest(held) * 10.0**scale >= LARGEST_SUM:
            return None
        before = int(ticks.to_ticks(held, scale).sum())
    largest = max(ticks.largest(closes), ticks.largest(leaving)) * 10.0**scale
    if max(window * largest, abs(before) + 2 * len(closes) * largest) >= LARGEST_SUM:
        return None
    return scale, before


def _filtered(
    held: Closes, closes: Closes, full: NDArray[np.bool_], window: int
) -> NDArray[np.bool_]:
    """The signals of `closes`, which follow `held`, where no grid fits.

    With m values v of sum A = sum(|v|), window w and u = 2**-53 the error of `left - sums`
    against exact decimals is at most
      2 m u A (1 + m u)    two prefix sums of up to m roundings each (Higham, Accuracy and
                           Stability of Numerical Algorithms, 2nd ed., eq. 4.4)
      + 2 u A (1 + m u)    their difference
      + 5 u A + 5 u w |c|  each decimal is within 2.5 units in the last place of its float64
      + u w |c|            the product
      + w 2**-1074         what these are off below the normal numbers
    which the bound below doubles, so that its own roundings do not matter. An overflow makes the
    bound or the difference inf or NaN, and so the bar unclear.
    """
    values = np.nan_to_num(np.concatenate((held, closes)))
    signals = np.zeros(len(closes), np.bool_)
    bars = np.flatnonzero(full)
    if not bars.size:
        return signals
    ends = bars + len(held) + 1
    with np.errstate(over="ignore", invalid="ignore"):
        prefix = np.concatenate(([0.0], np.cumsum(values)))
        sums = prefix[ends] - prefix[ends - window]
        left = window * closes[bars]
        magnitude = (len(values) + 4) * np.abs(values).sum() + 3 * np.abs(left)
        clear = np.abs(left - sums) > 4 * UNIT * magnitude + 2 * window * SMALLEST
        signals[bars] = left > sums
    unclear = ~clear
    signals[bars[unclear]] = list(_decided(values, ends[unclear].tolist(), window))
    return signals


def _decided(values: Closes, ends: list[int], window: int) -> Iterator[bool]:
    """Whether the last of the `window` values before each end is above their mean, in integers.

    `ends` ascend; the sum moves from one to the next where their windows overlap.
    """
    total, at = 0, -window
    for end in ends:
        if end - at < window:
            total += _decimal_sum(values[at:end]) - _decimal_sum(values[at - window : end - window])
        else:
            total = _decimal_sum(values[end - window : end])
        at = end
        yield window * ticks.decimal(float(values[end - 1])) > total


def _decimal_sum(values: Closes) -> int:
    return sum(map(ticks.decimal, values.tolist()))
