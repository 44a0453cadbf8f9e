"""Rows as CSV, through polars: a header, LF, floats in as few digits as read as the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import polars as pl

from barwise.bars.times import are_times
from barwise.outputs.rows import Text, sliced

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLICE_ROWS = 1 << 16  # 4 MB of text
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"  # a fraction only where there is one


class CsvRows:
    """See `rows.RowWriter`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.has_header = False

    def write(self, columns: Mapping[str, NDArray[Any] | Text]) -> None:
        for its in sliced(columns, SLICE_ROWS):
            frame = pl.DataFrame({name: _series(column) for name, column in its.items()})
            text = frame.write_csv(include_header=not self.has_header, datetime_format=TIME_FORMAT)
            self.has_header = True
            self.file.write(text.encode())

    def close(self) -> None:
        pass


def _series(column: NDArray[Any] | Text) -> pl.Series:
    if isinstance(column, Text):
        return pl.Series(column.values, dtype=pl.String).gather(column.codes)
    if column.dtype == np.int64:
        moments = pl.Series(column).cast(pl.Datetime("us"))
        return moments.set(pl.Series(~are_times(column)), None)
    return pl.Series(column).fill_nan(None) if column.dtype == np.float64 else pl.Series(column)
