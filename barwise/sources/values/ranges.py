"""From when to when a column of times reaches, by its least and greatest number as stored.

Only where each number between them is a time in the same unit, so that the least number is the
earliest time. `typed_times.py` and `times.py` read the numbers themselves, to the same result.
"""

from __future__ import annotations

from bisect import bisect
from typing import NamedTuple

from barwise.bars.times import NO_TIME, are_times
from barwise.sources.values.times import (
    FACTORS,
    FIRST_DAY,
    FIRST_MOMENT,
    LAST_DAY,
    LAST_MOMENT,
    LIMITS,
)

# Microseconds in each unit of typed times, as a fraction.
UNITS = {
    "days": (86_400_000_000, 1),
    "milliseconds": (1_000, 1),
    "microseconds": (1, 1),
    "nanoseconds": (1, 1_000),
}


class TimeRange(NamedTuple):
    """From when to when the bars of a part reach.

    earliest, latest: in microseconds UTC.
    """

    earliest: int
    latest: int


NO_TIMES = TimeRange(NO_TIME, NO_TIME)  # of a part that has no column of times


def of_moments(least: int, greatest: int, unit: str, ahead: int = 0) -> TimeRange | None:
    """The range of typed times that count a unit since 1970; None where it is not certain.

    `ahead`: how many microseconds their clock is ahead of UTC.

    >>> of_moments(0, 1, "days")
    TimeRange(earliest=0, latest=86400000000)
    """
    factor, divisor = UNITS[unit]
    return _checked(least * factor // divisor - ahead, greatest * factor // divisor - ahead)


def of_numbers(least: int, greatest: int) -> TimeRange | None:
    """The range of whole numbers that are Unix times; None where it is not certain.

    Numbers of two units are not in order, those such as 20240101 are days, and what is stored as
    negative may be a large number without a sign.

    >>> of_numbers(1704067200, 1704067260)
    TimeRange(earliest=1704067200000000, latest=1704067260000000)
    >>> of_numbers(20240101, 20240102), of_numbers(1704067200, 1704067260000)
    (None, None)
    """
    kind = bisect(LIMITS, greatest)
    if least < 0 or bisect(LIMITS, least) != kind:
        return None
    for first, last in ((FIRST_DAY, LAST_DAY), (FIRST_MOMENT, LAST_MOMENT)):
        if least < last and greatest >= first:
            return None
    if kind == len(FACTORS):
        return _checked(least // 1_000, greatest // 1_000)
    return _checked(least * FACTORS[kind], greatest * FACTORS[kind])


def _checked(earliest: int, latest: int) -> TimeRange | None:
    """The range, if its ends are times and in order; damaged statistics may be anything."""
    if earliest <= latest and are_times(earliest) and are_times(latest):
        return TimeRange(earliest, latest)
    return None
