"""Tables in memory: what an index means, what can be read only once, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import barwise
from tests.conftest import OF_CHECKOUT

CLOSES = [1.0, 2.0, 1.5, 1.5]
MINUTES = pd.date_range("2024-01-01", periods=4, freq="min")
BACKWARD = MINUTES[::-1]


def frame(index: Any = None, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"close": CLOSES, **columns}, index=index)


def doubts(table: Any, **keys: Any) -> tuple[str, ...]:
    return barwise.run(table, window=2, **keys).doubts


@pytest.mark.parametrize(
    ("index", "column"),
    [
        (BACKWARD, "index"),
        (BACKWARD.rename("Date"), "Date"),
        (BACKWARD.rename("timestamp"), "timestamp"),
        (BACKWARD.rename("close"), "index"),
        (BACKWARD.tz_localize("UTC"), "index"),
        (BACKWARD.to_period("min"), "index"),
        (pd.Index([date(2024, 1, 4 - day) for day in range(4)]), "index"),
        (pd.MultiIndex.from_arrays([["a"] * 4, BACKWARD]), "level_1"),
        (pd.MultiIndex.from_arrays([["a"] * 4, BACKWARD], names=["symbol", "t"]), "t"),
    ],
)
def test_an_index_of_times_is_the_times(index: pd.Index, column: str) -> None:
    [doubt] = doubts(frame(index, open_time=MINUTES))
    assert doubt.startswith(f"bars are newest first: {column} goes back at 3 of 4 bars, first to ")
    assert doubts(frame(index, open_time=MINUTES), columns={"timestamp": "open_time"}) == ()
    assert doubts(frame(index), columns={"timestamp": None}) == ()


@pytest.mark.parametrize(
    "index", [None, [7, 5, 9, 1], ["b", "a", "d", "c"], pd.RangeIndex(4, 0, -1), [object()] * 4]
)
def test_an_index_of_rows_is_left_out(index: Any) -> None:
    assert doubts(frame(index, timestamp=MINUTES)) == ()
    assert doubts(frame(index)) == ()


def test_an_index_of_text_or_numbers_is_a_column_as_in_a_file() -> None:
    [doubt] = doubts(frame(pd.Index(BACKWARD.astype(str), name="Date")))
    assert doubt.startswith("bars are newest first: Date goes back")
    unix = BACKWARD.astype("datetime64[s]").astype("int64")
    [doubt] = doubts(frame(unix))
    assert doubt.startswith("bars are newest first: index goes back")


def test_a_level_of_an_index_may_name_the_symbols() -> None:
    index = pd.MultiIndex.from_product([["a", "b"], MINUTES[:2]], names=["ticker", "time"])
    result = barwise.run(frame(index), window=2, columns={"symbol": "ticker"})
    assert {name: tally.bars for name, tally in result.symbols.items()} == {"a": 2, "b": 2}
    assert result.doubts == ()


def test_columns_of_several_levels_are_refused_with_the_way_out() -> None:
    table = pd.concat({"AAPL": frame()}, axis=1).swaplevel(axis=1)
    with pytest.raises(barwise.InputError) as caught:
        barwise.run(table, window=2)
    assert str(caught.value) == (
        "the table has columns of 2 levels, first ('close', 'AAPL'): give it one, as in "
        "frame.columns = frame.columns.get_level_values(0)"
    )
    table.columns = table.columns.get_level_values(0)
    assert barwise.run(table, window=2).value == 0.25


@pytest.mark.parametrize(
    ("closes", "message"),
    [
        ([1.0, "x", 2.0, 3.0], "close of the table cannot be read (Could not convert 'x' with "),
        (["1", "2", "3", "4"], "close of the table is of type string: write numbers as floats"),
        ([object()] * 4, "close of the table cannot be read (Could not convert <object"),
        ([True] * 4, "close of the table is of type bool"),
        ([1.0, 2.0, np.inf, 3.0], "close is inf on row 3 of the table: infinite is not a price"),
        ([1, 2, 3, 2**53 + 1], "close is 9007199254740993 on row 4 of the table: float64 cannot"),
    ],
)
def test_what_is_not_a_price_is_refused(closes: list[Any], message: str) -> None:
    with pytest.raises(barwise.InputError) as caught:
        barwise.run(pd.DataFrame({"close": closes}), window=2)
    assert str(caught.value).startswith(message)


def test_an_odd_column_that_is_not_needed_is_left_alone() -> None:
    table = frame(MINUTES, odd=[object(), 1, "x", None], lists=[[1], [], None, [2]])
    table["odd2"] = table["odd"]
    assert doubts(table) == ()
    assert doubts(pl.DataFrame({"close": CLOSES, "odd": [object()] * 4})) == ()


def test_a_type_that_arrow_does_not_have_is_refused() -> None:
    table = pl.DataFrame({"close": CLOSES, "id": pl.Series([1, 2, 3, 4], dtype=pl.Int128)})
    with pytest.raises(barwise.InputError, match="leave out columns of a type that Arrow does not"):
        barwise.run(table, window=2)
    assert doubts(table.drop("id")) == ()


def test_a_column_that_is_there_twice_is_refused() -> None:
    table = pd.concat([frame(), frame()], axis=1)
    with pytest.raises(barwise.InputError, match=r"the table has the column 'close' twice"):
        barwise.run(table, window=2)


@pytest.mark.parametrize(
    "empty", [frame()[:0], pl.DataFrame({"close": []}), pa.table({"close": pa.nulls(0)})]
)
def test_a_table_without_rows_is_refused(empty: Any) -> None:
    for table in (empty, pa.table(empty).to_reader()):
        with pytest.raises(barwise.InputError, match="the table has no rows: it needs at least"):
            barwise.run(table, window=2)


@pytest.mark.parametrize(
    "closes",
    [
        pd.Series(CLOSES),
        pl.Series(CLOSES),
        pa.array(CLOSES),
        pa.chunked_array([CLOSES]),
    ],
)
def test_closes_alone_are_not_a_table(closes: Any) -> None:
    with pytest.raises(barwise.UsageError, match=r"give closes alone to barwise\.signals"):
        barwise.run(closes, window=2)


class Exporting:
    """Whatever shows its bars through Arrow's C interface, and by nothing else."""

    def __init__(self, table: Any) -> None:
        self.table, self.asked = table, 0

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        self.asked += 1
        return self.table.__arrow_c_stream__(requested_schema)


class ExportingOne:
    def __init__(self, batch: pa.RecordBatch) -> None:
        self.batch = batch

    def __arrow_c_array__(self, requested_schema: object | None = None) -> Any:
        return self.batch.__arrow_c_array__(requested_schema)


TABLE = pa.table({"close": CLOSES, "timestamp": MINUTES})


@pytest.mark.parametrize(
    "table",
    [
        Exporting(TABLE),
        ExportingOne(TABLE.to_batches()[0]),
        pa.StructArray.from_arrays([pa.array(CLOSES)], ["close"]),
    ],
)
def test_whatever_has_arrows_interface_is_a_table(table: Any) -> None:
    assert barwise.run(table, window=2).value == 0.25


def test_a_stream_is_asked_for_once() -> None:
    table = Exporting(TABLE.sort_by([("timestamp", "descending")]))
    [doubt] = barwise.run(table, window=2, checks="report").doubts
    assert "first to '?' on row 2 of the table" in doubt
    assert table.asked == 1


def test_a_plan_does_not_use_a_stream_up() -> None:
    reader = TABLE.to_reader()
    with pytest.raises(barwise.UsageError, match="can be read only once, and a plan would use it"):
        barwise.plan(reader)
    assert barwise.run(reader, window=2).rows_processed == 4
    with pytest.raises(barwise.InputError, match="the table has no rows"):
        barwise.run(reader, window=2)
    once = Exporting(TABLE)
    with pytest.raises(barwise.UsageError, match="can be read only once"):
        barwise.plan(once)
    assert once.asked == 0


@pytest.mark.parametrize("whole", [0, 1, 5, 200])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_stream_that_breaks_off_is_not_taken_for_a_short_one(whole: int, workers: int) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        for _ in range(whole):
            yield pa.record_batch({"Close": [1.0], "open_time": ["2024-01-01"]})
        raise OSError("the line is cut")

    schema = pa.schema({"Close": pa.float64(), "open_time": pa.string()})
    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(barwise.InputError, match=r"the table cannot be read \(the line is cut\)"):
        barwise.run(reader, window=2, workers=workers)


# Peaks of memory, in kB, from when they were last set back: `man 5 proc`.
PEAK = """
def peak():
    return int(next(x for x in open("/proc/self/status") if "VmHWM" in x).split()[1])
def set_back():
    open("/proc/self/clear_refs", "w").write("5")
    return peak()
"""
measures_memory = pytest.mark.skipif(
    not os.path.exists("/proc/self/clear_refs"), reason="measures as Linux does"
)


@measures_memory
@pytest.mark.parametrize("workers", [1, 2])
def test_a_stream_is_read_in_bounded_memory(workers: int) -> None:
    """200 MB pass, of which a process may keep less than half."""
    code = f"""{PEAK}
import barwise, numpy as np, pyarrow as pa
closes = np.arange(1 << 20) % 97.0
batches = (pa.record_batch({{"close": closes + number}}) for number in range(24))
reader = pa.RecordBatchReader.from_batches(pa.schema({{"close": pa.float64()}}), batches)
barwise.run(pa.table({{"close": closes[:10]}}), window=5)  # which imports what a run needs
before = set_back()
print(barwise.run(reader, window=5, workers={workers}).rows_processed)
print(peak() - before < 90_000 or peak() - before)
"""
    assert of_process(code) == [str(24 << 20), "True"]


def of_process(code: str) -> list[str]:
    """The lines that Python prints in a process of its own."""
    environment = {**os.environ, **OF_CHECKOUT}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@measures_memory
@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_table_is_not_copied(kind: str) -> None:
    code = f"""{PEAK}
import barwise, numpy as np, pandas as pd, polars as pl, pyarrow as pa
rows = 8_000_000  # 64 MB a column
columns = {{"close": np.arange(rows) % 97.0, "timestamp": np.arange(rows) * 60 + 1_700_000_000}}
made = {{"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}}[{kind!r}]
table = made(columns)
barwise.run(made({{name: column[:10] for name, column in columns.items()}}), window=5)
before = set_back()
print(barwise.run(table, window=5, arithmetic="exact").rows_processed)
print(peak() - before < 50_000 or peak() - before)
"""
    assert of_process(code) == ["8000000", "True"]


def test_pandas_and_polars_are_imported_by_no_table_of_arrow(folder: Path) -> None:
    pl.DataFrame({"close": CLOSES, "timestamp": MINUTES}).write_ipc("bars")
    code = """
import barwise, pyarrow as pa, sys
table = pa.ipc.open_file(pa.OSFile("bars")).read_all()
print(barwise.run(table, window=2).value)
print(type(barwise.signals(table["close"], 2)) is pa.Int8Array)
print([name for name in ("pandas", "polars") if name in sys.modules])
"""
    assert of_process(code) == ["0.25", "True", "[]"]


def test_a_table_is_not_sent_to_tasks() -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(barwise.UsageError, match="a table in memory is not sent to tasks: leave"),
    ):
        barwise.run(TABLE, window=2, executor=barwise.Submitted(pool, 1))


def test_what_takes_files_alone_says_so() -> None:
    with pytest.raises(barwise.UsageError, match="input is a DataFrame, and only files are read"):
        barwise.convert(frame(), barwise.Config(1, 2, "v1"), "lake")
    assert not Path("lake").exists()


def test_a_file_called_the_table_is_no_checksum_of_one() -> None:
    Path("the table.CHECKSUM").write_text("0" * 64 + "  the table\n")
    assert barwise.run(TABLE, window=2).rows == {"the table": 4}


def test_sinks_get_the_bars_of_a_table() -> None:
    kept: list[float] = []
    barwise.run(TABLE, window=2, sinks=[lambda bars: kept.extend(bars.columns["close"])])
    assert kept == CLOSES


def test_a_run_of_a_table_leaves_it_as_it_was() -> None:
    table = frame(MINUTES)
    before = table.copy(deep=True)
    barwise.run(table, window=2, order="time", arithmetic="exact")
    pd.testing.assert_frame_equal(table, before)
