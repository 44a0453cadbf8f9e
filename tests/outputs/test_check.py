"""`barwise check`: every rule, for bars broken on purpose, in words and as JSON."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import barwise
from barwise.outputs.check import check_into
from barwise.stages.checks.rules import RULES
from barwise.tuning import Tuning
from tests.kit.lakes import config, write

NEW_YEAR = 1_704_067_200  # 2024-01-01T00:00:00Z
BAR = {"open": 2.0, "high": 3.0, "low": 1.0, "close": 2.0, "volume": 5.0, "confirm": 1}
ROWS = 3_000
COLUMNS = ["timestamp", *BAR]
BROKEN: dict[str, tuple[dict[int, dict[str, Any]], int, int, str]] = {
    # changes by row; how many bars then break the rule, the first row, and its cell
    "time readable": ({70: {"timestamp": "noon"}, 90: {"timestamp": ""}}, 2, 70, "'noon'"),
    "time ascending": ({50: {"timestamp": 49.5}, 51: {"timestamp": 48.5}}, 1, 51, str(48.5)),
    "no duplicate times": ({20: {"timestamp": 19}, 30: {"timestamp": 29}}, 2, 20, str(19)),
    "no gaps": ({2_999: {"timestamp": 3_010}}, 1, 2_999, str(3_010)),
    "one time unit": ({i: {"unit": 1_000} for i in range(2_000, 3_000)}, 1_000, 2_000, ""),
    "bars finished": ({40: {"confirm": 0}, 2_999: {"confirm": 0}}, 2, 40, "'0'"),
    "no missing close": ({7: {"close": ""}, 9: {"close": "NA"}}, 2, 7, ""),
    "low <= open, close <= high": (
        {5: {"high": 1.5}, 6: {"low": 2.5}, 8: {"open": 9.0}}, 3, 5, "high '1.5'",
    ),
    "prices positive": ({1_500: {"low": 0.0}, 1_501: {"low": -1.0}}, 2, 1_500, "low '0.0'"),
    "volume not negative": ({2_000: {"volume": -0.5}}, 1, 2_000, "'-0.5'"),
    "no run of more than 1000 equal closes": (
        {i: {"close": 2.75} for i in range(100, 1_200)}, 100, 1_100, "'2.75'",
    ),
}  # fmt: skip


def stamp(minutes: float | str, unit: int = 1) -> str:
    return minutes if isinstance(minutes, str) else str(round(NEW_YEAR + 60 * minutes) * unit)


def bars(changes: dict[int, dict[str, Any]]) -> list[list[str]]:
    rows = []
    for row in range(ROWS):
        change = changes.get(row, {})
        bar = {**BAR, "close": 2.0 + row % 2 / 2, **change}
        time = stamp(change.get("timestamp", row), change.get("unit", 1))
        rows.append([time, *(str(bar[name]) for name in BAR)])
    return rows


# However few bars there are, threads share them.
IN_THREADS = Tuning(thread_bars=0, chunk_bars=50, symbol_cells=400)


def broken_rules(report: barwise.Report) -> dict[str, int]:
    return {name: rule.bars for name, rule in report.broken.items()}


def test_all_rules_are_broken_here() -> None:
    assert list(BROKEN) == [rule.name for rule in RULES]


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_is_found_with_its_count_and_first_offender(rule: str, workers: int) -> None:
    changes, count, first, cell = BROKEN[rule]
    lines = [",".join(row) for row in bars(changes)]
    Path("data.csv").write_text("\n".join([",".join(COLUMNS), *lines, ""]))
    report = barwise.check("data.csv", config(2), workers=workers, tuning=IN_THREADS)
    assert broken_rules(report)[rule] == count
    broken = report.broken[rule]
    assert broken.place == f"line {first + 2} of data.csv"
    shown = cell if "'" in cell or not cell else f"'{stamp(float(cell))}'"
    assert shown in broken.line
    others = {"no gaps", "one time unit"} if rule in ("time ascending", "time readable") else set()
    others |= {"no gaps"} if rule == "no duplicate times" else set()
    assert broken_rules(report).keys() <= {rule} | others


@pytest.mark.parametrize("workers", [2, 8])
def test_of_many_symbols_by_turns_the_report_is_the_same_for_any_workers(workers: int) -> None:
    changes = {row: change for by_row, *_ in BROKEN.values() for row, change in by_row.items()}
    rows = bars(
        {
            row: change
            for row, change in changes.items()
            if not isinstance(change.get("timestamp"), str)
        }
    )
    lines = [f"{'xyz'[i % 3]},{','.join(row)}" for i, row in enumerate(rows)]
    Path("data.csv").write_text("\n".join([",".join(["s", *COLUMNS]), *lines, ""]))
    report = barwise.check("data.csv", config(2, symbol="s"), workers=workers, tuning=IN_THREADS)
    assert report.as_dict() == barwise.check("data.csv", config(2, symbol="s"), workers=1).as_dict()
    assert list(report.symbols) == ["x", "y", "z"]
    assert report.symbols["x"].interval == 180_000_000


def test_sound_bars_are_clean_and_what_cannot_be_looked_at_is_told() -> None:
    Path("data.csv").write_text("close\n1\n2\n")
    report = barwise.check("data.csv", config(1))
    assert report.is_clean
    assert [rule.name for rule in RULES if not report.applied(rule.name)] == [
        "time readable", "time ascending", "no duplicate times", "no gaps", "one time unit",
        "bars finished", "low <= open, close <= high", "volume not negative",
    ]  # fmt: skip


def test_the_columns_of_prices_may_have_other_names() -> None:
    Path("data.csv").write_text("O,H,close\n5,4,3\n1,4,3\n")
    report = barwise.check("data.csv", config(1, open="O", high="H"))
    assert broken_rules(report) == {"low <= open, close <= high": 1}
    assert "first O '5', H '4', close '3' on line 2 of data.csv" in str(
        report.broken["low <= open, close <= high"].line
    )
    with pytest.raises(barwise.InputError, match=r"data\.csv has no column 'L'"):
        barwise.check("data.csv", config(1, low="L"))


def test_what_is_no_price_is_an_error_in_any_column() -> None:
    Path("data.csv").write_text("open,close,volume\n1,2,x\n")
    with pytest.raises(barwise.PriceError, match=r"volume is 'x' on line 2 of data\.csv"):
        barwise.check("data.csv", config(1))
    pl.DataFrame({"close": [1.0], "high": ["x"]}).write_parquet("bars.parquet")
    with pytest.raises(barwise.PriceError, match=r"high of bars\.parquet is of type string"):
        barwise.check("bars.parquet", config(1))


def test_the_report_of_a_lake_says_where_in_which_file() -> None:
    for name, prices in (("a", [1.0, 2.0]), ("b", [1.0, -2.0])):
        os.makedirs(f"lake/symbol={name}")
        pl.DataFrame({"close": prices}).write_parquet(f"lake/symbol={name}/1.parquet")
    report = barwise.check("lake", config(1))
    assert report.broken["prices positive"].place == "row 2 of lake/symbol=b/1.parquet"
    assert report.broken["prices positive"].series == "b"
    text = str(report).splitlines()
    assert text[10].split() == [
        *("prices", "positive", "1", "1", "close", "'-2.0'", "on", "row", "2", "of"),
        "lake/symbol=b/1.parquet",
    ]
    assert text[-3:] == [
        "", "-: not applied, since a column or a step is not there",
        "bars: 4, symbols: 2, broken rules: 1",
    ]  # fmt: skip


def test_the_json_has_the_whole_report_or_the_error() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-01,1\n2024-01-02,1\n2024-01-02,1\n")
    check_into("report.json", ["data.csv"], "config.yaml")
    report = json.loads(Path("report.json").read_text())
    assert (report["status"], report["rows"]) == ("broken", 3)
    assert list(report["rules"]) == ["times are found", *(rule.name for rule in RULES)]
    assert report["rules"]["no duplicate times"]["first"] == {
        "symbol": "", "place": "line 4 of data.csv", "cells": {"timestamp": "2024-01-02"},
    }  # fmt: skip
    assert report["rules"]["volume not negative"] is None
    assert report["rules"]["no gaps"] == {"bars": 0, "symbols": 0}
    assert report["symbols"][""]["step"] == "1d"
    assert report["symbols"][""]["from"] == "2024-01-01T00:00:00Z"
    Path("data.csv").write_text("close\nx\n")
    with pytest.raises(barwise.PriceError):
        check_into("report.json", ["data.csv"], "config.yaml")
    report = json.loads(Path("report.json").read_text())
    assert report["status"] == "error"
    assert "close is 'x'" in report["error_message"]
    with pytest.raises(barwise.OutputError, match=r"is also the input file data\.csv"):
        check_into("data.csv", ["data.csv"], "config.yaml")


@pytest.mark.parametrize("name", ["bars.arrows", "bars.parquet", "bars.csv"])
def test_a_column_that_has_two_roles_is_shown_once(name: str) -> None:
    write(pd.DataFrame({"open": [1.0, -4.0], "high": [9.0] * 2, "low": [0.5] * 2}), name)
    broken = barwise.check(name, config(1, close="open")).broken["prices positive"]
    assert list(broken.cells) == ["open", "high", "low"]


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([1, 2], dtype=pl.Time), pl.Series([True, False]), pl.Series([[1], [2]]),
        pl.Series([6 * 10**18, -6 * 10**18], dtype=pl.Datetime("us")),
        pl.Series([2**62, 2**62], dtype=pl.Datetime("ms")),
        pl.Series([None, None], dtype=pl.Int64), pl.Series([2**64 - 1, 2**64 - 2]),
    ],
    ids=lambda series: str(series.dtype),
)  # fmt: skip
def test_a_column_without_times_stops_no_run(times: pl.Series) -> None:
    pl.DataFrame({"timestamp": times, "close": [1.0, 2.0]}).write_parquet("bars.parquet")
    [doubt] = barwise.run("bars.parquet", config(2)).doubts
    assert doubt.startswith("timestamp is not a time at 2 of 2 bars, first ")
    assert "on row 1 of bars.parquet" in doubt


def test_a_column_that_is_there_twice_is_refused_where_it_is_read() -> None:
    Path("data.csv").write_text("timestamp,close,timestamp\n2024-01-01,1,2024-01-02\n")
    with pytest.raises(barwise.InputError, match="column 'timestamp' 2 times, in positions 1 and"):
        barwise.run("data.csv", config(1))
    off = barwise.Config(1, 1, "v1", checks="off")
    assert barwise.run("data.csv", off).rows_processed == 1


def test_a_line_is_never_longer_than_a_message() -> None:
    names = {role: role * 15 for role in ("open", "high", "low", "close")}
    cells = ["1" * 70, "1" + "0" * 68, "1" + "0" * 67, "9" * 69]
    path = "x" * 120 + ".csv"
    Path(path).write_text(f"{','.join(names.values())}\n{','.join(cells)}\n")
    report = barwise.check(path, config(1, **names))
    assert len(report.broken["low <= open, close <= high"].line) < 500


def test_bars_in_doubt_are_not_clean() -> None:
    Path("data.csv").write_text("symbol,close\na,1\nb,2\n")
    report = barwise.check("data.csv", config(1))
    assert (report.is_clean, dict(report.broken)) == (False, {})
    assert report.as_dict()["status"] == "broken"
    assert "doubt: symbol is 'b' on line 3 of data.csv" in str(report)


def test_a_day_of_25_hours_is_a_gap_that_lacks_no_bar() -> None:
    days = [f"2024-01-0{day}T0{hour}:00:00Z,1" for day, hour in ((1, 0), (2, 0), (3, 1), (6, 1))]
    Path("data.csv").write_text("\n".join(["timestamp,close", *days, ""]))
    broken = barwise.check("data.csv", barwise.Config(1, 1, "v1", interval="1d")).broken["no gaps"]
    assert broken.bars == 2
    assert "in all 2 bars of 1d are missing" in broken.line


def test_bars_that_only_go_back_have_no_steps_to_look_at() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-03,1\n2024-01-02,1\n")
    report = barwise.check("data.csv", config(1))
    assert not report.applied("no gaps")
    assert list(report.broken) == ["time ascending"]


def test_a_report_cannot_take_the_place_of_an_input_that_is_not_there() -> None:
    with pytest.raises(barwise.OutputError, match="is also the input file"):
        check_into("absent.csv", ["absent.csv"], "config.yaml")
    assert not Path("absent.csv").exists()


@pytest.mark.parametrize(
    ("date", "way_out"),
    [
        ("13/01/2024", "set csv: {dates: day-first}"),
        ("01/13/2024", "set csv: {dates: month-first}"),
        ("01/02/2024", "set csv: {dates: day-first} or csv: {dates: month-first}"),
    ],
)
def test_a_timestamp_with_slashes_needs_the_order_of_its_dates(date: str, way_out: str) -> None:
    Path("bars.csv").write_text(f"timestamp,close\n{date},1\n{date},2\n")
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert doubt.endswith(f"on line 2 of bars.csv: {way_out}")
    Path("more.csv").write_text("timestamp,close\n2024-03-01,1\n")
    with pytest.raises(barwise.InputError, match=re.escape(way_out)):
        barwise.run(["bars.csv", "more.csv"], config(2))


def test_days_that_are_there_twice_may_lack_their_times_of_day() -> None:
    text = "Day,Hour,close\n2024-01-02,1 PM,1\n2024-01-02,2 PM,2\n"
    Path("bars.csv").write_text(text)
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert 'name the column of times of day too: columns: {timestamp: ["Day", NAME]}' in doubt
    Path("bars.csv").write_text(text.replace("-02,", "-02T13:00,"))
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert doubt.endswith("remove bars that are there twice")


def test_an_index_without_a_name_is_named_all_the_same() -> None:
    Path("bars.csv").write_text(",close\n2024-01-02,1\n2024-01-01,2\n")
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert doubt.startswith("'' goes back at 1 of 2 bars")
    Path("more.csv").write_text(",close\n,1\n2024-01-03,2\n")
    with pytest.raises(barwise.InputError, match=r"^'' is '' on line 2 of more\.csv"):
        barwise.run(["bars.csv", "more.csv"], config(2))


def test_an_interval_is_applied_where_no_bar_follows_another() -> None:
    Path("data.csv").write_text("timestamp,close\n2024-01-01T00:00,1\n")
    one = barwise.Config(1, 1, "v1", interval="1m")
    report = barwise.check("data.csv", one)
    assert report.symbols[""].rules["no gaps"] == 0
    assert report.symbols[""].interval == 60_000_000
