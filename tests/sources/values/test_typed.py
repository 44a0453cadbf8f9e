"""Batches of every type become the closes, times and symbols that decimal and pandas say."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.times import NO_TIME, are_times
from barwise.errors import PriceError
from barwise.sources.columns import TIME_OF_DAY, Column
from barwise.sources.parts import Part
from barwise.sources.values.typed import Typed

DECIMALS = [
    *(pa.decimal128(38, scale) for scale in (0, 2, 8, 12, 18, 30)),
    *(pa.decimal128(18, 2), pa.decimal32(9, 2), pa.decimal64(18, 8), pa.decimal256(60, 18)),
    pa.decimal128(10, -2),
]
TO_READ = {
    "close": Column("close"),
    "symbol": Column("symbol"),
    "timestamp": Column("timestamp", False),
    TIME_OF_DAY: Column("hour", False),
}


def typed(**columns: Any) -> Any:
    """The table of one batch, of the columns in it."""
    reader = Typed(0, Part("bars"), {k: v for k, v in TO_READ.items() if v.name in columns})
    return reader.table(reader.piece(pa.record_batch(columns), 0))


def is_price(cell: Decimal) -> bool:
    """Whether a decimal is what its float64 is written as."""
    return Fraction(repr(float(cell))) == Fraction(cell)


@given(st.sampled_from(DECIMALS), st.data())
def test_a_decimal_is_the_float64_that_reads_as_it_or_is_refused(
    kind: pa.DataType, data: st.DataObject
) -> None:
    most = min(kind.precision, 25)
    unscaled = st.integers(0, most).flatmap(lambda digits: st.integers(-(10**digits), 10**digits))
    numbers = data.draw(st.lists(st.none() | unscaled, min_size=1, max_size=8))
    with localcontext(prec=80):
        limit = 10**kind.precision
        cells = [
            None if number is None or abs(number) >= limit else Decimal(number).scaleb(-kind.scale)
            for number in numbers
        ]
        column = pa.array([None, *cells], kind)[1:]  # with an offset
        odd = [cell for cell in cells if cell is not None and not is_price(cell)]
        if odd:
            what = (
                f"close is {odd[0]:f} on row {cells.index(odd[0]) + 1} of bars: float64 cannot hold"
            )
            with pytest.raises(PriceError, match=re.escape(what)):
                typed(close=column)
        else:
            expected = [np.nan if cell is None else float(cell) for cell in cells]
            closes = typed(close=column).columns["close"]
            assert np.array_equal(closes, expected, equal_nan=True)


@given(
    st.sampled_from(["float64", "float32", "float16", "int8", "int64", "uint16", "uint64"]),
    st.lists(st.none() | st.integers(0, 100), max_size=20),
    st.integers(0, 3),
)
def test_numbers_of_every_type_are_what_pandas_reads(
    kind: str, cells: list[int | None], offset: int
) -> None:
    column = pa.array([None] * offset + cells).cast(getattr(pa, kind)())[offset:]
    expected = pd.Series(cells, dtype="float64").to_numpy()
    assert np.array_equal(typed(close=column).columns["close"], expected, equal_nan=True)


@given(
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.sampled_from([None, "UTC", "Europe/Berlin"]),
    st.lists(st.none() | st.integers(-(10**18), 10**18), min_size=1, max_size=8),
)
def test_moments_are_those_that_pandas_reads(
    unit: str, zone: str | None, counts: list[int | None]
) -> None:
    scale = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    counts = [count and count // scale for count in counts]
    column = pa.array([None, *counts], pa.timestamp(unit, zone))[1:]
    table = typed(close=pa.nulls(len(counts), pa.float64()), timestamp=column)
    for time, count in zip(table.columns["time"].tolist(), counts, strict=True):
        expected = NO_TIME if count is None else pd.Timestamp(count, unit=unit).value // 1_000
        assert time == expected


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.timestamp("ms"), pa.date32(), pa.date64()])
def test_a_moment_far_beyond_the_calendar_is_not_a_time(kind: pa.DataType) -> None:
    days = {pa.date32(): 2**31 - 1, pa.date64(): 86_400_000 * 10**11}
    column = pa.array([0, days.get(kind, 2**62)], pa.int32() if kind == pa.date32() else pa.int64())
    times = typed(close=pa.nulls(2, pa.float64()), timestamp=column.cast(kind)).columns["time"]
    assert are_times(times).tolist() == [True, False]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2024-01-01 00:00:00", "2024-01-02 12:00:00"]),
        pa.array(["", "2024-01-01", "2024-01-02T12:00:00Z"], pa.large_string())[1:],
        pa.array(["2024-01-01", "2024-01-02 12:00"], pa.string_view()),
        pa.array(["2024-01-01", "2024-01-02 12:00"]).dictionary_encode(),
        pa.array([1704067200, 1704196800], pa.uint64()),
        pa.array([1704067200.0, 1704196800.0]),
        pa.array([1704067200.0, 1704196800.0], pa.float64()).cast(pa.int32()),
    ],
    ids=lambda column: str(column.type),
)
def test_times_of_text_and_numbers(column: pa.Array) -> None:
    table = typed(close=pa.nulls(2, pa.float64()), timestamp=column)
    assert (table.columns["time"] // 1_000_000).tolist() == [1704067200, 1704196800]


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        (pa.array(["2024-01-31 "]), pa.array([" 09:30"])),
        (pa.array([19753], pa.int32()).cast(pa.date32()), pa.array([34200], pa.time32("s"))),
        (pa.array([20240131]), pa.array([93000])),
        (pa.array(["2024-01-31"]).dictionary_encode(), pa.array([34200 * 10**6], pa.time64("us"))),
    ],
)
def test_dates_beside_times_of_day(days: pa.Array, hours: pa.Array) -> None:
    table = typed(close=pa.nulls(1, pa.float64()), timestamp=days, hour=hours)
    assert pd.Timestamp(table.columns["time"][0], unit="us") == pd.Timestamp("2024-01-31 09:30")


def test_a_time_of_day_of_few_digits_is_not_read() -> None:
    table = typed(
        close=pa.nulls(2, pa.float64()), timestamp=["20240131"] * 2, hour=pa.array([930, None])
    )
    assert table.columns["time"].tolist() == [NO_TIME, NO_TIME]


NAMES = st.sampled_from(["a", " a", "b", "b\t", "\u00e9", "long" * 60])


@given(
    st.lists(st.lists(NAMES, min_size=1, max_size=9), min_size=1, max_size=4),
    st.lists(st.sampled_from(["text", "view", "dictionary", "unused"]), min_size=4, max_size=4),
)
def test_symbols_have_the_same_codes_in_all_tables_of_a_part(
    batches: list[list[str]], kinds: list[str]
) -> None:
    reader = Typed(0, Part("bars"), {"symbol": TO_READ["symbol"]})
    tables: list[Any] = []
    for names, kind in zip(batches, kinds, strict=False):
        column = pa.array(["", *names])[1:]
        if kind == "view":
            column = column.cast(pa.string_view())
        elif kind == "dictionary":
            column = column.dictionary_encode()
        elif kind == "unused":
            unused = ["", *dict.fromkeys(reversed(names)), "never"]
            column = pa.DictionaryArray.from_arrays([*map(unused.index, names)], unused)
        piece = reader.piece(pa.record_batch({"symbol": column}), reader.rows)
        tables.append(reader.table(piece))
    known = tables[-1].symbols.names
    read = [[known[code] for code in table.symbols.codes] for table in tables]
    assert read == [[name.strip(" \t") for name in batch] for batch in batches]
    assert known == list(dict.fromkeys(name for batch in read for name in batch))


def test_symbols_that_nobody_needs_are_the_first_and_any_other() -> None:
    reader = Typed(0, Part("bars"), {"symbol": Column("symbol", False)})
    cells = pa.array([None, " ", "b", "a", "b ", "c"]).dictionary_encode()
    table = reader.table(reader.piece(pa.record_batch({"symbol": cells}), 0))
    assert table.symbols is not None
    assert list(table.symbols.names) == ["b", "a", ""]
    assert table.symbols.codes.tolist() == [2, 2, 0, 1, 0, 1]
