"""The rules by which files of vendors are read, each on one or a few layouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import barwise
from barwise import kernels
from barwise.commands.log import Lines
from barwise.commands.progress import Progress
from tests.kit.vendors.bars import Bar
from tests.kit.vendors.encodings import text
from tests.kit.vendors.feeds import INVESTING, INVESTING_HEADER
from tests.kit.vendors.judging import (
    BY_NAME,
    IN_ORDER,
    assert_is_right,
    chosen,
    config,
    each_layout,
    messages,
    run,
)
from tests.kit.vendors.layout import DAY
from tests.kit.vendors.layouts import Layout

KERNEL = kernels.kernel


@each_layout
def test_both_readers_read_it_alike(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    path = layout.write(Path())
    for lines in ((), (layout.config,), (layout.config, IN_ORDER)):
        outcomes = []
        for which in (KERNEL, None):
            monkeypatch.setattr(kernels, "kernel", which)
            outcome = run(path, *lines)
            metrics = isinstance(outcome, barwise.Result) and outcome.metrics | {"latency_ms": 0}
            outcomes.append((metrics, messages(outcome)))
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("name", "lines", "word"),
    [
        ("yfinance: download of several tickers", "", "ticker"),
        ("investing.com: thousands separators", 'columns: {close: "Price"}', "thousands"),
        ("Excel: Unicode text", "", "UTF-16"),
    ],
)
def test_what_no_config_mends_is_said(name: str, lines: str, word: str) -> None:
    layout = BY_NAME[name]
    path = layout.write(Path())
    with pytest.raises(barwise.InputError, match=word) as error:
        barwise.run(path, config(lines))
    assert path.name in str(error.value)


@chosen(
    "Kraken: csv",
    "Bybit: klines for MetaTrader 4",
    "Gate: a month",
    "HTX: zip",
    "HistData: ASCII",
    "Kaiko: csv",
    "MetaTrader 4: history",
)
def test_another_order_of_columns_under_a_known_name_is_an_error(layout: Layout) -> None:
    """Files of these names have no header that would tell."""

    def moved(series: Sequence[Sequence[Bar]]) -> list[Bar]:
        roles = {"open": "open", "high": "close", "low": "high", "close": "low"}  # as KuCoin's
        return [
            bar._replace(prices={role: bar.prices[other] for role, other in roles.items()})
            for bar in layout.order(series)
        ]

    with pytest.raises(barwise.InputError, match="order"):
        barwise.run(replace(layout, order=moved).write(Path()), config())


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Binance: csv with a header", "BTCUSDT-5m-2024-01-02.csv"),
        ("Kraken: csv", "XBTUSD_5.csv"),
        ("Bybit: klines for MetaTrader 4", "BTCUSDT_5_2024-02-01_2024-02-29.csv.gz"),
        ("HTX: zip", "BTCUSDT-5min-2024-01-02.zip"),
        ("Kaiko: csv", "bw_btcusdt_perp_ohlcv_1h_2023_03.csv"),
    ],
)
def test_two_intervals_in_one_folder_are_refused(name: str, other: str) -> None:
    layout = BY_NAME[name]
    later = replace(layout, file=other, start=layout.start + 50 * DAY, step=5 * layout.step)
    for variant in (layout, later):
        variant.write(Path("bars"))
    with pytest.raises(barwise.InputError, match="interval"):
        barwise.run("bars", config())


def test_gaps_of_kraken_stay_a_warning_that_says_why() -> None:
    """Kraken leaves out minutes without a trade, by design."""
    layout = replace(
        BY_NAME["Kraken: csv"],
        order=lambda series: [bar for bar in series[0] if bar.number % 17 != 5],
    )
    result = barwise.run(layout.write(Path()), config())
    assert (result.value, result.rows_processed) == (layout.value_in_file_order, layout.rows)
    [doubt] = result.doubts
    assert "has gaps before 7 of 113 bars" in doubt
    assert "without a trade" in doubt


@pytest.mark.parametrize(
    ("name", "inferred"),
    [
        ("Yahoo: history", ["'Close'", "'Adj Close'", "'Date'"]),
        ("Coinbase: rows", ["'time'"]),
        ("Tiingo: without a ticker", ["'date'"]),
        ("Bitstamp: minutes", []),
    ],
)
def test_what_was_inferred_is_one_line_of_the_log(name: str, inferred: list[str]) -> None:
    lines: list[str] = []
    events = Progress(0.0, log=Lines(lines.append))
    barwise.run(BY_NAME[name].write(Path()), config(), events=events)
    lines_of_columns = [line for line in lines if " - INFO - Columns: " in line]
    assert len(lines_of_columns) == bool(inferred)
    for column in inferred:
        assert column in lines_of_columns[0]


@chosen("Excel: US", "Finam: 31/12/24")
def test_times_that_are_seen_and_not_read_are_named_everywhere(layout: Layout) -> None:
    path = layout.write(Path())
    result = barwise.run(path, config())
    assert result.value == layout.value
    [doubt] = [doubt for doubt in result.doubts if "times are not read" in doubt]
    assert "dates: " in doubt
    with pytest.raises(barwise.InputError, match="times are not read"):
        barwise.run(path, config("checks: strict"))
    report = barwise.check(path, config())
    assert not report.is_clean
    assert "times are found" in report.as_dict()["rules"]


def test_months_in_words_are_read_or_said() -> None:
    """investing.com in its other shape: Apr 09, 2020."""
    row = f'"{{time:%b %d, %Y}}",{INVESTING}'
    layout = BY_NAME["investing.com: a coin below 1,000"]
    path = Path("words.csv")
    path.write_bytes(text(row, INVESTING_HEADER)(layout.bars))
    for more in ((), ("csv: {dates: month-first}",)):
        outcome = run(path, 'columns: {close: "Price"}', *more)
        assert messages(outcome)
    outcome = run(path, 'columns: {close: "Price"}', IN_ORDER)
    assert isinstance(outcome, barwise.InputError) or outcome.value == layout.value


def test_date_and_time_in_two_columns_are_joined_by_key() -> None:
    layout = BY_NAME["MetaTrader 5: minutes"]
    assert_is_right(layout, layout.write(Path()), 'columns: {timestamp: ["<DATE>", "<TIME>"]}')


def test_an_offset_moves_times_and_no_signal() -> None:
    layout = BY_NAME["MetaTrader 5: minutes"]
    path = layout.write(Path())
    lines = 'csv: {offset: "+03:00"}'
    assert_is_right(layout, path, lines)
    [symbol] = barwise.check(path, config(lines)).symbols.values()
    assert symbol.earliest == layout.times[0] - 3 * 3_600 * 10**6


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_bar_that_okx_has_not_confirmed_is_a_doubt(suffix: str) -> None:
    frame = pl.DataFrame({"open_time": [60_000 * i + 10**12 for i in range(9)]})
    frame = frame.with_columns(close=pl.lit(1.5), confirm=pl.Series([1] * 8 + [0]))
    frame.write_csv("okx.csv") if suffix == ".csv" else frame.write_parquet("okx.parquet")
    [doubt] = barwise.run(f"okx{suffix}", config()).doubts
    assert doubt.startswith("confirm says that a bar is not finished at 1 of 9 bars, first '0' on ")
    assert "bars finished" in barwise.check(f"okx{suffix}", config()).broken
