"""What a cell or a number means as a time: int64 microseconds UTC.

Every source decides by this room. A timestamp without a zone is UTC; a number counts seconds,
milliseconds, microseconds or nanoseconds since 1970, told apart by its size.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from barwise.sources.prices import NUMBER, Fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# A number up to the first is in seconds, up to the second in milliseconds, and so on: each
# boundary is the year 5138, so that no time after 1973 is taken for another unit.
SECONDS, MILLISECONDS, MICROSECONDS = 1e11, 1e14, 1e17
DAY = r"(19|20)\d{6}"  # 20240101 is a day, and no second in 1970
LARGEST = 2.0**63  # nanoseconds, the year 2262
WAY_OUT = "write ISO 8601 or a Unix time, or name the column in columns: {timestamp: NAME}"


def parse(cells: list[str]) -> tuple[Times, Fault | None]:
    """The times that `cells` hold, and the first fault, if any.

    >>> parse(["2024-01-01", "2024-01-01T00:00:00+01:00", "1704067200000"])[0] // 1_000_000
    array([1704067200, 1704063600, 1704067200])
    """
    times = np.zeros(len(cells), np.int64)
    for index, cell in enumerate(cells):
        stripped = cell.strip(" \t")
        try:
            if re.fullmatch(NUMBER, stripped) and not re.fullmatch(DAY, stripped):
                times[index] = _of_number(float(stripped), stripped)
            else:
                moment = datetime.fromisoformat(stripped)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=UTC)
                times[index] = (moment - EPOCH) // MICROSECOND
        except (ValueError, OverflowError):
            reason = f"not a time; {WAY_OUT}" if stripped else f"missing; {WAY_OUT}"
            return times, Fault(index, cell, reason)
    return times, None


def _of_number(value: float, text: str) -> int:
    if abs(value) >= LARGEST:
        raise ValueError
    number = int(text) if text.lstrip("+-").isdigit() else value  # floats hold 15 digits only
    if abs(value) < SECONDS:
        return round(number * 1_000_000)
    if abs(value) < MILLISECONDS:
        return round(number * 1_000)
    return round(number) if abs(value) < MICROSECONDS else round(number) // 1_000


def of_numbers(values: NDArray[np.int64]) -> Times:
    """The times that whole Unix times stand for, or days such as 20240101."""
    if ((values >= 19_000_000) & (values < 21_000_000)).any():
        found, fault = parse(list(map(str, values.tolist())))
        if fault is None:
            return found
    size = np.abs(values.astype(np.float64))
    return np.select(
        [size < SECONDS, size < MILLISECONDS, size < MICROSECONDS],
        [values * 1_000_000, values * 1_000, values],
        values // 1_000,
    )
