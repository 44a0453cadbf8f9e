"""One run: source, checks, arithmetic, tally, metrics. The only file that knows all stages.

It writes nothing; it keeps one carry a series and merges what the stages give.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise import checks, metrics, sources
from barwise.arithmetic import named
from barwise.batch import Batch
from barwise.config import LARGEST_WINDOW, RULES, Config, load
from barwise.errors import PriceError, UsageError, quoted
from barwise.log import Log, Silent
from barwise.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.batch import Signals


@dataclass(frozen=True)
class Result:
    """What a run gave.

    tally: bars and ones. doubts: one line each, as the log warned. latency_ms: from the start of
    the job to its metrics.
    """

    config: Config
    tally: Tally
    doubts: tuple[str, ...]
    latency_ms: int

    @property
    def rows_processed(self) -> int:
        return self.tally.bars

    @property
    def value(self) -> float:
        """The signal rate: the mean of the signals over all bars, rounded to four places."""
        return metrics.signal_rate(self.tally)

    @property
    def metrics(self) -> dict[str, Any]:
        """The contents of metrics.json, in the contract's order."""
        return metrics.success(self.config, self.tally, self.latency_ms)


def run(
    input: str | os.PathLike[str],
    config: Config | str | os.PathLike[str],
    *,
    log: Log | None = None,
    started: float | None = None,
) -> Result:
    """Computes the metrics of the bars in the file `input` as `config`, or the file of it, says.

    `log` is told each step; `started` is the `time.perf_counter()` at which the job began, now if
    None. Writes no file. Raises ConfigError, InputError or PriceError.
    """
    started = time.perf_counter() if started is None else started
    if not isinstance(input, str | os.PathLike):
        raise UsageError(f"input is {quoted(input)}: must be the path of a file")
    if not isinstance(config, Config | str | os.PathLike):
        raise UsageError(f"config is {quoted(config)}: must be a Config or the path of a file")
    config = config if isinstance(config, Config) else load(config)
    log = log or Silent()

    missing, tally = checks.Finding(), Tally()
    batches = sources.read(input, {"close": config.columns.close})
    for batch, signals in signalled(batches, config.arithmetic, config.window):
        missing = checks.missing_close(batch, missing)
        tally += Tally(len(batch), int(np.count_nonzero(signals)))
    doubts = _doubts(missing, tally, config)

    for doubt in doubts:
        log.warning(doubt)
    log.info(f"Data loaded: {tally.bars} rows")
    log.info(f"Rolling mean calculated with window={config.window}")
    log.info("Signals generated")
    return Result(config, tally, doubts, round((time.perf_counter() - started) * 1000))


def signals(close: ArrayLike, window: int, arithmetic: str = "float64") -> Signals:
    """The signals of an array of closes: int8, of the same length; see `barwise.arithmetic`.

    `close` is one-dimensional: a NumPy array, a list, or anything with `__array__`, such as a
    pandas or polars Series; NaN (None, a mask) is a missing close. `arithmetic` is "float64"
    (pandas' `close > close.rolling(window).mean()`, bit for bit) or "exact" (decimal). Raises
    PriceError for what is no price, UsageError for another shape, window or arithmetic. Warns
    where narrow floats stand for other decimals once they are float64.

    >>> signals([1.0, 2.0, 3.0, 2.5], window=2)
    array([0, 1, 1, 0], dtype=int8)
    """
    if isinstance(window, bool | np.bool_) or not isinstance(window, int | np.integer):
        raise UsageError(f"window is {quoted(window)}: must be a whole number of bars")
    if not 1 <= window <= LARGEST_WINDOW:
        raise UsageError(f"window is {quoted(window)}: must be from 1 to {LARGEST_WINDOW} bars")
    if wrong := RULES["arithmetic"](arithmetic):
        raise UsageError(f"arithmetic is {quoted(arithmetic)}: {wrong}")
    from barwise.sources import arrays  # a run of a file does without

    closes, doubt = arrays.as_closes(close)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    parts = [part for _, part in signalled(arrays.read(closes), arithmetic, int(window))]
    return np.concatenate(parts) if parts else np.empty(0, np.int8)


def signalled(
    batches: Iterable[Batch], arithmetic: str, window: int
) -> Iterator[tuple[Batch, Signals]]:
    """Each batch with its signals; batches of one series come in order."""
    chosen = named(arithmetic)
    carries: dict[str, Any] = {}
    for batch in batches:
        carry = carries.get(batch.series, chosen.start())
        signals, carries[batch.series] = chosen.step(batch.columns["close"], carry, window)
        yield batch, signals


def _doubts(missing: checks.Finding, tally: Tally, config: Config) -> tuple[str, ...]:
    if not missing.bars:
        return ()
    if missing.bars == tally.bars:
        raise PriceError(
            f"{config.columns.close} is missing in all {tally.bars} rows, from {missing.first} on: "
            "name the column of closes in the config, as in columns: {close: NAME}"
        )
    return (
        f"{config.columns.close} is missing in {missing.bars} of {tally.bars} rows, first on "
        f"{missing.first}: windows that hold a missing close give signal 0",
    )
