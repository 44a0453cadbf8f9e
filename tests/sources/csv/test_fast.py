"""Which files the fast reader reads alone, compressed or not, and which are not plain enough."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

import barwise
from barwise.sources.columns import Column
from barwise.sources.csv import fast, strict
from barwise.sources.csv.cells import Cells
from barwise.tuning import Tuning


def closes_of(path: str) -> list[float]:
    plan = barwise.plan(path, barwise.Config(1, 1, "v1"))
    parts = [(i, part, {"close": Column("close")}) for i, part in enumerate(plan.parts)]
    tables = fast.read(parts, Tuning(csv_bytes=64))
    return [close for table in tables for close in table.columns["close"].tolist()]


@pytest.mark.parametrize(
    "data",
    [
        b'"time","close"\n"2024-01-01","1.5"\n"2024-01-02","NA"\n',
        b"time,close,volume\r\na,1.5,\r\nb,,\r\n",
        b"close,time\n1.5,a\nnan,b\n\n\n",
        "\ufefftime,close\né,1.5\nü,".encode(),
    ],
)
def test_files_as_programs_write_them_need_no_strict_reader(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("bars.csv").write_bytes(data)
    monkeypatch.setattr(strict, "read", None)
    first, second = closes_of("bars.csv")
    assert first == 1.5
    assert np.isnan(second)


def test_compressed_files_stream_in_the_same_pieces() -> None:
    rows = "".join(f"{i},{i / 4}\n" for i in range(1_000))
    data = f"time,close\n{rows}".encode()
    Path("bars.csv").write_bytes(data)
    expected = closes_of("bars.csv")
    assert expected == [i / 4 for i in range(1_000)]
    Path("bars.gz").write_bytes(gzip.compress(data))
    Path("bars.zst").write_bytes(zstandard.compress(data))
    with zipfile.ZipFile("bars.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bars.csv", data)
    for name in ("bars.gz", "bars.zst", "bars.zip"):
        assert closes_of(name) == expected


@pytest.mark.parametrize(
    "rows",
    [
        b"1,2\r3,4\n",
        b'1,"2\n3"\n',
        b'1,"2,3"\n',
        b'1,"2""3"\n',
        b"1,2\n\n3,4\n",
        b"1," + b"2" * 70_000 + b"\n",
    ],
)
def test_rows_that_readers_may_take_differently_are_the_strict_readers(
    rows: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b"close,time\n" + b"7,8\n" * 40_000 + rows + b"7,8\n" * 40_000
    Path("bars.csv").write_bytes(rows)
    [part] = barwise.plan("bars.csv", barwise.Config(1, 1, "v1")).parts
    to_read = [(0, part, {"close": Column("close")})]
    expected = [table.columns["close"] for table in strict.read(to_read)]
    read_strictly = 0
    read = Cells.read

    def counted(self: Cells, block: list[list[str]], first_row: int) -> Any:
        nonlocal read_strictly
        read_strictly += len(block)
        return read(self, block, first_row)

    monkeypatch.setattr(Cells, "read", counted)
    tables = fast.read(to_read, Tuning(csv_bytes=1 << 14), threads=2)
    closes = np.concatenate([table.columns["close"] for table in tables])
    assert closes.tolist() == np.concatenate(expected).tolist()
    assert read_strictly < 20_000 or len(rows) > 380_000  # a row that is too long ends the scan


def test_a_file_that_becomes_shorter_while_it_is_read_is_refused() -> None:
    Path("bars.csv").write_bytes(b"close\n" + b"1.5\n" * 100_000)
    [part] = barwise.plan("bars.csv", barwise.Config(1, 1, "v1")).parts
    tables = fast.read([(0, part, {"close": Column("close")})], Tuning(csv_bytes=1 << 14))
    next(tables)
    os.truncate("bars.csv", 50_000)
    with pytest.raises(barwise.InputError, match=r"bars\.csv became shorter while it was read"):
        list(tables)


def test_a_file_that_is_replaced_while_it_is_read_is_not_mixed_with_the_new_one() -> None:
    long = b"9," + b"x" * 70_000 + b"\n"  # the strict reader opens the file again there
    Path("bars.csv").write_bytes(b"close,note\n" + b"1.5,x\n" * 100_000 + long)
    Path("new.csv").write_bytes(b"close,note\n" + b"2.5,x\n" * 200_000)
    [part] = barwise.plan("bars.csv", barwise.Config(1, 1, "v1")).parts
    tables = fast.read([(0, part, {"close": Column("close")})], Tuning(csv_bytes=1 << 14))
    next(tables)
    Path("new.csv").replace("bars.csv")
    with pytest.raises(barwise.InputError, match=r"bars\.csv has changed while it was read"):
        list(tables)
