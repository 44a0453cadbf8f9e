"""The correctly rounded mean of a window of decimals: one rounding, of the exact quotient."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.stages.signals.decimals import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes

EXACT = 2**53  # float64 holds every whole number up to it


def of_ticks(counted: Closes, scale: int, window: int, largest: float) -> Closes:
    """The mean of the `window` ticks of 10**-scale that end at each, NaN where there are fewer.

    Ticks are whole numbers of magnitude `largest` at most.

    >>> of_ticks(np.array([1.0, 2.0, 4.0]), 1, 2, 4.0)
    array([ nan, 0.15, 0.3 ])
    """
    if len(counted) < window:
        return np.full(len(counted), np.nan)
    kind = np.int64 if window * int(largest) < 2**63 else object  # sums may wrap around, not these
    sums = np.cumsum(counted.astype(np.int64).astype(kind))
    sums[window:] -= sums[:-window].copy()
    sums[: window - 1] = 0
    means = of_sums(sums, scale, window)
    means[: window - 1] = np.nan
    return means


def of_sums(sums: NDArray[Any], scale: int, window: int) -> Closes:
    """Sums of ticks of 10**-scale, divided by how many those are.

    A quotient of two numbers that float64 holds exactly is correctly rounded (IEEE 754), and so is
    one of Python's integers.
    """
    divisor = window * 10**scale
    if max(int(sums.max()), -int(sums.min()), divisor) <= EXACT:
        return sums.astype(np.float64) / float(divisor)
    return np.array([total / divisor for total in sums.tolist()])


def of_decimals(values: Closes, before: int, window: int) -> Closes:
    """The same of any closes, in Python's integers, 5 us a bar; for `values[before:]`.

    NaN where the window holds a missing close or there are fewer than `window`.
    """
    divisor = window * 10**ticks.UNIT_SCALE
    gaps = np.cumsum(np.isnan(values))
    sums = list(accumulate(map(ticks.decimal, np.nan_to_num(values).tolist()), initial=0))
    means = np.full(len(values) - before, np.nan)
    for end in range(max(before + 1, window), len(values) + 1):
        start = end - window
        if gaps[end - 1] == (gaps[start - 1] if start else 0):
            means[end - 1 - before] = (sums[end] - sums[start]) / divisor
    return means
