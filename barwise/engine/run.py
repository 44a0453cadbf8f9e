"""One run: plan, pass, findings, result.

It turns a config into plain values for the rooms below, and writes nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from barwise.bars.times import microseconds
from barwise.config import LARGEST_WINDOW, Config, load, of_keys
from barwise.engine import findings
from barwise.engine.events import Events, Message, Silent
from barwise.engine.execute import execute
from barwise.engine.local import chosen
from barwise.engine.result import Result
from barwise.errors import UsageError, quoted
from barwise.sources.find import FileList, find
from barwise.sources.plan import planned
from barwise.sources.words import Words, is_table
from barwise.stages.checks.closes import Missing, Unfinished
from barwise.stages.checks.times import Times
from barwise.stages.counts import Count, Ones
from barwise.stages.signals.kinds import signal_of
from barwise.stages.stage import Measure, Pass
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from typing import Unpack

    from barwise.bars.batch import Bars
    from barwise.config import ConfigKeys
    from barwise.engine.evaluation import Evaluations
    from barwise.engine.execute import Crew, Executor, RunResult
    from barwise.engine.sweep import Sweeps
    from barwise.sources.parts import Plan
    from barwise.sources.words import TableInput

FOR_SINKS = ("signal", "mean")


def plan(
    input: Words | FileList | TableInput,
    config: Config | str | os.PathLike[str] | None = None,
    **keys: Unpack[ConfigKeys],
) -> Plan:
    """What a run of `input` would read, and in which order.

    `input`, `config` and `keys` are those of `run`; no window is needed. A stream, which can be
    read only once, is refused. Raises ConfigError, InputError or UsageError.

    >>> import pyarrow
    >>> plan(pyarrow.table({"Close": [1.0], "date": ["2024-01-01"]})).inferred_in_words
    "close from 'Close', times from 'date'"
    """
    if config is None:
        keys.setdefault("window", LARGEST_WINDOW)  # any will do
    return planned_input(input, checked_config(config, keys), again=True)


def planned_input(
    input: Words | FileList | TableInput, config: Config, *, again: bool = False
) -> Plan:
    """The plan of files, or of a table; `again`: it is to be read once more."""
    by_time = config.order == "time"
    if isinstance(input, FileList) or not is_table(input):
        return planned(find(input), config.columns, config.csv, by_time=by_time)
    from barwise.sources.table_plan import planned_table  # files do not need it

    return planned_table(input, config.columns, config.csv, by_time=by_time, again=again)


def checked_config(
    config: Config | str | os.PathLike[str] | None,
    keys: Mapping[str, Any] | None = None,
    arguments: Iterable[str] = (),
) -> Config:
    """The config itself, or the one in its file, with some keys in place of its own.

    `arguments` are the caller's, which an unknown key may have been meant to be.
    """
    if not isinstance(config, Config | str | os.PathLike | None):
        raise UsageError(f"config is {quoted(config)}: must be a Config or the path of a file")
    if isinstance(config, str | os.PathLike):
        config = load(config)
    return config if config and not keys else of_keys(keys or {}, config, arguments)


def run(
    input: Words | FileList | TableInput,
    config: Config | str | os.PathLike[str] | None = None,
    *,
    workers: int | None = None,
    events: Events | None = None,
    started: float | None = None,
    sinks: Sequence[Callable[[Bars], None]] = (),
    measures: Sequence[Measure] = (),
    executor: Executor | str | None = None,
    tuning: Tuning = MEASURED,
    **keys: Unpack[ConfigKeys],
) -> Result:
    """Computes the metrics of the bars in `input` as `config`, or the file of it, says.

    `input` is a file, a folder, a pattern, or several of them; or a table in memory: a DataFrame of
    pandas or polars, or whatever gives Arrow's tables or batches. `keys` are keys of the config, in
    place of its own; of these only `window` is required where there is no `config`.

    `workers` threads compute, by default one for each core, or `executor` does: `Submitted`, or the
    words of `--on`, as "processes:4" or "dask://host:8786"; `events` hears the steps and how far
    the run is; `started` is the `time.perf_counter()` at which the job began, now if None. `sinks`
    are called with the bars in their order, "signal" and "mean" among their columns; `measures` are
    computed too; `tuning` are sizes of pieces. Neither threads, executor nor tuning change a bit.
    Writes no file. Raises ConfigError, InputError, PriceError, ExecutorError or UsageError;
    CheckError for bars that break a rule where the config says `checks: strict`.

    >>> import pyarrow
    >>> run(pyarrow.table({"last": [1.0, 2.0, 1.5]}), window=2, columns={"close": "last"}).value
    0.3333
    """
    started = time.perf_counter() if started is None else started
    config = checked_config(config, keys, run.__kwdefaults__ or ())
    events = events or Silent()
    executor = chosen(executor, workers, tuning)
    to_read = planned_input(input, config)
    if inferred := to_read.inferred_in_words:
        events.info(Message("columns_found", f"Columns: {inferred}", columns=inferred))
    sinks = tuple(sinks)
    of_means = sinks or any("mean" in getattr(one, "needs", ()) for one in measures)
    what = pass_of(config, to_read, measures, FOR_SINKS if of_means else ("signal",))
    done = execute(to_read, what, executor, events, sinks=sinks)
    result = _result(config, to_read, done, executor.crew)
    for line in findings.told((*result.crew.doubts, *result.doubts), result.broken):
        events.warning(line)
    for message in _steps(result, done):
        events.info(message)
    result = result._replace(latency_ms=round((time.perf_counter() - started) * 1000))
    if config.gates:
        _tell_gates(result, events)
    return result


def _tell_gates(result: Result, events: Events) -> None:
    from barwise.engine import gates  # which no other run needs

    for message in gates.told(result.metrics):
        events.warning(message)


def _result(config: Config, to_read: Plan, done: RunResult, crew: Crew) -> Result:
    """What a run gives, but for how long it took."""
    of_window = findings.of_window(config.window, done.series)
    doubts, broken = findings.doubts(done, to_read, config, of_window)
    symbols = {name: series.tally for name, series in done.series.items()}
    return Result(
        config,
        reduce(add, symbols.values()),
        symbols,
        doubts,
        latency_ms=0,
        broken=broken,
        rows=to_read.by_file(done.rows),
        values={name: series.values for name, series in done.series.items()},
        inferred=to_read.inferred_by_file,
        crew=crew,
        evaluations=_evaluated(config, done, to_read),
        sweeps=_swept(config, done, to_read),
    )


def _evaluated(config: Config, done: RunResult, to_read: Plan) -> Evaluations | None:
    if config.evaluate is None:
        return None
    from barwise.engine.evaluation import evaluated  # which no other run needs

    return evaluated(config, config.evaluate, done.series, to_read)


def _swept(config: Config, done: RunResult, to_read: Plan) -> Sweeps | None:
    if config.sweep is None or config.evaluate is None:
        return None
    from barwise.engine.sweep import swept  # which no other run needs

    return swept(config, config.sweep, config.evaluate, done.series, to_read)


def _steps(result: Result, done: RunResult) -> Iterator[Message]:
    """What a run that is done has done."""
    config, tally = result.config, result.tally
    if config.order == "time":
        unsorted = len(done.notes.unsorted)
        yield Message("bars_sorted", done.notes.order_in_words(), files=unsorted)
    yield Message("data_loaded", f"Data loaded: {tally.bars} rows", rows=tally.bars)
    facts: dict[str, Any] = {"window": config.window}
    if config.signal:
        facts |= config.signal.words
    words = ", ".join(f"{key}={value}" for key, value in facts.items())
    yield Message("mean_calculated", f"Rolling mean calculated with {words}", **facts)
    yield Message("signals_generated", "Signals generated", ones=tally.ones)
    if result.evaluations:
        from barwise.engine.evaluation import told

        yield from told(result.evaluations)
    if result.sweeps:
        from barwise.engine import sweep

        yield from sweep.told(result.sweeps)


def pass_of(
    config: Config, to_read: Plan, measures: Sequence[Measure], adds: tuple[str, ...]
) -> Pass:
    """What a run of a config does: its signal, which adds those columns, and its measures."""
    of_series = intervals(to_read, config)
    # Where checks are off, times that the order of files depends on still show what overlaps.
    off = config.checks == "off"
    of_rules = (Times(of_series, frozenset()),) if off else (Times(of_series), Unfinished())
    if config.evaluate:
        from barwise.engine.evaluation import measure_of  # which no other run needs

        of_rules = (Times(of_series), *of_rules[1:])  # times must ascend
        measures = (*measures, measure_of(config, config.evaluate))
    if config.sweep and config.evaluate:
        from barwise.engine import sweep

        measures = (*measures, sweep.measure_of(config.sweep, config.evaluate))
    fast, band = config.fast_and_band
    signal = signal_of(config.window, config.arithmetic, adds, fast=fast, band=band)
    others = frozenset({"timestamp"} if adds == FOR_SINKS else ())
    return Pass(signal, (Count(), Ones(), Missing(), *of_rules, *measures), others)


def intervals(to_read: Plan, config: Config) -> dict[str | None, int]:
    """The interval of each series in microseconds where the config or a layout says it."""
    of_all = config.interval and microseconds(config.interval)
    of_series: dict[str | None, int] = {}
    for part in to_read.parts:
        interval = of_all or part.interval
        if interval is not None:
            of_series.setdefault(part.series, interval)
    return of_series
