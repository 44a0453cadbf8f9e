from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import barwise
from barwise.sources import columns
from barwise.tuning import Tuning
from tests.kit.lakes import config, tallies, write


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_bad_close_of_one_symbol_is_named_by_its_row(suffix: str, workers: int) -> None:
    frame = pd.DataFrame({"s": ["a", "b"] * 500, "close": [float(i) for i in range(1000)]})
    frame.loc[777, "close"] = float("inf")
    write(frame, f"all{suffix}")
    where = f"line 779 of all{suffix}" if suffix == ".csv" else f"row 778 of all{suffix}"
    with pytest.raises(barwise.PriceError, match=f"close is '?inf'? on {where}: infinite"):
        barwise.run(f"all{suffix}", config(2, symbol="s"), workers=workers)


def test_a_missing_symbol_far_down_a_typed_column_is_found() -> None:
    symbols = pl.Series(["A", "B"] * 5 + [None]).cast(pl.Enum(["A", "B"]))
    pl.DataFrame({"s": symbols, "close": [1.0] * 11}).write_parquet("all.parquet")
    with pytest.raises(barwise.InputError, match=r"s is None on row 11 of all\.parquet"):
        barwise.run("all.parquet", config(1, symbol="s"), tuning=Tuning(batch_rows=4))
    assert barwise.run("all.parquet", config(1)).rows_processed == 11


def test_days_of_all_symbols_in_a_file_each() -> None:
    os.mkdir("lake")
    for day in (10, 9, 11):
        rows = [f"2024-01-{day:02}T{h:02}:00,{s},{day * 24 + h}" for h in range(3) for s in "ab"]
        Path(f"lake/{day}.csv").write_text("\n".join(["timestamp,s,close", *rows, ""]))
    result = barwise.run("lake", config(2, symbol="s"), workers=2)
    assert tallies(result) == {"a": (9, 8), "b": (9, 8)}
    Path("lake/9b.csv").write_text("timestamp,s,close\n2024-01-09T01:00,b,1\n")
    with pytest.raises(barwise.InputError, match=r"2024-01-09T01:00:00Z on line 2 of lake/9b\.csv"):
        barwise.run("lake", config(2, symbol="s"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_blanks_around_a_symbol_do_not_count(suffix: str) -> None:
    names = ["a", " a ", "b", "a\t"]
    write(pd.DataFrame({"s": names, "close": [1.0, 2.0, 1.0, 3.0]}), f"all{suffix}")
    result = barwise.run(f"all{suffix}", config(2, symbol="s"))
    assert tallies(result) == {"a": (3, 2), "b": (1, 0)}


def test_a_column_of_too_many_symbols_is_refused() -> None:
    frame = pl.DataFrame({"s": range(101), "close": [1.0] * 101})
    frame.write_parquet("all.parquet")
    frame.write_csv("all.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "MOST_SYMBOLS", 100)
        for name in ("all.parquet", "all.csv"):
            with pytest.raises(barwise.InputError, match="has more than 100 different values"):
                barwise.run(name, config(1, symbol="s"))


def test_a_column_that_only_happens_to_be_called_symbol_stops_nothing() -> None:
    for column in (range(2_001), [0.5] * 2_001, [[1]] * 2_001, [None] * 2_001):
        frame = pl.DataFrame({"symbol": column, "close": [1.0] * 2_001}, strict=False)
        frame.write_parquet("all.parquet")
        assert barwise.run("all.parquet", config(1)).rows_processed == 2_001
    frame = pl.DataFrame({"symbol": range(2_001), "close": [1.0] * 2_001})
    frame.write_csv("all.csv")
    [doubt] = barwise.run("all.csv", config(2)).doubts
    assert doubt.startswith("symbol is '1' on line 3 of all.csv and '0' before")
