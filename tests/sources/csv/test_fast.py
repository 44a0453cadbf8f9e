"""Which files the fast reader reads alone, compressed or not, and which are not plain enough."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zstandard

import barwise
from barwise.sources.columns import Column
from barwise.sources.csv import fast, shape, strict
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
    "data",
    [
        b"1,2\r3,4\n",
        b"1,\0\n",
        b"1,\xff\n",
        b'1,"2\n3"\n',
        b'1,"2,3"\n',
        b'1,2"\n',
        b'1,"2"3"\n',
        b"\xef\xbb\xbf1,2\n",
        b"1," + b"2" * 70_000 + b"\n",
    ],
)
def test_shapes_that_readers_may_take_differently_are_not_plain(data: bytes) -> None:
    assert shape.plain(data) is None
