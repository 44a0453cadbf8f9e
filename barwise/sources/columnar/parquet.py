"""Parquet files through pyarrow: only the columns to read, a batch of rows at a time, in threads.

pyarrow decodes a column of a row group on one thread, and trusts what a footer says. So threads
share row groups, or columns where a row group is large; and rows are counted here. Format:
https://github.com/apache/parquet-format
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import OSFile
from pyarrow.parquet import ParquetFile

from barwise.bars.batch import Table
from barwise.errors import InputError, clip
from barwise.sources.columnar.faults import distinct, present, raising_for, unreadable, validated
from barwise.sources.columnar.sample import TypedSample, shown
from barwise.sources.columns import TIME_OF_DAY, Bar
from barwise.sources.values import arrow
from barwise.sources.values.typed import Piece, Typed, incomplete, place
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of, in_order

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample"]

if TYPE_CHECKING:
    from collections.abc import Generator

    from barwise.sources.columns import ColumnsToRead, PartToRead
    from barwise.sources.parts import Part

    Pieces = Generator[tuple["RowGroups", Piece]]
    Ahead = Iterator[tuple["RowGroups", Piece]]

READS_AHEAD = "in its threads"
# Small files are read several at a time: to hand over one costs as much as to read it.
SMALL_FILES, SMALL_BYTES = 8, 1 << 22
# A column chunk up to this is read whole, which bounds what a page in it may claim; a larger one
# page by page: 50 million rows in one row group take 130 MB so, and 465 whole.
WHOLE_CHUNK, BUFFER = 1 << 24, 1 << 16


def read(
    parts: Iterable[PartToRead], tuning: Tuning = MEASURED, threads: int = 1
) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where it meets a fault.
    """
    tasks = _tasks(parts, tuning, threads)
    ahead = partial(_ahead, cells=2 * tuning.span_cells)
    loaded = in_order(ahead, tasks, threads, spare=0) if threads > 1 else tasks
    with closing(loaded):
        for groups, piece in chain.from_iterable(loaded):
            done = groups.part.size * (piece.first + piece.rows) // groups.rows
            with raising_for(groups.part):
                table = groups.typed.table(piece)
            yield table._replace(done=done)


def _tasks(parts: Iterable[PartToRead], tuning: Tuning, threads: int) -> Generator[Pieces]:
    """What threads do: each gives the pieces of some small files, or of a span of one file."""
    small: list[PartToRead] = []
    size = 0
    for part_to_read in parts:
        _, part, _ = part_to_read
        if small and (len(small) == SMALL_FILES or size + part.size > SMALL_BYTES):
            yield _files(small, tuning, threads)
            small, size = [], 0
        if part.size > SMALL_BYTES and threads > 1:
            yield from _spans(part_to_read, tuning, threads)
        else:
            small.append(part_to_read)
            size += part.size
    if small:
        yield _files(small, tuning, threads)


def _files(parts: list[PartToRead], tuning: Tuning, threads: int) -> Pieces:
    """The pieces of whole files, in order."""
    for part_to_read in parts:
        groups = RowGroups(*part_to_read)
        is_large = threads > 1 and groups.cells(groups.rows) > 2 * tuning.span_cells
        pieces = _side_by_side(groups, tuning, threads) if is_large else groups.all(tuning)
        yield from _of(groups, pieces)


def _of(groups: RowGroups, pieces: Generator[Piece]) -> Pieces:
    with closing(pieces):
        for piece in pieces:
            yield groups, piece


def _spans(part_to_read: PartToRead, tuning: Tuning, threads: int) -> Iterator[Pieces]:
    """The spans of a file, each of a few row groups; or the file, if one of these is too large."""
    try:
        groups = RowGroups(*part_to_read)
    except InputError:  # which is to be told after those of the parts before it
        yield _files([part_to_read], tuning, threads)
        return
    if groups.cells(max(groups.counts)) > 2 * tuning.span_cells:
        yield _files([part_to_read], tuning, threads)
        return
    first = rows = 0
    for number, count in enumerate(groups.counts):
        if rows and groups.cells(rows + count) > tuning.span_cells:
            yield _of(groups, groups.span(range(first, number), tuning))
            first, rows = number, 0
        rows += count
    yield _of(groups, groups.span(range(first, len(groups.counts)), tuning))


def _ahead(pieces: Pieces, cells: int) -> Ahead:
    """The pieces of a task, of which the first are read now, until they have so many cells.

    A fault comes after the pieces before it, in which an earlier one may be.
    """
    held: list[tuple[RowGroups, Piece]] = []
    try:
        for groups, piece in pieces:
            held.append((groups, piece))
            cells -= groups.cells(piece.rows)
            if cells < 0:
                return chain(held, pieces)
    except InputError as error:
        return chain(held, _raising(error))
    return iter(held)


def _raising(error: InputError) -> Pieces:
    yield from ()
    raise error


def _side_by_side(groups: RowGroups, tuning: Tuning, threads: int) -> Generator[Piece]:
    """The pieces of a file, whose columns are shared by threads, a few batches ahead."""
    with ExitStack() as stack:
        lanes = [
            stack.enter_context(closing(ahead_of(groups.all(tuning, to_read), 2)))
            for to_read in _shared(groups.to_read, threads)
        ]
        pieces = [next(lane, None) for lane in lanes]
        while together := [piece for piece in pieces if piece]:
            rows = min(piece.rows for piece in together)  # they may end at different rows
            whole = together[0].cut(0, rows)
            for piece in together[1:]:
                whole = whole.beside(piece.cut(0, rows))
            yield whole
            pieces = [
                piece.cut(rows, piece.rows) if piece.rows > rows else next(lane, None)
                for piece, lane in zip(together, lanes, strict=True)
            ]


def _shared(to_read: ColumnsToRead, threads: int) -> list[ColumnsToRead]:
    """The columns to read as each thread reads some of them; times of day go with their dates."""
    roles = [role for role in to_read if role != TIME_OF_DAY]
    lanes = []
    for lane in range(min(threads, len(roles))):
        mine = roles[lane::threads]
        mine += [TIME_OF_DAY] * ("timestamp" in mine and TIME_OF_DAY in to_read)
        lanes.append({role: to_read[role] for role in mine})
    return lanes


class RowGroups:
    """The row groups of a part, whose footer does not contradict itself.

    counts: the rows of each.
    rows: of all.
    """

    def __init__(self, number: int, part: Part, to_read: ColumnsToRead) -> None:
        """Raises InputError where the footer cannot be read, or a column is not there."""
        self.part, self.to_read = part, to_read
        self.typed = Typed(number, part, to_read)
        with raising_for(part), opened(part) as file:
            schema, self.metadata = file.schema_arrow, file.metadata
        self.names = present(distinct(schema.names, part), part, to_read)
        kinds = dict(zip(schema.names, schema.types, strict=True))
        few = [to_read[role].name for role in ("symbol", "confirm") if role in to_read]
        self.coded = [name for name in few if arrow.is_text(kinds.get(name, pa.null()))]
        self.counts = counts_of(self.metadata, part)
        self.rows = sum(self.counts)
        if not self.rows:
            self.typed.finish()
        largest = max(_chunks(self.metadata, schema, self.names, part), default=0)
        self.buffer = BUFFER if largest > WHOLE_CHUNK else 0

    def cells(self, rows: int) -> int:
        """How many cells are read of so many rows."""
        return rows * len(self.names)

    def all(self, tuning: Tuning, to_read: ColumnsToRead | None = None) -> Generator[Piece]:
        """All rows, of all columns to read or of some of them."""
        return self.span(range(len(self.counts)), tuning, to_read)

    def span(
        self, which: range, tuning: Tuning, to_read: ColumnsToRead | None = None
    ) -> Generator[Piece]:
        """The rows of some row groups; raises InputError for other than the footer promises."""
        row = sum(self.counts[: which.start])
        end = row + sum(self.counts[which.start : which.stop])
        wanted = {column.name for column in (to_read or self.to_read).values()}
        columns = [name for name in self.names if name in wanted]
        options = {"read_dictionary": self.coded, "buffer_size": self.buffer}
        with (
            raising_for(self.part),
            opened(self.part, metadata=self.metadata, **options) as file,
        ):
            batches = file.iter_batches(tuning.batch_rows, which, columns, use_threads=False)
            for batch in batches:
                piece = self.typed.piece(validated(batch), row)
                row += piece.rows
                if piece.rows:
                    yield piece
        if row != end:
            raise incomplete(self.part, self.rows, self.rows + row - end)


@contextmanager
def opened(part: Part, **options: Any) -> Iterator[ParquetFile]:
    """The file of a part. Its path is only a path here, never a pattern or a URL, of any bytes.

    It is not mapped into memory, where a file that becomes shorter would end the process.
    """
    with OSFile(os.fsencode(part.path)) as file:
        yield ParquetFile(
            file,
            pre_buffer=False,
            page_checksum_verification=True,
            coerce_int96_timestamp_unit="us",
            **options,
        )


def counts_of(metadata: Any, part: Part) -> list[int]:
    """The rows of each row group; raises InputError where they are not those of the footer."""
    counts = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    if sum(counts) != metadata.num_rows or min(counts, default=0) < 0:
        raise incomplete(part, metadata.num_rows, sum(counts))
    return counts


def leaves(kind: pa.DataType) -> int:
    """In how many columns Parquet keeps a column of a type."""
    if not kind.num_fields:
        return 1
    return sum(leaves(kind.field(at).type) for at in range(kind.num_fields))


def _chunks(metadata: Any, schema: pa.Schema, names: list[str], part: Part) -> Iterator[int]:
    """The bytes of the column chunks to read; raises InputError for one of another length."""
    ends = [*accumulate(map(leaves, schema.types))]
    places = {
        name: end - 1
        for name, kind, end in zip(schema.names, schema.types, ends, strict=True)
        if name in names and not kind.num_fields  # `Typed` refuses a nested one
    }
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for name, place_of_column in places.items():
            chunk = group.column(place_of_column)
            if chunk.num_values != group.num_rows:
                what = f"{chunk.num_values} values of {clip(name, 40)} in {group.num_rows} rows"
                raise unreadable(part, what)
            yield chunk.total_compressed_size


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows, for messages: where each stands, and what it says in some columns."""
    with raising_for(part), opened(part) as file:
        ends = [*accumulate(counts_of(file.metadata, part))]
        return [_bar(part, file, row, names, ends) for row, names in rows]


def _bar(part: Part, file: ParquetFile, row: int, names: list[str], ends: list[int]) -> Bar:
    group = bisect_right(ends, row)
    at = ends[group - 1] if group else 0
    for batch in file.iter_batches(MEASURED.batch_rows, [group], names, use_threads=False):
        if row < at + len(batch):
            return shown(part, row, validated(batch).slice(row - at), names)
        at += len(batch)
    raise incomplete(part, ends[-1], at)


def column_names(part: Part) -> list[str]:
    with raising_for(part), opened(part) as file:
        names: list[str] = file.schema_arrow.names
        return names


def sample(part: Part, rows: int) -> TypedSample:
    """The columns of a part, and their cells in its first rows."""
    with raising_for(part), opened(part) as file:
        schema = file.schema_arrow
    distinct(schema.names, part)
    return sample_as(schema, part, rows)


def sample_as(schema: pa.Schema, part: Part, rows: int) -> TypedSample:
    """The same of a part whose columns are known; it is read only where cells are needed."""

    def first(names: list[str]) -> pa.RecordBatch | None:
        with opened(part) as file:
            batches = file.iter_batches(rows, columns=names, use_threads=False)
            batch = next(batches, None)
            return batch and validated(batch)

    return TypedSample(schema, first)
