"""The footers of Parquet files: columns, rows, and from when to when times reach.

Nothing is refused here. What a footer does not say for certain, the reader of the file looks up.
Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pyarrow import types

from barwise.errors import InputError
from barwise.sources.columnar import thrift
from barwise.sources.columnar.faults import FAULTS, names_of
from barwise.sources.columnar.row_groups import opened
from barwise.sources.values import arrow, ranges

if TYPE_CHECKING:
    import pyarrow as pa

    from barwise.sources.parts import Part
    from barwise.sources.values.ranges import TimeRange

# The numbers of fields: of the footer, of a row group, of a column chunk and of its statistics.
SCHEMA, ROWS, GROUPS, PAIRS, ORDERS = 2, 3, 4, 5, 7
COLUMNS, GROUP_ROWS = 1, 3
CHUNK, TYPE, PATH, STATISTICS = 3, 1, 3, 12
MISSING, GREATEST, LEAST = 3, 5, 6
INT32, INT64 = 1, 2  # types
USUAL_FOOTER, LONGEST_FOOTER = 1 << 12, 1 << 15  # bytes; of 2**15 it takes 2 ms
ARROW_SCHEMA = b"ARROW:schema"  # the types that Parquet does not have, as Arrow's writers keep them


class StoredColumns:
    """The columns of files that have the same.

    schema: their names and types.
    units: how each that holds cells is stored: the unit of typed times, "" for whole numbers, else
    another word.
    """

    def __init__(self, schema: pa.Schema, stored: Any) -> None:
        """`stored`: the schema as Parquet has it."""
        cells = [stored.column(place) for place in range(len(stored))]
        self.schema = schema
        self.types = dict(zip(schema.names, schema.types, strict=True))
        self.units = {column.path: _unit(column.logical_type) for column in cells}


class Footers:
    """Reads footers; one value stands for the columns of all files that have the same."""

    def __init__(self) -> None:
        self.columns: dict[str, StoredColumns] = {}

    def of_part(self, part: Part) -> Footer | None:
        """The footer of a part; None where it is damaged, or so long that a first bar is faster."""
        try:
            fields = _fields(part)
            rows, groups = fields[ROWS], fields[GROUPS]
            if rows != sum(group[GROUP_ROWS] for group in groups):
                return None
            arrow_schemas = [pair for pair in fields.get(PAIRS, ()) if pair[1] == ARROW_SCHEMA]
            key = repr((fields[SCHEMA], arrow_schemas))
            if key not in self.columns:
                with opened(part) as file:
                    names_of(file.schema_arrow, part)
                    self.columns[key] = StoredColumns(file.schema_arrow, file.metadata.schema)
        except (InputError, LookupError, TypeError, RecursionError, *FAULTS):
            return None
        has_order = ORDERS in fields  # else it is not known how the ends were compared
        return Footer(rows, groups if has_order else [], self.columns[key])


def _fields(part: Part) -> thrift.Struct:
    """What stands in the footer of a file, by the numbers that Parquet gives it."""
    if part.in_store:
        tail = _tail(lambda count, start: bytes(part.in_store.read(start, start + count)), part)
    else:
        file = os.open(part.path, os.O_RDONLY)  # takes a third of the time of Python's own
        try:
            tail = _tail(partial(os.pread, file), part)
        finally:
            os.close(file)
    length = int.from_bytes(tail[-8:-4], "little")
    fields, end = thrift.struct(tail[-8 - length : -8], 0)
    if end != length:
        raise ValueError("a footer of another length")
    return fields


def _tail(read: Callable[[int, int], bytes], part: Part) -> bytes:
    """The footer of a file, and what may stand before it; `read`: so many bytes from a place."""
    usual = min(USUAL_FOOTER, part.size)
    tail = read(usual, part.size - usual)
    length = int.from_bytes(tail[-8:-4], "little")
    if tail[-4:] != b"PAR1" or length > LONGEST_FOOTER:
        raise ValueError("no footer, or a long one")
    whole = min(length + 8, part.size)
    return tail if whole <= len(tail) else read(whole, part.size - whole)


class Footer:
    """What stands in the footer of a Parquet file.

    rows: how many there are.
    groups: its row groups; none where what they say of columns is not certain.
    columns: one value for all files that have the same.
    """

    def __init__(self, rows: int, groups: list[thrift.Struct], columns: StoredColumns) -> None:
        self.rows, self.groups, self.columns = rows, groups, columns

    def time_range(self, part: Part) -> TimeRange | None:
        """From when to when the part reaches, or NO_TIMES; None where the footer does not say."""
        kinds, units = self.columns.types, self.columns.units
        close, names = kinds.get(part.roles.close), part.roles.timestamp
        if not self.rows or close is None or not arrow.is_number(close):
            return None  # the reader refuses it
        if kinds.keys().isdisjoint(names):
            return None if "timestamp" in part.roles.named else ranges.NO_TIMES
        if len(names) != 1 or (ends := self._ends(names[0])) is None:
            return None
        kind, unit = kinds[names[0]], units[names[0]]
        if (types.is_timestamp(kind) or types.is_date(kind)) and unit in ranges.UNITS:
            has_zone = getattr(kind, "tz", None) is not None
            ahead = 0 if has_zone else part.dates.offset or 0
            return ranges.of_moments(*ends, unit, ahead)
        return ranges.of_numbers(*ends) if types.is_integer(kind) and unit == "" else None

    def _ends(self, name: str) -> tuple[int, int] | None:
        """The least and greatest number of a column, as they are stored.

        None where they are not certain: a cell is missing, or a row group has no statistics.
        """
        units = self.columns.units
        if name not in units:
            return None
        place = [*units].index(name)
        try:
            ends = [_ends_of_chunk(group[COLUMNS][place][CHUNK], name) for group in self.groups]
        except (LookupError, TypeError):
            return None
        certain = [pair for pair in ends if pair]
        if not ends or len(certain) < len(ends):
            return None
        return min(least for least, _ in certain), max(greatest for _, greatest in certain)


def _ends_of_chunk(chunk: thrift.Struct, name: str) -> tuple[int, int] | None:
    """The same of a column chunk, where it has whole numbers and none is missing; else None."""
    statistics = chunk[STATISTICS]
    width = {INT32: 4, INT64: 8}.get(chunk[TYPE])
    least, greatest = statistics[LEAST], statistics[GREATEST]
    is_certain = statistics[MISSING] == 0 and len(least) == len(greatest) == width
    if chunk[PATH] != [name.encode()] or not is_certain:
        return None
    return int.from_bytes(least, "little", signed=True), int.from_bytes(
        greatest, "little", signed=True
    )


def _unit(logical_type: Any) -> str:
    """How a column is stored, see `StoredColumns.units`."""
    if logical_type.type == "DATE":
        return "days"
    if logical_type.type == "TIMESTAMP":
        return next(unit for unit in ranges.UNITS if unit in logical_type.to_json())
    return "" if logical_type.type in ("NONE", "INT") else str(logical_type.type)
