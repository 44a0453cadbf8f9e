"""The strict reader for a stretch of a part: chunks in which the kernel is not sure of every row.

It begins where a row does, and ends with the first chunk at whose end a row ends.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from barwise.bars.batch import Table
from barwise.sources.csv.chunks import UnsureError
from barwise.sources.csv.first_lines import is_blank
from barwise.sources.csv.rows import rows_of

if TYPE_CHECKING:
    from barwise.sources.csv.cells import Cells, Row
from barwise.sources.csv.chunks import RowChunk


class Stretch:
    """Reads the rows of chunks by Python's csv; `chunks` are taken as far as rows need them."""

    def __init__(self, chunks: Iterable[RowChunk], cells: Cells) -> None:
        self.chunks, self.cells = iter(chunks), cells
        self.lines_left, self.done = 0, 0

    def tables(self, number: int, first_row: int, block_rows: int) -> Iterator[Table]:
        """The rows as tables of the part with that number.

        Raises InputError or PriceError at the first fault in a cell, and UnsureError where it must
        be told in the words of the reader of the whole part.
        """
        rows = self._rows()
        while block := list(islice(rows, block_rows)):
            good, fault = self.cells.read(block, first_row)
            if not fault or len(good.columns["close"]):  # judged before the fault
                yield Table(number, first_row, *good, done=self.done)
            if fault:
                raise fault
            first_row += len(block)

    def _rows(self) -> Iterator[Row]:
        """The rows up to the end of the chunk in which the last of them ends."""
        reader = rows_of(self._lines(), self.cells.part.text.delimiter)
        try:
            for row in reader:
                if not is_blank(row):
                    yield row
                if not self.lines_left:
                    return
        except csv.Error:
            raise UnsureError from None

    def _lines(self) -> Iterator[str]:
        for chunk in self.chunks:
            lines = _lines_of(chunk)
            self.lines_left, self.done = len(lines), chunk.done
            for line in lines:
                self.lines_left -= 1
                yield line


def _lines_of(chunk: RowChunk) -> list[str]:
    """The lines of a chunk, which end in LF, CRLF or CR."""
    data = bytearray(chunk.size)
    try:
        chunk.load(memoryview(data))
    except OSError:  # the reader of the whole part says why, with its name
        raise UnsureError from None
    if b"\0" in data:
        raise UnsureError
    try:
        return list(io.StringIO(data.decode(), newline=""))
    except UnicodeDecodeError:
        raise UnsureError from None
