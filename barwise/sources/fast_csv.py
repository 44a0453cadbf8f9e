"""CSV through polars, by chunks of whole rows that threads share, for files of many megabytes.

It speaks to nobody: a chunk that it is not sure to read as the strict reader would sends the file
there, and so what is read and what is said are the strict reader's. Compressed files stream too.
"""

from __future__ import annotations

import csv
import os
from codecs import BOM_UTF8
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from barwise.batch import Symbols, Table
from barwise.errors import InputError
from barwise.sources import csv_shape, kinds, prices, strict_csv
from barwise.sources.polars_errors import FAULTS
from barwise.sources.strict_csv import place
from barwise.sources.typed import Typed
from barwise.sources.unpacked import Unpacked, opened
from barwise.workers import ahead_of, in_order

if TYPE_CHECKING:
    from barwise.sources.columns import PartWanted, Wanted

__all__ = ["READS_AHEAD", "place", "read"]

CHUNK_BYTES = 1 << 23  # of 2**20 to 2**24 the fastest; a call of polars costs 0.4 ms
LONGEST_ROW = 2 * csv_shape.STRETCH  # bytes; files with longer ones are read strictly
READS_AHEAD = False  # its threads do


class UnsureError(Exception):
    """The strict reader must look."""


class Piece(NamedTuple):
    """Whole rows: how to get their bytes, and how many bytes of the file are then behind."""

    bytes: Callable[[], bytes]
    done: int


def read(parts: Iterable[PartWanted], chunk_bytes: int = CHUNK_BYTES) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where the strict reader does.
    """
    for number, part, wanted in parts:
        typed = Typed(number, part, wanted)
        try:
            yield from _tables(typed, chunk_bytes)
        except (UnsureError, InputError, *FAULTS):
            yield from _strictly(typed)


def _strictly(typed: Typed) -> Iterator[Table]:
    """The rows that `typed` has not seen, by the strict reader."""
    seen = typed.rows
    for table in strict_csv.read([(typed.number, typed.part, typed.wanted)]):
        skip = max(0, seen - table.first_row)
        if skip < len(table.closes):
            yield _without(skip, table, typed)


def _without(skip: int, table: Table, typed: Typed) -> Table:
    """A table of the strict reader without its first rows, its symbols coded as those before."""
    symbols, times = table.symbols, table.times
    if symbols:
        symbols = Symbols(symbols.codes[skip:], symbols.names)
        if typed.tells_symbols:
            names = pl.Series([symbols.names[code] for code in symbols.codes.tolist()])
            symbols = typed.symbols(names)
    return table._replace(
        first_row=table.first_row + skip,
        closes=table.closes[skip:],
        times=None if times is None else times[skip:],
        symbols=symbols,
    )


def _tables(typed: Typed, chunk_bytes: int) -> Iterator[Table]:
    threads = pl.thread_pool_size()
    with ExitStack() as stack:
        unpacked = stack.enter_context(opened(typed.part))
        rows, pieces = _opened(unpacked, typed, chunk_bytes)
        if threads > 1 and typed.part.kind != "csv":
            pieces = stack.enter_context(closing(ahead_of(pieces, 2)))
        frames = in_order(rows.frame, pieces, threads)
        for frame, done in stack.enter_context(closing(frames)):
            if len(frame):
                yield typed.judged(frame)._replace(done=done)
    if not typed.rows:
        raise UnsureError


def _opened(unpacked: Unpacked, typed: Typed, size: int) -> tuple[Rows, Generator[Piece]]:
    """How to read the rows of a file, and the pieces of it that follow its header."""
    if typed.part.kind == "csv":
        fd = unpacked.file.fileno()
        head = os.pread(fd, LONGEST_ROW, 0)
    else:
        head = unpacked.read(size)
    kinds.refuse_other_formats(head, typed.part.name)
    start = head.find(b"\n") + 1
    rows = Rows(_header(head[:start]), typed.wanted)
    if typed.part.kind == "csv":
        return rows, _in_file(fd, start, size)
    return rows, _in_stream(unpacked, head[start:], size)


def _header(line: bytes) -> list[str]:
    line = line.removeprefix(BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r")
    if not line.strip() or b"\r" in line or b"\0" in line:
        raise UnsureError
    try:
        [names] = csv.reader([line.decode()], strict=True)
    except (csv.Error, UnicodeDecodeError):
        raise UnsureError from None
    return names


def _in_file(fd: int, start: int, size: int) -> Generator[Piece]:
    end_of_file = os.fstat(fd).st_size
    while start < end_of_file:
        end = start + size
        if end >= end_of_file:
            end = end_of_file
        else:
            at = max(start, end - LONGEST_ROW)
            end = at + os.pread(fd, end - at, at).rfind(b"\n") + 1
            if end <= at:
                raise UnsureError
        yield Piece(partial(os.pread, fd, end - start, start), end)
        start = end


def _in_stream(unpacked: Unpacked, rest: bytes, size: int) -> Generator[Piece]:
    data = rest
    while data:
        end = data.rfind(b"\n") + 1
        whole, rest = data[:end], data[end:]
        if len(rest) > LONGEST_ROW:
            raise UnsureError
        if whole:
            yield Piece(partial(bytes, whole), unpacked.position())
        more = unpacked.read(size)
        if not more:
            break
        data = rest + more
    if rest:
        yield Piece(partial(bytes, rest), unpacked.position())


class Rows:
    """How rows of a file are read: where the wanted columns are, and in which type."""

    def __init__(self, header: list[str], wanted: Wanted) -> None:
        for name, required in wanted.values():
            if required and header.count(name) != 1:
                raise UnsureError
        names = [name for name, _ in wanted.values() if header.count(name) == 1]
        if len(set(names)) < len(names):
            raise UnsureError
        self.close = wanted["close"].name
        # No name in a header has a NUL.
        self.names = [name if name in names else f"\0{at}" for at, name in enumerate(header)]
        self.read = sorted({*map(header.index, names), len(header) - 1})
        self.is_text = False  # whether closes are read as text first, since some are words

    def frame(self, piece: Piece) -> tuple[pl.DataFrame, int]:
        """The wanted columns of whole rows. Raises UnsureError, or what polars does."""
        rows = csv_shape.plain(piece.bytes())
        if rows is None:
            raise UnsureError
        frame = None
        if not self.is_text:
            with suppress(*FAULTS):
                frame = self.parsed(rows.data, pl.Float64())
                if frame[self.close].is_nan().any():
                    frame = None
            self.is_text = frame is None
        if frame is None and len(self.names) == 1:  # a line of blanks would be no bar
            raise UnsureError
        text = frame if frame is not None else self.parsed(rows.data, pl.String())
        torn = text[self.names[-1]].null_count() > 0
        if not csv_shape.is_rectangular(rows, len(text), len(self.names), torn):
            raise UnsureError
        if frame is None:
            frame = text.with_columns(_number(pl.col(self.close)))
            if frame[self.close].is_nan().any():  # another spelling of it is no price
                raise UnsureError
        return frame, piece.done

    def parsed(self, data: bytes, close: pl.DataType) -> pl.DataFrame:
        kinds: dict[str, pl.DataType] = dict.fromkeys(self.names, pl.String())
        kinds[self.close] = close
        return pl.read_csv(data, has_header=False, schema=kinds, columns=self.read, quote_char=None)


def _number(text: pl.Expr) -> pl.Expr:
    bare = text.str.strip_chars(" \t")
    return pl.when(~bare.is_in(prices.MISSING)).then(bare).cast(pl.Float64)
