"""Real tables of Delta Lake and Iceberg, and a folder of Hudi's shape, with rows that are dead."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog

MINUTE = 60_000_000


def bars(first: int, rows: int, symbol: str | None = None) -> pa.Table:
    """Minutes from the `first` one of 2024 on."""
    times = [1_704_067_200_000_000 + MINUTE * (first + row) for row in range(rows)]
    columns = {
        "timestamp": pa.array(times, pa.timestamp("us", "UTC")),
        "close": pa.array([100.0 + row % 7 for row in range(rows)]),
        "number": pa.array(range(first, first + rows)),
    }
    return pa.table({**columns, **({"symbol": [symbol] * rows} if symbol else {})})


def delta_with_deleted_rows(folder: str) -> int:
    """Gives how many rows of the table are live."""
    write_deltalake(folder, bars(0, 4_000))
    write_deltalake(folder, bars(4_000, 6_000), mode="append")
    DeltaTable(folder).delete("number < 4000")
    return int(DeltaTable(folder).to_pyarrow_table().num_rows)


def delta_overwritten(folder: str) -> int:
    write_deltalake(folder, bars(0, 10_000))
    write_deltalake(folder, bars(10_000, 10_000), mode="overwrite")
    return int(DeltaTable(folder).to_pyarrow_table().num_rows)


def delta_by_symbol(folder: str) -> int:
    both = [pa.concat_tables([bars(first, 1_000, of) for of in "AB"]) for first in (0, 1_000)]
    write_deltalake(folder, both[0], partition_by=["symbol"])
    write_deltalake(folder, both[1], partition_by=["symbol"], mode="overwrite")
    return int(DeltaTable(folder).to_pyarrow_table().num_rows)


def iceberg_overwritten(folder: str) -> int:
    where = Path(folder).absolute()
    catalog = SqlCatalog("made", uri="sqlite:///:memory:", warehouse=where.parent.as_uri())
    try:
        catalog.create_namespace("made")
        table = catalog.create_table("made.bars", bars(0, 1).schema, location=where.as_uri())
        table.append(bars(0, 10_000))
        table.overwrite(bars(10_000, 10_000))
        return int(table.scan().to_arrow().num_rows)
    finally:
        catalog.close()


def hudi(folder: str) -> int:
    """Two versions of one file group, of which the later one counts."""
    Path(folder, ".hoodie").mkdir(parents=True)
    Path(folder, ".hoodie", "hoodie.properties").write_text("hoodie.table.name=bars\n")
    for instant, first in (("20240101000000000", 0), ("20240102000000000", 1_000)):
        for part in ("", "symbol=A"):
            Path(folder, part).mkdir(exist_ok=True)
            name = f"8f0d5e3c-0_0-1-0_{instant}.parquet"
            pq.write_table(bars(first, 1_000), Path(folder, part, name))
    return 2_000


def rows_in_files(folder: str) -> int:
    """As many rows as a reader counts that knows no logs."""
    return sum(pq.read_metadata(file).num_rows for file in Path(folder).rglob("*.parquet"))
