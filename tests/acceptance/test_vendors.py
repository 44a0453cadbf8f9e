"""Files in the layouts of exchanges, vendors and programs: what a stranger's first run gives him.

A wrong number without a word is never right. A layout's `expect` says what is.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import barwise
from tests.conftest import Job, run_barwise
from tests.kit.vendors.judging import (
    IN_ORDER,
    assert_is_right,
    assert_is_right_in_file_order,
    assert_is_told,
    assert_times,
    chosen,
    config,
    each_layout,
    is_right,
    messages,
    names_order,
    run,
)
from tests.kit.vendors.layouts import LAYOUTS, Layout


@each_layout
def test_no_layout_gives_a_silently_wrong_number(layout: Layout) -> None:
    outcome = run(layout.write(Path()))
    if isinstance(outcome, barwise.InputError) or is_right(outcome, layout):
        return
    if outcome.value == layout.value_in_file_order and not layout.symbols:
        assert names_order(outcome), outcome.doubts
    assert outcome.doubts, f"value {outcome.value}, right is {layout.value}"


@each_layout
def test_rows_the_other_way_round_are_never_silent(layout: Layout) -> None:
    outcome = run(layout.turned.write(Path()))
    if isinstance(outcome, barwise.InputError) or is_right(outcome, layout):
        return
    assert outcome.doubts, f"value {outcome.value}, right is {layout.value}"
    if layout.expect == "right":
        assert names_order(outcome), outcome.doubts


@each_layout
def test_it_is_read_as_expected(layout: Layout) -> None:
    path = layout.write(Path())
    if layout.expect == "right":
        assert_is_right(layout, path)
    elif layout.expect == "file order":
        assert_is_right_in_file_order(layout, path)
    elif layout.expect == "error":
        assert isinstance(run(path), barwise.InputError)
        with pytest.raises(barwise.InputError):
            barwise.check(path, config())
    else:
        assert_is_told(layout, path)
        outcome = run(path)
        assert messages(outcome)
        assert isinstance(run(path, "checks: strict"), barwise.InputError)
        if isinstance(outcome, barwise.Result):
            assert not barwise.check(path, config()).is_clean


@pytest.mark.parametrize(
    "layout",
    [layout for layout in LAYOUTS if layout.config or not layout.is_in_order],
    ids=lambda layout: layout.name,
)
def test_the_lines_to_paste_work(layout: Layout) -> None:
    path = layout.write(Path())
    if layout.expect == "error":
        assert isinstance(run(path, layout.config), barwise.InputError)
        assert isinstance(run(path, layout.config, IN_ORDER), barwise.InputError)
    elif layout.is_in_order:
        assert_is_right(layout, path, layout.config)
    else:
        assert_is_right_in_file_order(layout, path, layout.config)
        result = barwise.run(path, config(layout.config, IN_ORDER))
        assert is_right(result, layout)
        assert all(layout.doubt and layout.doubt in doubt for doubt in result.doubts)


def test_nine_in_ten_need_no_config() -> None:
    """Of the vendors, each by its first layout: right, or right in the order of the file."""
    first = {layout.vendor: layout for layout in reversed(LAYOUTS)}
    read = set()
    for number, (vendor, layout) in enumerate(first.items()):
        outcome = run(layout.write(Path(str(number))))
        if isinstance(outcome, barwise.InputError):
            continue
        in_file_order = not layout.symbols and outcome.value == layout.value_in_file_order
        if is_right(outcome, layout) or (in_file_order and names_order(outcome)):
            read.add(vendor)
    assert len(read) >= 0.9 * len(first), sorted(first.keys() - read)


@each_layout
def test_its_bars_tell_each_misreading_apart(layout: Layout) -> None:
    """About the files themselves: another column, order or mixture has another value."""
    wrong = {role: layout.value_of(role) for role in ("open", "high", "low")}
    if layout.symbols:
        wrong["one series"] = layout.value_in_file_order
    else:
        other_way = layout.turned if layout.is_in_order else layout
        wrong["order"] = other_way.value_in_file_order
    assert layout.value not in wrong.values(), wrong


@chosen(
    "Coinbase: rows",
    "CoinAPI: 1MIN",
    "HistData: ASCII",
    "yfinance: download",
    "Kraken: zip of several pairs",
    "Excel: German",
)
def test_a_record_verifies(layout: Layout, run_job: Job) -> None:
    inputs = ["--input", str(layout.write(Path())), "--config", config(layout.config)]
    outputs = ["--output", "metrics.json", "--log-file", "run.log", "--record", "record.json"]
    done = run_job(arguments=[*inputs, *outputs])
    assert done.returncode == 0, done.stdout + done.stderr
    expected = layout.value if layout.is_in_order else layout.value_in_file_order
    assert json.loads(Path("metrics.json").read_text())["value"] == expected
    verified = run_barwise("verify", "record.json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.endswith("all the same\n")


@chosen(
    "Binance: spot over the change from ms to us",
    "Coinbase: rows",
    "Bybit: klines for MetaTrader 4",
    "Kraken: zip of several pairs",
    "KuCoin: spot",
    "CryptoDataDownload: mixed",
    "yfinance: history, Date in New York",
    "yfinance: download",
    "Polygon: every ticker of a day",
    "CoinAPI: 1MIN",
    "HistData: ASCII",
    "MetaTrader 5: minutes",
    "Dukascopy: Local time",
    "pandas: to_parquet, index without a name",
    "Excel: German",
)
def test_a_lake_of_it_gives_the_same(layout: Layout) -> None:
    lines = [*layout.config.split("\n"), "" if layout.is_in_order else IN_ORDER]
    converted = barwise.convert(layout.write(Path()), config(*lines), "lake")
    assert (converted.bars, converted.symbols) == (layout.rows, len(layout.tickers))
    lines = [line for line in lines if not line.startswith("csv:")]
    result = barwise.run("lake", config(*lines))
    assert is_right(result, layout)
    assert not result.doubts
    assert_times(layout, barwise.check("lake", config(*lines)))
