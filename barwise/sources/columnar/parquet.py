"""Parquet files through pyarrow: only the columns to read, a batch of rows at a time, in threads.

pyarrow decodes a column of a row group on one thread. So threads share files, row groups, or
columns where a row group is large. What is read of a file is in `row_groups.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import accumulate, chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from barwise.bars.batch import Computed, Table
from barwise.errors import InputError
from barwise.sources.columnar.faults import names_of, raising_for, validated
from barwise.sources.columnar.row_groups import RowGroups, counts_of, opened
from barwise.sources.columnar.sample import TypedSample, first_rows, shown
from barwise.sources.columns import TIME_OF_DAY, Bar
from barwise.sources.values.typed import Piece, incomplete, place
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of, in_order

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample"]

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    from barwise.sources.columns import ColumnsToRead, PartToRead
    from barwise.sources.computed import Computing
    from barwise.sources.parts import Part

    Pieces = Generator[tuple[RowGroups, Piece]]
    Tables = Generator[tuple[RowGroups, Piece | Computed]]

READS_AHEAD = "in its threads"
# Small files are read several at a time: to hand over one costs as much as to read it.
SMALL_FILES, SMALL_BYTES = 8, 1 << 22
# Files of fewer bytes are read by the thread that uses them: most of their 0.2 ms is Python's, for
# which threads wait. 10,000 files of 35 kB take 4.4 s so, and 5.3 with two threads.
TINY_BYTES = 1 << 16
LANE_BATCHES = 2  # that a thread reads ahead of its columns


def read(
    parts: Iterable[PartToRead],
    tuning: Tuning = MEASURED,
    threads: int = 1,
    computing: Computing | None = None,
) -> Iterator[Any]:
    """The tables of each part, in order; a part comes with its number.

    With `computing` what it gives of tables that follow each other, in the thread that reads them.
    Raises InputError or PriceError where it meets a fault.
    """
    tasks = _tasks(parts, tuning, threads, computing)
    ahead = partial(_ahead, cells=2 * tuning.span_cells)
    loaded = in_order(ahead, tasks, threads, spare=0) if threads > 1 else (p for p, _ in tasks)
    with closing(loaded):
        for groups, piece in chain.from_iterable(loaded):
            yield piece if isinstance(piece, Computed) else _table(groups, piece)


def _table(groups: RowGroups, piece: Piece) -> Table:
    with raising_for(groups.part):
        table = groups.typed.table(piece)
    done = groups.part.size * (piece.first + piece.rows) // groups.rows
    return table._replace(done=done)


def _computed(pieces: Pieces, computing: Computing, tuning: Tuning) -> Tables:
    """What is computed of pieces; of a large part in spans."""
    with closing(pieces):
        for (groups, _), span in groupby(_in_spans(pieces, tuning.span_cells), itemgetter(0)):
            for computed in computing(_table(groups, piece) for _, piece in span):
                yield groups, computed


def _in_spans(pieces: Pieces, cells: int) -> Iterator[tuple[tuple[RowGroups, int], Piece]]:
    """Each piece with its part and the number of its span."""
    so_far = 0
    for groups, piece in pieces:
        yield (groups, so_far // cells), piece
        so_far += groups.cells(piece.rows)


def _tasks(
    parts: Iterable[PartToRead], tuning: Tuning, threads: int, computing: Computing | None
) -> Generator[tuple[Tables, bool]]:
    """What threads do: the pieces of small files, or of a span of one; and if it is worth one."""
    for pieces, is_worth_a_thread in _reading(parts, tuning, threads):
        yield _computed(pieces, computing, tuning) if computing else pieces, is_worth_a_thread


def _reading(
    parts: Iterable[PartToRead], tuning: Tuning, threads: int
) -> Iterator[tuple[Pieces, bool]]:
    """The same before anything is computed."""
    small: list[PartToRead] = []
    size = 0
    for part_to_read in parts:
        _, part, _ = part_to_read
        if small and (len(small) == SMALL_FILES or size + part.size > SMALL_BYTES):
            yield _files(small, tuning, threads), size >= len(small) * TINY_BYTES
            small, size = [], 0
        if part.size > SMALL_BYTES and threads > 1:
            yield from ((span, True) for span in _spans(part_to_read, tuning, threads))
        else:
            small.append(part_to_read)
            size += part.size
    if small:
        yield _files(small, tuning, threads), size >= len(small) * TINY_BYTES


def _files(parts: list[PartToRead], tuning: Tuning, threads: int) -> Pieces:
    """The pieces of whole files, in order."""
    for part_to_read in parts:
        with raising_for(part_to_read[1]), opened(part_to_read[1]) as file:
            groups = RowGroups(*part_to_read, file)
            groups.by_column = threads > 1 and groups.cells(groups.rows) > 2 * tuning.span_cells
            if groups.by_column:
                pieces = _side_by_side(groups, tuning, threads)
            else:
                pieces = groups.all(tuning.batch_rows, file)
            yield from _of(groups, pieces)


def _of(groups: RowGroups, pieces: Generator[Piece]) -> Pieces:
    with closing(pieces):
        for piece in pieces:
            yield groups, piece


def _spans(part_to_read: PartToRead, tuning: Tuning, threads: int) -> Iterator[Pieces]:
    """The spans of a file, each of a few row groups; or the file, if one of these is too large."""
    try:
        with raising_for(part_to_read[1]), opened(part_to_read[1]) as file:
            groups = RowGroups(*part_to_read, file)
    except InputError:  # which is to be told after those of the parts before it
        yield _files([part_to_read], tuning, threads)
        return
    if groups.cells(max(groups.counts)) > 2 * tuning.span_cells:
        yield _files([part_to_read], tuning, threads)
        return
    first = rows = 0
    for number, count in enumerate(groups.counts):
        if rows and groups.cells(rows + count) > tuning.span_cells:
            yield _of(groups, groups.span(range(first, number), tuning.batch_rows))
            first, rows = number, 0
        rows += count
    yield _of(groups, groups.span(range(first, len(groups.counts)), tuning.batch_rows))


def _ahead(task: tuple[Tables, bool], cells: int) -> Iterator[tuple[RowGroups, Piece | Computed]]:
    """The pieces of a task, of which the first are read now, until they have so many cells.

    A fault comes after the pieces before it, in which an earlier one may be.
    """
    pieces, is_worth_a_thread = task
    if not is_worth_a_thread:
        return pieces
    held: list[tuple[RowGroups, Piece | Computed]] = []
    try:
        for groups, piece in pieces:
            held.append((groups, piece))
            cells -= 0 if isinstance(piece, Computed) else groups.cells(piece.rows)
            if cells < 0 or groups.by_column:  # whose threads read ahead
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
        lanes = []
        for to_read in _shared(groups, threads):
            lane = ahead_of(groups.all(tuning.batch_rows, to_read=to_read), LANE_BATCHES)
            lanes.append(stack.enter_context(closing(lane)))
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


def _shared(groups: RowGroups, threads: int) -> list[ColumnsToRead]:
    """The columns to read as each thread reads some of them; times of day go with their dates."""
    to_read = {
        role: column for role, column in groups.to_read.items() if column.name in groups.names
    }
    roles = [role for role in to_read if role != TIME_OF_DAY]
    size = -(-len(roles) // threads)
    lanes = []
    for first in range(0, len(roles), size):  # in their order, as faults of one batch are told
        mine = roles[first : first + size]
        mine += [TIME_OF_DAY] * ("timestamp" in mine and TIME_OF_DAY in to_read)
        lanes.append({role: to_read[role] for role in mine})
    return lanes


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
    names_of(schema, part)
    return sample_as(schema, part, rows)


def sample_as(schema: pa.Schema, part: Part, rows: int) -> TypedSample:
    """The same of a part whose columns are known; it is read only where cells are needed."""

    def first(names: list[str]) -> pa.RecordBatch | None:
        with opened(part) as file:
            batches = file.iter_batches(rows, columns=names, use_threads=False)
            return first_rows(map(validated, batches), rows)

    return TypedSample(schema, first)
