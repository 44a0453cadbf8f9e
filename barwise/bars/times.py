"""Times as values: int64 microseconds UTC, how they may be written, and intervals between them.

Without NumPy, so that a config loads fast. What a cell means as a time is decided in `sources/`.
"""

from __future__ import annotations

from typing import Any

NO_TIME = -(2**63)  # NumPy's NaT: what stands in the column is not a time
FIRST_TIME, END_OF_TIME = -62_135_596_800_000_000, 253_402_300_800_000_000  # years 1 to 9999
CLOCKS = (
    "timestamps without a zone (taken as UTC)", "timestamps with a zone", "Unix seconds",
    "Unix milliseconds", "Unix microseconds", "Unix nanoseconds", "timestamps in a given zone",
)  # fmt: skip
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}  # in seconds
LENGTHS = {unit: UNITS[unit] * 1_000_000 for unit in "dhms"} | {"ms": 1_000}  # in microseconds


def are_times(times: Any) -> Any:
    """Which times, or whether one time, are in a year that calendars have; `NO_TIME` is not."""
    return (times >= FIRST_TIME) & (times < END_OF_TIME)


def microseconds(interval: str) -> int | None:
    """The length of an interval such as 1m; None for what has no fixed length, as a month.

    >>> microseconds("15m") == 15 * 60 * 10**6, microseconds("1mo")
    (True, None)
    """
    number, unit = interval[:-1], interval[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 10 and unit in UNITS):
        return None
    return int(number) * UNITS[unit] * 1_000_000 or None


def written(time: int) -> str:
    """A time in microseconds UTC as ISO 8601.

    >>> written(1_704_067_200_000_000)
    '2024-01-01T00:00:00Z'
    """
    from datetime import datetime, timedelta  # 2 ms; for people to read

    try:
        return f"{(datetime(1970, 1, 1) + timedelta(microseconds=time)).isoformat()}Z"
    except OverflowError:  # no year that people write
        return f"{time} microseconds"


def interval_in_words(interval: int) -> str:
    """An interval in microseconds in the largest unit that it is a whole number of.

    >>> interval_in_words(300_000_000), interval_in_words(1_500)
    ('5m', '1500us')
    """
    for unit, size in LENGTHS.items():
        if interval % size == 0:
            return f"{interval // size}{unit}"
    return f"{interval}us"
