"""The signals of closes in memory, as what these are: an array, a Series, a column of Arrow."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import numpy as np

from barwise.bars.batch import Bars
from barwise.bars.crossing import CROSSING_RULES, Crossing
from barwise.config import LARGEST_WINDOW, RULES
from barwise.engine.local import Local
from barwise.errors import UsageError, quoted
from barwise.sources.values import arrays
from barwise.stages.signals.kinds import signal_of
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.bars.batch import Closes, Signals
    from barwise.stages.stage import Signal

NAME = "signal"  # of a Series of signals


class PandasSeries(Protocol):
    @property
    def iloc(self) -> Any: ...


class PolarsSeries(Protocol):
    def rolling_mean(self, window_size: int) -> Any: ...


class ArrowColumn(Protocol):
    def dictionary_encode(self) -> Any: ...


SeriesOf = TypeVar("SeriesOf", bound=PandasSeries | PolarsSeries)


@overload
def signals(
    close: SeriesOf,
    window: int,
    arithmetic: str = "float64",
    *,
    fast: int = 1,
    band_bp: str | float = 0,
    workers: int | None = None,
) -> SeriesOf: ...
@overload
def signals(
    close: ArrowColumn,
    window: int,
    arithmetic: str = "float64",
    *,
    fast: int = 1,
    band_bp: str | float = 0,
    workers: int | None = None,
) -> Any: ...
@overload
def signals(
    close: ArrayLike,
    window: int,
    arithmetic: str = "float64",
    *,
    fast: int = 1,
    band_bp: str | float = 0,
    workers: int | None = None,
) -> Signals: ...
def signals(
    close: Any,
    window: int,
    arithmetic: str = "float64",
    *,
    fast: int = 1,
    band_bp: str | float = 0,
    workers: int | None = None,
) -> Any:
    """The signals of closes: int8, as many as there are closes; see `barwise.stages.signals`.

    `close` is one-dimensional; NaN, None, a null or a mask is a missing close.

    - Of a pandas Series it is a Series called "signal" with the same index; of a polars Series a
      Series of that name; of an Array or ChunkedArray of pyarrow an Array.
    - Of a NumPy array, a list, and whatever else has `__array__`, it is a NumPy array.

    `arithmetic` is "float64" (pandas' `close > close.rolling(window).mean()`, bit for bit) or
    "exact" (decimal), which `workers` threads share, by default as many as this process may use
    cores. `fast` and `band_bp` are the keys of `signal:` in the config: so many last closes, of
    which the mean is compared with that of the window, and basis points within which a signal stays
    as it was. Raises PriceError for what is not a price, UsageError for another shape, window,
    arithmetic, fast or band. Warns where narrow floats stand for other decimals as float64.

    >>> signals([1.0, 2.0, 3.0, 2.5], window=2)
    array([0, 1, 1, 0], dtype=int8)
    """
    if isinstance(window, bool | np.bool_) or not isinstance(window, int | np.integer):
        raise UsageError(f"window is {quoted(window)}: must be a whole number of bars")
    if not 1 <= window <= LARGEST_WINDOW:
        raise UsageError(f"window is {quoted(window)}: must be from 1 to {LARGEST_WINDOW} bars")
    if wrong := RULES["arithmetic"](arithmetic):
        raise UsageError(f"arithmetic is {quoted(arithmetic)}: {wrong}")
    crossing = _crossing(fast, band_bp, int(window))

    closes, doubt = arrays.as_closes(close)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    signal = signal_of(int(window), arithmetic, fast=crossing.fast, band=crossing.band)
    return _alike(computed(closes, signal, checked_workers(workers)), close)


def _crossing(fast: Any, band_bp: Any, window: int) -> Crossing:
    """The arguments as they are in a config. Raises UsageError."""
    given = {"fast": fast, "band_bp": band_bp}
    plain = {
        name: value.item() if hasattr(value, "item") else value for name, value in given.items()
    }
    for name, value in plain.items():
        if wrong := CROSSING_RULES[name](value):
            raise UsageError(f"{name} is {quoted(value)}: {wrong}")
    crossing = Crossing(**plain)
    if crossing.fast > window:
        raise UsageError(f"fast is {crossing.fast}: must not be more than the window, {window}")
    return crossing


def _alike(signals: Signals, close: Any) -> Any:
    """The signals as what the closes are, by a library that is imported already if they are of it.

    They are not called as the closes are, whose place they would take in polars' `with_columns`.
    """
    pandas, polars = (sys.modules.get(name) for name in ("pandas", "polars"))
    if pandas and isinstance(close, pandas.Series):
        return pandas.Series(signals, index=close.index, name=NAME, copy=False)
    if polars and isinstance(close, polars.Series):
        return polars.Series(NAME, signals)
    if arrays.is_of_arrow(close):
        import pyarrow as pa

        return pa.Array.from_buffers(pa.int8(), len(signals), [None, pa.py_buffer(signals)])
    return signals


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
