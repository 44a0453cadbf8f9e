"""Rows as CSV, byte for byte as polars writes them, and read back as the same values."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from barwise.bars.times import END_OF_TIME, FIRST_TIME, NO_TIME, are_times
from barwise.outputs import csv_text
from barwise.outputs.csv_text import CsvRows
from barwise.outputs.rows import TextColumn

FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"
TICKS = st.builds(
    lambda ticks, power: ticks / 10**power, st.integers(0, 10**15), st.integers(0, 12)
)
FLOATS = st.floats() | TICKS | st.sampled_from([1e15, 1e16, 9.5e15, 1e-5, 1e-6, -0.0])
TIMES = (
    st.integers(FIRST_TIME, END_OF_TIME - 1)
    | st.builds(lambda s: s * 1_000_000, st.integers(-(10**10), 10**11))
    | st.builds(lambda s: s * 1_000, st.integers(0, 10**13))
    | st.sampled_from([NO_TIME, FIRST_TIME - 1, END_OF_TIME])
)
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), TIMES, FLOATS, st.integers(-128, 127)), min_size=1, max_size=9
)
NAMES = st.text('a,b"\n\r é', max_size=4)


def written(columns: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    CsvRows(file).write(columns)
    return file.getvalue()


def by_polars(name: str, names: list[str], times: Any, values: Any, signals: Any) -> bytes:
    moments = pl.Series(times).cast(pl.Datetime("us"))
    frame = pl.DataFrame(
        {
            name: names,
            "time": moments.set(pl.Series(~are_times(times)), None),
            "value": pl.Series(values).fill_nan(None),
            "signal": signals,
        }
    )
    return frame.write_csv(datetime_format=FORMAT).encode()


@given(ROWS, st.tuples(NAMES, NAMES, NAMES), NAMES)
@example([("a", 0, 1.0, 0)], ("", "", ""), "a")
def test_csv_is_what_polars_writes(
    rows: list[tuple[str, int, float, int]], names: tuple[str, str, str], name: str
) -> None:
    codes = np.array(["abc".index(code) for code, *_ in rows], np.int32)
    times, signals = np.array([row[1] for row in rows]), np.array([row[3] for row in rows], np.int8)
    values = np.array([row[2] for row in rows])
    columns = {
        name: TextColumn(codes, list(names)),
        "time": times,
        "value": values,
        "signal": signals,
    }
    text = written(columns)
    assert text == by_polars(name, [names[code] for code in codes], times, values, signals)
    parsed = list(csv.reader(io.StringIO(text.decode(), newline="")))[1:]
    assert [row[0] for row in parsed] == [names[code] for code in codes]
    assert [float(row[2] or "nan").hex() for row in parsed] == [value.hex() for value in values]


def test_a_header_is_written_once_and_rows_in_pieces_are_the_rows(monkeypatch: Any) -> None:
    monkeypatch.setattr(csv_text, "SLICE_ROWS", 2)
    file = io.BytesIO()
    rows = CsvRows(file)
    rows.write({"close": np.arange(5.0)})
    rows.write({"close": np.array([np.nan, 5.5])})
    assert file.getvalue() == b"close\n0.0\n1.0\n2.0\n3.0\n4.0\n\n5.5\n"
