"""Files of bars of many symbols, and what a run of them counts."""

from __future__ import annotations

import pandas as pd
import polars as pl

import barwise

Bars = dict[str, list[float]]  # by symbol


def config(window: int, arithmetic: str = "float64", **columns: str) -> barwise.Config:
    return barwise.Config(1, window, "v1", arithmetic, barwise.Columns(**columns))


def tallies(result: barwise.Result) -> dict[str, tuple[int, int]]:
    assert result.tally.bars == sum(tally.bars for tally in result.symbols.values())
    return {name: (tally.bars, tally.ones) for name, tally in result.symbols.items()}


def write(frame: pd.DataFrame, path: str) -> None:
    if path.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif path.endswith(".parquet"):
        pl.from_dict(frame.to_dict("list")).write_parquet(path, row_group_size=7)
    else:
        pl.from_dict(frame.to_dict("list")).write_ipc_stream(path)
