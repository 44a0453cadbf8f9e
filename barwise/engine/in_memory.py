"""The signals of an array of closes, without a file."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from barwise.config import LARGEST_WINDOW, RULES
from barwise.engine.local import step_of, write
from barwise.engine.spans import Piece, Span, bars_per_worker, spans
from barwise.errors import UsageError, quoted
from barwise.sources.values import arrays
from barwise.stages.signals.arithmetic import named
from barwise.tuning import MEASURED, Tuning
from barwise.workers import Workers, checked_workers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.arithmetic import Step


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
    return computed(
        closes, arithmetic, int(window), checked_workers(workers), arrays.refuse_infinite
    )


def computed(
    closes: Closes,
    arithmetic: str,
    window: int,
    workers: int,
    look: Callable[[Closes, int], None],
    tuning: Tuning = MEASURED,
) -> Signals:
    """The signals of one series in memory.

    Each worker first takes a `look` at its closes, of which it tells the index of the first.
    """
    chosen = named(arithmetic)
    step = step_of(chosen, len(closes) > tuning.compiled_bars)
    whole = Piece.of(closes)
    tasks, end = [], 0
    bars = bars_per_worker(len(closes), workers, tuning.span_bars)
    for span in spans([whole], chosen.start(), 0, chosen, window, bars):
        first, end = end, end + sum(len(piece.closes) for piece in span.pieces)
        tasks.append(partial(_looked_at, span, first, step, window, look))
    with Workers(workers) as pool:
        pool.start(tasks)()
    return whole.signals


def _looked_at(
    span: Span, first: int, step: Step, window: int, look: Callable[[Closes, int], None]
) -> None:
    for piece in span.pieces:
        look(piece.closes, first)
        first += len(piece.closes)
    write(span, step, window)
