from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import barwise
from tests.kit.archives import FUTURES_HEADER, klines
from tests.kit.lakes import config

DAY = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)


def part_of(name: str, text: str) -> barwise.Part:
    Path(name).write_text(text)
    [part] = barwise.plan(name, config(2)).parts
    return part


def test_a_file_of_klines_without_a_header_tells_its_symbol_interval_and_columns() -> None:
    part = part_of("BTCUSDT-1h-2024-01.csv", klines("BTCUSDT", *DAY, 1_000))
    assert (part.series, part.roles.times, part.interval) == ("BTCUSDT", "open_time", 3_600_000_000)
    assert part.text.names[:5] == ("open_time", "open", "high", "low", "close")
    assert len(part.text.names) == 12


def test_one_with_its_header_keeps_it() -> None:
    part = part_of(
        "1000SHIBUSDT-1d-2024-01-01.csv", FUTURES_HEADER + klines("S", *DAY, 1_000, 86_400)
    )
    assert (part.series, part.text.names, part.interval) == ("1000SHIBUSDT", (), 86_400_000_000)


def test_a_month_has_no_fixed_length() -> None:
    months = "".join(
        klines(
            "B",
            datetime(2024, month, 1, tzinfo=UTC),
            datetime(2024, month, 2, tzinfo=UTC),
            1,
            86_400,
        )
        for month in (9, 10, 11, 12)
    )
    assert part_of("BTCUSDT-1mo-2024-09.csv", months).interval == 0
    report = barwise.check("BTCUSDT-1mo-2024-09.csv", config(2))
    assert report.symbols["BTCUSDT"].rules["no gaps"] is None
    assert report.is_clean


@pytest.mark.parametrize("volume", ["-1", "1e-05", "0"])
def test_a_first_bar_of_odd_numbers_is_a_bar(volume: str) -> None:
    bar = f"1704067200000,1,1,-0.0002,1,{volume},1704070799999,0,0,0,0,0\n"
    assert part_of("BTCUSDT-1h-2024-01.csv", bar).series == "BTCUSDT"


def test_the_interval_of_one_file_is_that_of_its_series() -> None:
    os.makedirs("symbol=BTC")
    Path("symbol=BTC/BTCUSDT-1h-2024-01.csv").write_text(klines("B", *DAY, 1_000, 7_200))
    later = datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)
    Path("symbol=BTC/more.csv").write_text(FUTURES_HEADER + klines("B", *later, 1_000, 7_200))
    report = barwise.check("symbol=BTC", config(2, timestamp="open_time"))
    assert report.broken["no gaps"].bars == 23


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BTCUSDT-1h-2024-01.csv", "timestamp,close\n2024-01-01,1\n"),
        ("bars.csv", FUTURES_HEADER + klines("BTCUSDT", *DAY, 1_000)),
        ("BTCUSDT-1h-2024-01.csv", "close\n1\n"),
    ],
)
def test_a_file_is_of_a_layout_by_its_name_and_its_columns_only(name: str, text: str) -> None:
    part = part_of(name, text)
    assert (part.series, part.interval, part.text.names) == ("", None, ())


def test_a_bar_in_a_file_without_a_header_is_named_by_its_line() -> None:
    text = klines("BTCUSDT", *DAY, 1_000)
    lines = text.splitlines(keepends=True)
    fields = lines[7].split(",")
    lines[7] = ",".join([*fields[:4], "abc", *fields[5:]])
    Path("BTCUSDT-1h-2024-01.csv").write_text("".join(lines))
    with pytest.raises(barwise.PriceError, match=r"close is 'abc' on line 8 of BTCUSDT-1h"):
        barwise.run("BTCUSDT-1h-2024-01.csv", config(2))


def test_no_bar_is_lost_to_a_header_that_is_not_there() -> None:
    Path("BTCUSDT-1h-2024-01.csv").write_text(klines("BTCUSDT", *DAY, 1_000))
    result = barwise.run("BTCUSDT-1h-2024-01.csv", config(2))
    assert result.rows_processed == 24


def test_the_folder_and_the_config_go_before_the_name() -> None:
    os.makedirs("symbol=BTC")
    Path("symbol=BTC/BTCUSDT-1h-2024-01.csv").write_text(klines("BTCUSDT", *DAY, 1_000))
    [part] = barwise.plan("symbol=BTC", config(2)).parts
    assert part.series == "BTC"
    named = config(2, timestamp="close_time")
    report = barwise.check("symbol=BTC", named)
    assert report.symbols["BTC"].earliest == 1_704_070_799_999_000


def test_two_intervals_of_one_symbol_are_not_mixed() -> None:
    os.mkdir("both")
    Path("both/BTCUSDT-1h-2024-01.csv").write_text(klines("B", *DAY, 1_000))
    Path("both/BTCUSDT-30m-2024-01.csv").write_text(klines("B", *DAY, 1_000, 1_800))
    with pytest.raises(barwise.InputError, match="another interval than both/BTCUSDT-1h-2024-01"):
        barwise.run("both", config(2))
    assert barwise.run("both/*-1h-*", config(2)).rows_processed == 24


def test_two_intervals_are_seen_behind_a_file_that_says_none() -> None:
    os.makedirs("symbol=X")
    for name in ("A.csv", "X-1m-2024-01.csv", "X-1h-2024-02.csv"):
        Path(f"symbol=X/{name}").write_text(FUTURES_HEADER + klines("X", *DAY, 1_000))
    with pytest.raises(barwise.InputError, match="bars of another interval than"):
        barwise.plan("symbol=X", config(2))


def test_freqtrades_feather_files() -> None:
    moments = pl.datetime_range(*DAY, "5m", closed="left", eager=True, time_unit="ms")
    frame = pl.DataFrame({"date": moments, "close": [1.5] * 100 + [1.0] * 188})
    frame.write_ipc("BTC_USDT-5m.feather", compression="lz4")
    frame.write_ipc("BTC_USDT_USDT-5m-futures.feather", compression="lz4")
    result = barwise.run(["BTC_USDT-5m.feather", "BTC_USDT_USDT-5m-futures.feather"], config(2))
    assert list(result.symbols) == ["BTC_USDT", "BTC_USDT_USDT"]
    frame.write_parquet("ETH_BTC-5m.parquet")
    assert list(barwise.run("ETH_BTC-5m.parquet", config(2)).symbols) == ["ETH_BTC"]
    report = barwise.check("BTC_USDT-5m.feather", config(2))
    assert report.symbols["BTC_USDT"].interval == 300_000_000
    assert report.is_clean
