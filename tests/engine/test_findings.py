from __future__ import annotations

import os
import warnings
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import barwise
from barwise.sources.csv import row_lines
from barwise.tuning import Tuning
from tests.kit.lakes import config, write


def test_symbols_that_the_config_does_not_name_are_warned_about() -> None:
    Path("all.csv").write_text("symbol,close\nb,1\nb,1\na,5\nb,2\n")
    result = barwise.run("all.csv", config(2))
    assert result.symbols[""].bars == 4
    assert result.doubts == (
        "symbol is 'a' on line 4 of all.csv and 'b' before, yet all is read as one series: to "
        'tell them apart set columns: {symbol: "symbol"}',
    )
    write(pd.DataFrame({"symbol": ["b", "a"], "close": [1.0, 2.0]}), "all.parquet")
    assert (
        "symbol is 'a' on row 2 of all.parquet" in barwise.run("all.parquet", config(2)).doubts[0]
    )


def test_one_value_of_symbol_is_no_doubt_but_another_in_the_next_file_is() -> None:
    os.mkdir("lake")
    Path("lake/1.csv").write_text("symbol,close\na,1\na,1\n")
    assert barwise.run("lake", config(2)).doubts == ()
    Path("lake/2.csv").write_text("symbol,close\nb,1\n")
    Path("lake/3.csv").write_text("symbol,close\nc,1\n")
    [doubt] = barwise.run("lake", config(2)).doubts
    assert doubt.startswith("symbol is 'b' on line 2 of lake/2.csv and 'a' before")
    assert doubt.endswith("(and 1 more files)")


def test_a_symbol_that_is_not_its_folders_is_doubted_or_where_named_refused() -> None:
    os.makedirs("lake/symbol=A")
    Path("lake/symbol=A/x.csv").write_text("symbol,close\nB,1\nB,2\n")
    assert barwise.run("lake", config(2)).doubts == (
        "symbol is 'B' on line 2 of lake/symbol=A/x.csv, and its folder says 'A', which is taken",
    )
    with pytest.raises(barwise.InputError, match=r"symbol is 'B' on line 2 .+ folder says 'A'"):
        barwise.run("lake", config(2, symbol="symbol"))


def test_a_window_of_1_is_doubted() -> None:
    result = barwise.run("data.csv", config(1))
    assert (result.value, result.doubts) == (
        0.0,
        (
            "window is 1: each mean is the close itself, and a close is never above itself, so "
            "every signal is 0; set a window of 2 or more in the config",
        ),
    )


@pytest.mark.parametrize(
    ("closes", "words"),
    [([1, 2], "there are only 2 bars"), ([1], "there is only 1 bar")],
)
def test_a_window_longer_than_the_series_is_doubted(closes: list[float], words: str) -> None:
    write(pd.DataFrame({"close": closes}), "all.csv")
    result = barwise.run("all.csv", config(3))
    assert (result.value, result.doubts) == (
        0.0,
        (
            f"window is 3, and {words}: no mean is ever defined, so every signal is 0; set a "
            "smaller window in the config",
        ),
    )


def test_a_window_longer_than_every_symbol_names_the_longest() -> None:
    Path("all.csv").write_text("s,close\na,1\nb,1\nc,1\nb,2\nc,2\n")
    [doubt] = barwise.run("all.csv", config(3, symbol="s")).doubts
    assert doubt.startswith("window is 3, and the longest of 3 symbols, 'b', has only 2 bars: no")


def test_a_window_that_some_bar_fills_is_no_doubt() -> None:
    Path("all.csv").write_text("s,close\na,1\nb,1\nb,2\n")
    assert barwise.run("all.csv", config(2, symbol="s")).doubts == ()
    assert barwise.run("all.csv", config(3)).doubts == ()


def test_only_a_run_doubts_the_window() -> None:
    assert barwise.check("data.csv", config(1)).is_clean
    assert barwise.convert("data.csv", config(1), "lake").doubts == ()
    with warnings.catch_warnings(action="error"):
        assert barwise.signals([1.0, 2.0], window=1).tolist() == [0, 0]


def test_a_missing_close_is_named_by_its_line_for_any_number_of_workers() -> None:
    rows = [f"{'abc'[i % 3]},{'' if i in (700, 301, 302) else i}" for i in range(1000)]
    Path("all.csv").write_text("\n".join(["s,close", *rows, ""]))
    for workers in (1, 2, 8):
        assert barwise.run("all.csv", config(2, symbol="s"), workers=workers).doubts == (
            "close is missing in 3 of 1000 rows and in 2 of 3 symbols, first on line 303 of "
            "all.csv: windows that hold a missing close give signal 0",
        )


def test_a_symbol_without_any_close_is_refused() -> None:
    Path("all.csv").write_text("s,close\na,1\nb,\na,2\nb,NA\n")
    with pytest.raises(
        barwise.PriceError, match=r"missing in all 2 rows of 'b', from line 3 of all"
    ):
        barwise.run("all.csv", config(2, symbol="s"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("cells", [64, 10_000])
def test_a_missing_close_far_down_is_named_by_its_row(suffix: str, cells: int) -> None:
    frame = pd.DataFrame({"s": ["a", "b"] * 800, "close": [float(i) for i in range(1600)]})
    frame.loc[1505, "close"] = float("nan")
    write(frame, f"all{suffix}")
    tuning = Tuning(symbol_cells=cells)
    [doubt] = barwise.run(f"all{suffix}", config(2, symbol="s"), workers=2, tuning=tuning).doubts
    assert f"first on {'line 1507' if suffix == '.csv' else 'row 1506'} of all{suffix}" in doubt


def test_float32_is_doubted_where_a_column_tells_symbols_too() -> None:
    close = pl.Series([0.5, 0.1, 0.5], dtype=pl.Float32)
    pl.DataFrame({"s": ["a", "b", "b"], "close": close}).write_parquet("all.parquet")
    for workers in (1, 2):
        [doubt] = barwise.run("all.parquet", config(2, symbol="s"), workers=workers).doubts
        assert doubt.startswith("Float32 close is 0.1 on row 2 of all.parquet")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrows"])
@pytest.mark.parametrize(
    ("names", "other"),
    [(["", "BTC", "ETH", "ETH"], "ETH"), (["A ", " A", "B"], "B"), (["A", " A", ""], None)],
)
def test_several_symbols_are_seen_whatever_blanks_are_beside_them(
    names: list[str], other: str | None, suffix: str
) -> None:
    write(pd.DataFrame({"symbol": names, "close": [1.0] * len(names)}), f"all{suffix}")
    doubts = barwise.run(f"all{suffix}", config(2)).doubts
    assert [doubt.split(" on ")[0] for doubt in doubts] == [f"symbol is '{other}'"] * bool(other)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_first_other_symbol_is_named_where_it_stands(suffix: str) -> None:
    os.makedirs("lake/symbol=A")
    names = ["", "A", "", "B", "B"]
    write(pd.DataFrame({"symbol": names, "close": [1.0] * 5}), f"lake/symbol=A/x{suffix}")
    [doubt] = barwise.run("lake", config(2)).doubts
    where = "line 5" if suffix == ".csv" else "row 4"
    assert doubt.startswith(f"symbol is 'B' on {where} of lake/symbol=A/x{suffix}, and its folder")


def test_a_file_without_closes_among_others_is_a_gap() -> None:
    os.mkdir("lake")
    for i, close in enumerate(["1", "NA", "2"]):
        Path(f"lake/{i}.csv").write_text(f"close\n{close}\n")
    assert barwise.run("lake", config(1)).doubts[0].startswith("close is missing in 1 of 3 rows")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_overlap_far_down_a_file_is_found(workers: int) -> None:
    os.mkdir("lake")
    for number, first in ((1, 0), (2, 3_000)):
        rows = [f"{1_704_067_200 + 60 * (first + i)},1" for i in range(3_000)]
        if number == 2:
            rows[2_500] = f"{1_704_067_200 + 60 * 17},1"
        Path(f"lake/{number}.csv").write_text("\n".join(["timestamp,close", *rows, ""]))
    with pytest.raises(barwise.InputError, match=r"00:17:00Z on line 2502 of lake/2\.csv"):
        barwise.run("lake", config(2), workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_overlapping_files_of_one_series_are_an_error(workers: int) -> None:
    os.mkdir("lake")
    Path("lake/1.csv").write_text("timestamp,close\n2024-01-01,1\n2024-01-03,1\n")
    Path("lake/2.csv").write_text("timestamp,close\n2024-01-02,1\n2024-01-04,1\n")
    with pytest.raises(barwise.InputError) as caught:
        barwise.run("lake", config(2), workers=workers)
    assert str(caught.value).startswith(
        "timestamp is 2024-01-02T00:00:00Z on line 2 of lake/2.csv, and lake/1.csv reaches "
        "2024-01-03T00:00:00Z: files of one series must not overlap"
    )


@pytest.mark.parametrize(
    ("whole", "piece", "days"),
    [
        ("A-1d-2024-01.csv", "A-1d-2024-01-05.csv", (5, 6)),
        ("A-1d-2024-01.csv", "A-1d-2024-01-01.csv", (1, 2)),
        ("daily_2024.csv", "daily_202401.csv", (2, 3)),
    ],
)
def test_of_overlapping_files_the_one_is_named_that_holds_the_other(
    whole: str, piece: str, days: tuple[int, int]
) -> None:
    os.mkdir("lake")
    for name, (first, until) in ((whole, (1, 10)), (piece, days)):
        rows = [f"2024-01-{day:02},1" for day in range(first, until)]
        Path(f"lake/{name}").write_text("\n".join(["timestamp,close", *rows, ""]))
    with pytest.raises(barwise.InputError) as caught:
        barwise.run("lake", config(2))
    assert str(caught.value).endswith(
        f"must not overlap; by its name {whole} holds {piece} too: leave one of them out"
    )


def test_what_is_doubtful_about_files_is_told_by_run_check_and_convert_first() -> None:
    os.mkdir("lake")
    Path("lake/1.csv").write_text("timestamp,close\n2024-01-01,1\n2024-01-02,\n")
    Path("lake/2.csv.part").write_text("timestamp,close\n2024-01-03,1\n")
    left_out, missing = barwise.run("lake", config(2)).doubts
    assert left_out.startswith("unfinished downloads, by their names, are left out: lake/2.csv.p")
    assert missing.startswith("close is missing")
    report = barwise.check("lake", config(1))
    assert (report.doubts, report.is_clean) == ((left_out,), False)
    assert barwise.convert("lake", config(1), "out").doubts == (left_out, missing)
    strict = barwise.Config(1, 2, "v1", checks="strict")
    with pytest.raises(barwise.InputError) as caught:
        barwise.run("lake", strict)
    assert str(caught.value).startswith(left_out)
    assert str(caught.value).endswith(" (and 1 more doubt); the config says checks: strict")
    result = barwise.run("lake/2.csv.part", config(2))
    assert (result.rows_processed, len(result.doubts)) == (1, 2)
    assert result.doubts[0].startswith("unfinished downloads, by their names, are read")


def test_newest_first_bars_in_several_files_are_warned_about() -> None:
    os.mkdir("lake")
    Path("lake/1.csv").write_text("timestamp,close\n2024-01-02,1\n2024-01-01,1\n")
    Path("lake/2.csv").write_text("timestamp,close\n2024-01-04,1\n2024-01-03,1\n")
    [doubt] = barwise.run("lake", config(2)).doubts
    assert doubt == (
        "timestamp goes back at 2 of 4 bars, first to '2024-01-01' on line 3 of lake/1.csv: a "
        "window there holds later bars, which is look-ahead; sort the file, or set order: time"
    )


def test_a_time_that_no_calendar_holds_is_one_line() -> None:
    os.mkdir("lake")
    for i in range(2):
        times = pl.Series([2**62 + i]).cast(pl.Datetime("ms"))
        pl.DataFrame({"timestamp": times, "close": [1.0]}).write_parquet(f"lake/{i}.parquet")
    with pytest.raises(barwise.InputError, match=r"timestamp is '.+' on row 1 of lake/0"):
        barwise.run("lake", config(1))


def test_files_of_different_series_may_overlap() -> None:
    for name in "ab":
        os.makedirs(f"lake/symbol={name}")
        for day in (1, 2):
            Path(f"lake/symbol={name}/{day}.csv").write_text(f"timestamp,close\n2024-01-0{day},1\n")
    assert barwise.run("lake", config(2)).rows_processed == 4


def test_what_files_say_of_many_broken_rules_is_found_in_one_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("data.csv").write_text(
        "timestamp,close\n2024-01-01,1\n2024-01-01,\n2023-01-01,3\nnoon,4\n1704240000,5\n"
    )
    opened: list[object] = []
    counted = row_lines.of_rows

    def of_rows(part: barwise.Part, rows: set[int]) -> dict[int, tuple[int, str]] | None:
        opened.append(rows)
        return counted(part, rows)

    monkeypatch.setattr(row_lines, "of_rows", of_rows)
    report = barwise.check("data.csv", config(1))
    places = {rule: broken.place for rule, broken in report.broken.items()}
    assert places == {
        "time readable": "line 5 of data.csv",
        "time ascending": "line 4 of data.csv",
        "no duplicate times": "line 3 of data.csv",
        "one time unit": "line 6 of data.csv",
        "no missing close": "line 3 of data.csv",
    }
    assert len(opened) <= 1 + len(places)  # the header of each, and all rows together
