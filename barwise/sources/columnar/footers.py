"""The footers of Parquet files: columns, rows, and from when to when times reach.

Nothing is refused here. What a footer does not say for certain, the reader of the file looks up.
Format: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyarrow import types

from barwise.errors import InputError
from barwise.sources.columnar.faults import FAULTS, distinct
from barwise.sources.columnar.row_groups import counts_of, opened
from barwise.sources.values import arrow, ranges

if TYPE_CHECKING:
    import pyarrow as pa

    from barwise.sources.parts import Part
    from barwise.sources.values.ranges import TimeRange

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
        self.columns: dict[tuple[str, bytes], StoredColumns] = {}

    def of_part(self, part: Part) -> Footer | None:
        """The footer of a part; None where it cannot be read: its reader raises the error."""
        try:
            with opened(part) as file:
                metadata = file.metadata
                counts_of(metadata, part)
                _, _, cells = repr(metadata.schema).partition("\n")  # the first line is an address
                key = cells, (metadata.metadata or {}).get(ARROW_SCHEMA, b"")
                if key not in self.columns:
                    distinct(file.schema_arrow.names, part)
                    self.columns[key] = StoredColumns(file.schema_arrow, metadata.schema)
        except (InputError, *FAULTS):
            return None
        return Footer(metadata, self.columns[key])


class Footer:
    """What stands in the footer of a Parquet file.

    columns: one value for all files that have the same.
    rows: how many there are.
    """

    def __init__(self, metadata: Any, columns: StoredColumns) -> None:
        self.metadata, self.columns = metadata, columns
        self.rows: int = metadata.num_rows

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
        least, greatest = [], []
        for number in range(self.metadata.num_row_groups):
            column = self.metadata.row_group(number).column(place)
            statistics = column.statistics
            if column.path_in_schema != name or not _are_certain(statistics):
                return None
            least.append(statistics.min_raw)
            greatest.append(statistics.max_raw)
        return min(least), max(greatest)


def _are_certain(statistics: Any) -> bool:
    """Whether statistics are those of whole numbers of which none is missing."""
    return (
        statistics is not None
        and statistics.physical_type in ("INT32", "INT64")
        and statistics.has_min_max
        and statistics.has_null_count
        and not statistics.null_count
    )


def _unit(logical_type: Any) -> str:
    """How a column is stored, see `StoredColumns.units`."""
    if logical_type.type == "DATE":
        return "days"
    if logical_type.type == "TIMESTAMP":
        return next(unit for unit in ranges.UNITS if unit in logical_type.to_json())
    return "" if logical_type.type in ("NONE", "INT") else str(logical_type.type)
