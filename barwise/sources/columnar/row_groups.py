"""The row groups of one Parquet file: what its footer says of them, and their rows, counted.

pyarrow believes a footer, reads what is there and says nothing where that is less. Which thread
reads what is not known here. Format: https://github.com/apache/parquet-format
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import OSFile
from pyarrow.parquet import ParquetFile

from barwise.errors import clip
from barwise.sources.columnar.faults import distinct, present, raising_for, unreadable, validated
from barwise.sources.values import arrow
from barwise.sources.values.typed import Typed, incomplete

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part
    from barwise.sources.values.typed import Piece

# A column chunk up to this is read whole, which bounds what a page in it may claim; a larger one
# page by page: 50 million rows in one row group take 130 MB so, and 465 whole.
WHOLE_CHUNK, BUFFER = 1 << 24, 1 << 16


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
        self.names = present(distinct(schema.names, part), part, to_read)
        self.counts = counts_of(self.metadata, part)
        self.rows = sum(self.counts)
        if not self.rows:
            self.typed.finish()
        largest = max(self._chunks(schema), default=0)
        few = {to_read[role].name for role in ("symbol", "confirm") if role in to_read}
        texts = [name for name in self.names if arrow.is_text(schema.field(name).type)]
        self.options = {
            "buffer_size": BUFFER if largest > WHOLE_CHUNK else 0,
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
        with raising_for(self.part), self._opened(file) as own:
            for batch in own.iter_batches(batch_rows, which, names, use_threads=False):
                piece = self.typed.piece(validated(batch), row)
                row += piece.rows
                if piece.rows:
                    yield piece
        if row != end:
            raise incomplete(self.part, self.rows, self.rows + row - end)

    def _opened(self, file: ParquetFile | None) -> AbstractContextManager[ParquetFile]:
        if file and not any(self.options.values()):
            return nullcontext(file)
        return opened(self.part, metadata=self.metadata, **self.options)

    def _chunks(self, schema: pa.Schema) -> Iterator[int]:
        """The bytes of the column chunks to read; raises InputError for one of another length."""
        flat = [name for name in self.names if not schema.field(name).type.num_fields]
        places = [_place(name, schema, self.metadata) for name in flat]
        for number, count in enumerate(self.counts):
            group = self.metadata.row_group(number)
            for name, place in zip(flat, places, strict=True):
                chunk = group.column(place)
                if chunk.num_values != count:
                    what = f"{chunk.num_values} values of {clip(name, 40)} in {count} rows"
                    raise unreadable(self.part, what)
                yield chunk.total_compressed_size


def _place(name: str, schema: pa.Schema, metadata: Any) -> int:
    """Where a column of single values stands; each field of a nested one is a column of its own."""
    names = schema.names
    if metadata.num_columns > len(names):
        names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    place: int = names.index(name)
    return place


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
