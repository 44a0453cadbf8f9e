"""Tables in memory as bars: read where they lie, by threads that share their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.batch import Computed, Table
from barwise.errors import InputError
from barwise.sources.columnar.faults import names_of, present, raising_for, validated
from barwise.sources.columnar.sample import TypedSample, first_rows, shown
from barwise.sources.columnar.table_rows import table_of
from barwise.sources.columns import Bar
from barwise.sources.values.typed import Piece, Typed, place
from barwise.tuning import MEASURED, Tuning
from barwise.workers import in_order

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample", "table_of"]

if TYPE_CHECKING:
    from barwise.sources.columnar.table_rows import TableRows
    from barwise.sources.columns import PartToRead
    from barwise.sources.computed import Computing
    from barwise.sources.parts import Part

READS_AHEAD = "in its threads"
UNKNOWN_CELL = "?"  # of a stream, whose rows are gone


class _Reading(NamedTuple):
    """How the table of a part is read: some of its columns, in pieces of some size."""

    typed: Typed
    table: TableRows
    names: list[str]
    tuning: Tuning

    def pieces(self, first: int = 0, end: int | None = None) -> Iterator[Piece]:
        """The rows from one to another. Raises InputError or PriceError where it meets a fault."""
        row, part, size = first, self.typed.part, self.tuning.batch_rows
        with raising_for(part):
            for batch in self.table.batches(self.names, first, end, self.tuning):
                for begin in range(0, len(batch), size):
                    piece = self.typed.piece(validated(batch.slice(begin, size)), row)
                    row += piece.rows
                    yield piece

    def tables(self, pieces: Iterable[Piece]) -> Iterator[Table]:
        size, rows = self.typed.part.size, self.table.rows or 1
        for piece in pieces:
            done = size * (piece.first + piece.rows) // rows
            with raising_for(self.typed.part):
                table = self.typed.table(piece)
            yield table._replace(done=done)


def read(
    parts: Iterable[PartToRead],
    tuning: Tuning = MEASURED,
    threads: int = 1,
    computing: Computing | None = None,
) -> Iterator[Any]:
    """The rows of each part, in order; with `computing` what it gives of them; see `parquet.read`.

    Raises InputError or PriceError where it meets a fault.
    """
    for number, part, to_read in parts:
        names = present(names_of(part.table.schema, part), part, to_read)
        reading = _Reading(Typed(number, part, to_read), part.table, names, tuning)
        rows = part.table.rows
        if threads == 1 or rows is None:  # a stream may belong to this thread
            yield from reading.tables(reading.pieces())
        else:
            yield from _shared(reading, rows, threads, computing)
        if not rows:
            reading.typed.finish()  # refuses a table without rows


def _shared(
    reading: _Reading, rows: int, threads: int, computing: Computing | None
) -> Iterator[Table | Computed]:
    """The rows of a table that threads share."""
    size = max(1, reading.tuning.span_cells // len(reading.names))
    spans = ((first, min(rows, first + size)) for first in range(0, rows, size))
    taken = partial(_taken, reading, computing)
    with closing(in_order(taken, spans, threads, spare=0)) as all_taken:
        for held, fault in all_taken:
            for item in held:
                yield item if isinstance(item, Computed) else next(reading.tables([item]))
            if fault:
                raise fault


def _taken(
    reading: _Reading, computing: Computing | None, span: tuple[int, int]
) -> tuple[list[Piece | Computed], InputError | None]:
    """What comes of a span of rows, and the fault after it."""
    pieces = reading.pieces(*span)
    held: list[Piece | Computed] = []
    try:
        for item in computing(reading.tables(pieces)) if computing else pieces:
            held.append(item)
    except InputError as error:
        return held, error
    return held, None


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows, for messages: where each stands, and what it says in some columns."""
    return [_bar(part, row, names) for row, names in rows]


def _bar(part: Part, row: int, names: list[str]) -> Bar:
    with raising_for(part):
        batch = part.table.row(names, row)
        if batch is None:
            return Bar(place(part, row), [UNKNOWN_CELL] * len(names))
        return shown(part, row, batch, names)


def column_names(part: Part) -> list[str]:
    return names_of(part.table.schema, part)


def sample(part: Part, rows: int) -> TypedSample:
    """The columns of a part, and their cells in its first rows."""
    names_of(part.table.schema, part)
    return TypedSample(
        part.table.schema, lambda names: first_rows(part.table.head(names, rows), rows)
    )
