"""One run: plan, sources, engine, metrics; and the signals of an array.

The only file that knows all stages. It writes nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from barwise.config import Config, load
from barwise.engine import findings, local
from barwise.engine.events import Log, Silent
from barwise.engine.execute import Reading
from barwise.engine.result import Result
from barwise.errors import UsageError, quoted
from barwise.sources.find import FileList, Words, find
from barwise.sources.plan import planned
from barwise.stages import digests
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.sources.parts import Plan


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
    sink: local.Sink | None = None,
    with_digests: bool = False,
    tuning: Tuning = MEASURED,
) -> Result:
    """Computes the metrics of the bars in `input` as `config`, or the file of it, says.

    `input` is a file, a folder, a pattern, or several of them. `workers` threads compute, by
    default as many as this process may use cores; their number changes no bit. `log` is told each
    step, `progress` the bytes that are behind and those in all; `started` is the
    `time.perf_counter()` at which the job began, now if None. `sink`, where given, is called
    with the signals and rolling means of each batch of bars; `with_digests` hashes closes and
    signals as `barwise.stages.digests` says; `tuning` are sizes of pieces, which change no bit.
    Writes no file. Raises ConfigError, InputError or PriceError; CheckError for bars that break a
    rule where the config says `checks: strict`.
    """
    started = time.perf_counter() if started is None else started
    config = checked_config(config)
    workers = checked_workers(workers)
    log = log or Silent()

    reading = Reading(plan(input, config), config, workers, progress, tuning)
    if inferred := reading.plan.inferred_in_words:
        log.info(f"Columns: {inferred}")
    with closing(reading.batches(("timestamp",) if sink else ())) as bars:
        done = local.compute(
            bars,
            config.arithmetic,
            config.window,
            workers,
            reading.start,
            sink,
            with_digests,
            tuning,
        )
    lines, broken = reading.doubts(done, findings.of_window(config.window, done))
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


def _digests(done: Mapping[str, local.Series]) -> dict[str, digests.Digest]:
    """The digests of each series, which was computed with them."""
    blocks = {name: one.blocks for name, one in sorted(done.items()) if one.blocks is not None}
    return {name: digests.of_series(whole) for name, whole in blocks.items()}
