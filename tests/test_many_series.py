"""The law of the engine: each series has the signals of its own bars, however they are stored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise import engine, sources
from barwise.sources import columnar, columns, strict_csv, symbols
from tests.oracles import exact_signals, pandas_signals, series

ORACLES = {"float64": pandas_signals, "exact": exact_signals}
Bars = dict[str, list[float]]  # by symbol


def config(window: int, arithmetic: str = "float64", **columns: str) -> barwise.Config:
    return barwise.Config(1, window, "v1", arithmetic, barwise.Columns(**columns))


def expected(bars: Bars, window: int, arithmetic: str) -> dict[str, tuple[int, int]]:
    oracle = ORACLES[arithmetic]
    return {name: (len(its), sum(oracle(its, window))) for name, its in sorted(bars.items())}


def tallies(result: barwise.Result) -> dict[str, tuple[int, int]]:
    assert result.tally.bars == sum(tally.bars for tally in result.symbols.values())
    return {name: (tally.bars, tally.ones) for name, tally in result.symbols.items()}


def interleaved(bars: Bars, draws: Sequence[str]) -> pd.DataFrame:
    """The bars of all symbols in one table, in the order in which symbols are drawn."""
    left = {name: iter(enumerate(its)) for name, its in bars.items()}
    rows = [(name, *next(left[name])) for name in draws]
    return pd.DataFrame(rows, columns=["s", "bar", "close"])


def write(frame: pd.DataFrame, path: str) -> None:
    if path.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif path.endswith(".parquet"):
        pl.from_dict(frame.to_dict("list")).write_parquet(path, row_group_size=7)
    else:
        pl.from_dict(frame.to_dict("list")).write_ipc_stream(path)


@st.composite
def many(draw: st.DrawFn) -> tuple[Bars, list[str]]:
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True))
    bars = {}
    for name in names:
        closes = draw(series())
        bars[name] = closes if not np.isnan(closes).all() else [1.0, *closes]
    draws = draw(st.permutations([name for name in names for _ in bars[name]]))
    return bars, list(draws)


@settings(max_examples=60, deadline=None)
@given(
    many(),
    st.integers(1, 12),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 3, 8]),
    st.sampled_from([".csv", ".parquet", ".arrows"]),
    st.lists(st.integers(1, 40), min_size=4, max_size=4),
)
def test_interleaved_symbols_never_touch(
    made: tuple[Bars, list[str]],
    window: int,
    arithmetic: str,
    workers: int,
    suffix: str,
    sizes: list[int],
) -> None:
    bars, draws = made
    write(interleaved(bars, draws), f"all{suffix}")
    with pytest.MonkeyPatch.context() as patch:  # batches of any size
        patch.setattr(symbols.apart, "__defaults__", (sizes[0],))
        patch.setattr(columnar.read, "__defaults__", (sizes[1],))
        patch.setattr(strict_csv.read, "__defaults__", (sizes[1],))
        patch.setattr(engine, "BLOCK_BARS", sizes[2])
        patch.setattr(engine, "BARS_FOR_A_THREAD", 0)
        patch.setattr(engine.waves, "__defaults__", (sizes[3],))
        result = barwise.run(
            f"all{suffix}", config(window, arithmetic, symbol="s"), workers=workers
        )
    assert tallies(result) == expected(bars, window, arithmetic)


@settings(max_examples=40, deadline=None)
@given(
    st.permutations("abcd"),
    st.integers(1, 60),
    st.integers(0, 59),
    st.sampled_from(["regular", "one missing", "two swapped", "one twice"]),
    st.integers(1, 60),
)
def test_panels_of_all_symbols_at_each_time(
    names: list[str], rows: int, at: int, fault: str, gathered: int
) -> None:
    draws = (names * 15)[:rows]
    if fault == "one missing":
        del draws[at : at + 1]
    elif fault == "two swapped" and at + 1 < rows:
        draws[at], draws[at + 1] = draws[at + 1], draws[at]
    elif fault == "one twice":
        draws.insert(at, draws[min(at, rows - 1)])
    if not draws:
        return
    bars: Bars = {}
    for i, name in enumerate(draws):
        bars.setdefault(name, []).append(float(i * 7 % 5))
    write(interleaved(bars, draws), "all.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symbols.apart, "__defaults__", (gathered,))
        result = barwise.run("all.parquet", config(2, symbol="s"), workers=2)
        plan = barwise.plan("all.parquet", config(2, symbol="s"))
        batches = list(sources.read(plan, barwise.Columns(symbol="s")))
    assert tallies(result) == expected(bars, 2, "float64")
    for batch in batches:
        assert [draws[batch.rows[i]] for i in range(len(batch))] == [batch.series] * len(batch)


@settings(max_examples=30, deadline=None)
@given(
    many(),
    st.integers(1, 12),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 3, 8]),
    st.randoms(use_true_random=False),
)
def test_a_lake_of_files_never_lets_symbols_touch(
    made: tuple[Bars, list[str]], window: int, arithmetic: str, workers: int, random: Any
) -> None:
    bars, _ = made
    shutil.rmtree("lake", ignore_errors=True)
    for name, closes in bars.items():
        os.makedirs(f"lake/symbol={name}")
        times = np.arange(len(closes)) * 60 + 1_704_067_200
        frame = pd.DataFrame({"timestamp": times, "close": closes})
        cuts = sorted(random.sample(range(1, len(closes)), min(3, len(closes) - 1)))
        pieces = np.split(np.arange(len(closes)), cuts)
        numbers = random.sample(range(100), len(pieces))  # names that say nothing of the order
        for number, piece in zip(numbers, pieces, strict=True):
            suffix = random.choice([".csv", ".parquet"])
            its = frame.iloc[piece]
            write(its, f"lake/symbol={name}/{number}{suffix}")
    result = barwise.run("lake", config(window, arithmetic), workers=workers)
    assert tallies(result) == expected(bars, window, arithmetic)


def test_more_symbols_than_one_add_a_block_after_the_contracts_keys() -> None:
    Path("all.csv").write_text("s,close\nb,1\na,5\nb,2\na,4\nb,3\n")
    metrics = barwise.run("all.csv", config(2, symbol="s")).metrics
    assert list(metrics)[-2:] == ["status", "symbols"]
    assert (metrics["rows_processed"], metrics["value"]) == (5, 0.4)
    assert metrics["symbols"] == {
        "a": {"rows_processed": 2, "value": 0.0},
        "b": {"rows_processed": 3, "value": 0.6667},
    }
    assert list(metrics["symbols"]) == ["a", "b"]


def test_one_symbol_adds_nothing() -> None:
    Path("all.csv").write_text("s,close\nb,1\nb,2\n")
    assert "symbols" not in barwise.run("all.csv", config(2, symbol="s")).metrics


def test_symbols_that_the_config_does_not_name_are_warned_about() -> None:
    Path("all.csv").write_text("symbol,close\nb,1\nb,1\na,5\nb,2\n")
    result = barwise.run("all.csv", config(2))
    assert result.symbols[""].bars == 4
    assert result.doubts == (
        "symbol is 'a' on line 4 of all.csv and 'b' before, yet all is read as one series: to "
        "tell them apart set columns: {symbol: symbol}",
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
    Path("lake/symbol=A/x.csv").write_text("symbol,close\nB,1\n")
    assert barwise.run("lake", config(1)).doubts == (
        "symbol is 'B' on line 2 of lake/symbol=A/x.csv, and its folder says 'A', which is taken",
    )
    with pytest.raises(barwise.InputError, match=r"symbol is 'B' on line 2 .+ folder says 'A'"):
        barwise.run("lake", config(1, symbol="symbol"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_a_bad_close_of_one_symbol_is_named_by_its_row(suffix: str, workers: int) -> None:
    frame = pd.DataFrame({"s": ["a", "b"] * 500, "close": [float(i) for i in range(1000)]})
    frame.loc[777, "close"] = float("inf")
    write(frame, f"all{suffix}")
    where = f"line 779 of all{suffix}" if suffix == ".csv" else f"row 778 of all{suffix}"
    with pytest.raises(barwise.PriceError, match=f"close is '?inf'? on {where}: infinite"):
        barwise.run(f"all{suffix}", config(2, symbol="s"), workers=workers)


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
@pytest.mark.parametrize("gathered", [64, 10_000])
def test_a_missing_close_far_down_is_named_by_its_row(suffix: str, gathered: int) -> None:
    frame = pd.DataFrame({"s": ["a", "b"] * 800, "close": [float(i) for i in range(1600)]})
    frame.loc[1505, "close"] = float("nan")
    write(frame, f"all{suffix}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(symbols.apart, "__defaults__", (gathered,))
        [doubt] = barwise.run(f"all{suffix}", config(2, symbol="s"), workers=2).doubts
    assert f"first on {'line 1507' if suffix == '.csv' else 'row 1506'} of all{suffix}" in doubt


def test_float32_is_doubted_where_a_column_tells_symbols_too() -> None:
    close = pl.Series([0.5, 0.1], dtype=pl.Float32)
    pl.DataFrame({"s": ["a", "b"], "close": close}).write_parquet("all.parquet")
    for workers in (1, 2):
        [doubt] = barwise.run("all.parquet", config(1, symbol="s"), workers=workers).doubts
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
    doubts = barwise.run(f"all{suffix}", config(1)).doubts
    assert [doubt.split(" on ")[0] for doubt in doubts] == [f"symbol is '{other}'"] * bool(other)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_first_other_symbol_is_named_where_it_stands(suffix: str) -> None:
    os.makedirs("lake/symbol=A")
    names = ["", "A", "", "B", "B"]
    write(pd.DataFrame({"symbol": names, "close": [1.0] * 5}), f"lake/symbol=A/x{suffix}")
    [doubt] = barwise.run("lake", config(1)).doubts
    where = "line 5" if suffix == ".csv" else "row 4"
    assert doubt.startswith(f"symbol is 'B' on {where} of lake/symbol=A/x{suffix}, and its folder")


def test_progress_is_told_in_bytes_to_the_end() -> None:
    os.mkdir("lake")
    for i in range(3):
        rows = "\n".join(map(str, range(1, 3_000)))
        Path(f"lake/{i}.csv").write_text(f"close\n{rows}\n")
    told: list[tuple[int, int]] = []
    barwise.run("lake", config(1), progress=lambda *bytes_: told.append(bytes_))
    size = barwise.plan("lake", config(1)).size
    assert told == sorted(told)
    assert len(told) > 6
    assert told[-1] == (size, size)


def test_a_file_without_closes_among_others_is_a_gap() -> None:
    os.mkdir("lake")
    for i, close in enumerate(["1", "NA", "2"]):
        Path(f"lake/{i}.csv").write_text(f"close\n{close}\n")
    assert barwise.run("lake", config(1)).doubts[0].startswith("close is missing in 1 of 3 rows")


def test_nothing_is_left_open_after_an_error() -> None:
    import threading

    frame = pl.DataFrame({"s": ["a", "b"] * 5_000, "close": [1.0] * 9_999 + [float("inf")]})
    frame.write_parquet("all.parquet")
    frame.write_ipc_stream("all.arrows")
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []
    for name in ("all.parquet", "all.arrows"):
        with pytest.raises(barwise.PriceError) as caught:
            barwise.run(name, config(1, symbol="s"), workers=4)
        assert caught.value.__traceback__ is not None  # held, as a caller may
        assert not [t for t in threading.enumerate() if t.name.startswith("barwise")]
    if before:
        assert len(os.listdir("/proc/self/fd")) == len(before)


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


def test_newest_first_bars_in_several_files_are_warned_about() -> None:
    os.mkdir("lake")
    Path("lake/1.csv").write_text("timestamp,close\n2024-01-02,1\n2024-01-01,1\n")
    Path("lake/2.csv").write_text("timestamp,close\n2024-01-04,1\n2024-01-03,1\n")
    [doubt] = barwise.run("lake", config(2)).doubts
    assert doubt == (
        "timestamp goes back at 2 bars, first on line 3 of lake/1.csv: a window over newest-first "
        "bars looks ahead; sort them"
    )


def test_a_time_that_no_calendar_holds_is_one_line() -> None:
    os.mkdir("lake")
    for i in range(2):
        times = pl.Series([2**62 + i]).cast(pl.Datetime("ms"))
        pl.DataFrame({"timestamp": times, "close": [1.0]}).write_parquet(f"lake/{i}.parquet")
    with pytest.raises(barwise.InputError, match=r"lake/0\.parquet cannot be read \("):
        barwise.run("lake", config(1))


def test_a_missing_symbol_far_down_a_typed_column_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(columnar.read, "__defaults__", (4,))
    symbols = pl.Series(["A", "B"] * 5 + [None]).cast(pl.Enum(["A", "B"]))
    pl.DataFrame({"s": symbols, "close": [1.0] * 11}).write_parquet("all.parquet")
    with pytest.raises(barwise.InputError, match=r"s is None on row 11 of all\.parquet"):
        barwise.run("all.parquet", config(1, symbol="s"))
    assert barwise.run("all.parquet", config(1)).rows_processed == 11


def test_files_of_different_series_may_overlap() -> None:
    for name in "ab":
        os.makedirs(f"lake/symbol={name}")
        for day in (1, 2):
            Path(f"lake/symbol={name}/{day}.csv").write_text(f"timestamp,close\n2024-01-0{day},1\n")
    assert barwise.run("lake", config(2)).rows_processed == 4


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
        patch.setattr(columns, "LARGEST_SYMBOLS", 100)
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
    [doubt] = barwise.run("all.csv", config(1)).doubts
    assert doubt.startswith("symbol is '1' on line 3 of all.csv and '0' before")


def test_a_reader_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"close": [1.0]}).write_parquet("bars")
    monkeypatch.delitem(__import__("sys").modules, "barwise.sources.columnar")

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="polars")

    monkeypatch.setattr(sources, "import_module", missing)
    with pytest.raises(barwise.InputError, match="and polars that reads it is not installed"):
        barwise.run("bars", config(1))
