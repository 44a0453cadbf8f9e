from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.bars.times import CLOCKS, NO_TIME
from barwise.sources.parts import Dates
from barwise.sources.values import times

NEW_YEAR = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-01",
        "2024-01-01 00:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.000000Z",
        "2024-01-01T01:30:00+01:30",
        "20240101T000000",
        "20240101",
        " 2024-01-01 ",
        "1704067200",
        "1704067200.0",
        "1.7040672e9",
        "1704067200000",
        "1704067200000000",
        "1704067200000000000",
    ],
)
def test_one_instant_in_many_spellings(cell: str) -> None:
    assert times.parse([cell]).times.tolist() == [NEW_YEAR]


@pytest.mark.parametrize(
    "cell", ["noon", "2024-13-01", "2024-02-30", "", "12:00", "1e30", "9223372036854775808"]
)
def test_what_is_no_time_is_none(cell: str) -> None:
    for cells in (["2024-01-01", cell], [cell, cell]):
        assert times.parse(cells).times[-1] == NO_TIME


@given(
    st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(-12 * 60, 14 * 60),
)
def test_iso_texts_are_the_instants_of_pandas(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for text in (moment.isoformat(), zoned.isoformat(" ")):
        instant = pd.to_datetime(text, utc=True)
        expected = (instant - pd.Timestamp(0, tz=UTC)) // pd.Timedelta(microseconds=1)
        assert times.parse([text]).times.tolist() == [expected]


def test_days_are_the_same_as_text_and_as_numbers() -> None:
    numbers = [20240101, 20249999, 1704067200]
    parsed = times.of_numbers(np.array(numbers))
    assert parsed.times.tolist() == [NEW_YEAR, NO_TIME, NEW_YEAR]
    assert parsed.clocks.tolist() == [times.WITHOUT_ZONE, times.WITHOUT_ZONE, times.SECONDS]
    assert times.parse(list(map(str, numbers))).times.tolist() == parsed.times.tolist()


UNITS = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}


@given(st.lists(st.tuples(st.integers(10**9, 9 * 10**9), st.sampled_from([*UNITS])), min_size=1))
def test_numbers_are_the_same_as_text_and_as_a_column_whatever_their_units(
    made: list[tuple[int, int]],
) -> None:
    values = [seconds * unit for seconds, unit in made]
    parsed = times.of_numbers(np.array(values))
    assert parsed.times.tolist() == [seconds * 1_000_000 for seconds, _ in made]
    assert [CLOCKS[clock] for clock in parsed.clocks] == [f"Unix {UNITS[unit]}" for _, unit in made]
    one_by_one = [times.parse([str(value)]) for value in values]
    assert parsed.times.tolist() == [int(one.times[0]) for one in one_by_one]
    assert parsed.clocks.tolist() == [int(one.clocks[0]) for one in one_by_one]


def test_the_integer_that_pandas_makes_of_a_missing_time_is_none() -> None:
    values = pd.Series([pd.Timestamp("2024-01-01"), pd.NaT]).astype("int64").to_numpy()
    assert times.of_numbers(values).times.tolist() == [
        times.parse([str(value)]).times[0] for value in values
    ]
    assert times.of_numbers(values).times[1] == NO_TIME


MOMENT = datetime(2024, 3, 1, 9, 5, 7, 250_000)


@pytest.mark.parametrize(
    ("cell", "slashes", "moment"),
    [
        ("2024.03.01", "", MOMENT.replace(hour=0, minute=0, second=0, microsecond=0)),
        ("2024/03/01 09:05", "", MOMENT.replace(second=0, microsecond=0)),
        ("2024.03.01 9:05:07.25", "", MOMENT),
        ("01.03.2024 09:05:07.250", "", MOMENT),
        ("1.3.2024 9:05", "", MOMENT.replace(second=0, microsecond=0)),
        ("01.03.2024 09:05:07.250 GMT+0900", "", MOMENT - timedelta(hours=9)),
        ("2024-03-01 09:05:07.250 UTC", "", MOMENT),
        ("20240301 090507", "", MOMENT.replace(microsecond=0)),
        ("20240301 90507", "", MOMENT.replace(microsecond=0)),
        ("2024-03-01T09:05:07.250000999Z", "", MOMENT),
        ("3/1/2024 9:05", "month-first", MOMENT.replace(second=0, microsecond=0)),
        ("1/3/24 9:05", "day-first", MOMENT.replace(second=0, microsecond=0)),
        ("01-03-2024 09:05:07.25", "day-first", MOMENT),
    ],
)
def test_other_spellings_of_a_time(cell: str, slashes: str, moment: datetime) -> None:
    expected = round(moment.replace(tzinfo=UTC).timestamp() * 1_000_000)
    for cells in ([cell], [cell, cell], [cell, "x"]):
        assert times.parse(cells, Dates(slashes)).times[0] == expected


@pytest.mark.parametrize(
    "cell", ["3/1/2024", "1/31/2024 9:05", "31.02.2024", "20240301 9:05:7", "1.5.24"]
)
def test_what_may_be_another_day_is_no_time(cell: str) -> None:
    assert times.parse([cell]).times[0] == NO_TIME


def test_a_day_that_does_not_fit_its_order_is_no_time() -> None:
    cells = ["01/31/2024", "31/01/2024"]
    january = round(datetime(2024, 1, 31, tzinfo=UTC).timestamp() * 1_000_000)
    assert times.parse(cells, Dates("month-first")).times.tolist() == [january, NO_TIME]
    assert times.parse(cells, Dates("day-first")).times.tolist() == [NO_TIME, january]


def test_an_offset_is_that_of_times_without_a_zone_alone() -> None:
    ahead = 3 * 3_600_000_000
    dates = Dates(offset=ahead)
    for cells in (
        ["2024-01-01 03:00", "2024-01-01 03:00"],
        ["2024.01.01 03:00", "20240101 030000"],
    ):
        parsed = times.parse(cells, dates)
        assert parsed.times.tolist() == [NEW_YEAR] * 2
        assert parsed.clocks.tolist() == [times.IN_GIVEN_ZONE] * 2
    cells = ["2024-01-01T00:00:00Z", "1704067200", "2024-01-01T01:00:00+01:00", "noon"]
    assert times.parse(cells, dates).times.tolist() == [NEW_YEAR] * 3 + [NO_TIME]
    naive = np.array([NEW_YEAR, NO_TIME])
    assert times.at_offset(naive, dates).times.tolist() == [NEW_YEAR - ahead, NO_TIME]
    assert times.of_numbers(np.array([20240101]), dates).times[0] == NEW_YEAR - ahead


def test_a_zone_is_told_from_none() -> None:
    cells = ["2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01 00:00", "20240101"]
    assert times.parse(cells).clocks.tolist() == [0, 1, 0, 0]


TEXTS = st.one_of(
    st.from_regex(r"\A[012]\d{3}-[01]\d-[0-3]\d( [012]\d:[0-6]\d(:[0-6]\d)?)?\Z"),
    st.from_regex(
        r"\A20\d\d-0[1-9]-[0-3]\dT[01]\d:[0-5]\d:[0-5]\d(\.\d{1,7})?(Z|[+-][012]\d:\d0)?\Z"
    ),
    st.from_regex(r"\A-?\d{1,20}\Z"),
    st.from_regex(
        r"\A(20\d\d[./]0\d[./][0-3]\d|[0-3]?\d\.[01]?\d\.20\d\d|(19|20)\d\d0\d[0-3]\d)"
        r"( [012]?\d(:[0-6]\d(:[0-6]\d)?|[0-5]\d[0-6]\d)( ?GMT[+-]\d{4}|Z)?)?\Z"
    ),
    st.from_regex(r"\A[0-3]?\d[/-][0-3]?\d[/-](20)?\d\d( [012]?\d:[0-6]\d)?\Z"),
    st.text("0123456789-:T .Z+", max_size=12),
)


@settings(max_examples=500)
@given(
    TEXTS,
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("0123456789-/: TZx.\u0663"))),
    st.builds(
        Dates, st.sampled_from(["", "day-first", "month-first"]), st.sampled_from([None, -60])
    ),
)
@example("2024-01-01", [(3, "\u0663")], Dates())
@example("2024-01-01T23:59:60", [], Dates())
@example("0000-01-01", [], Dates())
@example("9999-12-31T23:59:59-00:30", [], Dates())
@example("01/02/24", [(6, "7")], Dates("day-first"))
@example("20240101 000000", [(0, "1")], Dates())
def test_cells_of_one_width_are_read_as_one_by_one(
    cell: str, changes: list[tuple[int, str]], dates: Dates
) -> None:
    cells = [cell]
    for at, character in changes:
        at %= len(cell) or 1
        cells.append(cells[-1][:at] + character + cells[-1][at + 1 :] if cell else cell)
    parsed = times.parse(cells, dates)
    one_by_one = [times.parse([text, "x"], dates) for text in cells]  # of two widths, mostly
    assert parsed.times.tolist() == [int(one.times[0]) for one in one_by_one]
    assert [c for c, t in zip(parsed.clocks, parsed.times, strict=True) if t != NO_TIME] == [
        one.clocks[0] for one in one_by_one if one.times[0] != NO_TIME
    ]


@pytest.mark.parametrize("offset", [None, 3_600_000_000])
def test_fourteen_digits_are_a_date_and_a_time_of_day(offset: int | None) -> None:
    """As Unix milliseconds they would be of the year 2611."""
    moments = pd.date_range("2023-12-31 23:58", periods=5, freq="41s")
    cells = [f"{moment:%Y%m%d%H%M%S}" for moment in moments]
    expected = moments.as_unit("us").asi8 - (offset or 0)
    dates = Dates(offset=offset)
    for parsed in (
        times.parse(cells, dates),
        times.parse([*cells, ""], dates),
        times.of_numbers(np.array([*map(int, cells)]), dates),
        times.of_numbers(np.array([*map(int, cells), 1]), dates),
    ):
        assert (parsed.times[:5] == expected).all()
        assert {*parsed.clocks[:5]} == {
            times.WITHOUT_ZONE if offset is None else times.IN_GIVEN_ZONE
        }
    broken = ["20240230000000", "20241301000000", "20240101250000"]
    for parsed in (times.parse(broken), times.of_numbers(np.array([*map(int, broken)]))):
        assert (parsed.times == NO_TIME).all()


# NumPy 2.4 raises what it cannot cast without the interpreter's lock, where cells are many.
CASTS_IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from barwise.sources.values.times import of_fixed_width
with ThreadPoolExecutor(4) as pool:
    print(set(pool.map(lambda _: of_fixed_width(b"2699-99-40" * 20_000, 10), range(100))))
"""


def test_dates_that_do_not_exist_end_no_thread() -> None:
    done = subprocess.run([sys.executable, "-c", CASTS_IN_THREADS], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "{None}\n"), done
