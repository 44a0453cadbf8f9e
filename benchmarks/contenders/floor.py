"""The floor: polars only reads the column that a run reads, and adds it up."""

import polars as pl
import protocol


def total(path, window):
    if path.endswith(".csv"):
        bars = pl.scan_csv(path)
    else:
        bars = pl.scan_parquet(path, hive_partitioning=False)
    return bars.select(pl.col("close").sum()).collect(engine="streaming").item()


protocol.answer(total, None)
