"""Parquet and Arrow files through polars: only the columns to read, a batch of rows at a time.

Polars streams batches, but holds a whole decoded row group. 200 million equal closes are a Parquet
file of 300 kB with one row group; so the rows are read in slices, which bound the memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors

from barwise.bars.batch import Table
from barwise.errors import InputError, is_utf8
from barwise.files.opening import open_regular
from barwise.sources.columnar import messages
from barwise.sources.columns import Bar
from barwise.sources.values.frames import Typed, TypedSample, place, shown
from barwise.sources.values.polars_errors import FAULTS, present, raising_for
from barwise.tuning import MEASURED, Tuning

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample"]

if TYPE_CHECKING:
    from barwise.sources.columns import ColumnsToRead, PartToRead
    from barwise.sources.parts import Part

CODED_CELLS = 1 << 21  # of a slice with coded symbols; one that has new symbols is read twice
READS_AHEAD = "in a thread"
# Small files are read together, which takes a third of the time: 0.13 s instead of 0.34 s for 500
# files of 20,000 rows. The limits bound what a group holds in memory.
GROUP_FILES, GROUP_BYTES = 64, 1 << 25


def read(parts: Iterable[PartToRead], tuning: Tuning = MEASURED) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where it meets a fault.
    """
    for group in _groups(parts):
        # A short head has most symbols, so that the slices after it can be coded in the query.
        heads = _heads(group, tuning.head_rows)
        for (number, part, to_read), (head, query) in zip(group, heads, strict=True):
            typed = Typed(number, part, to_read)
            is_all = len(head) < tuning.head_rows
            rows = len(head) if is_all else _rows_of(query, part)
            if rows:
                yield typed.table(head)._replace(done=part.size * len(head) // rows)
            for frame in _after_head(typed, query, rows, tuning):
                yield typed.table(frame)._replace(done=part.size * typed.rows // rows)
            typed.finish(rows)


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows, for messages: where each stands, and what it says in some columns."""
    query = _scan(part)
    with raising_for(part):
        return [
            shown(part, row, query.select(names).slice(row, 1).collect()) for row, names in rows
        ]


def column_names(part: Part) -> list[str]:
    with raising_for(part):
        return list(_scan(part).collect_schema())


def sample(part: Part, rows: int) -> TypedSample:
    """The columns of a part, and their cells in its first rows."""
    query = _scan(part)
    with raising_for(part):
        schema = query.collect_schema()
    return TypedSample(schema, lambda names: query.select(names).head(rows).collect())


def sample_as(schema: Mapping[str, pl.DataType], part: Part, rows: int) -> TypedSample:
    """The same of a part whose columns are known; it is read only where cells are needed."""
    return TypedSample(schema, lambda names: _scan(part).select(names).head(rows).collect())


def first_bars(parts: Iterable[PartToRead]) -> Iterator[Table | None]:
    """The first bar of each part, where many are read; None where that fails.

    Together it takes 0.4 ms a file instead of 1.4 ms.
    """
    for group in _groups(parts):
        tables: list[Table | None] = [None] * len(group)
        with suppress(InputError, *FAULTS):
            for at, (head, _) in enumerate(_heads(group, 1)):
                if len(head):
                    tables[at] = Typed(*group[at]).table(head)
        yield from tables


def _groups(parts: Iterable[PartToRead]) -> Iterator[list[PartToRead]]:
    group: list[PartToRead] = []
    size = 0
    for part_to_read in parts:
        _, part, _ = part_to_read
        if group and (len(group) == GROUP_FILES or size + part.size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(part_to_read)
        size += part.size
    if group:
        yield group


def _heads(group: list[PartToRead], rows: int) -> Iterator[tuple[pl.DataFrame, pl.LazyFrame]]:
    """The first rows of each part, and the query that gives them all.

    They are read together; where that fails, one by one, so that rows before the fault come first.
    """
    together: list[tuple[pl.DataFrame, pl.LazyFrame]] = []
    if len(group) > 1:
        with suppress(InputError, *FAULTS):
            queries = [_query(part, to_read) for _, part, to_read in group]
            frames = pl.collect_all([query.head(rows) for query in queries])
            together = list(zip(frames, queries, strict=True))
            del frames
    for _, part, to_read in group:
        if together:
            yield together.pop(0)
        else:
            query = _query(part, to_read)
            with raising_for(part):
                frame = query.head(rows).collect()
            yield frame, query


def _after_head(
    typed: Typed, query: pl.LazyFrame, rows: int, tuning: Tuning
) -> Iterator[pl.DataFrame]:
    """The rows of a part of so many `rows` that `typed` does not have yet."""
    frames = _coded if typed.needs_symbols else _streamed
    rows_before = -1
    while rows_before < typed.rows < rows:
        rows_before = typed.rows
        yield from frames(typed, query, tuning)


def _streamed(typed: Typed, query: pl.LazyFrame, tuning: Tuning) -> Iterator[pl.DataFrame]:
    with raising_for(typed.part):
        sliced = query.slice(typed.rows, tuning.slice_rows)
        batches = iter(sliced.collect_batches(chunk_size=tuning.batch_rows, maintain_order=True))
    while True:
        with raising_for(typed.part):
            frame = next(batches, None)
        if frame is None:
            return
        yield frame


def _coded(typed: Typed, query: pl.LazyFrame, tuning: Tuning) -> Iterator[pl.DataFrame]:
    rows = CODED_CELLS // len(typed.to_read)
    with raising_for(typed.part):
        coded = typed.coded(query)
        frame = coded.slice(typed.rows, rows).collect(engine="streaming")
        if coded is not query and frame[typed.to_read["symbol"].name].null_count():
            # There is a new symbol, or a row without one.
            frame = query.slice(typed.rows, rows).collect(engine="streaming")
    yield frame


def _rows_of(query: pl.LazyFrame, part: Part) -> int:
    with raising_for(part):
        return int(query.select(pl.len()).collect().item())


def _query(part: Part, to_read: ColumnsToRead) -> pl.LazyFrame:
    """The columns to read of a part; its path is only a path here, never a pattern or a URL."""
    query = _scan(part)
    with raising_for(part):
        names = query.collect_schema().names()
    return query.select(selectors.by_name(present(names, part, to_read)))


def _scan(part: Part) -> pl.LazyFrame:
    path = os.path.abspath(part.path)
    if not is_utf8(path):
        raise InputError(f"the path of {part.name} is not UTF-8, which polars wants: rename it")
    if part.kind == "arrow":
        with open_regular(path, "input", InputError) as file:
            for message in messages.of_file(file, part.name, part.size):
                if message.packed:  # others are mapped into memory, not read whole
                    messages.refuse_large_batch(file, message, part.name)
        return pl.scan_ipc(path, glob=False, hive_partitioning=False)
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)
