"""Bars of any input as a lake of Hive Parquet, which is whole or is not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barwise import checks, doubts, outputs, sinks, sources
from barwise.engine import Series
from barwise.errors import InputError, listed
from barwise.inputs import Found
from barwise.outputs.folder import new_folder
from barwise.planning import Words, checked_config, find, plan
from barwise.reading import Reading
from barwise.rules import TIME_ASCENDING, TIME_READABLE
from barwise.sources.columns import NUMBERS, of_times
from barwise.tally import Tally
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.batch import Batch
    from barwise.config import Columns, Config
    from barwise.parts import Part
    from barwise.sinks.lake import Lake

IN_ORDER = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote.

    bars, files, symbols: how many. columns: those of the lake; left_out: those of the first file of
    the input that are none of them. doubts: one line each, as a run's log has them.
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
    input: Words | Found,
    config: Config | str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Converted:
    """Writes the bars in `input` to the folder `to`: a folder a symbol, a Parquet file a year.

    The columns are times, open, high, low, close and volume, as far as there are such, called as
    the config calls them, so that a run of the lake with it gives the same signals. `to` is new or
    empty; it appears whole, or not at all. The other arguments are those of `run`. Raises what
    `run` raises; InputError where bars have no time or go back in time, OutputError where the lake
    cannot be written or something is in its place.
    """
    config = checked_config(config)
    found, place = find(input), os.fspath(to)
    read = [("input", path) for path, _ in found.files]
    outputs.refuse_clashes({"lake": place}, read, found.folders)
    reading = Reading(plan(found, config), config, checked_workers(workers), progress)
    room = sinks.room("lake")
    with new_folder(place, "lake") as folder:
        lake = room.Lake(folder, _names(config.columns), config.columns.of_symbols)
        done = _written(reading, lake)
        lake.close()
        doubts_of_all = reading.lines(done)
    return Converted(
        sum(its.tally.bars for its in done.values()),
        lake.files,
        len(done),
        tuple(lake.columns),
        _left_out(reading.plan.parts[0], config.columns, lake.columns),
        doubts_of_all,
    )


def _names(columns: Columns) -> dict[str, str]:
    """The names of a lake's columns, by what batches call them."""
    names = {role: getattr(columns, role) or role for role in NUMBERS}
    names["time"] = columns.of_times
    return {name: names[name] for name in IN_ORDER}


def _written(reading: Reading, lake: Lake) -> dict[str, Series]:
    """What is known of each series, when all bars are in the lake."""
    done: dict[str, Series] = {}
    with closing(reading.batches(("timestamp", *NUMBERS))) as batches:
        for batch in batches:
            before = done.get(batch.series) or Series(None, found=reading.start(batch.series))
            done[batch.series] = _checked(batch, before, reading)
            lake.take(batch, is_alone=reading.plan.parts[batch.part].series is not None)
    return done


def _left_out(first: Part, columns: Columns, taken: Collection[str]) -> tuple[str, ...]:
    """The columns of the first part that are not in the lake."""
    known = {*taken, of_times(columns, first).name, columns.of_symbols}
    return tuple(name for name in first.header or sources.column_names(first) if name not in known)


def _checked(batch: Batch, before: Series, reading: Reading) -> Series:
    """What is known of a series with a batch more, if it may be in a lake."""
    columns = reading.config.columns
    if "time" not in batch.columns:
        part = reading.plan.parts[batch.part]
        raise InputError(
            f"{part.name} has no column {of_times(columns, part).name!r}, and a lake is kept by "
            "time: name the column of times in columns: {timestamp: NAME}"
        )
    found = checks.of_batch(batch, before.found)
    its = Series(None, before.tally + Tally(len(batch)), found)
    if found.times.span.overlap:
        doubts.refuse({batch.series: its}, reading.plan, columns)
    for broken in doubts.broken(
        {batch.series: its}, reading.plan, columns, (TIME_READABLE, TIME_ASCENDING)
    ):
        raise InputError(broken.line)
    return its
