"""Bars as files of each kind, for stores to hold."""

from __future__ import annotations

import random
import zipfile
from gzip import compress
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import zstandard

import barwise
from barwise.stages.digests import BlockDigests

ROWS = 12_000
FAR = 1 << 13  # rows whose incompressible columns lie further apart than is read along


def bars(rows: int = ROWS, first: int = 0, seed: int = 1) -> pa.Table:
    made = random.Random(seed)
    closes = [round(100 + made.gauss(0, 1), 2) for _ in range(rows)]
    times = pa.array([(first + i) * 60_000_000 for i in range(rows)], pa.timestamp("us"))
    volumes = [made.random() for _ in range(rows)]
    return pa.table({"timestamp": times, "close": closes, "volume": volumes})


def as_parquet(table: pa.Table, groups: int = 3) -> bytes:
    out = BytesIO()
    pq.write_table(table, out, row_group_size=-(-len(table) // groups), compression="none")
    return out.getvalue()


def as_csv(table: pa.Table) -> bytes:
    out = BytesIO()
    pyarrow.csv.write_csv(table, out)
    return out.getvalue()


def as_zip(data: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first.csv", data)
        archive.writestr("_skipped.csv", b"")
    return out.getvalue()


def as_feather(table: pa.Table) -> bytes:
    out = BytesIO()
    pyarrow.feather.write_feather(table, out, compression="zstd", chunksize=1 << 10)
    return out.getvalue()


def files() -> dict[str, bytes]:
    text = as_csv(bars())
    return {
        "bars.csv": text,
        "bars.csv.gz": compress(text),
        "bars.csv.zst": zstandard.compress(text),
        "bars.zip": as_zip(text),
        "bars.parquet": as_parquet(bars()),
        "bars": as_parquet(bars()),  # whose name says nothing
        "bars.arrow": as_feather(bars()),
    }


FILES = files()
DIGESTS = {"float64": "", "exact": ""}


def digest(input: str, arithmetic: Any = "float64", **options: Any) -> str:
    blocks = [BlockDigests()]
    result = barwise.run(input, window=20, arithmetic=arithmetic, measures=blocks, **options)
    return result.digest or ""
