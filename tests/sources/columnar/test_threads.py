"""However threads share files, row groups and columns, the rows are those of one, in order."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.errors import InputError, PriceError
from barwise.sources import readers
from barwise.sources.columnar import parquet
from barwise.sources.columns import TIME_OF_DAY, Column
from barwise.tuning import Tuning
from tests.kit.typed_files import CONFIG

COLUMNS = {
    "close": Column("close"),
    "symbol": Column("symbol"),
    "timestamp": Column("date"),
    TIME_OF_DAY: Column("time"),
    "open": Column("open", False),
    "volume": Column("absent", False),
}
# Each file is small; or tiny, which its reader alone reads; or large, so that threads share it.
SIZES = {"small": (1 << 22, 0), "tiny": (1 << 22, 1 << 22), "large": (0, 0)}


def tables(paths: list[str], size: str, threads: int, cells: int, rows: int = 2) -> list[Any]:
    parts = [barwise.plan(path, CONFIG).parts[0] for path in paths]
    small, tiny = SIZES[size]
    to_read = [(number, part, COLUMNS) for number, part in enumerate(parts)]
    with patch.object(parquet, "SMALL_BYTES", small), patch.object(parquet, "TINY_BYTES", tiny):
        reader = readers.reader_of(parts[0])
        sizes = Tuning(batch_rows=rows, span_cells=cells)
        return list(reader.read(to_read, sizes, threads=threads))


def write(path: str, first: int, rows: int, group: int) -> None:
    numbers = range(first, first + rows)
    table = {
        "date": pa.array([f"2024-01-{1 + number % 28:02}" for number in numbers]),
        "time": pa.array([f"09:{number % 60:02}:00" for number in numbers]),
        "symbol": [f"S{number % 3}" for number in numbers],
        "open": pa.array([float(number) for number in numbers]),
        "close": pa.array([number / 4 for number in numbers]),
    }
    pq.write_table(pa.table(table), path, row_group_size=group)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=4),
    st.sampled_from(sorted(SIZES)),
    st.sampled_from([1, 2, 3, 8]),
    st.integers(1, 60),
)
def test_threads_change_nothing(
    files: list[tuple[int, int]], size: str, threads: int, cells: int
) -> None:
    paths = [f"{number}.parquet" for number in range(len(files))]
    first = 0
    for path, (rows, group) in zip(paths, files, strict=True):
        write(path, first, rows, group)
        first += rows
    read = tables(paths, size, threads, cells)
    closes = np.concatenate([table.columns["close"] for table in read])
    assert (closes * 4).tolist() == [*range(first)]
    assert np.concatenate([t.columns["open"] for t in read]).tolist() == [*range(first)]
    names = [table.symbols.names[code] for table in read for code in table.symbols.codes]
    assert names == [f"S{number % 3}" for number in range(first)]
    minutes = np.concatenate([table.columns["time"] for table in read]) // 60_000_000
    assert (minutes % 60).tolist() == [number % 60 for number in range(first)]
    for number, (rows, _) in enumerate(files):
        of_file = [table for table in read if table.part == number]
        assert [table.first for table in of_file] == np.cumsum(
            [0, *(table.rows for table in of_file[:-1])]
        ).tolist()
        assert of_file[-1].first + of_file[-1].rows == rows


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("cells", [1, 8, 1_000])
def test_the_first_fault_is_told_whoever_meets_it(size: str, threads: int, cells: int) -> None:
    for number in range(4):
        write(f"{number}.parquet", 0, 12, 3)
    closes = [1.0] * 7 + [float("inf")] * 5
    odd = pq.read_table("2.parquet").set_column(4, "close", pa.array(closes))
    pq.write_table(odd, "2.parquet", row_group_size=3)
    paths = [f"{number}.parquet" for number in range(4)]
    Path("3.parquet").write_bytes(b"PAR1")
    with pytest.raises(PriceError, match=r"close is inf on row 8 of 2\.parquet"):
        tables(paths, size, threads, cells)
    Path("1.parquet").write_bytes(Path("0.parquet").read_bytes()[:500])
    with pytest.raises(InputError, match=r"1\.parquet cannot be read"):
        tables(paths, size, threads, cells)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cells", [1, 1_000])
def test_a_reader_that_is_closed_leaves_no_thread(size: str, cells: int) -> None:
    write("0.parquet", 0, 100, 10)
    part = barwise.plan("0.parquet", CONFIG).parts[0]
    small, tiny = SIZES[size]
    with patch.object(parquet, "SMALL_BYTES", small), patch.object(parquet, "TINY_BYTES", tiny):
        sizes = Tuning(batch_rows=2, span_cells=cells)
        read: Any = parquet.read([(0, part, COLUMNS)] * 3, sizes, threads=3)
        next(read)
        read.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("barwise")]
