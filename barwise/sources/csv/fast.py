"""CSV through polars, by chunks of whole rows that threads share, for files of many megabytes.

It has no messages of its own. Where it is not sure to read a chunk as the strict reader would, that
one reads the file. So values and messages are the strict reader's. Compressed files stream too.
"""

from __future__ import annotations

import csv
import os
from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from barwise.bars.batch import Symbols, Table
from barwise.errors import InputError
from barwise.sources import kinds
from barwise.sources.columns import NUMBERS
from barwise.sources.csv import shape, strict
from barwise.sources.csv.shape import LONGEST_LINE
from barwise.sources.csv.strict import bars, place
from barwise.sources.csv.unpacked import Unpacked, opened
from barwise.sources.values import prices
from barwise.sources.values.frames import Typed
from barwise.sources.values.polars_errors import FAULTS
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of, in_order

if TYPE_CHECKING:
    from barwise.sources.columns import ColumnsToRead, PartToRead

__all__ = ["READS_AHEAD", "bars", "place", "read"]

READS_AHEAD = "in its threads"


class UnsureError(Exception):
    """The strict reader must look."""


class RowChunk(NamedTuple):
    """Whole rows.

    load: gives their bytes.
    done: how many bytes of the file are read, up to their end.
    """

    load: Callable[[], bytes]
    done: int


def read(
    parts: Iterable[PartToRead], tuning: Tuning = MEASURED, threads: int = 1
) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where the strict reader does.
    """
    for number, part, to_read in parts:
        typed = Typed(number, part, to_read)
        try:
            yield from _tables(typed, tuning.csv_bytes, threads)
        except (UnsureError, InputError, OSError):
            yield from _strictly(typed)


def _strictly(typed: Typed) -> Iterator[Table]:
    """The rows that `typed` does not have yet, by the strict reader; empty tables before them."""
    rows_read = typed.rows
    for table in strict.read([(typed.number, typed.part, typed.to_read)]):
        skip = max(0, min(rows_read - table.first, table.rows))
        yield _without(skip, table, typed)


def _without(skip: int, table: Table, typed: Typed) -> Table:
    """A table of the strict reader without its first rows; symbols have the codes of `typed`."""
    symbols = table.symbols
    if symbols:
        symbols = Symbols(symbols.codes[skip:], symbols.names)
        if typed.needs_symbols:
            names = [symbols.names[code] for code in symbols.codes.tolist()]
            symbols = typed.symbols(pl.Series(names, dtype=pl.String))
    columns = {name: column[skip:] for name, column in table.columns.items()}
    return table._replace(first=table.first + skip, columns=columns, symbols=symbols)


def _tables(typed: Typed, chunk_bytes: int, threads: int) -> Iterator[Table]:
    with opened(typed.part) as unpacked:
        cut = _in_file if typed.part.kind == "csv" else _in_stream
        names = typed.part.text.names
        above = typed.part.text.skip + (not names)
        head, chunks = cut(unpacked, chunk_bytes, above)
        kinds.refuse_other_formats(head, typed.part.name)
        _refuse_odd_lines(head)
        layout = CsvLayout(list(names) or _header(head), typed.to_read)
        if threads > 1 and cut is _in_stream:
            chunks = ahead_of(chunks, 2)
        with closing(in_order(layout.frame, chunks, threads)) as frames:
            for frame, done in frames:
                if len(frame):
                    yield typed.table(frame)._replace(done=done)
    if not typed.rows:
        raise UnsureError


def _refuse_odd_lines(head: bytes) -> None:
    """Raises UnsureError where readers may count the first lines differently."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        raise UnsureError from None
    if "\0" in text or "\r" in text.replace("\r\n", "\n"):
        raise UnsureError


def _header(head: bytes) -> list[str]:
    """The names in the last of the first lines."""
    line = head.removeprefix(BOM_UTF8).decode().removesuffix("\n").rpartition("\n")[2]
    line = line.removesuffix("\r")
    if not line.strip():
        raise UnsureError
    try:
        [names] = csv.reader([line], strict=True)
    except csv.Error:
        raise UnsureError from None
    return names


def _in_file(unpacked: Unpacked, size: int, above: int) -> tuple[bytes, Generator[RowChunk]]:
    """The first lines, those `above` the rows or one, and the rows in chunks of about `size` bytes.

    The thread that needs a chunk reads it, and no byte is copied twice.
    """
    fd = unpacked.file.fileno()
    head = _first_lines(os.pread(fd, LONGEST_LINE, 0), above)

    def chunks() -> Generator[RowChunk]:
        start, end_of_file = len(head) if above else 0, os.fstat(fd).st_size
        while start < end_of_file:
            end = min(start + size, end_of_file)
            if end < end_of_file:
                tail = max(start, end - LONGEST_LINE)
                end = tail + os.pread(fd, end - tail, tail).rfind(b"\n") + 1
                if end <= tail:
                    raise UnsureError
            yield RowChunk(partial(os.pread, fd, end - start, start), end)
            start = end

    return head, chunks()


def _in_stream(unpacked: Unpacked, size: int, above: int) -> tuple[bytes, Generator[RowChunk]]:
    """The same for bytes that must be unpacked in order."""
    data = unpacked.read(size)
    head = _first_lines(data, above)

    def chunks() -> Generator[RowChunk]:
        buffer, more = b"", data[len(head) if above else 0 :]
        while more:
            buffer += more
            end = buffer.rfind(b"\n") + 1
            if end:
                yield RowChunk(partial(bytes, buffer[:end]), unpacked.position())
            buffer = buffer[end:]
            if len(buffer) > LONGEST_LINE:
                raise UnsureError
            more = unpacked.read(size)
        if buffer:
            yield RowChunk(partial(bytes, buffer), unpacked.position())

    return head, chunks()


def _first_lines(data: bytes, count: int) -> bytes:
    """The first `count` lines, at least one; none where they are too long."""
    end = 0
    for _ in range(max(1, count)):
        end = data.find(b"\n", end, LONGEST_LINE) + 1
        if not end:
            return b""
    return data[:end]


class CsvLayout:
    """How the rows of a file are read: where the columns to read are, and of which type."""

    def __init__(self, header: list[str], to_read: ColumnsToRead) -> None:
        for name, required in to_read.values():
            if header.count(name) > 1 or (required and name not in header):
                raise UnsureError
        names = [name for name, _ in to_read.values() if header.count(name) == 1]
        if len(set(names)) < len(names):
            raise UnsureError
        self.numbers = [to_read[role].name for role in NUMBERS if role in to_read]
        self.numbers = [name for name in self.numbers if name in names]
        # No name in a header has a NUL.
        self.names = [name if name in names else f"\0{at}" for at, name in enumerate(header)]
        self.read_at = sorted({*map(header.index, names), len(header) - 1})
        self.has_words = False  # for missing numbers; then numbers are read as text first

    def frame(self, chunk: RowChunk) -> tuple[pl.DataFrame, int]:
        """The columns to read of a chunk, and its `done`; raises UnsureError."""
        try:
            rows = shape.plain(chunk.load())
            if rows is None:
                raise UnsureError
            frame = None if self.has_words else self.in_numbers(rows)
            if frame is None:
                self.has_words = True
                frame = self.in_words(rows)
        except FAULTS:
            raise UnsureError from None
        return frame, chunk.done

    def in_numbers(self, rows: shape.Plain) -> pl.DataFrame | None:
        """The columns, if every cell of numbers is a number; else None."""
        try:
            frame = self.parsed(rows, pl.Float64())
        except FAULTS:
            return None
        return None if self.has_nan(frame) else frame

    def in_words(self, rows: shape.Plain) -> pl.DataFrame:
        """The columns, where some cells of numbers are words for a missing one."""
        if len(self.names) == 1:  # a line of blanks would not be a bar
            raise UnsureError
        texts = pl.col(self.numbers).str.strip_chars(" \t")
        numbers = pl.when(~texts.is_in(prices.MISSING)).then(texts).cast(pl.Float64)
        frame = self.parsed(rows, pl.String()).with_columns(numbers)
        if self.has_nan(frame):  # another spelling of NaN is not a price
            raise UnsureError
        return frame

    def has_nan(self, frame: pl.DataFrame) -> bool:
        return any(frame[name].is_nan().any() for name in self.numbers)

    def parsed(self, rows: shape.Plain, number: pl.DataType) -> pl.DataFrame:
        """The columns as polars reads them, each row of the right length."""
        schema: dict[str, pl.DataType] = dict.fromkeys(self.names, pl.String())
        schema |= dict.fromkeys(self.numbers, number)
        frame = pl.read_csv(
            rows.data, has_header=False, schema=schema, columns=self.read_at, quote_char=None
        )
        torn = frame[self.names[-1]].null_count() > 0
        if not shape.is_rectangular(rows, len(frame), len(self.names), torn):
            raise UnsureError
        return frame
