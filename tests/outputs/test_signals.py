"""The signals file against pandas, symbol by symbol, in the order of the input."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.errors import OutputError
from barwise.outputs import rows
from barwise.outputs.signals import signals_into
from barwise.tuning import MEASURED, Tuning
from tests.kit.lakes import config, write
from tests.kit.oracles import exact_means, exact_signals, pandas_crossings, series

NAMES = ["symbol", "time", "close", "rolling_mean", "signal"]


def written(
    input: str | list[str],
    settings: barwise.Config,
    kind: str,
    workers: int,
    tuning: Tuning = MEASURED,
) -> pl.DataFrame:
    file = io.BytesIO()
    sink = signals_into(file, f"x.{kind}")
    barwise.run(input, settings, workers=workers, sinks=[sink.write], tuning=tuning)
    sink.close()
    if kind == "parquet":
        return pl.read_parquet(file.getvalue())
    schema = {"close": pl.Float64, "rolling_mean": pl.Float64, "symbol": pl.String}
    frame = pl.read_csv(file.getvalue(), schema_overrides={**schema, "signal": pl.Int8})
    times = pl.col("time").cast(pl.String).str.to_datetime(time_unit="us", time_zone="UTC")
    return frame.with_columns(times)


@settings(max_examples=60)
@given(
    series(),
    st.lists(st.sampled_from("abc"), min_size=60, max_size=60),
    st.integers(1, 6),
    st.sampled_from(["float64", "exact"]),
    st.sampled_from([1, 2, 8]),
    st.sampled_from(["csv", "parquet"]),
    st.integers(1, 20),
)
def test_each_row_has_its_own_series_mean_and_signal(
    closes: list[float],
    draws: list[str],
    window: int,
    arithmetic: str,
    workers: int,
    kind: str,
    size: int,
) -> None:
    frame = pd.DataFrame({"s": draws[: len(closes)], "close": closes})
    frame = frame[frame.groupby("s")["close"].transform("count") > 0].reset_index(drop=True)
    if not len(frame):
        return
    write(frame, "all.parquet")
    tuning = Tuning(symbol_cells=size, chunk_bars=1 + size, span_bars=size, thread_bars=0)
    one = config(window, arithmetic, symbol="s")
    table = written("all.parquet", one, kind, workers, tuning)
    assert table.columns == NAMES
    assert table["symbol"].to_list() == frame["s"].tolist()
    by_symbol = frame.groupby("s")["close"]
    if arithmetic == "float64":
        means = by_symbol.transform(lambda group: group.rolling(window).mean())
        signals = (frame["close"] > means).astype(int)
    else:
        means = by_symbol.transform(lambda group: exact_means(group.tolist(), window))
        ones = by_symbol.transform(lambda group: exact_signals(group.tolist(), window))
        signals = ones.astype(int)
    assert table["signal"].to_list() == signals.tolist()
    assert table["rolling_mean"].to_list() == [None if m != m else m for m in means]
    assert table["close"].to_list() == [None if c != c else c for c in frame["close"]]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_times_are_utc_and_empty_where_there_are_none(kind: str) -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-01T01:00:00.5+01:00,1\nnoon,2\n")
    table = written("data.csv", config(1), kind, 1)
    assert table["time"].dtype == pl.Datetime("us", "UTC")
    assert table["time"].dt.timestamp("us").to_list() == [1_704_067_200_500_000, None]
    Path("data.csv").write_text("close\n1\n")
    assert written("data.csv", config(1), "parquet", 1)["time"].to_list() == [None]


def test_several_files_follow_in_the_order_of_the_plan() -> None:
    Path("lake").mkdir()
    for number in (10, 2, 1):
        rows = "".join(f"{'ba'[i % 2]},{number}\n" for i in range(5))
        Path(f"lake/{number}.csv").write_text(f"s,close\n{rows}")
    table = written("lake", config(2, symbol="s"), "parquet", 2)
    assert table["close"].to_list() == [1.0] * 5 + [2.0] * 5 + [10.0] * 5
    assert table["symbol"].to_list() == list("babab") * 3


def signals_as_parquet(bars: int) -> bytes:
    """The file of signals of so many bars."""
    pl.DataFrame({"close": np.arange(float(bars))}).write_parquet("all.parquet")
    file = io.BytesIO()
    sink = signals_into(file, "x.parquet")
    barwise.run("all.parquet", config(2), sinks=[sink.write])
    sink.close()
    return file.getvalue()


def test_a_million_rows_are_several_row_groups() -> None:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(io.BytesIO(signals_as_parquet(600_000)))
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sum(sizes) == 600_000
    assert max(sizes) <= 2 * 262_144


def test_each_page_of_parquet_has_a_checksum() -> None:
    import pyarrow.parquet as pq

    data = bytearray(signals_as_parquet(20_000))
    chunk = pq.read_metadata(io.BytesIO(data)).row_group(0).column(2)
    data[chunk.data_page_offset + chunk.total_compressed_size - 5] ^= 1
    with pytest.raises(OSError, match="CRC checksum"):
        pq.read_table(io.BytesIO(data), page_checksum_verification=True)


@pytest.mark.parametrize("name", ["x", "x.txt", "x.csv.gz"])
def test_a_file_of_no_known_kind_is_refused(name: str) -> None:
    with pytest.raises(OutputError, match=r"must be called \.parquet or \.csv"):
        rows.kind_of(name)


@pytest.mark.parametrize("arithmetic", ["float64", "exact"])
def test_a_window_wider_than_the_series_has_no_means(arithmetic: str) -> None:
    for window in (5, 70_000):
        table = written("data.csv", config(window, arithmetic), "parquet", 1)
        assert table["rolling_mean"].to_list() == [None] * 4
        assert table["signal"].to_list() == [0] * 4


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("band_bp", ["0", "5"])
def test_a_fast_mean_has_a_column_of_its_own(kind: str, band_bp: str) -> None:
    closes = np.round(100 + np.cumsum(np.random.default_rng(2).normal(size=200)), 2)
    frame = pd.DataFrame({"s": ["a", "b"] * 100, "close": closes})
    write(frame, "all.parquet")
    one = replace(config(7, "float64", symbol="s"), signal=barwise.Crossing(3, band_bp))
    tuning = Tuning(symbol_cells=9, chunk_bars=20, thread_bars=0)
    table = written("all.parquet", one, kind, 2, tuning)
    assert table.columns == [*NAMES[:-1], "fast_mean", "signal"]
    for _, rows_of_one in table.to_pandas().groupby("symbol"):
        for name, bars in (("rolling_mean", 7), ("fast_mean", 3)):
            expected = rows_of_one["close"].rolling(bars).mean()
            np.testing.assert_array_equal(rows_of_one[name], expected)
        signals = pandas_crossings(rows_of_one["close"].tolist(), 7, 3, band_bp)
        assert rows_of_one["signal"].tolist() == signals
