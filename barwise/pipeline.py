"""One run: plan, sources, engine, metrics; a check of bars; and the signals of an array.

The only file that knows all stages. It writes nothing.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise import check_report, checks, doubts, engine, metrics, sources
from barwise.check_report import Report
from barwise.config import LARGEST_WINDOW, Config, microseconds
from barwise.config import RULES as VALUES
from barwise.errors import CheckError, UsageError, quoted
from barwise.inputs import Found
from barwise.log import Log, Silent
from barwise.parts import Plan
from barwise.planning import Words, checked_config, plan
from barwise.rules import NO_MISSING_CLOSE, RULES, TIME_RULES
from barwise.sources.columns import NUMBERS
from barwise.tally import Tally
from barwise.workers import cores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.batch import Batch, Signals

# What is read beside closes: times for their rules, symbols so that several are not taken for one.
NEEDS = {
    "off": frozenset[str](),
    "report": frozenset({"symbol", "timestamp"}),
    "strict": frozenset({"symbol", "timestamp"}),
}


@dataclass(frozen=True)
class Result:
    """What a run gave.

    tally: bars and ones. symbols: those of each series, by its name, "" for one without.
    doubts: one line each, as the log warned. latency_ms: from the start of the job to its metrics.
    """

    config: Config
    tally: Tally
    symbols: Mapping[str, Tally]
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
        return metrics.success(self.config, self.tally, self.latency_ms, self.symbols)


class Pass:
    """One pass over the bars of a plan: what is common to all that reads bars."""

    def __init__(
        self,
        plan: Plan,
        config: Config,
        workers: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.plan, self.config, self.workers, self.progress = plan, config, workers, progress
        self.of_parts = doubts.OfParts()
        self.sorted: list[int] = []  # numbers of parts
        interval = config.interval and microseconds(config.interval)
        self.intervals = {part.series: interval or part.interval for part in plan.parts}

    def batches(self, needs: Collection[str]) -> Generator[Batch]:
        """The bars, with those of the columns that they need beside closes, by role."""
        size = self.plan.size
        return sources.read(
            self.plan,
            self.config.columns,
            needs,
            self.of_parts.add,
            lambda behind: self.progress(behind, size) if self.progress else None,
            self.workers,
            self.sorted.append if self.config.order == "time" else None,
        )

    def start(self, series: str, with_prices: bool = False) -> checks.Found:
        """The checks of a series before its first bar."""
        interval = self.intervals.get(series, self.intervals.get(None))
        return checks.start(interval, with_prices)

    def sorted_in_words(self) -> str:
        first = f", first in {self.plan.parts[self.sorted[0]].name}" if self.sorted else ""
        parts = len(self.plan.parts)
        return f"Bars sorted by time in {len(self.sorted)} of {parts} files{first}"


def run(
    input: Words | Found,
    config: Config | str | os.PathLike[str],
    *,
    workers: int | None = None,
    log: Log | None = None,
    progress: Callable[[int, int], None] | None = None,
    started: float | None = None,
    take: engine.Take | None = None,
) -> Result:
    """Computes the metrics of the bars in `input` as `config`, or the file of it, says.

    `input` is a file, a folder, a pattern, or several of them. `workers` threads compute, by
    default as many as this process may use cores; their number changes no bit. `log` is told each
    step, `progress` the bytes that are behind and those in all; `started` is the
    `time.perf_counter()` at which the job began, now if None. `take`, where given, takes the
    signals and rolling means of each batch of bars. Writes no file. Raises ConfigError, InputError
    or PriceError; CheckError for bars that break a rule where the config says `checks: strict`.
    """
    started = time.perf_counter() if started is None else started
    config = checked_config(config)
    workers = _checked(workers)
    log = log or Silent()

    reading = Pass(plan(input, config), config, workers, progress)
    with closing(
        reading.batches(NEEDS[config.checks] | ({"timestamp"} if take else set()))
    ) as bars:
        done = engine.compute(bars, config.arithmetic, config.window, workers, reading.start, take)
    doubts.refuse(done, reading.plan, config.columns)
    applied = (*(TIME_RULES if config.checks != "off" else ()), NO_MISSING_CLOSE)
    broken = doubts.broken(done, reading.plan, config.columns, applied)
    lines = (*reading.of_parts.lines(), *(each.line for each in broken))
    if config.checks == "strict" and lines:
        more = f" (and {len(lines) - 1} more doubts)" if len(lines) > 1 else ""
        raise CheckError(f"{lines[0]}{more}; the config says checks: strict")
    symbols = {name: series.tally for name, series in sorted(done.items())}
    tally = reduce(add, symbols.values())

    for line in lines:
        log.warning(line)
    if config.order == "time":
        log.info(reading.sorted_in_words())
    log.info(f"Data loaded: {tally.bars} rows")
    log.info(f"Rolling mean calculated with window={config.window}")
    log.info("Signals generated")
    latency_ms = round((time.perf_counter() - started) * 1000)
    return Result(config, tally, symbols, lines, latency_ms)


def check(
    input: Words | Found,
    config: Config | str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Applies every rule to the bars in `input`, whatever the config's `checks` says.

    The arguments are those of `run`. Raises ConfigError, InputError or PriceError.
    """
    config = checked_config(config)
    workers = _checked(workers)
    reading = Pass(plan(input, config), config, workers, progress)
    with closing(reading.batches({"symbol", "timestamp", *NUMBERS})) as bars:
        done = engine.check(bars, workers, lambda series: reading.start(series, with_prices=True))
    doubts.refuse(done, reading.plan, config.columns)
    broken = doubts.broken(done, reading.plan, config.columns, RULES)
    return check_report.report(done, broken, reading.of_parts.lines())


def signals(
    close: ArrayLike, window: int, arithmetic: str = "float64", *, workers: int | None = None
) -> Signals:
    """The signals of an array of closes: int8, of the same length; see `barwise.arithmetic`.

    `close` is one-dimensional: a NumPy array, a list, or anything with `__array__`, such as a
    pandas or polars Series; NaN (None, a mask) is a missing close. `arithmetic` is "float64"
    (pandas' `close > close.rolling(window).mean()`, bit for bit) or "exact" (decimal), which
    `workers` threads share, by default as many as this process may use cores. Raises PriceError for
    what is no price, UsageError for another shape, window or arithmetic. Warns where narrow floats
    stand for other decimals once they are float64.

    >>> signals([1.0, 2.0, 3.0, 2.5], window=2)
    array([0, 1, 1, 0], dtype=int8)
    """
    if isinstance(window, bool | np.bool_) or not isinstance(window, int | np.integer):
        raise UsageError(f"window is {quoted(window)}: must be a whole number of bars")
    if not 1 <= window <= LARGEST_WINDOW:
        raise UsageError(f"window is {quoted(window)}: must be from 1 to {LARGEST_WINDOW} bars")
    if wrong := VALUES["arithmetic"](arithmetic):
        raise UsageError(f"arithmetic is {quoted(arithmetic)}: {wrong}")
    from barwise.sources import arrays  # a run of a file does without

    closes, doubt = arrays.as_closes(close)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    return engine.signals(
        closes, arithmetic, int(window), _checked(workers), arrays.refuse_infinite
    )


def _checked(workers: int | None) -> int:
    if workers is not None and (type(workers) is not int or workers < 1):
        raise UsageError(f"workers is {quoted(workers)}: must be a whole number, 1 or more")
    return workers or cores()
