"""Bars of any input as a lake of Hive Parquet, which is whole or is not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from barwise.engine import findings
from barwise.engine.events import Events, Silent
from barwise.engine.execute import execute
from barwise.engine.local import Local
from barwise.engine.run import checked_config, intervals, plan
from barwise.errors import ConfigError, InputError, listed, quoted
from barwise.files.clashes import refuse_clashes
from barwise.files.folders import new_folder
from barwise.outputs import rows
from barwise.sources import readers
from barwise.sources.columns import NUMBERS, to_read, without_times
from barwise.sources.find import FileList, find
from barwise.sources.listing import SKIPPED
from barwise.sources.plan import HIVE_NULL
from barwise.sources.words import Words
from barwise.stages.checks.closes import Missing, Unfinished
from barwise.stages.checks.rules import TIME_ASCENDING, TIME_READABLE
from barwise.stages.checks.times import Times
from barwise.stages.counts import Count
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.bars.columns import Columns
    from barwise.config import Config
    from barwise.engine.execute import SeriesResult
    from barwise.outputs.lake import Lake
    from barwise.sources.parts import Plan

TIMES_ALONE = frozenset({"timestamp"})
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
    events: Events | None = None,
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
    refuse_clashes({"lake folder": lake_path}, inputs, files.folders)
    planned = plan(files, config)
    names, left_out = _columns(planned, config.columns)
    of_series = intervals(planned, config)
    off = config.checks == "off"  # a lake is in order of time all the same
    of_rules = (Times(of_series, TIMES_ALONE),) if off else (Times(of_series), Unfinished())
    what = Pass(None, (Count(), Missing(), *of_rules), frozenset(NUMBERS))
    key = _key(config.columns)
    module = rows.writer("lake")
    with new_folder(lake_path, "lake folder", appearing) as folder:
        lake = module.Lake(folder, names, key, tuning.lake_bars)
        result = execute(
            planned,
            what,
            Local(checked_workers(workers), tuning),
            events or Silent(),
            accept=partial(_refuse, planned),
            sinks=[partial(_write, lake, planned)],
        )
        lake.close()
        lines, _ = findings.doubts(result, planned, config)
    columns = tuple(names.values())
    return Converted(sum(result.rows), lake.files, len(result.series), columns, left_out, lines)


def _columns(plan: Plan, columns: Columns) -> tuple[dict[str, str], tuple[str, ...]]:
    """The names of a lake's columns, by their roles, and those that the first file has beside.

    The lake has the columns that any part has.
    """
    all_names = [readers.column_names(part) for part in plan.parts]
    present = {
        role
        for part, names in zip(plan.parts, all_names, strict=True)
        for role, column in to_read(part, NUMBERS).items()
        if column.name in names
    }
    of_lake = {
        "time": columns.times[0] if len(columns.times) == 1 else "timestamp",
        **{role: getattr(columns, role) or role for role in IN_ORDER if role in present},
    }
    roles = plan.parts[0].roles
    known = {*of_lake.values(), *roles.timestamp, *(getattr(roles, role) for role in NUMBERS)}
    left_out = (name for name in all_names[0] if name not in {*known, columns.of_symbols})
    return of_lake, tuple(left_out)


def _key(columns: Columns) -> str:
    """The key of folders that name symbols. Raises ConfigError where a run could not read it."""
    key = columns.of_symbols
    if key.startswith(SKIPPED) or not {"/", "=", "\0"}.isdisjoint(key):
        raise ConfigError(
            f"columns.symbol is {quoted(key)}, which cannot name the folders of a lake, as in "
            "symbol=BTC/: rename that column"
        )
    return key


def _write(lake: Lake, plan: Plan, bars: Bars) -> None:
    """Writes bars to the lake. Raises InputError for what it cannot hold."""
    if "time" not in bars.columns:
        part = plan.parts[bars.part]
        raise InputError(
            f"a lake is kept by time, and {part.name} cannot be: {without_times(part)}"
        )
    if bars.series == HIVE_NULL:
        raise InputError(f"a symbol is {HIVE_NULL}, by which lakes mean none: rename it")
    # Where any part has a column of symbols, a series may come again after others.
    lake.write(bars, one_at_a_time=all(part.series is not None for part in plan.parts))


def _refuse(plan: Plan, so_far: Mapping[str, SeriesResult]) -> None:
    """Raises InputError for bars that a lake cannot hold in order of time."""
    findings.refuse_overlaps(so_far, plan)
    broken = findings.broken(so_far, plan, (TIME_READABLE, TIME_ASCENDING))
    if not broken:
        return
    first = min(broken, key=lambda rule: rule.first)
    name, cell = " ".join(first.cells), " ".join(first.cells.values())
    if first.rule == TIME_READABLE.name:
        what, way_out = f"is {quoted(cell)} on {first.place}, which is not a time", "correct it"
    else:
        what, way_out = f"goes back to {quoted(cell)} on {first.place}", "set order: time"
    raise InputError(f"{name} {what}, and a lake is kept in order of time: {way_out}")
