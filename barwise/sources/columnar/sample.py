"""What a part of typed columns shows before it is read, and rows of it for messages."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import types

from barwise.sources.columnar.faults import FAULTS
from barwise.sources.columns import Bar
from barwise.sources.values import arrow
from barwise.sources.values.typed import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from barwise.sources.parts import Part

ONE_BY_ONE = 3  # columns whose cells are read singly; then all others at once: 5,000 in 1 s, not 12


class TypedSample:
    """The columns of a part, and their first cells as text; see `find_times.Sample`."""

    def __init__(
        self, schema: pa.Schema, first: Callable[[list[str]], pa.RecordBatch | None]
    ) -> None:
        """`first` gives the first rows of some columns; None where there are no rows."""
        self.schema, self.first = schema, first
        self.cells_read: dict[str, list[str]] = {}  # by column
        self.names: list[str] = schema.names
        self.typed = [
            field.name
            for field in schema
            if types.is_timestamp(field.type) or types.is_date(field.type)
        ]

    def cells(self, name: str) -> list[str]:
        """The first cells of a column.

        Empty for one that is not text, numbers, days or times of day, or that cannot be read.
        """
        if name not in self.cells_read:
            unread = [other for other in self.names if other not in self.cells_read]
            self.cells_read |= self.texts([name] if len(self.cells_read) < ONE_BY_ONE else unread)
        return self.cells_read[name]

    def texts(self, names: list[str]) -> dict[str, list[str]]:
        """The first cells of some columns."""
        kinds = dict(zip(self.names, self.schema.types, strict=True))
        readable = [name for name in names if _is_readable(kinds[name])]
        texts: dict[str, list[str]] = {name: [] for name in names}
        try:
            if readable and (batch := self.first(readable)):
                for name in readable:
                    texts[name] = [cell.strip(" \t") for cell in arrow.cells(batch.column(name))]
        except FAULTS:  # the reader raises an error when it reads the part
            if len(readable) > 1:
                return {name: self.texts([name])[name] for name in names}
        return texts


def first_rows(batches: Iterable[pa.RecordBatch], rows: int) -> pa.RecordBatch | None:
    """The first rows of batches, which may be shorter; None where there are none."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= rows:
            break
    return pa.concat_batches(held).slice(0, rows) if held else None


def _is_readable(kind: pa.DataType) -> bool:
    if types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    is_moment = types.is_date32(kind) or types.is_time(kind)
    return arrow.is_text(kind) or arrow.is_number(kind) or bool(is_moment)


def shown(part: Part, row: int, batch: pa.RecordBatch, names: list[str]) -> Bar:
    """A row, the first of a batch, and what it says in some columns, for a message."""
    return Bar(place(part, row), [_text(batch.column(name)) for name in names])


def _text(column: pa.Array) -> str:
    """The first value of a column; the number of a moment beyond the calendar."""
    if types.is_timestamp(column.type) or types.is_date64(column.type):
        zone = getattr(column.type, "tz", None)
        column = column.cast(pa.timestamp("us", zone), safe=False)
    with suppress(*FAULTS):
        value = column[0].as_py()
        return "" if value is None else str(value)
    return str(column[0].value)
