"""Parquet and Arrow files, written by polars and read back as bars."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.errors import InputError, PriceError
from barwise.sources import readers
from barwise.sources.columns import Column
from barwise.tuning import Tuning
from tests.conftest import ROOT
from tests.kit.typed_files import CONFIG, WRITERS, closes


def refusal(close: pl.Series) -> str:
    pl.DataFrame({"close": close}).write_parquet("bars")
    with pytest.raises(PriceError) as caught:
        barwise.run("bars", CONFIG)
    return str(caught.value)


@pytest.mark.parametrize("kind", WRITERS)
def test_bars_come_back_as_they_were_written(kind: str) -> None:
    values = [None if i % 50 == 3 else float("nan") if i % 60 == 7 else i / 8 for i in range(1000)]
    frame = pl.DataFrame({"open": range(1000), "close": values, "note": ["x"] * 1000})
    WRITERS[kind](frame)
    expected = np.array([np.nan if value is None else value for value in values])
    assert np.array_equal(closes(), expected, equal_nan=True)
    assert barwise.plan("bars", CONFIG).parts[0].kind == kind.removesuffix(" uncompressed")


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_infinity=False)), min_size=1, max_size=50),
    st.sampled_from(sorted(WRITERS)),
    st.integers(1, 60),
)
def test_slices_change_nothing(values: list[float | None], kind: str, slice_rows: int) -> None:
    WRITERS[kind](pl.DataFrame({"close": pl.Series(values, dtype=pl.Float64)}))
    sizes = Tuning(batch_rows=slice_rows, span_cells=2 * slice_rows)
    [part] = barwise.plan("bars", CONFIG).parts
    reader = readers.reader_of(part)
    tables = list(reader.read([(0, part, {"close": Column("close")})], sizes))
    expected = np.array([np.nan if value is None else value for value in values])
    assert np.array_equal(
        np.concatenate([t.columns["close"] for t in tables]), expected, equal_nan=True
    )
    ends = np.cumsum([t.rows for t in tables]).tolist()
    assert [t.first for t in tables] == [0, *ends[:-1]]
    assert max(t.rows for t in tables) <= slice_rows
    assert 0 <= part.size - tables[-1].done <= 8  # all but the mark of a stream's end


def test_a_missing_integer_is_missing() -> None:
    pl.DataFrame({"close": [7, None, 8]}).write_parquet("bars")
    assert np.array_equal(closes(), [7.0, np.nan, 8.0], equal_nan=True)


@pytest.mark.parametrize(
    "close",
    [
        pl.Series([1, 2, 3], dtype=pl.Int8),
        pl.Series([1, 2, 3], dtype=pl.UInt64),
        pl.Series([1.0, 2.0, 3.0], dtype=pl.Float32),
        pl.Series([Decimal(1), Decimal(2), Decimal(3)], dtype=pl.Decimal(38, 18)),
    ],
)
def test_numbers_of_every_type_are_closes(close: pl.Series) -> None:
    pl.DataFrame({"close": close}).write_parquet("bars")
    assert closes().tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "text", ["0.1", "123456789012345.67", "0.000000000000000001", "-5.290000000000001", "1e17"]
)
def test_a_decimal_is_the_float64_that_python_reads(text: str) -> None:
    pl.DataFrame({"close": pl.Series([Decimal(text)], dtype=pl.Decimal(38, 18))}).write_parquet(
        "bars"
    )
    assert closes().tolist() == [float(text)]


@pytest.mark.parametrize(
    ("close", "message"),
    [
        (pl.Series([True]), "close of bars is of type bool: write numbers as floats"),
        (pl.Series(["1.5"]), "close of bars is of type string"),
        (pl.Series([[1.5]]), "close of bars is of type list<"),
        (pl.Series([{"a": 1.5}]), "close of bars is of type struct"),
        (pl.Series([b"1"]), "close of bars is of type binary"),
        (pl.Series([1]).cast(pl.Date), "close of bars is of type date32"),
        (pl.Series([None, None]), "close is missing in all 2 rows, from row 1 of bars on"),
        (pl.Series([None], dtype=pl.Float64), "close is missing in all 1 rows"),
        (pl.Series([1.0, float("inf")]), "close is inf on row 2 of bars: infinite is not a price"),
        (pl.Series([1, 2**53 + 1]), "close is 9007199254740993 on row 2 of bars: float64 cannot"),
        (
            pl.Series([None, Decimal("1.0000000000000000001")], dtype=pl.Decimal(38, 19)),
            "close is 1.0000000000000000001 on row 2 of bars: float64 cannot hold it",
        ),
    ],
)
def test_what_is_no_price_is_refused(close: pl.Series, message: str) -> None:
    assert message in refusal(close)


def test_narrow_floats_that_are_other_decimals_are_doubted() -> None:
    pl.DataFrame({"close": pl.Series([0.5, 0.1], dtype=pl.Float32)}).write_parquet("bars")
    [doubt] = barwise.run("bars", barwise.Config(1, 2, "v1")).doubts
    assert doubt == (
        "Float32 close is 0.1 on row 2 of bars: as float64 that is 0.10000000149011612; "
        "write it as float64"
    )


@pytest.mark.parametrize("kind", WRITERS)
def test_a_column_that_is_not_there_is_named(kind: str) -> None:
    WRITERS[kind](pl.DataFrame({"Last": [1.0], "open": [1.0]}))
    with pytest.raises(InputError, match=r"bars has no column 'close'; its columns are Last, ope"):
        closes()


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_without_rows_is_refused(kind: str) -> None:
    WRITERS[kind](pl.DataFrame({"close": pl.Series([], dtype=pl.Float64)}))
    with pytest.raises(InputError, match=r"bars has no rows"):
        closes()


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(kind: str, kept: float) -> None:
    WRITERS[kind](pl.DataFrame({"close": np.random.default_rng(1).random(5_000)}))
    data = Path("bars").read_bytes()
    Path("bars").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match="bars") as caught:
        closes()
    assert "get a new copy" in str(caught.value)


@pytest.mark.parametrize("name", ["^close$", "*", "a b", "\u00e9\n", "close"])
def test_a_column_of_any_name_is_taken_literally(name: str) -> None:
    pl.DataFrame({"x": [9.0], name: [1.0], "cloze": [3.0]}).write_parquet("bars")
    config = barwise.Config(1, 5, "v1", columns=barwise.Columns(name))
    assert closes(config).tolist() == [1.0]


@pytest.mark.parametrize("name", ["data[1].parquet", "~", "s3:x", "a b", "*"])
def test_a_path_is_no_pattern_and_no_address(name: str) -> None:
    pl.DataFrame({"close": [1.0]}).write_parquet("bars")
    os.rename("bars", name)
    assert barwise.run(Path(name), CONFIG).rows_processed == 1


def test_a_damaged_file_among_many_is_the_one_named() -> None:
    os.mkdir("lake")
    for i in range(40):
        pl.DataFrame({"close": [float(i), 1.0]}).write_parquet(f"lake/{i}.parquet")
    assert barwise.run("lake", CONFIG).rows_processed == 80
    data = Path("lake/31.parquet").read_bytes()
    Path("lake/31.parquet").write_bytes(data[: len(data) // 2])
    Path("lake/35.parquet").write_bytes(b"PAR1\0")
    with pytest.raises(InputError, match=r"lake/31\.parquet cannot be read \(.+\): it is damaged"):
        barwise.run("lake", CONFIG)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="measures as Linux does")
@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_of_gigabytes_of_equal_closes_takes_bounded_memory(kind: str) -> None:
    rows = 60_000_000  # half a gigabyte as float64
    lazy = pl.LazyFrame({"x": [0]}).select(close=pl.repeat(1.5, rows))
    if kind == "parquet":
        lazy.sink_parquet("bars", row_group_size=rows)
    else:
        lazy.collect().write_ipc("bars", compression="zstd", record_batch_size=rows)
    assert os.path.getsize("bars") < 500_000
    code = (
        "import barwise\n"
        "try: print(barwise.run('bars', barwise.Config(1, 5, 'v1', 'exact')).rows_processed)\n"
        "except barwise.InputError as error: print(error)\n"
        "print(next(x for x in open('/proc/self/status') if 'VmHWM' in x).split()[1])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    answer, kilobytes = done.stdout.splitlines()
    assert int(kilobytes) < 200_000
    if kind == "parquet":
        assert answer == str(rows)
    else:
        assert answer.startswith(
            "bars has a batch of 60000000 rows, which would not fit in bounded"
        )


@pytest.mark.parametrize("kind", WRITERS)
def test_a_path_that_is_not_utf_8_is_a_path(kind: str) -> None:
    WRITERS[kind](pl.DataFrame({"close": [1.5, 2.5]}))
    os.rename("bars", "\udcff.x")
    assert barwise.run("\udcff.x", CONFIG).rows_processed == 2


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrow stream"])
def test_symbols_of_any_type_of_text_or_whole_numbers(kind: str) -> None:
    config = barwise.Config(1, 2, "v1", columns=barwise.Columns(symbol="s"))
    types: list[Any] = [pl.String, pl.Categorical, pl.Enum(["7", "8"]), pl.Int32]
    for dtype in types:
        symbols = pl.Series(["8", "7", "8"]).cast(dtype)
        WRITERS[kind](pl.DataFrame({"s": symbols, "close": [1.0, 5.0, 2.0]}))
        result = barwise.run("bars", config)
        assert {name: (t.bars, t.ones) for name, t in result.symbols.items()} == {
            **{"7": (1, 0), "8": (2, 1)}
        }


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (pl.Series(["a", None]), "s is None on row 2 of bars: name each bar's symbol"),
        (pl.Series(["a", " "]), "s is ' ' on row 2 of bars: name each bar's symbol"),
        (pl.Series([1.0, 2.0]), "s of bars is of type double: write symbols as text"),
    ],
)
def test_a_bar_without_a_symbol_is_refused(symbols: pl.Series, message: str) -> None:
    pl.DataFrame({"s": symbols, "close": [1.0, 5.0]}).write_parquet("bars")
    with pytest.raises(InputError) as caught:
        barwise.run("bars", barwise.Config(1, 2, "v1", columns=barwise.Columns(symbol="s")))
    assert message in str(caught.value)
