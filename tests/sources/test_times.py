from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.sources import times

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
    assert times.parse([cell])[0].tolist() == [NEW_YEAR]


@pytest.mark.parametrize("cell", ["noon", "2024-13-01", "", "12:00", "1e30", "9223372036854775808"])
def test_what_is_no_time_is_a_fault(cell: str) -> None:
    _, fault = times.parse(["2024-01-01", cell])
    assert fault is not None
    assert (fault.at, fault.cell) == (1, cell)


@given(
    st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(-12 * 60, 14 * 60),
)
def test_iso_texts_are_the_instants_of_pandas(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for text in (moment.isoformat(), zoned.isoformat(" ")):
        instant = pd.to_datetime(text, utc=True)
        expected = (instant - pd.Timestamp(0, tz=UTC)) // pd.Timedelta(microseconds=1)
        assert times.parse([text])[0].tolist() == [expected]


def test_days_are_the_same_as_text_and_as_numbers() -> None:
    assert times.of_numbers(np.array([20240101, 20240102])).tolist() == [
        *(NEW_YEAR, NEW_YEAR + 86_400_000_000)
    ]


@given(st.integers(10**8, 10**10), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_numbers_are_the_same_as_text_and_as_a_column(seconds: int, unit: int) -> None:
    values = np.array([seconds * unit], np.int64) if seconds * unit < 2**63 else np.array([0])
    assert times.of_numbers(values).tolist() == times.parse([str(values[0])])[0].tolist()
