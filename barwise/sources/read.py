"""Reads the bars of a plan: its tables come from the reader of each kind, one series at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from itertools import chain, groupby
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from barwise.bars.batch import Computed, Table
from barwise.bars.times import NO_TIME, are_times
from barwise.errors import InputError
from barwise.sources import symbols
from barwise.sources.columns import to_read
from barwise.sources.computed import Computing
from barwise.sources.notes import NARROW_CLOSES, PartNotes
from barwise.sources.readers import bar, reader_of
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.sources.columns import PartToRead
    from barwise.sources.parts import Part, Plan


Rows = TypeVar("Rows", Table, Computed)

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
        raise InputError(
            f"{alone.parts[0].name} has changed while it was read: run it again",
            code="input_changed",
        )
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
    if plan.by_time:
        needs = {*needs, "timestamp"}
    with closing(_parts(plan, needs, notes, progress, workers, tuning)) as parts:
        for part, tables in parts:
            if plan.by_time:
                tables = _sorted(tables, part, notes)
            if part.series is None:
                split = symbols.split_by_symbol(tables, tuning.symbol_cells)
                with closing(ahead_of(split, 1) if workers > 1 else split) as bars_of_groups:
                    yield from chain.from_iterable(bars_of_groups)
            else:
                for table in tables:
                    yield symbols.one_series(table, part.series)


def values(
    plan: Plan,
    needs: Collection[str],
    notes: PartNotes,
    compute: Callable[[Iterable[Bars]], Any],
    progress: Callable[[int], None] = lambda bytes_read: None,
    workers: int = 1,
    tuning: Tuning = MEASURED,
) -> Generator[Computed]:
    """What `compute` gives of the bars, in the order of the plan; the threads that read them call
    it. All else is as in `read`.

    It is called with bars of one part that follow each other, placed as if they were its first, in
    arrays that are used again where they may be written. Only those that begin their series say
    where they stand in it. No part has several series or is sorted.
    """
    computing = Computing(plan, compute)
    with closing(_parts(plan, needs, notes, progress, workers, tuning, computing)) as parts:
        for _, rows in parts:
            yield from rows


def _parts(
    plan: Plan,
    needs: Collection[str],
    notes: PartNotes,
    progress: Callable[[int], None],
    workers: int,
    tuning: Tuning,
    computing: Computing | None = None,
) -> Generator[tuple[Part, Iterator[Any]]]:
    """Each part and its tables, or what is computed of them; what is doubtful is noted."""
    bytes_read = 0
    parts_to_read = ((i, part, to_read(part, needs)) for i, part in enumerate(plan.parts))
    for reader, parts in groupby(parts_to_read, lambda entry: reader_of(entry[1])):
        with closing(_groups(reader, parts, workers, tuning, computing)) as groups:
            faults: list[InputError] = []
            tables = chain.from_iterable(groups)
            all_tables = _up_to_fault(_each(computing, tables) if computing else tables, faults)
            for number, tables_of_part in groupby(all_tables, lambda table: table.part):
                part = plan.parts[number]
                yield part, _noted(tables_of_part, part, notes, bytes_read, progress)
                bytes_read += part.size
                progress(bytes_read)
            if faults:
                raise faults[0]


def _each(computing: Computing, tables: Iterable[Any]) -> Iterator[Computed]:
    """What is computed of tables; most readers leave that to the thread which takes them."""
    for table in tables:
        yield from [table] if isinstance(table, Computed) else computing([table])


def _up_to_fault(tables: Iterable[Rows], faults: list[InputError]) -> Iterator[Rows]:
    """The tables before a fault, which is kept: one in the parts before it is to be told first."""
    try:
        yield from tables
    except InputError as error:
        faults.append(error)


def _noted(
    tables: Iterator[Table | Computed],
    part: Part,
    notes: PartNotes,
    bytes_before: int,
    progress: Callable[[int], None],
) -> Iterator[Any]:
    """The tables of a part; their doubts are noted, and the progress from the bytes before it."""
    for table in tables:
        notes.doubt(NARROW_CLOSES, table.part, table.doubt)
        if table.rows:
            if part.series is not None:
                for name, row in _first_rows(table).items():
                    notes.symbol(table.part, name, table.first + row)
                table = table._replace(symbols=None)
            yield table
        progress(bytes_before + table.done)


def _first_rows(table: Table | Computed) -> Mapping[str, int]:
    if isinstance(table, Computed):
        return table.symbols or {}
    return symbols.first_rows(table.symbols)


def _sorted(tables: Iterator[Table], part: Part, notes: PartNotes) -> Iterator[Table]:
    from barwise.sources.sort_rows import in_time_order

    for table in in_time_order(tables, part, bar):
        if table.order is not None:
            notes.unsorted.append(table.part)
        yield table


def _groups(
    reader: ModuleType,
    parts: Iterator[PartToRead],
    workers: int,
    tuning: Tuning,
    computing: Computing | None,
) -> Generator[list[Any]]:
    """The tables of parts in groups, read ahead as it suits their reader."""
    if reader.READS_AHEAD == "in its threads":
        return _grouped(reader.read(parts, tuning, workers, computing))
    groups = _grouped(reader.read(parts, tuning))
    return ahead_of(groups, 2) if reader.READS_AHEAD and workers > 1 else groups


def _grouped(tables: Iterator[Rows]) -> Generator[list[Rows]]:
    """Groups of about `GROUP_ROWS`: to hand over 500 small files one by one would take 50 ms."""
    group: list[Rows] = []
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
