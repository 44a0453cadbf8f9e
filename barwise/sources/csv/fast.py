"""CSV by the kernel, in chunks of whole rows that threads share; the strict reader where it is not
sure.

It has no messages of its own. A chunk that the kernel refuses is read by the strict reader, and so
is the whole part where a fault must be told. So values and messages are always the strict reader's.
Compressed files stream too.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.batch import UNKNOWN, Computed, Symbols, Table, first_and_other
from barwise.bars.thread_arrays import ThreadArrays
from barwise.errors import InputError
from barwise.sources.csv import chunks, strict
from barwise.sources.csv.cells import Cells
from barwise.sources.csv.chunks import RowChunk, UnsureError
from barwise.sources.csv.scan import Scanned, Scanner
from barwise.sources.csv.stretch import Stretch
from barwise.sources.csv.strict import bars, column_names, place
from barwise.sources.csv.unpacked import opened
from barwise.tuning import MEASURED, Tuning
from barwise.workers import in_order

if TYPE_CHECKING:
    from barwise.sources.columns import PartToRead
    from barwise.sources.computed import Computing


__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read"]

READS_AHEAD = "in its threads"


class OpenPart(NamedTuple):
    """A part that is being read.

    cells: reads rows of cells, and knows the symbols so far.
    scanner: reads chunks.
    file: closes the part.
    status: of the open file; None for one in a store, whose reader sees for itself.
    """

    cells: Cells
    scanner: Scanner
    file: ExitStack
    status: os.stat_result | None


class Piece(NamedTuple):
    """What a thread is to do, or has done.

    to_read: the part, its number and the columns to read.
    opened: the part, open; None where the strict reader must look at all of it.
    chunk: None where the part has no rows.
    is_first: whether the part's rows begin with the chunk.
    scanned: what the chunk holds; None where the kernel is not sure, or has not looked.
    computed: what is computed of it, where that is the thread's to do.
    """

    to_read: PartToRead
    opened: OpenPart | None
    chunk: RowChunk | None = None
    is_first: bool = False
    scanned: Scanned | None = None
    computed: Computed | None = None


def read(
    parts: Iterable[PartToRead],
    tuning: Tuning = MEASURED,
    threads: int = 1,
    computing: Computing | None = None,
) -> Iterator[Any]:
    """The tables of each part, in order; a part comes with its number.

    With `computing` what it gives of each table that a thread reads, in that thread. Raises
    InputError or PriceError where the strict reader does.
    """
    scanned = partial(_scanned, computing=computing)
    with (
        ExitStack() as files,
        closing(in_order(scanned, _pieces(parts, tuning.csv_bytes, files), threads)) as pieces,
    ):
        for number, of_part in groupby(pieces, lambda piece: piece.to_read[0]):
            yield from _tables(number, of_part, tuning)


def _pieces(parts: Iterable[PartToRead], chunk_bytes: int, files: ExitStack) -> Generator[Piece]:
    """The chunks of all parts. A part that cannot be opened or cut says so when it is its turn."""
    arrays = ThreadArrays()
    for part_to_read in parts:
        try:
            part, of_part = _opened(part_to_read, arrays, chunk_bytes, files)
            chunk, is_first = None, True
            for chunk in of_part:
                yield Piece(part_to_read, part, chunk, is_first)
                is_first = False
            if chunk is None:
                yield Piece(part_to_read, part)
        except (InputError, OSError, UnsureError):
            yield Piece(part_to_read, None)


def _opened(
    part_to_read: PartToRead, arrays: ThreadArrays, chunk_bytes: int, files: ExitStack
) -> tuple[OpenPart, Iterator[RowChunk]]:
    _, part, to_read = part_to_read
    file = files.enter_context(ExitStack())
    unpacked = file.enter_context(opened(part))
    names, of_part = chunks.of_part(unpacked, part, chunk_bytes)
    cells = Cells(names, to_read, part, partial(strict.line_of, part))
    scanner = Scanner(cells, arrays)
    if not scanner.can_scan:
        raise UnsureError
    status = None if part.in_store else os.fstat(unpacked.file.fileno())
    return OpenPart(cells, scanner, file, status), of_part


def _scanned(piece: Piece, computing: Computing | None) -> Piece:
    part, chunk = piece.opened, piece.chunk
    if part is None or chunk is None:
        return piece
    try:
        scanned = part.scanner.scan(chunk, is_kept=computing is None)
    except OSError:
        return Piece(piece.to_read, None)
    if scanned is None or computing is None:
        return piece._replace(scanned=scanned)
    first = 0 if piece.is_first else UNKNOWN
    table = _table(piece.to_read[0], first, part.cells, scanned, chunk.done)
    return piece._replace(computed=next(computing([table])))


def _tables(number: int, pieces: Iterator[Piece], tuning: Tuning) -> Iterator[Table | Computed]:
    """The tables of one part, which is closed then."""
    rows, is_unsure = 0, False
    part: OpenPart | None = None
    try:
        for piece in pieces:
            part = piece.opened or part
            if piece.opened is None:
                raise UnsureError
            for table in _of_piece(piece, piece.opened, pieces, rows, tuning):
                yield table
                rows += table.rows
        if not rows:
            raise UnsureError
    except UnsureError:
        is_unsure = True
    if is_unsure:  # not above, so that what the strict reader raises stands alone
        if part is not None:
            part.scanner.is_over = True
            _refuse_another_file(part)
        yield from _strictly(piece.to_read, rows, tuning)
        deque(pieces, 0)  # no thread is in the file then
    if part is not None:
        part.file.close()


def _of_piece(
    piece: Piece, part: OpenPart, coming: Iterator[Piece], rows: int, tuning: Tuning
) -> Iterator[Table | Computed]:
    """The tables of a piece, before which there are so many rows."""
    number, _, _ = piece.to_read
    if piece.computed is not None:
        yield piece.computed._replace(first=rows)
    elif piece.scanned is not None and piece.chunk is not None:
        yield _table(number, rows, part.cells, piece.scanned, piece.chunk.done)
    elif piece.chunk is not None:
        stretch = Stretch(_again(piece.chunk, coming), part.cells)
        yield from stretch.tables(number, rows, tuning.csv_rows)


def _again(chunk: RowChunk, pieces: Iterator[Piece]) -> Iterator[RowChunk]:
    """A chunk and those after it, not scanned."""
    yield chunk
    for piece in pieces:
        if piece.opened is None:
            raise UnsureError
        if piece.chunk is not None:
            yield piece.chunk


def _table(number: int, first: int, cells: Cells, scanned: Scanned, done: int) -> Table:
    columns, names, codes = scanned
    symbols = None
    if codes is not None and cells.to_read["symbol"].required:
        symbols = Symbols(cells.codes_of(names)[codes], cells.symbol_names)
    elif codes is not None:
        symbols = first_and_other(names, codes)
    return Table(number, first, columns, symbols, done=done)


def _refuse_another_file(part: OpenPart) -> None:
    """Raises InputError where the path is another file's now: rows of both would be mixed."""
    of_path = part.cells.part
    if part.status is None:
        return
    try:
        is_same = os.path.samestat(part.status, os.stat(of_path.path))
    except OSError:  # the strict reader says why it cannot be opened
        return
    if not is_same:
        raise InputError(
            f"{of_path.name} has changed while it was read: run it again", code="input_changed"
        )


def _strictly(part_to_read: PartToRead, rows_read: int, tuning: Tuning) -> Iterator[Table]:
    """The rows that are not read yet, by the strict reader; empty tables before them."""
    for table in strict.read([part_to_read], tuning):
        skip = max(0, min(rows_read - table.first, table.rows))
        columns = {name: column[skip:] for name, column in table.columns.items()}
        symbols = table.symbols and Symbols(table.symbols.codes[skip:], table.symbols.names)
        yield table._replace(first=table.first + skip, columns=columns, symbols=symbols)
