"""`order: time`: each part sorted, as pandas sorts it, and said so."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.engine.events import Silent
from tests.kit.lakes import write
from tests.kit.oracles import pandas_signals

DAY = 86_400


def by_time(window: int = 2, **columns: str) -> barwise.Config:
    return barwise.Config(1, window, "v1", columns=barwise.Columns(**columns), order="time")


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.lists(st.sampled_from("ab"), min_size=40, max_size=40),
    st.sampled_from([".csv", ".parquet"]),
)
def test_bars_are_those_that_pandas_sorts(days: list[int], names: list[str], suffix: str) -> None:
    frame = pd.DataFrame({"timestamp": [1_704_067_200 + DAY * day for day in days]})
    frame["s"] = names[: len(days)]
    frame["close"] = np.arange(len(days)) * 7 % 5 + 1.0
    write(frame, f"bars{suffix}")
    result = barwise.run(f"bars{suffix}", by_time(symbol="s"))
    in_order = frame.sort_values("timestamp", kind="stable")
    expected = {
        name: sum(pandas_signals(group["close"].tolist(), 2))
        for name, group in in_order.groupby("s")
    }
    assert {name: tally.ones for name, tally in result.symbols.items()} == expected
    assert not [doubt for doubt in result.doubts if "goes back" in doubt]


def test_a_bar_of_a_sorted_file_is_named_by_its_own_line() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-03,3\n2024-01-02,\n2024-01-01,1\n")
    [doubt] = barwise.run("data.csv", by_time()).doubts
    assert "first on line 3 of data.csv" in doubt


def test_a_bar_without_a_time_cannot_be_sorted() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-03,3\nnoon,2\n")
    with pytest.raises(
        barwise.InputError, match=r"timestamp is 'noon' on line 3 of data\.csv, which is not a time"
    ):
        barwise.run("data.csv", by_time())
    Path("data.csv").write_text("close\n3\n")
    with pytest.raises(barwise.InputError, match=r"order: time cannot sort data\.csv: it has no"):
        barwise.run("data.csv", by_time())


def test_the_log_says_what_was_sorted() -> None:
    log: list[str] = []

    class Log(Silent):
        def info(self, message: str) -> None:
            log.append(message)

    Path("data.csv").write_text("timestamp,close\n2024-01-03,3\n2024-01-02,2\n")
    barwise.run("data.csv", by_time(), events=Log())
    assert log[0] == "Sorted by time: 1 of 1 files were out of order, first data.csv"
    Path("data.csv").write_text("timestamp,close\n2024-01-02,3\n2024-01-03,2\n")
    barwise.run("data.csv", by_time(), events=Log())
    assert log[4] == "Sorted by time: 0 of 1 files were out of order"


def test_a_second_symbol_in_one_series_is_seen_before_the_sort() -> None:
    minutes = [f"{1_704_067_200 + 60 * i}" for i in range(1_024)]
    rows = [f"{minute},{name},1" for name in "AB" for minute in minutes]
    Path("data.csv").write_text("\n".join(["timestamp,symbol,close", *rows, ""]))
    doubts = barwise.run("data.csv", by_time()).doubts
    assert doubts[0].startswith("symbol is 'B' on line 1026 of data.csv and 'A' before")
    Path("symbol=A").mkdir()
    Path("data.csv").rename("symbol=A/x.csv")
    with pytest.raises(barwise.InputError, match="its folder says 'A': move the file"):
        barwise.run("symbol=A", by_time(symbol="symbol"))


def test_times_are_read_for_the_sort_where_checks_are_off() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-03,1\n2024-01-02,2\n2024-01-01,3\n")
    assert barwise.run("data.csv", barwise.Config(1, 2, "v1", checks="off")).tally.ones == 2
    off = barwise.Config(1, 2, "v1", checks="off", order="time")
    assert barwise.run("data.csv", off).tally.ones == 0


@pytest.mark.parametrize(("rows", "late"), [(1_000, 500), (40_000, 30_000)])
def test_the_first_offender_is_the_first_in_the_order_of_time(rows: int, late: int) -> None:
    minutes = [*range(3), late, *range(3, rows), 10]
    times = [1_704_067_200 + 60 * minute for minute in minutes]
    write(pd.DataFrame({"timestamp": times, "close": 1.0}), "bars.parquet")
    broken = barwise.check("bars.parquet", by_time()).broken["no duplicate times"]
    assert (broken.bars, broken.place) == (2, f"row {rows + 2} of bars.parquet")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_of_two_files_that_cannot_be_read_the_first_is_named(suffix: str) -> None:
    os.mkdir("lake")
    for part, columns in enumerate(
        [
            {"timestamp": ["2024-01-01", "x"], "close": [1.0, 2.0]},
            {"timestamp": ["2024-01-02", "2024-01-03"], "close": [1.0, float("inf")]},
        ]
    ):
        frame = pl.DataFrame(columns)
        path = f"lake/{part}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    with pytest.raises(barwise.InputError, match=r"timestamp is 'x' on .* of lake/0"):
        barwise.run("lake", by_time())
