"""Where bars come from: one file a kind of source, each giving tables of the columns asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain, groupby
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from barwise.errors import InputError, PriceError
from barwise.sources import symbols
from barwise.sources.columns import TIMESTAMP, Column, wanted
from barwise.workers import ahead_of, elsewhere

if TYPE_CHECKING:
    from barwise.batch import Batch, Table
    from barwise.config import Columns
    from barwise.parts import Part, Plan

# The module that reads a kind; imported when a part is of that kind, as polars takes 100 ms.
# Each has `read(parts, rows)`, which gives tables, `place(part, row)`, for messages, and
# `READS_AHEAD`: whether it leaves the interpreter to others while it reads.
RUN_ROWS = 1 << 18
READERS = {
    "csv": "strict_csv",
    "csv.gz": "strict_csv",
    "csv.zst": "strict_csv",
    "csv in zip": "strict_csv",
    "parquet": "columnar",
    "arrow": "columnar",
    "arrow stream": "arrow_stream",
}


def reader_of(part: Part) -> ModuleType:
    """The module that reads a part.

    Polars is imported in another thread: a signal that raises in the middle of it could be lost.
    """
    name = f"barwise.sources.{READERS[part.kind]}"
    if name in sys.modules or READERS[part.kind] == "strict_csv":
        return import_module(name)
    try:
        return elsewhere(import_module, name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{part.name} is of kind {part.kind}, and {error.name} that reads it is not installed: "
            "install requirements.txt"
        ) from None


def place(part: Part, row: int) -> str:
    """Where a row of a part stands, for a message: `line 17 of data.csv`."""
    found: str = reader_of(part).place(part, row)
    return found


def first_time(part: Part, columns: Columns) -> int | None:
    """The time of a part's first bar, in microseconds UTC; None where it has no column of times.

    Raises InputError where the part cannot be read so far.
    """
    roles = {
        "close": Column(columns.close),
        "timestamp": Column(columns.timestamp or TIMESTAMP, columns.timestamp is not None),
    }
    table: Table = next(reader_of(part).read([(0, part, roles)], 1))
    return None if table.times is None else int(table.times[0])


def read(
    plan: Plan,
    columns: Columns,
    doubt: Callable[[str, int, str], None] = lambda rule, part, line: None,
    progress: Callable[[int], None] = lambda behind: None,
    ahead: bool = False,
) -> Iterator[Batch]:
    """The bars of a plan's parts, in its order, as batches of one series each.

    `doubt` is told of what is doubtful: the rule, the part's number, and a line or ""; `progress`
    how many bytes are behind; `ahead`: what polars reads is read in a thread of its own, one table
    ahead. Raises InputError, or PriceError for a close that is no price, where
    the reader meets it.
    """
    one_symbol = symbols.OneSymbol(columns, place)
    behind = 0
    numbered = ((i, part, wanted(columns, part)) for i, part in enumerate(plan.parts))
    for reader, parts in groupby(numbered, lambda each: reader_of(each[1])):
        tables: Iterator[Table] = reader.read(parts)
        if ahead and reader.READS_AHEAD:
            tables = chain.from_iterable(ahead_of(_runs(tables), 2))
        for number, of_part in groupby(tables, lambda table: table.part):
            part = plan.parts[number]
            priced = _with_prices(of_part, part, columns.close)
            if part.series is None:
                gatherings = symbols.apart(priced)
                for batches in ahead_of(gatherings, 1) if ahead else gatherings:
                    yield from batches
            else:
                for table in priced:
                    doubt("closes of a narrow type", number, table.doubt)
                    doubt("several symbols", number, one_symbol.doubt(table, part))
                    yield symbols.one_series(table, part.series)
                    progress(behind + table.done)
            behind += part.size
            progress(behind)


def _runs(tables: Iterator[Table]) -> Iterator[list[Table]]:
    """Tables by the `RUN_ROWS`: handing over each of 500 small files would take 50 ms."""
    run: list[Table] = []
    try:
        for table in tables:
            run.append(table)
            if sum(len(each.closes) for each in run) >= RUN_ROWS:
                yield run
                run = []
    except InputError:  # after what comes before it
        yield run
        raise
    yield run


def _with_prices(tables: Iterator[Table], part: Part, close: str) -> Iterator[Table]:
    """The tables of a part; raises PriceError after them if all its closes are missing."""
    rows, empty = 0, True
    for table in tables:
        rows += len(table.closes)
        empty = empty and bool(np.isnan(table.closes).all())
        yield table
    if empty:
        raise PriceError(
            f"{close} is missing in all {rows} rows, from {place(part, 0)} on: name the column of "
            "closes in the config, as in columns: {close: NAME}, or leave the file out"
        )
