"""Exact signals of windows that are counted again for each block: closes become ticks of int32.

With ticks t a close is above the mean of its window where `window * t > sum`, that is where the
sum of `t - t'` over the window's ticks t' is positive. That sum is less than `window` times the
spread of the ticks, and where this fits an integer type, arithmetic that wraps around gives it
right, however far products and running sums overflow. Two's complement does so (Hacker's Delight,
2nd ed., 2-1), and so do NumPy's arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise import kernels
from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.signals.decimals import filtered, ticks
from barwise.stages.signals.decimals import means as averages
from barwise.stages.signals.trailing import refuse_infinite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from barwise.bars.batch import Closes, Signals


class Sizes(NamedTuple):
    """Sizes of the work, none of which changes a signal.

    block_bars: of a block; of 2**13 to 2**18 the fastest on one core and on two: with fewer the
        calls cost, with more the cache does (benchmarks/NOTES.md).
    first_bars: of a block that is copied, or at which the kernel stopped; it is shorter.
    unclear_bars: of a block that floats decide.
    widest: window up to which each block counts the whole window before it again, so that blocks
        need no sum from each other; beyond, a sum that is kept costs less (benchmarks/NOTES.md).
    """

    block_bars: int = 1 << 17
    first_bars: int = 1 << 14
    unclear_bars: int = 1 << 12
    widest: int = 1 << 16


MEASURED = Sizes()


class Scratch(ThreadArrays):
    """The temporaries of a block, and the scale of the last ticks."""

    def __init__(self, sizes: Sizes = MEASURED) -> None:  # once in each thread
        super().__init__()
        self.sizes = sizes
        self.scale: int | None = None


def signals(
    held: Closes,
    closes: Closes,
    scale: int | None,
    window: int,
    out: Signals,
    means: Closes | None,
    scratch: Scratch,
) -> int | None:
    """Writes the signals of `closes`, which follow the last `window` closes, `held`; and `means`.

    `scale` is that of the series' ticks as far as known; gives it as it is known then.
    """
    sizes, first = scratch.sizes, 0

    def compute(before: Closes, values: Closes, power: float) -> int:
        begin = len(closes) - len(values)
        values_means = means if means is None else means[begin:]
        computed: int = kernels.kernel.exact(
            before, values, window, power, out[begin:], values_means
        )
        return computed

    while first < len(closes):
        scale, computed = by_kernel(held, closes, first, scale, window, compute, scratch)
        is_copied = first == 0 or computed > 0
        first += computed
        end = min(first + (sizes.first_bars if is_copied else sizes.block_bars), len(closes))
        if first < end:
            block_means = means if means is None else means[first:end]
            values, before = with_window(held, closes, first, end, window, scratch)
            scale = _block(values, before, scale, window, scratch, out[first:end], block_means)
            first = end
    return scale


def by_kernel(
    held: Closes,
    closes: Closes,
    first: int,
    scale: int | None,
    window: int,
    compute: Callable[[Closes, Closes, float], int],
    scratch: Scratch,
) -> tuple[int | None, int]:
    """Computes the bars from `first` as far as the kernel does.

    Gives the scale as it is known then, and how many bars are computed. Where it is not known, that
    of another series is tried first: to find it takes longer than most short series. `compute`
    takes the closes before, those to compute and a power of ten, and gives how many are computed.
    """
    if kernels.kernel is None or window > kernels.kernel.WIDEST_WINDOW:
        return scale, 0
    before, values = held, closes
    if first:
        before = closes[max(0, first - window) : first]
        if first < window:
            before = np.concatenate((held, before))[-window:]
        values = closes[first:]
    for tried in _scales(scale, values, scratch):
        computed = compute(before, values, ticks.power_of_ten(tried))
        if computed:
            scratch.scale = tried
            return tried, computed
    return scale, 0


def _scales(known: int | None, closes: Closes, scratch: Scratch) -> Iterator[int]:
    """The scales that the kernel tries: the known one, or that of another series, then the own."""
    if known is not None:
        yield known
        return
    if scratch.scale is not None:
        yield scratch.scale
    own = scale_of_first(closes)
    if own is not None:
        yield own


@np.errstate(all="ignore")
def scale_of_first(closes: Closes) -> int | None:
    """The scale of the first bars, which mostly is that of all."""
    return ticks.common_scale(0, closes[: ticks.FIRST_CLOSES])


def with_window(
    held: Closes, closes: Closes, first: int, end: int, window: int, scratch: Scratch
) -> tuple[Closes, int]:
    """The closes from `first` to `end`, with at most `window` before them; how many those are."""
    if first >= window:
        return closes[first - window : end], window
    values = scratch.of("joined", float, len(held) + end)
    np.concatenate((held, closes[:end]), out=values)
    skipped = max(0, len(held) + first - window)
    return values[skipped:], len(held) + first - skipped


@np.errstate(all="ignore")  # an overflow makes a bar unclear, and an underflow is in the bound
def _block(
    values: Closes,
    before: int,
    scale: int | None,
    window: int,
    scratch: Scratch,
    out: Signals,
    means: Closes | None,
) -> int | None:
    """Writes the signals of `values[before:]`; gives the scale that they are on, if on any."""
    refuse_infinite(values)
    if scale is None:  # the first bars mostly tell
        scale = scale_of_first(values)
    if scale is not None and _in_ticks(values, before, scale, window, scratch, out, means):
        return scale
    scale = ticks.common_scale(0, values)
    if scale is not None and _in_ticks(values, before, scale, window, scratch, out, means):
        return scale
    filtered.recounted(values, before, window, out, scratch.sizes.unclear_bars)
    if means is not None:
        means[:] = averages.of_decimals(values, before, window)
    return None


def _in_ticks(
    values: Closes,
    before: int,
    scale: int,
    window: int,
    scratch: Scratch,
    out: Signals,
    means: Closes | None,
) -> bool:
    """Writes the signals of `values[before:]`, if all are ticks of the scale, and few enough."""
    size = len(values)
    counted = scratch.of("counted", float, size)
    gaps = count(values, scale, counted, scratch)
    if gaps is None:
        return False
    if len(gaps) == size:
        out[:] = 0
        if means is not None:
            means[:] = np.nan
        return True
    low, high = float(np.fmin.reduce(counted)), float(np.fmax.reduce(counted))
    largest = max(high, -low)
    if largest >= ticks.LARGEST_TICK:
        return False
    reach = int(high - low) * window
    if reach >= 2**63:
        return False
    counted[gaps] = low
    if means is not None:
        means[:] = averages.of_ticks(counted, scale, window, largest)[before:]
    if reach < 2**31 <= largest:
        counted -= low
    kind = np.int32 if reach < 2**31 else np.int64
    whole, sums = scratch.of("whole", kind, size), scratch.of("sums", kind, size)
    np.copyto(whole, counted, casting="unsafe")
    np.add.accumulate(whole, out=sums)  # of int32, an eighth of the time of floats
    np.multiply(whole, window, out=whole)
    np.subtract(whole, sums, out=whole)
    np.add(whole[window:], sums[:-window], out=whole[window:])
    np.greater(whole[before:], 0, out=out.view(np.bool_))
    out[: max(0, window - 1 - before)] = 0
    if gaps.size:
        full = filtered.without_gap(values, window)[before:]
        out &= full
        if means is not None:
            means[~full] = np.nan
    return True


def count(
    values: Closes, scale: int, counted: NDArray[np.float64], scratch: Scratch
) -> NDArray[np.intp] | None:
    """Writes the ticks that the values stand for; gives where they are missing.

    None where one of them is off the grid.
    """
    read = scratch.of("read", float, len(values))
    differs = scratch.of("differs", bool, len(values))
    power = ticks.power_of_ten(scale)
    np.multiply(values, power, out=counted)
    np.rint(counted, out=counted)
    np.divide(counted, power, out=read)
    np.not_equal(read, values, out=differs)
    if not differs.any():
        return np.empty(0, np.intp)
    odd = np.flatnonzero(differs)
    missing = np.isnan(values[odd])
    if ticks.off_grid(values[odd[~missing]], scale).size:
        return None
    return odd[missing]
