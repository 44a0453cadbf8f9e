"""A lake holds the bars of any input: the same closes and times, and so the same signals."""

from __future__ import annotations

import gc
import os
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.tuning import Tuning
from tests.kit.lakes import config, tallies

HOUR = 3_600
NEW_YEARS_EVE = 1_735_686_000  # 2024-12-31T23:00:00Z


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b/c", "d e", "%"]), st.integers(0, 5)), min_size=1),
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=40, max_size=40),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from(["float64", "exact"]),
)
def test_a_run_of_the_lake_is_a_run_of_the_input(
    draws: list[tuple[str, int]],
    closes: list[float | None],
    cells: int,
    held: int,
    arithmetic: str,
) -> None:
    settings = config(2, arithmetic, symbol="s", timestamp="t")
    names = [name for name, _ in draws]
    times = NEW_YEARS_EVE - 20 * HOUR + HOUR * np.cumsum([step for _, step in draws])
    values = [closes[i % len(closes)] or float(i % 3) for i in range(len(draws))]
    pl.DataFrame({"s": names, "t": times, "close": values}).write_parquet("all.parquet")
    tuning = Tuning(symbol_cells=cells, lake_bars=held)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path.cwd())
        to = f"lake-{len(os.listdir())}"
        converted = barwise.convert("all.parquet", settings, to, tuning=tuning)
        assert tallies(barwise.run(to, settings)) == tallies(barwise.run("all.parquet", settings))
    assert (converted.bars, converted.symbols) == (len(draws), len(set(names)))
    for name in set(names):
        folder = f"{to}/s={name.replace('%', '%25').replace('/', '%2F')}"
        files = sorted(os.listdir(folder))
        bars = pl.concat(
            [pl.read_parquet(f"{folder}/{file}", hive_partitioning=False) for file in files]
        )
        mine = [i for i, symbol in enumerate(names) if symbol == name]
        assert bars["t"].dt.timestamp("ms").to_list() == [int(times[i]) * 1_000 for i in mine]
        assert bars["close"].to_list() == [values[i] for i in mine]
        years = {pd.Timestamp(int(times[i]), unit="s").year for i in mine}
        assert files == [f"{year}.parquet" for year in sorted(years)]


def write(path: str, rows: str, header: str = "timestamp,open,high,low,close,volume,note") -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    Path(path).write_text(f"{header}\n{rows}\n")


def test_columns_keep_the_names_of_the_config_and_others_are_told() -> None:
    write("data.csv", "2024-01-01,1,3,0.5,2,9,x\n2024-01-02,1,3,0.5,,9,x")
    converted = barwise.convert("data.csv", config(1), "lake")
    assert converted.columns == ("timestamp", "open", "high", "low", "close", "volume")
    assert converted.left_out == ("note",)
    frame = pl.read_parquet("lake/2024.parquet")
    assert frame.columns == [*converted.columns]
    assert frame.row(1)[1:] == (1.0, 3.0, 0.5, None, 9.0)
    assert str(converted) == (
        "bars: 2, symbols: 1, files: 1\n"
        "columns: timestamp, open, high, low, close, volume; left out: note"
    )
    Path("data.csv").write_text("Time,Last\n2024-01-01,1\n")
    named = config(1, close="Last", timestamp="Time")
    assert barwise.convert("data.csv", named, "named").columns == ("Time", "Last")
    assert barwise.run("named", named).value == barwise.run("data.csv", named).value


def test_a_lake_has_one_column_of_times_where_the_config_names_two() -> None:
    Path("bars.csv").write_text("Day,Hour,close\n2024-01-01,00:00,1\n2024-01-01,00:01,2\n")
    settings = barwise.Config(1, 2, "v1", columns=barwise.Columns(timestamp=("Day", "Hour")))
    assert barwise.convert("bars.csv", settings, "lake").columns == ("timestamp", "close")
    assert barwise.run("lake", settings).value == 0.5
    assert barwise.check("lake", settings).symbols[""].interval == 60_000_000
    assert barwise.plan("lake", settings).parts[0].inferred == "times from 'timestamp'"


def test_files_of_one_series_make_one_file_a_year() -> None:
    for month in (1, 2, 3):
        write(f"in/symbol=A/{month}.csv", f"2024-0{month}-01,1,1,1,1,1,x")
    write("in/symbol=B/1.csv", "2023-12-31,1,1,1,1,1,x\n2024-01-01,1,1,1,1,1,x")
    barwise.convert("in", config(1), "lake")
    assert sorted(map(str, Path("lake").rglob("*.parquet"))) == [
        "lake/symbol=A/2024.parquet", "lake/symbol=B/2023.parquet", "lake/symbol=B/2024.parquet",
    ]  # fmt: skip
    assert pl.read_parquet("lake/symbol=A/2024.parquet").height == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2024-01-02,1,1,1,1,1,x\n2024-01-01,1,1,1,1,1,x", "goes back to .+ line 3 of data.csv"),
        (
            "2024-01-02,1,1,1,1,1,x\nnoon,1,1,1,1,1,x",
            "is 'noon' on line 3 .+ which is not a time",
        ),
        (
            "2024-01-02,1,1,1,1,1,x\n2024-01-01,1,1,1,1,1,x\nnoon,1,1,1,1,1,x",
            "timestamp goes back to '2024-01-01' on line 3 of data.csv",
        ),
        ("2024-01-02,1,1,1,abc,1,x", "close is 'abc' on line 2 of data.csv"),
        ("2024-01-02,abc,1,1,1,1,x", "open is 'abc' on line 2 of data.csv"),
        ("2024-01-02,1,1,1,NA,1,x", "close is missing in all 1 rows"),
    ],
)
def test_what_cannot_be_a_lake_leaves_nothing(rows: str, message: str) -> None:
    write("data.csv", rows)
    with pytest.raises(barwise.InputError, match=message):
        barwise.convert("data.csv", config(1), "lake")
    assert sorted(os.listdir()) == ["config.yaml", "data.csv"]


def test_bars_without_a_column_of_times_have_no_years() -> None:
    Path("data.csv").write_text("close\n1\n")
    with pytest.raises(
        barwise.InputError, match=r"data\.csv cannot be: it has no column 'timestamp'"
    ):
        barwise.convert("data.csv", config(1), "lake")


def test_order_time_makes_disorder_a_lake() -> None:
    write("data.csv", "2024-01-02,1,1,1,2,1,x\n2024-01-01,1,1,1,1,1,x")
    barwise.convert("data.csv", barwise.Config(1, 1, "v1", order="time"), "lake")
    assert pl.read_parquet("lake/2024.parquet")["close"].to_list() == [1.0, 2.0]


def test_a_strict_config_refuses_a_lake_with_gaps() -> None:
    days = [1, 2, 3, 5]
    write("data.csv", "\n".join(f"2024-01-0{day},1,1,1,1,1,x" for day in days))
    with pytest.raises(barwise.CheckError, match=r"gaps before 1 of 4 bars.+checks: strict"):
        barwise.convert("data.csv", barwise.Config(1, 1, "v1", checks="strict"), "lake")
    assert not Path("lake").exists()
    [doubt] = barwise.convert("data.csv", config(1), "lake").doubts
    assert "has gaps before 1 of 4 bars" in doubt


def occupied() -> None:
    write("lake/x.csv", "")


@pytest.mark.parametrize(
    ("make", "to", "message"),
    [
        (occupied, "lake", "the lake folder lake is not empty: name a new or empty folder"),
        (lambda: Path("lake").write_text(""), "lake", "the lake folder lake is not a folder"),
        (lambda: None, "no/lake", "no does not exist; make it first"),
        (lambda: write("in/a.csv", "2024-01-01,1,1,1,1,1,x"), "in/lake", "is in the input folder"),
    ],
)
def test_a_lake_takes_nobodys_place(make: Any, to: str, message: str) -> None:
    make()
    write("data.csv", "2024-01-01,1,1,1,1,1,x")
    with pytest.raises(barwise.OutputError, match=message):
        barwise.convert("in" if to.startswith("in") else "data.csv", config(1), to)


def test_an_empty_folder_is_filled() -> None:
    os.mkdir("lake")
    write("data.csv", "2024-01-01,1,1,1,1,1,x")
    barwise.convert("data.csv", config(1), "lake/")
    assert os.listdir("lake") == ["2024.parquet"]


def test_files_with_other_columns_have_empty_ones() -> None:
    write("in/1.csv", "2024-01-01,2,3", header="timestamp,close,high")
    write("in/2.csv", "2024-02-01,2,1", header="timestamp,close,low")
    assert barwise.convert("in", config(1), "lake").columns == ("timestamp", "high", "low", "close")
    frame = pl.read_parquet("lake/2024.parquet")
    assert frame.select("high", "low").rows() == [(3.0, None), (None, 1.0)]


def test_symbols_of_folders_and_of_a_column_may_be_the_same() -> None:
    write("in/symbol=A/1.csv", "2024-01-01,1", header="timestamp,close")
    write("in/symbol=B/1.csv", "2024-02-01,2", header="timestamp,close")
    write("in/c.csv", "2024-03-01,A,1\n2024-03-01,C,1", header="timestamp,symbol,close")
    named = config(1, symbol="symbol")
    barwise.convert("in", named, "lake")
    assert tallies(barwise.run("lake", named)) == tallies(barwise.run("in", named))


@pytest.mark.parametrize("name", ["_s", ".d", "a/b", "a=b"])
def test_a_column_of_symbols_that_names_no_folder_is_refused(name: str) -> None:
    write("data.csv", "2024-01-01,A,1", header=f"timestamp,{name},close")
    with pytest.raises(barwise.ConfigError, match="cannot name the folders of a lake"):
        barwise.convert("data.csv", config(1, symbol=name), "lake")


def test_a_symbol_that_lakes_have_for_none_is_refused() -> None:
    write("data.csv", "2024-01-01,__HIVE_DEFAULT_PARTITION__,1", header="timestamp,s,close")
    with pytest.raises(barwise.InputError, match="by which lakes mean none: rename it"):
        barwise.convert("data.csv", config(1, symbol="s"), "lake")


def test_more_symbols_by_turns_than_open_files_are_said() -> None:
    rows = [f"2024-01-0{day},S{i},1" for day in (1, 2) for i in range(300)]
    write("data.csv", "\n".join(rows), header="timestamp,s,close")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    try:
        with pytest.raises(barwise.OutputError, match="open files; raise the limit of open files"):
            barwise.convert("data.csv", config(1, symbol="s"), "lake")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not Path("lake").exists()


def test_a_lake_that_is_given_up_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    rows = [f"2024-01-{day:02},{name},1" for day in range(1, 20) for name in "abc"]
    write("data.csv", "\n".join([*rows, "2023-01-01,a,1"]), header="timestamp,s,close")
    tuning = Tuning(symbol_cells=10, lake_bars=5)
    with pytest.raises(barwise.InputError, match="goes back to '2023-01-01' on line 59"):
        barwise.convert("data.csv", config(1, symbol="s"), "lake", tuning=tuning)
    gc.collect()
    assert capfd.readouterr().err == ""


def test_an_empty_folder_keeps_its_mode() -> None:
    os.mkdir("lake")
    os.chmod("lake", 0o2770)
    write("data.csv", "2024-01-01,1,1,1,1,1,x")
    barwise.convert("data.csv", config(1), "lake")
    assert os.stat("lake").st_mode & 0o7777 == 0o2770


def test_of_a_file_that_overlaps_and_has_a_wrong_price_the_first_fault_is_named() -> None:
    os.mkdir("in")
    Path("in/1.csv").write_text("timestamp,close\n2024-01-01,1\n2024-01-03,1\n")
    Path("in/2.csv").write_text("timestamp,close\n2024-01-02,1\n2024-01-04,x\n")
    with pytest.raises(barwise.InputError, match=r"2024-01-02.* on line 2 of in/2\.csv, and in/1"):
        barwise.convert("in", config(1), "lake")
