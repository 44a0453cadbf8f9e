"""Rows as Parquet, through pyarrow: a row group at a time, each page with its checksum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from barwise.bars.times import are_times
from barwise.outputs.rows import TextColumn, sliced

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUP_ROWS = 1 << 17  # 5 MB of five columns
TIME = pa.timestamp("us", tz="UTC")


class _Writer(pq.ParquetWriter):  # type: ignore[misc]
    """Writes no end to its file when it is deleted unclosed, since the file may be closed."""

    def __del__(self) -> None:
        pass


class ParquetRows:
    """Holds rows until they are a row group; see `rows.RowWriter`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.writer: Any = None
        self.held: list[Any] = []
        self.rows = 0

    def write(self, columns: Mapping[str, NDArray[Any] | TextColumn]) -> None:
        for piece in sliced(columns, GROUP_ROWS):
            arrays = [arrow_array(column) for column in piece.values()]
            self.held.append(pa.record_batch(arrays, list(piece)))
            self.rows += len(arrays[0])
            if self.rows >= GROUP_ROWS:
                self.flush()

    def flush(self) -> None:
        """Writes the rows that are held, if any, as a row group."""
        if not self.held:
            return
        table = pa.Table.from_batches(self.held)
        if self.writer is None:
            # Prices and times hardly repeat, and to try a dictionary for them takes time.
            texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
            times = [field.name for field in table.schema if field.type == TIME]
            self.writer = _Writer(
                self.file,
                table.schema,
                compression="zstd",
                write_page_checksum=True,
                use_dictionary=texts,
                column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
            )
        self.writer.write_table(table, row_group_size=len(table))
        self.held, self.rows = [], 0

    def close(self) -> None:
        self.flush()
        if self.writer is not None:
            self.writer.close()


def arrow_array(column: NDArray[Any] | TextColumn) -> Any:
    """A column as Arrow has it; what is NaN, or no time, is null."""
    if isinstance(column, TextColumn):
        coded = pa.DictionaryArray.from_arrays(_in_place(column.codes), column.values)
        return coded.dictionary_decode()
    if column.dtype == np.int64:
        return _in_place(column, TIME, are_times(column))
    return _in_place(column, present=column == column)


def _in_place(
    column: NDArray[Any], kind: Any = None, present: NDArray[np.bool_] | None = None
) -> Any:
    """Numbers as Arrow has them. `pa.array` would import pandas, in 0.3 s, where it is there."""
    validity = None
    if present is not None and not present.all():
        validity = pa.py_buffer(np.packbits(present, bitorder="little"))
    kind = kind or pa.from_numpy_dtype(column.dtype)
    numbers = pa.py_buffer(np.ascontiguousarray(column))
    return pa.Array.from_buffers(kind, len(column), [validity, numbers])
