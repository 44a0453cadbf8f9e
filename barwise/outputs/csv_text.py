"""Rows as CSV, through polars: a header, LF, and the shortest digits that give the same floats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import polars as pl

from barwise.bars.times import are_times
from barwise.outputs.rows import TextColumn, sliced

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLICE_ROWS = 1 << 16  # 4 MB of text
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"  # a fraction only where there is one


class CsvRows:
    """See `rows.RowWriter`."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.has_header = False

    def write(self, columns: Mapping[str, NDArray[Any] | TextColumn]) -> None:
        for piece in sliced(columns, SLICE_ROWS):
            frame = pl.DataFrame({name: _series(column) for name, column in piece.items()})
            text = frame.write_csv(include_header=not self.has_header, datetime_format=TIME_FORMAT)
            self.has_header = True
            self.file.write(text.encode())

    def close(self) -> None:
        pass


def _series(column: NDArray[Any] | TextColumn) -> pl.Series:
    if isinstance(column, TextColumn):
        return pl.Series(column.values, dtype=pl.String).gather(column.codes)
    if column.dtype == np.int64:
        moments = pl.Series(column).cast(pl.Datetime("us"))
        return moments.set(pl.Series(~are_times(column)), None)
    return pl.Series(column).fill_nan(None) if column.dtype == np.float64 else pl.Series(column)
