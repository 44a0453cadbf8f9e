"""Bars of any input as a lake of Hive Parquet, which is whole or is not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barwise.engine import findings
from barwise.engine.execute import Reading
from barwise.engine.local import Series
from barwise.engine.run import checked_config, plan
from barwise.errors import ConfigError, InputError, listed, quoted
from barwise.files import writing
from barwise.files.folders import new_folder
from barwise.outputs import rows
from barwise.sources import readers
from barwise.sources.columns import NUMBERS, to_read, without_times
from barwise.sources.find import SKIPPED, FileList, Words, find
from barwise.sources.plan import HIVE_NULL
from barwise.stages.checks import judge
from barwise.stages.checks.rules import TIME_ASCENDING, TIME_READABLE
from barwise.stages.tally import Tally
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.bars.columns import Columns
    from barwise.config import Config
    from barwise.outputs.lake import Lake
    from barwise.sources.parts import Plan

IN_ORDER = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote.

    bars: how many.
    files: how many, in the lake.
    symbols: how many.
    columns: the names of those in the lake.
    left_out: the columns of the first file of the input that are not in the lake.
    doubts: lines about the bars, as in the log of a run.
    """

    bars: int
    files: int
    symbols: int
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        left_out = f"; left out: {listed(self.left_out)}" if self.left_out else ""
        return (
            f"bars: {self.bars}, symbols: {self.symbols}, files: {self.files}\n"
            f"columns: {listed(self.columns)}{left_out}"
        )


def convert(
    input: Words | FileList,
    config: Config | str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    appearing: Callable[[], None] = lambda: None,
    tuning: Tuning = MEASURED,
) -> Converted:
    """Writes the bars in `input` to the folder `to`: a folder a symbol, a Parquet file a year.

    The columns are times, open, high, low, close and volume, those that the input has. They have
    the names that the config gives them, so that a run of the lake with it gives the same signals.
    `to` is new or empty; it appears whole, or not at all; `appearing` is called just before, and
    may raise. The other arguments are those of `run`. Raises what `run` raises; InputError where
    bars have no time or go back in time; OutputError where the lake cannot be written, or `to` is
    taken.
    """
    config = checked_config(config)
    files, lake_path = find(input), os.fspath(to)
    inputs = [("input file", path) for path, _ in files.files]
    writing.refuse_clashes({"lake folder": lake_path}, inputs, files.folders)
    reading = Reading(plan(files, config), config, checked_workers(workers), progress, tuning)
    column_names = [readers.column_names(part) for part in reading.plan.parts]
    names = _names(config.columns, reading.plan, column_names)
    key = _key(config.columns)
    roles = reading.plan.parts[0].roles
    known = {*names.values(), *roles.timestamp, *(getattr(roles, role) for role in NUMBERS), key}
    left_out = tuple(name for name in column_names[0] if name not in known)
    module = rows.writer("lake")
    with new_folder(lake_path, "lake folder", appearing) as folder:
        lake = module.Lake(folder, names, key, tuning.lake_bars)
        done = _written(reading, lake)
        lake.close()
        lines = reading.doubts(done).lines
    return Converted(
        sum(series.tally.bars for series in done.values()),
        lake.files,
        len(done),
        tuple(names.values()),
        left_out,
        lines,
    )


def _names(columns: Columns, plan: Plan, column_names: list[list[str]]) -> dict[str, str]:
    """The names of a lake's columns, by their roles: of those that any part has.

    `column_names` are those in the file of each part.
    """
    roles = {
        role
        for part, names in zip(plan.parts, column_names, strict=True)
        for role, column in to_read(part, NUMBERS).items()
        if column.name in names
    }
    return {
        "time": columns.times[0] if len(columns.times) == 1 else "timestamp",
        **{role: getattr(columns, role) or role for role in IN_ORDER if role in roles},
    }


def _key(columns: Columns) -> str:
    """The key of folders that name symbols. Raises ConfigError where a run could not read it."""
    key = columns.of_symbols
    if key.startswith(SKIPPED) or not {"/", "=", "\0"}.isdisjoint(key):
        raise ConfigError(
            f"columns.symbol is {quoted(key)}, which cannot name the folders of a lake, as in "
            "symbol=BTC/: rename that column"
        )
    return key


def _written(reading: Reading, lake: Lake) -> dict[str, Series]:
    """Writes all bars to the lake, and gives what is known of each series after that."""
    done: dict[str, Series] = {}
    # Where any part has a column of symbols, a series may come again after others.
    one_at_a_time = all(part.series is not None for part in reading.plan.parts)
    with closing(reading.batches(("timestamp", *NUMBERS))) as batches:
        for batch in batches:
            before = done.get(batch.series) or Series(None, checks=reading.start(batch.series))
            done[batch.series] = _checked(batch, before, reading)
            lake.write(batch, one_at_a_time)
    return done


def _checked(batch: Bars, before: Series, reading: Reading) -> Series:
    """What is known of a series after a batch more. Raises InputError if a lake cannot hold it."""
    if "time" not in batch.columns:
        part = reading.plan.parts[batch.part]
        raise InputError(
            f"a lake is kept by time, and {part.name} cannot be: {without_times(part)}"
        )
    if batch.series == HIVE_NULL:
        raise InputError(f"a symbol is {HIVE_NULL}, by which lakes mean none: rename it")
    checks = judge.of_batch(batch, before.checks)
    series = Series(None, before.tally + Tally(len(batch)), checks)
    done = {batch.series: series}
    if checks.times.span.overlap:
        findings.refuse(done, reading.plan)
    if checks.times.unread.bars or checks.times.backward.bars:
        rules = (TIME_READABLE, TIME_ASCENDING)
        broken = findings.broken(done, reading.plan, rules)
        first = min(broken, key=lambda rule: rule.first)
        name, cell = " ".join(first.cells), " ".join(first.cells.values())
        if first.rule == TIME_READABLE.name:
            what, way_out = f"is {quoted(cell)} on {first.place}, which is not a time", "correct it"
        else:
            what, way_out = f"goes back to {quoted(cell)} on {first.place}", "set order: time"
        raise InputError(f"{name} {what}, and a lake is kept in order of time: {way_out}")
    return series
