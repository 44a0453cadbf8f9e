"""The row groups of one Parquet file: what its footer says of them, and their rows, counted.

pyarrow believes a footer, reads what is there and says nothing where that is less. Which thread
reads what is not known here. Format: https://github.com/apache/parquet-format
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import OSFile
from pyarrow.parquet import ParquetFile

from barwise.errors import InputError, clip
from barwise.files.limits import LARGEST_FOOTER
from barwise.sources.columnar import fetches
from barwise.sources.columnar.faults import names_of, present, raising_for, unreadable, validated
from barwise.sources.values import arrow
from barwise.sources.values.typed import Typed, incomplete

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from barwise.files.object_file import Steps
    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part
    from barwise.sources.values.typed import Piece

# Of a row group up to this columns are read whole, which bounds what a page in them may claim; of a
# larger one page by page: 50 million rows in one row group take 130 MB so, and 465 whole.
WHOLE_GROUP, BUFFER = 1 << 25, 1 << 16


class RowGroups:
    """The row groups of a part, whose footer does not contradict itself.

    names: of the columns to read.
    counts: the rows of each.
    rows: of all.
    by_column: whether threads share the columns.
    """

    by_column = False

    def __init__(self, number: int, part: Part, to_read: ColumnsToRead, file: ParquetFile) -> None:
        """Raises InputError where the footer contradicts itself, or a column is not there."""
        self.part, self.to_read = part, to_read
        self.typed = Typed(number, part, to_read)
        schema, self.metadata = file.schema_arrow, file.metadata
        self.names = present(names_of(schema, part), part, to_read)
        self.counts = counts_of(self.metadata, part)
        self.rows = sum(self.counts)
        if not self.rows:
            self.typed.finish()
        flat = [name for name in self.names if not schema.field(name).type.num_fields]
        self.places = {name: _place(name, schema, self.metadata) for name in flat}
        few = {to_read[role].name for role in ("symbol", "confirm") if role in to_read}
        texts = [name for name in self.names if arrow.is_text(schema.field(name).type)]
        self.options: dict[str, Any] = {
            "buffer_size": BUFFER if self._largest() > WHOLE_GROUP else 0,
            # A text of 64 MB that a thousand rows share would take 6 GB otherwise.
            "read_dictionary": [name for name in few if name in texts],
        }

    def cells(self, rows: int) -> int:
        """How many cells are read of so many rows."""
        return rows * len(self.names)

    def all(
        self, batch_rows: int, file: ParquetFile | None = None, to_read: ColumnsToRead | None = None
    ) -> Generator[Piece]:
        """All rows, of all columns or of some of them."""
        return self.span(range(len(self.counts)), batch_rows, file, to_read)

    def span(
        self,
        which: range,
        batch_rows: int,
        file: ParquetFile | None = None,
        to_read: ColumnsToRead | None = None,
    ) -> Generator[Piece]:
        """The rows of some row groups; raises InputError for other than the footer promises.

        file: one that this thread has open, if any.
        """
        row = sum(self.counts[: which.start])
        end = row + sum(self.counts[which.start : which.stop])
        wanted = {column.name for column in (to_read or self.to_read).values()}
        names = [name for name in self.names if name in wanted]
        with raising_for(self.part), self._opened(file, which, names) as own:
            # pyarrow reads a column through all groups of a batch, which would all be held.
            groups = [[number] for number in which] if self.part.in_store else [which]
            batches = (
                own.iter_batches(batch_rows, some, names, use_threads=False) for some in groups
            )
            for batch in chain.from_iterable(batches):
                piece = self.typed.piece(validated(batch), row)
                row += piece.rows
                if piece.rows:
                    yield piece
        if row != end:
            raise incomplete(self.part, self.rows, self.rows + row - end)
        for number in which:
            self._refuse_other_lengths(number, names)

    def _opened(
        self, file: ParquetFile | None, which: range, names: list[str]
    ) -> AbstractContextManager[ParquetFile]:
        if self.part.in_store:
            steps = fetches.steps_of(self.metadata, which, self._places_of(names))
            in_pages = self.options["buffer_size"] > 0
            to_fetch = fetches.by_column(steps) if in_pages else [fetches.together(steps)]
            return opened(self.part, to_fetch, metadata=self.metadata, **self.options)
        if file and not any(self.options.values()):
            return nullcontext(file)
        return opened(self.part, metadata=self.metadata, **self.options)

    def _places_of(self, names: list[str]) -> list[int]:
        return sorted(self.places[name] for name in names if name in self.places)

    def _largest(self) -> int:
        """About how many bytes the largest row group has; a footer says how many unpacked."""
        groups = [self.metadata.row_group(number) for number in range(len(self.counts))]
        unpacked = [max(0, group.total_byte_size) for group in groups]
        size: int = self.part.size * max(unpacked) // max(1, sum(unpacked))
        return size

    def _refuse_other_lengths(self, number: int, names: list[str]) -> None:
        """Raises InputError for a column of a row group that has more values than rows.

        Only of a row group that was read: of a damaged one pyarrow ends the process here, where
        reading it raises an error.
        """
        count = self.counts[number]
        group = self.metadata.row_group(number)
        for name in names if count else ():
            if name in self.places:
                values = group.column(self.places[name]).num_values
                if values != count:
                    what = f"{values} values of {clip(name, 40)} in {count} rows"
                    raise unreadable(self.part, what)


def _place(name: str, schema: pa.Schema, metadata: Any) -> int:
    """Where a column of single values stands; each field of a nested one is a column of its own."""
    names = schema.names
    if metadata.num_columns > len(names):
        names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    place: int = names.index(name)
    return place


@contextmanager
def opened(part: Part, to_fetch: Sequence[Steps] = (), **options: Any) -> Iterator[ParquetFile]:
    """The file of a part. Its path is only a path here, never a pattern or a URL, of any bytes.

    to_fetch: what will be read of one in a store. It is not mapped into memory, where a file that
    becomes shorter would end the process.
    """
    with _source(part, to_fetch) as file:
        _refuse_large_footer(file, part)
        yield ParquetFile(
            file,
            pre_buffer=False,
            page_checksum_verification=True,
            coerce_int96_timestamp_unit="us",
            **options,
        )


def _source(part: Part, to_fetch: Sequence[Steps]) -> Any:
    if part.in_store is None:
        return OSFile(os.fsencode(part.path))
    from barwise.files.object_file import ObjectFile

    return ObjectFile(part.in_store, steps=to_fetch)


def _refuse_large_footer(file: Any, part: Part) -> None:
    """Raises InputError for a footer that pyarrow would read whole, however large it says it is."""
    size = file.size()
    file.seek(max(0, size - 8))
    tail = bytes(file.read(8))
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] == b"PAR1" and LARGEST_FOOTER < length < size:
        raise InputError(
            f"{part.name} has a footer of {length} bytes, and one of at most {LARGEST_FOOTER} is "
            "read: write it in several files, or it is damaged"
        )


def counts_of(metadata: Any, part: Part) -> list[int]:
    """The rows of each row group; raises InputError where they are not those of the footer."""
    counts = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    if sum(counts) != metadata.num_rows or min(counts, default=0) < 0:
        raise incomplete(part, metadata.num_rows, sum(counts))
    return counts
