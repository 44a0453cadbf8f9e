"""Which column of times is taken."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

import barwise
from tests.kit.lakes import config
from tests.kit.time_columns import ISO, UNIX, time_columns


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Timestamp",
            " timestamp",
            "TIMESTAMP",
            "unix_timestamp",
            "Unix",
            "mts",
            "ts",
            "ts_event",
        ),
        *("open_time", "Open time", "OpenTime", "start", "start_at", "window_start", "dateUTC"),
        *("time_period_start", "Gmt time", "Local time", "datetime", "<DATE>", "Date", "day"),
        *("", "index", "Index"),
    ],
)
@pytest.mark.parametrize("cells", [UNIX, ISO])
def test_a_column_is_taken_by_its_name_and_its_cells(name: str, cells: list[str]) -> None:
    assert time_columns({name: cells}) == (name,)


def test_an_exact_timestamp_is_taken_whatever_its_cells_are() -> None:
    assert time_columns({"time": ISO, "timestamp": ["x"] * 120}) == ("timestamp",)


def test_the_start_of_a_bar_is_taken_before_its_date() -> None:
    assert time_columns({"Date": ISO, "unix": UNIX}) == ("unix",)


@pytest.mark.parametrize("cells", [["1"] * 120, [str(i) for i in range(120)], ["x"] * 120])
def test_a_name_whose_cells_are_no_times_is_passed_by(cells: list[str]) -> None:
    assert time_columns({"start": cells, "time": ISO}) == ("time",)
    assert time_columns({"start": cells}) == ()


def test_a_time_of_day_is_no_unix_time() -> None:
    assert time_columns({"time": [f"{93_000 + i:06}" for i in range(29)]}) == ()


@pytest.mark.parametrize(
    ("dates", "hours"),
    [
        ("2024-01-01", [cell[11:] for cell in ISO]),
        ("2024.01.01", [cell[11:16] for cell in ISO]),
        ("20240101", [cell[11:].replace(":", "") for cell in ISO]),
        ("01.01.2024", [cell[11:] for cell in ISO]),
    ],
)
def test_a_date_and_a_time_of_day_are_joined(dates: str, hours: list[str]) -> None:
    columns = {"Date": [dates] * 120, "Time": hours}
    assert time_columns(columns) == ("Date", "Time")
    report = barwise.check("bars.csv", config(2))
    assert report.is_clean
    assert report.symbols[""].interval == 60_000_000
    pl.DataFrame({**columns, "close": [1.0, 2.0] * 60}).write_parquet("bars.parquet")
    assert barwise.check("bars.parquet", config(2)).symbols == report.symbols


@pytest.mark.parametrize("date", [pl.Date, pl.String])
@pytest.mark.parametrize("hour", [pl.Time, pl.String])
def test_a_typed_date_and_a_time_of_day_are_joined(
    date: type[pl.DataType], hour: type[pl.DataType]
) -> None:
    moments = pd.Series(pd.date_range("2024-01-01", periods=120, freq="min"))
    days, hours = pl.Series(moments.dt.date), pl.Series(moments.dt.time)
    columns = {"date": days.cast(date), "time": hours.cast(hour), "close": [1.0, 2.0] * 60}
    pl.DataFrame(columns).write_parquet("bars.parquet")
    [part] = barwise.plan("bars.parquet", config(2)).parts
    assert part.roles.timestamp == ("date", "time")
    report = barwise.check("bars.parquet", config(2))
    assert report.is_clean
    assert report.symbols[""].interval == 60_000_000


def test_a_date_that_cannot_be_joined_to_a_time_of_day_is_all_the_same_read() -> None:
    moments = pd.date_range("2024-01-01", periods=9, freq="D")
    columns = {"date": moments.to_numpy(), "time": ["00:00"] * 9, "close": range(9)}
    pl.DataFrame(columns).write_parquet("bars.parquet")
    [part] = barwise.plan("bars.parquet", config(2)).parts
    assert part.roles.timestamp == ("date",)


def test_the_date_of_metastock_is_joined_too() -> None:
    hours = [cell[11:].replace(":", "") for cell in ISO]
    columns = {"<TICKER>": ["EURUSD"] * 120, "<DTYYYYMMDD>": ["20240101"] * 120, "<TIME>": hours}
    assert time_columns(columns) == ("<DTYYYYMMDD>", "<TIME>")


def test_hours_without_their_zero_are_read() -> None:
    hours = [f"{9 + i // 60}{i % 60:02}00" for i in range(120)]  # 90000, 90100, ..., 105900
    assert time_columns({"<DATE>": ["20240101"] * 120, "<TIME>": hours}) == ("<DATE>", "<TIME>")
    assert barwise.check("bars.csv", config(2)).is_clean


def test_the_only_typed_column_of_times_is_taken_and_of_two_none() -> None:
    moments = pd.date_range("2024-01-01", periods=10, freq="min")
    frame = pl.DataFrame({"when": moments.to_numpy(), "close": range(10)})
    frame.write_parquet("bars.parquet")
    [part] = barwise.plan("bars.parquet", config(2)).parts
    assert (part.roles.timestamp, part.inferred) == (("when",), "times from 'when'")
    frame.with_columns(until=pl.col("when")).write_parquet("bars.parquet")
    [part] = barwise.plan("bars.parquet", config(2)).parts
    assert part.roles.timestamp == ()
    assert part.unread is not None
    assert 'columns: {timestamp: "when"}' in part.unread.line


def test_a_header_of_very_many_columns_is_looked_at_once() -> None:
    names = [f"c{i}" for i in range(50_000)]
    assert time_columns({name: ["1", "2"] for name in names}) == ()


@pytest.mark.parametrize("kind", ["ipc", "ipc_stream", "parquet"])
def test_the_index_that_pandas_writes_without_a_name_is_taken(kind: str) -> None:
    frame = pl.DataFrame({"__index_level_0__": UNIX[:9], "close": range(9)})
    getattr(frame, f"write_{kind}")("bars.x")
    [part] = barwise.plan("bars.x", config(2)).parts
    assert part.roles.timestamp == ("__index_level_0__",)


def test_a_date_that_has_its_time_of_day_needs_no_other() -> None:
    assert time_columns({"Date": ISO, "Time": ["x"] * 120}) == ("Date",)
