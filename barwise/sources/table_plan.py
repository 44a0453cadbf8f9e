"""The plan of a run over a table in memory, such as a DataFrame: one part, called "the table"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from barwise.errors import quoted
from barwise.sources.parts import Part, Plan
from barwise.sources.readers import reader_of
from barwise.sources.recognise import recognised

if TYPE_CHECKING:
    from barwise.bars.columns import Columns, Csv
    from barwise.sources.words import TableInput

NAME = "the table"


def planned_table(
    input: TableInput, columns: Columns, csv: Csv, *, by_time: bool = False, again: bool = False
) -> Plan:
    """How a table in memory is read, as `plan.planned` says it of files.

    `again`: it is to be read once more, which a stream of batches cannot be. Raises InputError;
    UsageError for what is not a table.
    """
    part = Part(NAME, "table", series=None if columns.symbol else "")
    table: Any = reader_of(part).table_of(input, again)
    part = part._replace(size=table.size, table=table)
    index = table.time_index
    if index and columns.timestamp is None:  # whoever makes a DataFrame so says which times count
        part = recognised(part, replace(columns, timestamp=index), csv)
        if index != "timestamp":
            words = filter(None, (part.inferred, f"times from the index {quoted(index)}"))
            part = part._replace(inferred=", ".join(words))
    else:
        part = recognised(part, columns, csv)
    return Plan((part,), columns.of_symbols if part.series is None else None, (), by_time)
