"""The signals of an array of closes, without a file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from barwise.bars.batch import Bars
from barwise.config import LARGEST_WINDOW, RULES
from barwise.engine.local import Local
from barwise.errors import UsageError, quoted
from barwise.sources.values import arrays
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.bars.batch import Closes, Signals
    from barwise.stages.stage import Signal


def signals(
    close: ArrayLike, window: int, arithmetic: str = "float64", *, workers: int | None = None
) -> Signals:
    """The signals of an array of closes: int8, of the same length; see `barwise.stages.signals`.

    `close` is one-dimensional: a NumPy array, a list, or anything with `__array__`, such as a
    pandas or polars Series; NaN (None, a mask) is a missing close. `arithmetic` is "float64"
    (pandas' `close > close.rolling(window).mean()`, bit for bit) or "exact" (decimal), which
    `workers` threads share, by default as many as this process may use cores. Raises PriceError for
    what is not a price, UsageError for another shape, window or arithmetic. Warns where narrow
    floats stand for other decimals once they are float64.

    >>> signals([1.0, 2.0, 3.0, 2.5], window=2)
    array([0, 1, 1, 0], dtype=int8)
    """
    if isinstance(window, bool | np.bool_) or not isinstance(window, int | np.integer):
        raise UsageError(f"window is {quoted(window)}: must be a whole number of bars")
    if not 1 <= window <= LARGEST_WINDOW:
        raise UsageError(f"window is {quoted(window)}: must be from 1 to {LARGEST_WINDOW} bars")
    if wrong := RULES["arithmetic"](arithmetic):
        raise UsageError(f"arithmetic is {quoted(arithmetic)}: {wrong}")

    closes, doubt = arrays.as_closes(close)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    return computed(closes, RollingMean(int(window), arithmetic), checked_workers(workers))


def computed(closes: Closes, signal: Signal, workers: int, tuning: Tuning = MEASURED) -> Signals:
    """The signals of one series in memory."""
    if not len(closes):
        return np.empty(0, np.int8)
    bars = Bars("", 0, range(len(closes)), {"close": closes})
    results = Local(workers, tuning).of_chunks(iter([[bars]]), Pass(signal, ()), keep=True)
    try:
        pieces = [done.columns["signal"] for result in results for done in result.bars]
    except FloatingPointError:
        arrays.refuse_infinite(closes)
        raise
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
