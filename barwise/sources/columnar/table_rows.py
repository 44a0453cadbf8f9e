"""Where the rows of a table in memory are, and how they become record batches, a slice at a time.

Nothing is copied as a whole. pandas and polars are looked for among what is imported already: a
table of theirs cannot come from elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from barwise.errors import InputError, UsageError, clip, quoted
from barwise.sources.columnar.arrow import joined
from barwise.sources.columnar.faults import FAULTS, in_short
from barwise.tuning import Tuning

if TYPE_CHECKING:
    from typing import Protocol

    class TableRows(Protocol):
        """The rows of a table.

        schema: its columns.
        size: in bytes, 0 where that is not known.
        rows: how many; None for a stream, which can be read only once.
        time_index: the column that is the index of a DataFrame, if that is of times; else "".
        """

        @property
        def schema(self) -> pa.Schema: ...
        @property
        def size(self) -> int: ...
        @property
        def rows(self) -> int | None: ...
        @property
        def time_index(self) -> str: ...

        def head(self, names: list[str], rows: int) -> Iterable[pa.RecordBatch]:
            """The first rows, or a few more; missing floats may be NaN or null."""

        def batches(
            self, names: list[str], first: int, end: int | None, tuning: Tuning
        ) -> Iterator[pa.RecordBatch]:
            """The rows from one to another, of some columns."""

        def row(self, names: list[str], row: int) -> pa.RecordBatch | None:
            """One row, missing cells null; None if it cannot be read again."""


OBJECT_ROWS = 1 << 10  # of Python objects that are looked at for their type at a time


def table_of(input: Any, again: bool = False) -> TableRows:
    """The rows of a table. `again`: they are to be read more than once.

    Raises UsageError for what is not a table, or cannot be read again; InputError for a table that
    Arrow cannot hold.
    """
    try:
        if isinstance(input, pa.Table):
            return ArrowTable(input)
        if _is_of(input, "pandas", "DataFrame"):
            return Frame(input)
        if _is_of(input, "polars", "DataFrame"):
            return ArrowTable(_of_polars(input))
        if hasattr(input, "__arrow_c_array__"):
            return ArrowTable(pa.Table.from_batches([pa.record_batch(input)]))
        if again:
            raise UsageError(
                f"input is a {type(input).__name__}, which can be read only once, and a plan would "
                "use it up: give a table"
            )
        is_reader = isinstance(input, pa.RecordBatchReader)
        return Stream(input if is_reader else pa.RecordBatchReader.from_stream(input))
    except UsageError:
        raise
    except (*FAULTS, TypeError) as error:
        raise UsageError(
            f"input is a {type(input).__name__}, which is not a table of columns "
            f"({in_short(error)}): give a DataFrame or an Arrow table, or give closes alone to "
            "barwise.signals"
        ) from None


def _of_polars(frame: Any) -> pa.Table:
    """A DataFrame of polars as Arrow has it, which has no whole numbers of 128 bits."""
    try:
        return pa.table(frame)
    except FAULTS as error:
        raise InputError(
            f"the table cannot be read ({in_short(error)}): leave out columns of a type that Arrow "
            "does not have"
        ) from None


def _is_of(value: Any, module: str, name: str) -> bool:
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(value, cls)


class ArrowTable:
    """A table of Arrow; see TableRows."""

    time_index = ""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.schema: pa.Schema = table.schema
        self.rows: int = table.num_rows
        self.size: int = table.nbytes

    def head(self, names: list[str], rows: int) -> Iterable[pa.RecordBatch]:
        batches: list[pa.RecordBatch] = self.table.select(names).slice(0, rows).to_batches()
        return batches

    def batches(
        self, names: list[str], first: int, end: int | None, tuning: Tuning
    ) -> Iterator[pa.RecordBatch]:
        rows = self.table.select(names).slice(first, (end or self.rows) - first)
        batches = ((batch, 0) for batch in rows.to_batches(tuning.batch_rows))
        return (batch for batch, _ in joined(batches, tuning))

    def row(self, names: list[str], row: int) -> pa.RecordBatch:
        return self.table.select(names).slice(row, 1).to_batches()[0]


class Stream:
    """Batches that can be read only once; see TableRows. The first are held until they are read."""

    time_index = ""
    size = 0
    rows = None

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self.schema: pa.Schema = reader.schema
        self.coming: Iterator[pa.RecordBatch] = iter(reader)
        self.held: list[pa.RecordBatch] = []
        self.fault: Exception | None = None

    def head(self, names: list[str], rows: int) -> Iterable[pa.RecordBatch]:
        try:
            while sum(map(len, self.held)) < rows:
                self.held.append(next(self.coming))
        except StopIteration:
            pass
        except FAULTS as error:  # after which the stream would seem to end
            self.fault = error
        return [batch.select(names) for batch in self.held]

    def batches(
        self, names: list[str], first: int, end: int | None, tuning: Tuning
    ) -> Iterator[pa.RecordBatch]:
        batches = ((batch.select(names), 0) for batch in self._all())
        return (batch for batch, _ in joined(batches, tuning))

    def _all(self) -> Iterator[pa.RecordBatch]:
        while self.held:
            yield self.held.pop(0)
        if self.fault:
            raise self.fault
        yield from self.coming

    def row(self, names: list[str], row: int) -> None:
        return None


class Frame:
    """A DataFrame of pandas; see TableRows.

    Its index comes first: each level is a column, but for numbers of rows without a name.
    """

    def __init__(self, frame: Any) -> None:
        """Raises InputError for columns of several levels."""
        if frame.columns.nlevels > 1:
            raise InputError(
                f"the table has columns of {frame.columns.nlevels} levels, first "
                f"{quoted(frame.columns[0])}: give it one, as in "
                "frame.columns = frame.columns.get_level_values(0)"
            )
        self.frame, index = frame, frame.index
        self.rows = len(frame)
        self.size = int(frame.memory_usage().sum())
        names = [*map(str, frame.columns)]
        is_numbers = _is_of(index, "pandas", "RangeIndex") and index.name is None
        self.levels = [] if is_numbers else _level_names(index.names, names)
        self.names = [*self.levels, *names]
        kinds = [self._type(at) for at in range(len(self.names))]
        self.schema = pa.schema([*zip(self.names, kinds, strict=True)])
        self.time_index = next(
            (
                name
                for name, kind in zip(self.levels, kinds, strict=False)
                if types.is_timestamp(kind) or types.is_date(kind)
            ),
            "",
        )

    def head(self, names: list[str], rows: int) -> Iterable[pa.RecordBatch]:
        return self._batches(names, 0, min(rows, self.rows), rows, _array)

    def batches(
        self, names: list[str], first: int, end: int | None, tuning: Tuning
    ) -> Iterator[pa.RecordBatch]:
        end = self.rows if end is None else end
        return self._batches(names, first, end, tuning.batch_rows, _array_in_place)

    def row(self, names: list[str], row: int) -> pa.RecordBatch:
        return next(self._batches(names, row, row + 1, 1, _array))

    def _batches(
        self,
        names: list[str],
        first: int,
        end: int,
        batch_rows: int,
        array: Callable[[Any], pa.Array],
    ) -> Iterator[pa.RecordBatch]:
        places = [(name, self.names.index(name)) for name in names]
        for begin in range(first, end, batch_rows):
            arrays = []
            for name, at in places:
                try:
                    arrays.append(array(self._values(at, begin, min(end, begin + batch_rows))))
                except FAULTS as error:
                    raise InputError(
                        f"{clip(name, 40)} of the table cannot be read ({in_short(error)}): give "
                        "all its cells one type"
                    ) from None
            yield from pa.Table.from_arrays(arrays, names).to_batches()

    def _values(self, at: int, first: int, end: int) -> Any:
        """Some rows of a column, as a Series, or as an index."""
        if at < len(self.levels):
            return self.frame.index[first:end].get_level_values(at)
        return self.frame.iloc[:, at - len(self.levels)].iloc[first:end]

    def _type(self, at: int) -> pa.DataType:
        """The type of a column; of Python objects that of the first that are there."""
        kind = pa.null()
        try:
            if self._values(at, 0, 0).dtype != object:
                kind = _array(self._values(at, 0, 0)).type
            else:
                for first in range(0, self.rows, OBJECT_ROWS):
                    kind = _array(self._values(at, first, first + OBJECT_ROWS)).type
                    if not types.is_null(kind):
                        break
        except FAULTS:  # of a column that may not be needed; who reads it raises the error
            return pa.null()
        return kind


def _level_names(levels: Iterable[Any], names: list[str]) -> list[str]:
    """The names of an index: its own where no column has them."""
    all_levels = [*levels]
    result: list[str] = []
    for at, level in enumerate(all_levels):
        name = str(level)
        if level is None or name in names or name in result:
            name = "index" if len(all_levels) == 1 else f"level_{at}"
            while name in names or name in result:
                name += "_"
        result.append(name)
    return result


def _array_in_place(values: Any) -> pa.Array:
    """Values as Arrow has them; floats where they lie, NaN where one is missing."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        return pa.array(values.to_numpy(), from_pandas=False)
    return _array(values)


def _array(values: Any) -> pa.Array:
    """The same, null where one is missing."""
    if _is_of(values, "pandas", "PeriodIndex"):
        values = values.to_timestamp()
    return pa.array(values, from_pandas=True)
