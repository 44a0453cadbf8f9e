"""The floor: polars only reads the columns that a run reads, and adds closes up.

With TIMES in the environment it looks for the last time too.
"""

import os

import polars as pl
import protocol


def total(path, window):
    if path.endswith(".csv"):
        bars = pl.scan_csv(path)
    else:
        bars = pl.scan_parquet(path, hive_partitioning=False)
    read = [pl.col("close").sum()]
    if "TIMES" in os.environ:
        read.append(pl.col("timestamp").max())
    return bars.select(read).collect(engine="streaming").row(0)[0]


protocol.answer(total, None)
