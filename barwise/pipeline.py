"""One run: plan, sources, engine, metrics; and the signals of an array.

The only file that knows all stages. It writes nothing.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import reduce
from operator import add
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import doubts, engine, metrics
from barwise.config import LARGEST_WINDOW, Config, load
from barwise.config import RULES as VALUES
from barwise.errors import UsageError, quoted
from barwise.log import Log, Silent
from barwise.reading import Reading
from barwise.sources.find import FileList, Words, find
from barwise.sources.plan import planned
from barwise.stages import digests
from barwise.stages.tally import Tally
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from barwise.bars.batch import Signals
    from barwise.doubts import Broken
    from barwise.sources.parts import Plan


class Result(NamedTuple):  # a dataclass takes 0.5 ms to make, of the 100 of a short job
    """What a run gave.

    tally: bars and ones. symbols: those of each series, by its name, "" for one without.
    doubts: one line each, as the log warned; broken: the rules that bars break.
    latency_ms: from the start of the job to its metrics. rows: of each file of the input.
    digests: of the closes and signals of each series, where they were asked for.
    inferred: what each file of the input showed of how it is read, in words.
    """

    config: Config
    tally: Tally
    symbols: Mapping[str, Tally]
    doubts: tuple[str, ...]
    latency_ms: int
    broken: tuple[Broken, ...] = ()
    rows: Mapping[str, int] = MappingProxyType({})
    digests: Mapping[str, digests.Digest] | None = None
    inferred: Mapping[str, str] = MappingProxyType({})

    @property
    def rows_processed(self) -> int:
        return self.tally.bars

    @property
    def value(self) -> float:
        """The signal rate: the mean of the signals over all bars, rounded to four places."""
        return metrics.signal_rate(self.tally)

    @property
    def digest(self) -> str | None:
        """The digest of the run, hexadecimal: of all closes and signals; None: not asked for."""
        if self.digests is None:
            return None
        return digests.of_run({name: its.value for name, its in self.digests.items()})

    @property
    def metrics(self) -> dict[str, Any]:
        """The contents of metrics.json, in the contract's order."""
        return metrics.success(self.config, self.tally, self.latency_ms, self.symbols)


def plan(input: Words | FileList, config: Config | str | os.PathLike[str]) -> Plan:
    """What a run of `input` as `config`, or the file of it, says would read, and in which order.

    `input` is a file, a folder, a pattern, or several of them. Raises ConfigError or InputError.
    """
    config = checked_config(config)
    return planned(find(input), config.columns, config.csv)


def checked_config(config: Config | str | os.PathLike[str]) -> Config:
    """The config itself, or the one in its file."""
    if not isinstance(config, Config | str | os.PathLike):
        raise UsageError(f"config is {quoted(config)}: must be a Config or the path of a file")
    return config if isinstance(config, Config) else load(config)


def run(
    input: Words | FileList,
    config: Config | str | os.PathLike[str],
    *,
    workers: int | None = None,
    log: Log | None = None,
    progress: Callable[[int, int], None] | None = None,
    started: float | None = None,
    take: engine.Take | None = None,
    with_digests: bool = False,
) -> Result:
    """Computes the metrics of the bars in `input` as `config`, or the file of it, says.

    `input` is a file, a folder, a pattern, or several of them. `workers` threads compute, by
    default as many as this process may use cores; their number changes no bit. `log` is told each
    step, `progress` the bytes that are behind and those in all; `started` is the
    `time.perf_counter()` at which the job began, now if None. `take`, where given, takes the
    signals and rolling means of each batch of bars; `with_digests` hashes closes and signals as
    `barwise.stages.digests` says. Writes no file. Raises ConfigError, InputError
    or PriceError; CheckError for bars that break a rule where the config says `checks: strict`.
    """
    started = time.perf_counter() if started is None else started
    config = checked_config(config)
    workers = checked_workers(workers)
    log = log or Silent()

    reading = Reading(plan(input, config), config, workers, progress)
    if inferred := reading.plan.inferred_in_words:
        log.info(f"Columns: {inferred}")
    with closing(reading.batches(("timestamp",) if take else ())) as bars:
        done = engine.compute(
            bars, config.arithmetic, config.window, workers, reading.start, take, with_digests
        )
    lines, broken = reading.doubts(done, doubts.of_window(config.window, done))
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
    of_series = _digests(done) if with_digests else None
    rows, by_file = reading.rows_by_file(), reading.inferred_by_file()
    return Result(config, tally, symbols, lines, latency_ms, broken, rows, of_series, by_file)


def _digests(done: Mapping[str, engine.Series]) -> dict[str, digests.Digest]:
    """The digests of each series, which was computed with them."""
    blocks = {name: its.blocks for name, its in sorted(done.items()) if its.blocks is not None}
    return {name: digests.of_series(its) for name, its in blocks.items()}


def signals(
    close: ArrayLike, window: int, arithmetic: str = "float64", *, workers: int | None = None
) -> Signals:
    """The signals of an array of closes: int8, of the same length; see `barwise.stages.signals`.

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
    from barwise.sources.values import arrays  # a run of a file does without

    closes, doubt = arrays.as_closes(close)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    return engine.signals(
        closes, arithmetic, int(window), checked_workers(workers), arrays.refuse_infinite
    )
