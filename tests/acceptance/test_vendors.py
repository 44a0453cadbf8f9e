"""Files in the layouts of exchanges, vendors and programs: what a stranger's first run gives him.

A wrong number without a word is never right. A layout's `expect` says what is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import barwise
from tests.conftest import Job, run_barwise
from tests.vendors import LAYOUTS, Layout

SMALLEST = "seed: 1\nwindow: 5\nversion: v1\n"
IN_ORDER = "order: time\n"
LINE = re.compile(r"\b(columns|csv): (\{[^{}]*\})")  # of a config, in a message
BY_NAME = {layout.name: layout for layout in LAYOUTS}

Keys = Mapping[tuple[str, str], Any]  # (csv, decimal): ","


def named(*expected: str) -> pytest.MarkDecorator:
    """A test of each layout of which that is expected, by its name; of all, if nothing is said."""
    layouts = [each for each in LAYOUTS if not expected or each.expect in expected]
    return pytest.mark.parametrize("layout", layouts, ids=lambda layout: layout.name)


def chosen(*names: str) -> pytest.MarkDecorator:
    """A test of the layouts of these names."""
    return pytest.mark.parametrize("layout", [BY_NAME[name] for name in names], ids=names)


def config(*more: str) -> str:
    """The path of the smallest config with some lines more."""
    Path("vendor.yaml").write_text(SMALLEST + "".join(f"{line}\n" for line in more))
    return "vendor.yaml"


def run(path: Path, *more: str) -> barwise.Result | barwise.InputError:
    try:
        return barwise.run(path, config(*more))
    except barwise.InputError as error:
        return error


def messages(outcome: barwise.Result | barwise.InputError) -> list[str]:
    return [str(outcome)] if isinstance(outcome, barwise.InputError) else list(outcome.doubts)


def symbols_of(result: barwise.Result) -> dict[str, tuple[int, float]] | None:
    symbols = result.metrics.get("symbols")
    return symbols and {
        name: (its["rows_processed"], its["value"]) for name, its in symbols.items()
    }


def is_right(result: barwise.Result, layout: Layout) -> bool:
    its = result.rows_processed, result.value, symbols_of(result)
    return its == (layout.rows, layout.value, layout.symbols)


def names_order(result: barwise.Result) -> bool:
    return any("order: time" in doubt for doubt in result.doubts)


def assert_is_right(layout: Layout, path: Path, *more: str) -> None:
    """Value, rows, symbols and times are right, and nothing is said but the layout's own doubt."""
    result = barwise.run(path, config(*more))
    assert (result.value, result.rows_processed) == (layout.value, layout.rows), result.doubts
    assert symbols_of(result) == layout.symbols
    assert all(layout.doubt and layout.doubt in doubt for doubt in result.doubts), result.doubts
    assert len(result.doubts) == bool(layout.doubt)
    if layout.named:
        assert list(result.symbols) == [layout.named]
    report = barwise.check(path, config(*more))
    assert_times(layout, report)
    assert report.is_clean is not bool(layout.doubt), str(report)


def assert_is_right_in_file_order(layout: Layout, path: Path, *more: str) -> None:
    result = barwise.run(path, config(*more))
    assert (result.value, result.rows_processed) == (layout.value_in_file_order, layout.rows)
    assert names_order(result), result.doubts
    assert any(layout.doubt in doubt for doubt in result.doubts)
    report = barwise.check(path, config(*more))
    assert_times(layout, report)
    assert "time ascending" in report.broken
    assert "times are found" not in report.broken


def assert_times(layout: Layout, report: barwise.Report) -> None:
    earliest = [its.earliest for its in report.symbols.values()]
    latest = [its.latest for its in report.symbols.values()]
    assert None not in (*earliest, *latest), f"times are not read: {report}"
    first, last = min(time or 0 for time in earliest), max(time or 0 for time in latest)
    assert last - first == layout.times[1] - layout.times[0]
    if layout.tells_zone:
        assert (first, last) == (layout.first, layout.last)


def keys(text: str) -> dict[tuple[str, str], Any]:
    """The keys that config lines in a text give, as {("csv", "decimal"): ","}."""
    return {
        (section, key): value
        for section, braces in LINE.findall(text)
        for key, value in yaml.safe_load(braces).items()
    }


def offers(offered: Keys, key: tuple[str, str], value: Any) -> bool:
    """Whether messages name a key with its value, or with this one among others.

    They cannot know what is in each column of a file without a header.
    """
    said = offered.get(key)
    if isinstance(value, list):
        return isinstance(said, list)
    return said == value or (isinstance(said, str) and value in said.split(" | "))


def pasted(lines: Keys) -> list[str]:
    """Keys as lines of a config."""
    sections: dict[str, dict[str, Any]] = {}
    for (section, key), value in lines.items():
        sections.setdefault(section, {})[key] = value
    return [f"{name}: {json.dumps(its, ensure_ascii=False)}" for name, its in sections.items()]


def assert_is_told(layout: Layout, path: Path) -> None:
    """Messages name each key that is needed: all at once, or the next when one was followed."""
    needed, done = keys(layout.config), dict[tuple[str, str], Any]()
    while len(done) < len(needed):
        said = messages(run(path, *pasted(done)))
        offered = keys(" ".join(said))
        news = {
            key: value
            for key, value in needed.items()
            if key not in done and offers(offered, key, value)
        }
        assert news, f"{sorted(needed.keys() - done.keys())} is not offered by {said}"
        done |= news


@named()
def test_no_layout_gives_a_silently_wrong_number(layout: Layout) -> None:
    outcome = run(layout.write(Path()))
    if isinstance(outcome, barwise.InputError) or is_right(outcome, layout):
        return
    if outcome.value == layout.value_in_file_order and not layout.symbols:
        assert names_order(outcome), outcome.doubts
    assert outcome.doubts, f"value {outcome.value}, right is {layout.value}"


@named()
def test_rows_the_other_way_round_are_never_silent(layout: Layout) -> None:
    outcome = run(layout.turned.write(Path()))
    if isinstance(outcome, barwise.InputError) or is_right(outcome, layout):
        return
    assert outcome.doubts, f"value {outcome.value}, right is {layout.value}"
    if layout.expect == "right":
        assert names_order(outcome), outcome.doubts


@named()
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
        assert isinstance(outcome, barwise.InputError) or outcome.doubts
        assert isinstance(run(path, "checks: strict"), barwise.InputError)


@pytest.mark.parametrize(
    "layout",
    [each for each in LAYOUTS if each.config or not each.is_in_order],
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


@named()
def test_its_bars_tell_each_misreading_apart(layout: Layout) -> None:
    """About the files themselves: another column, order or mixture has another value."""
    wrong = {role: layout.value_of(role) for role in ("open", "high", "low")}
    if layout.symbols:
        wrong["one series"] = layout.value_in_file_order
    else:
        other_way = layout.turned if layout.is_in_order else layout
        wrong["order"] = other_way.value_in_file_order
    assert layout.value not in wrong.values(), wrong


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
    from tests.vendors.encodings import text
    from tests.vendors.feeds import INVESTING, INVESTING_HEADER

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
    [its] = barwise.check(path, config(lines)).symbols.values()
    assert its.earliest == layout.times[0] - 3 * 3_600 * 10**6


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
