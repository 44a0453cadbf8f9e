"""What a cell or a number means as a time: int64 microseconds UTC, and how it is written.

Every source decides by this room. A timestamp without a zone is UTC; a number counts seconds,
milliseconds, microseconds or nanoseconds since 1970, told apart by its size. What is no time is
`NO_TIME`, which stops no run that can do without.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.batch import CLOCKS, NO_TIME, are_times
from barwise.sources.prices import NUMBER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Clocks, Times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WITHOUT_ZONE, WITH_ZONE, SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS = range(len(CLOCKS))
# A number up to the first is in seconds, up to the second in milliseconds, and so on: each
# boundary is the year 5138, so that no time after 1973 is taken for another unit.
LIMITS = 1e11, 1e14, 1e17
FACTORS = 1_000_000, 1_000, 1  # microseconds in each; of nanoseconds a thousand make one
DAY = r"(19|20)\d{6}"  # 20240101 is a day, and no second in 1970
FIRST_DAY, LAST_DAY = 19_000_000, 21_000_000
LARGEST = 2**63  # nanoseconds, the year 2262
ISO = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[-+]\d\d:\d\d)?)?"
BLOCK_ROWS = 1 << 14  # whose temporaries stay in the cache
WAY_OUT = (
    "write ISO 8601, as 2024-01-31T09:30:00Z, or a Unix time, or name the column in columns: "
    "{timestamp: NAME}"
)


class Parsed(NamedTuple):
    times: Times
    clocks: Clocks


def parse(cells: Sequence[str]) -> Parsed:
    """The times that `cells` hold.

    >>> parse(["2024-01-01", "2024-01-01T00:00:00+01:00", "1704067200000"]).times // 1_000_000
    array([1704067200, 1704063600, 1704067200])
    """
    widths = {*map(len, cells)}
    if len(widths) == 1 and (text := "".join(cells)).isascii():
        found = of_fixed_width(text.encode(), widths.pop())
        if found is not None:
            return found
    times, clocks = none(len(cells))
    for index, cell in enumerate(cells):
        with suppress(ValueError, OverflowError):
            times[index], clocks[index] = _of_cell(cell.strip(" \t"))
    return Parsed(times, clocks)


def none(rows: int) -> Parsed:
    """Rows of a column that holds no times at all."""
    return Parsed(np.full(rows, NO_TIME), np.zeros(rows, np.int8))


def _of_cell(cell: str) -> tuple[int, int]:
    if re.fullmatch(NUMBER, cell) and not re.fullmatch(DAY, cell):
        return _of_number(float(cell), cell)
    moment = datetime.fromisoformat(cell)
    if moment.tzinfo is None:
        return (moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND, WITHOUT_ZONE
    return (moment - EPOCH) // MICROSECOND, WITH_ZONE


def _of_number(value: float, text: str) -> tuple[int, int]:
    number = int(text) if text.lstrip("+-").isdigit() else value  # floats hold 15 digits only
    if abs(number) >= LARGEST:
        raise ValueError
    kind = bisect(LIMITS, abs(value))
    if kind == len(FACTORS):
        return round(number) // 1_000, NANOSECONDS
    return round(number * FACTORS[kind]), SECONDS + kind


def of_numbers(values: NDArray[np.int64]) -> Parsed:
    """The times that whole Unix times stand for, or days such as 20240101.

    >>> of_numbers(np.array([1704067200, 20240101])).times // 1_000_000
    array([1704067200, 1704067200])
    """
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    kind = bisect(LIMITS, max(-low, high))
    if bisect(LIMITS, max(low, -high, 0)) == kind:  # as of nearly all columns
        times = _in_microseconds(values, kind)
        clocks = np.full(len(values), SECONDS + kind, np.int8)
    else:
        kinds = np.digitize(np.abs(values.astype(np.float64)), LIMITS)
        times = np.choose(kinds, [_in_microseconds(values, k) for k in range(len(FACTORS) + 1)])
        clocks = (SECONDS + kinds).astype(np.int8)
    if low < LAST_DAY and (days := (values >= FIRST_DAY) & (values < LAST_DAY)).any():
        different, which = np.unique(values[days], return_inverse=True)
        parsed = parse([str(day) for day in different])
        times[days], clocks[days] = parsed.times[which], parsed.clocks[which]
    if low == NO_TIME:  # what pandas makes of a missing time
        times[values == NO_TIME] = NO_TIME
    return Parsed(times, clocks)


def _in_microseconds(values: NDArray[np.int64], kind: int) -> Times:
    return values // 1_000 if kind == len(FACTORS) else values * FACTORS[kind]


def of_fixed_width(text: bytes, width: int) -> Parsed | None:
    """The times of ASCII cells of one width, put one after the other, if all are written alike.

    None where `parse` must look at them one by one; a tenth of its time.
    """
    if not width:
        return None
    first = text[:width].decode()
    table = np.frombuffer(text, np.uint8).reshape(-1, width)
    if re.fullmatch(r"[1-9]\d{8,17}", first):  # no day, and no more than int64 holds
        return _of_digits(table)
    return _of_iso(table, first) if re.fullmatch(ISO, first) else None


def _of_digits(table: NDArray[np.uint8]) -> Parsed | None:
    powers = 10 ** np.arange(table.shape[1] - 1, -1, -1)
    numbers = np.empty(len(table), np.int64)
    for at in range(0, len(table), BLOCK_ROWS):
        digits = table[at : at + BLOCK_ROWS] - np.uint8(ord("0"))
        if digits.max() > 9:
            return None
        np.dot(digits, powers, out=numbers[at : at + BLOCK_ROWS])
    return of_numbers(numbers)


def _of_iso(table: NDArray[np.uint8], first: str) -> Parsed | None:
    """NumPy parses the digits, in 17 ns a row; all else must be as in the first cell."""
    zone = re.search(r"(?<=\d)(Z|[-+]\d\d:\d\d)$", first[10:])
    width = len(first) - (len(zone[0]) if zone else 0)
    is_digit = np.array([c.isdigit() and at < width for at, c in enumerate(first)])
    lowest = np.where(is_digit, ord("0"), table[0]).astype(np.uint8)
    reach = np.where(is_digit, 9, 0).astype(np.uint8)
    times = np.empty(len(table), np.int64)
    try:
        offset = (datetime.fromisoformat(first).utcoffset() or timedelta()) // MICROSECOND
        for at in range(0, len(table), BLOCK_ROWS):
            block = table[at : at + BLOCK_ROWS]
            if not (block - lowest <= reach).all():
                return None
            cells = np.ascontiguousarray(block[:, :width]).view(f"S{width}")[:, 0]
            times[at : at + BLOCK_ROWS] = cells.astype("M8[us]").view(np.int64)
    except ValueError:  # as of a 30th of February
        return None
    if not are_times(times).all():
        return None
    clock = WITH_ZONE if zone else WITHOUT_ZONE
    return Parsed(times - offset, np.full(len(times), clock, np.int8))
