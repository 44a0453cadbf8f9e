"""Exact signals where no grid fits: floats decide the clear bars, Python's integers the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from barwise.stages.signals.decimals import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.lines import Lines

BLOCK_BARS = 1 << 12
UNIT = 2.0**-53  # relative error of one float64 rounding
SMALLEST = 2.0**-1074  # the smallest positive float64, twice the error of a rounding below normal


def recounted(values: Closes, before: int, window: int, out: Signals, block_bars: int) -> None:
    """Writes the signals of `values[before:]`, where `before` is at most `window`.

    Blocks are short: the error bound grows with their length, and so do the unclear bars.
    """
    full = without_gap(values, window)
    full[: window - 1] = False
    size = max(block_bars, window)
    for first in range(before, len(values), size):
        end = first + size
        held = values[max(0, first - window) : first]
        decisions, _ = decided(held, values[first:end], full[first:end], window)
        out[first - before : end - before] = decisions


def without_gap(values: Closes, window: int) -> NDArray[np.bool_]:
    """Whether the window that ends at each value, or what there is of it, is without a gap.

    >>> without_gap(np.array([1.0, np.nan, 3.0, 4.0]), window=2)
    array([ True, False, False,  True])
    """
    gaps = np.cumsum(np.isnan(values))
    gaps[window:] -= gaps[:-window].copy()
    full: NDArray[np.bool_] = gaps == 0
    return full


def decided(
    held: Closes, closes: Closes, full: NDArray[np.bool_], window: int, known: int | None = None
) -> tuple[NDArray[np.bool_], int | None]:
    """The signals of `closes`, which follow `held`; and the window's sum after them, if needed.

    `full` says whose window is complete. `known` is the sum of `held` in units of 10**-324, and
    so is the sum given.

    With m values v of sum A = sum(|v|), window w and u = 2**-53 the error of `left - sums`
    against exact decimals is at most
      2 m u A (1 + m u)    two prefix sums of up to m roundings each (Higham, Accuracy and
                           Stability of Numerical Algorithms, 2nd ed., eq. 4.4)
      + 2 u A (1 + m u)    their difference
      + 5 u A + 5 u w |c|  each decimal is within 5 u |v| of its float64
      + u w |c|            the product
      + 6 w 2**-1074       below the normal numbers, where it is within 2.5 * 2**-1074
    which the bound below doubles, so that its own roundings do not matter. An overflow makes the
    bound or the difference inf or NaN, and so the bar unclear.
    """
    signals = np.zeros(len(closes), np.bool_)
    bars = np.flatnonzero(full)
    if not bars.size:
        return signals, None
    values = np.nan_to_num(np.concatenate((held, closes)))
    ends = bars + len(held) + 1
    prefix = np.concatenate(([0.0], np.cumsum(values)))
    sums = prefix[ends] - prefix[ends - window]
    left = window * closes[bars]
    magnitude = (len(values) + 4) * np.abs(values).sum() + 3 * np.abs(left)
    unclear = ~(np.abs(left - sums) > 4 * UNIT * magnitude + 12 * window * SMALLEST)
    signals[bars] = left > sums
    if not unclear.any():
        return signals, None
    sliding = _Sum(values, window, len(held), known if len(held) == window else None)
    for bar, end in zip(bars[unclear].tolist(), ends[unclear].tolist(), strict=True):
        signals[bar] = window * ticks.decimal(float(values[end - 1])) > sliding.upto(end)
    return signals, sliding.upto(len(values))


def crossed(
    values: Closes, before: int, lines: Lines, on: NDArray[np.bool_], off: NDArray[np.bool_]
) -> None:
    """Writes where `values[before:]` are above the upper line, and not above the lower one.

    `before` is at most the window; where that is not full, bars are off.
    """
    window = lines.window
    full = without_gap(values, window)
    full[: window - 1] = False
    size = max(BLOCK_BARS, window)
    for first in range(before, len(values), size):
        end = min(first + size, len(values))
        start, to = max(0, first - window), slice(first - before, end - before)
        _crossed(values[start:end], first - start, full[first:end], lines, (on[to], off[to]))


def _crossed(
    values: Closes,
    before: int,
    full: NDArray[np.bool_],
    lines: Lines,
    out: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> None:
    """The same of a block, of whose bars `full` says whose window is complete.

    With the error of a sum of m values, as in `decided`, at most E = 4 m u A + 12 w 2**-1074, which
    is twice what it is, that of `left - right` is at most
      w E + f (1 + b) E     both sums; the band is below 1
      + u |left| + 4 u |right|   the products, and 1 + b
    The bound below is twice that, too.
    """
    on, off = out
    on[:], off[:] = False, True
    bars = np.flatnonzero(full)
    if not bars.size:
        return
    fast, window, (part, unit) = lines
    values = np.nan_to_num(values)
    ends = bars + before + 1
    prefix = np.concatenate(([0.0], np.cumsum(values)))
    left = window * (prefix[ends] - prefix[ends - fast])
    right = fast * (prefix[ends] - prefix[ends - window])
    error = 4 * UNIT * (len(values) + 4) * np.abs(values).sum() + 12 * window * SMALLEST
    above, unclear = [], np.zeros(len(bars), np.bool_)
    for line in (right * (1 + part / unit), right * (1 - part / unit)):
        bound = (window + 2 * fast) * error + 8 * UNIT * (np.abs(left) + np.abs(line))
        unclear |= ~(np.abs(left - line) > bound)
        above.append(left > line)
    quick, slow = _Sum(values, fast, 0, None), _Sum(values, window, 0, None)
    for at, end in zip(np.flatnonzero(unclear), ends[unclear].tolist(), strict=True):
        exact_left, exact_right = quick.upto(end) * window * unit, slow.upto(end) * fast
        above[0][at] = exact_left > exact_right * (unit + part)
        above[1][at] = exact_left > exact_right * (unit - part)
    on[bars], off[bars] = above[0], ~above[1]


class _Sum:
    """The exact sum of the `window` values before an end that moves on, in units of 10**-324.

    It slides from one end to the next where that costs less than to begin again, so that a series
    all of whose bars are unclear costs two decimals a bar, however wide the window.
    """

    def __init__(self, values: Closes, window: int, at: int, known: int | None) -> None:
        self.values, self.window = values, window
        self.at, self.total = at, known

    def upto(self, end: int) -> int:
        start = end - self.window
        if self.total is None or 2 * (end - self.at) > self.window:
            self.total = _decimal_sum(self.values[max(0, start) : end])
        else:
            came = _decimal_sum(self.values[self.at : end])
            went = _decimal_sum(self.values[max(0, self.at - self.window) : max(0, start)])
            self.total += came - went
        self.at = end
        return self.total


def _decimal_sum(values: Closes) -> int:
    return sum(map(ticks.decimal, values.tolist()))
