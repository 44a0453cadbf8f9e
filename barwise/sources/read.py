"""Reads the bars of a plan: its tables come from the reader of each kind, one series at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from itertools import chain, groupby
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from barwise.bars.times import NO_TIME, are_times
from barwise.errors import InputError
from barwise.sources import symbols
from barwise.sources.columns import to_read
from barwise.sources.notes import NARROW_CLOSES, PartNotes
from barwise.sources.readers import bar, reader_of
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Table
    from barwise.sources.columns import PartToRead
    from barwise.sources.parts import Part, Plan

GROUP_ROWS = 1 << 18  # that a thread which reads ahead hands over at once


def first_not_after(plan: Plan, number: int, reached: Mapping[str, int]) -> tuple[int, int, str]:
    """The first bar of a part that is not after the time which its series has `reached`.

    It is given by its row, its time and its series.
    """
    alone = plan._replace(parts=(plan.parts[number],))
    early: list[tuple[int, int, str]] = []
    with suppress(InputError):  # of a fault that comes later in the part
        for bars in read(alone, {"timestamp", "symbol"}, PartNotes(alone)):
            times = bars.columns["time"]
            is_early = are_times(times) & (times <= reached.get(bars.series, NO_TIME))
            if is_early.any():
                at = int(np.argmax(is_early))
                early.append((bars.place_of(at).row, int(times[at]), bars.series))
    if not early:
        raise InputError(f"{alone.parts[0].name} has changed while it was read: run it again")
    return min(early)


def read(
    plan: Plan,
    needs: Collection[str],
    notes: PartNotes,
    progress: Callable[[int], None] = lambda bytes_read: None,
    workers: int = 1,
    tuning: Tuning = MEASURED,
) -> Generator[Bars]:
    """The bars of a plan's parts, in its order, some of one series at a time.

    needs: roles of columns to read beside the closes, where a part has them.
    notes: takes what is doubtful about parts.
    progress: called with how many bytes are read.
    workers: with more than one, threads read tables and split them by symbol ahead.
    tuning: sizes of pieces.

    Raises InputError, or PriceError for a close that is not a price, where the reader meets it.
    """
    bytes_read = 0
    if plan.by_time:
        needs = {*needs, "timestamp"}
    parts_to_read = ((i, part, to_read(part, needs)) for i, part in enumerate(plan.parts))
    for reader, parts in groupby(parts_to_read, lambda entry: reader_of(entry[1])):
        with closing(_groups(reader, parts, workers, tuning)) as groups:
            faults: list[InputError] = []
            all_tables = _up_to_fault(chain.from_iterable(groups), faults)
            for number, tables_of_part in groupby(all_tables, lambda table: table.part):
                part = plan.parts[number]
                tables = _noted(tables_of_part, part, notes, bytes_read, progress)
                if plan.by_time:
                    tables = _sorted(tables, part, notes)
                if part.series is None:
                    split = symbols.split_by_symbol(tables, tuning.symbol_cells)
                    with closing(ahead_of(split, 1) if workers > 1 else split) as bars_of_groups:
                        yield from chain.from_iterable(bars_of_groups)
                else:
                    for table in tables:
                        yield symbols.one_series(table, part.series)
                bytes_read += part.size
                progress(bytes_read)
            if faults:
                raise faults[0]


def _up_to_fault(tables: Iterable[Table], faults: list[InputError]) -> Iterator[Table]:
    """The tables before a fault, which is kept: one in the parts before it is to be told first."""
    try:
        yield from tables
    except InputError as error:
        faults.append(error)


def _noted(
    tables: Iterator[Table],
    part: Part,
    notes: PartNotes,
    bytes_before: int,
    progress: Callable[[int], None],
) -> Iterator[Table]:
    """The tables of a part; their doubts are noted, and the progress from the bytes before it."""
    for table in tables:
        notes.doubt(NARROW_CLOSES, table.part, table.doubt)
        if table.rows:
            if part.series is not None:
                symbols.note_symbols(table, notes)
                table = table._replace(symbols=None)
            yield table
        progress(bytes_before + table.done)


def _sorted(tables: Iterator[Table], part: Part, notes: PartNotes) -> Iterator[Table]:
    from barwise.sources.sort_rows import in_time_order

    for table in in_time_order(tables, part, bar):
        if table.order is not None:
            notes.unsorted.append(table.part)
        yield table


def _groups(
    reader: ModuleType, parts: Iterator[PartToRead], workers: int, tuning: Tuning
) -> Generator[list[Table]]:
    """The tables of parts in groups, read ahead as it suits their reader."""
    if reader.READS_AHEAD == "in its threads":
        return _grouped(reader.read(parts, tuning, threads=workers))
    groups = _grouped(reader.read(parts, tuning))
    return ahead_of(groups, 2) if reader.READS_AHEAD and workers > 1 else groups


def _grouped(tables: Iterator[Table]) -> Generator[list[Table]]:
    """Groups of about `GROUP_ROWS`: to hand over 500 small files one by one would take 50 ms."""
    group: list[Table] = []
    rows = 0
    try:
        for table in tables:
            group.append(table)
            rows += table.rows
            if rows >= GROUP_ROWS or not table.rows:
                yield group
                group, rows = [], 0
    except InputError:  # the rows before the fault come first: an earlier fault may be in them
        yield group
        raise
    yield group
