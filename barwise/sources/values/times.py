"""What a cell or a number means as a time: int64 microseconds UTC, and how it is written.

Every source uses this module. A timestamp without a zone is UTC, unless the part's `dates` say how
far ahead it is. A number counts seconds, milliseconds, microseconds or nanoseconds since 1970,
which its size shows. What is not a time is `NO_TIME`; a run that needs no times goes on.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.batch import of_one_clock
from barwise.bars.times import CLOCKS, NO_TIME, are_times
from barwise.sources.parts import Dates
from barwise.sources.values import spellings
from barwise.sources.values.prices import NUMBER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Clocks, Times

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WITHOUT_ZONE, WITH_ZONE, SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS, IN_GIVEN_ZONE = range(
    len(CLOCKS)
)
# A number up to the first limit is in seconds, up to the second in milliseconds, and so on. Each is
# the year 5138, so that no time after 1973 is read in a wrong unit.
LIMITS = 1e11, 1e14, 1e17
FACTORS = 1_000_000, 1_000, 1  # microseconds in each unit; nanoseconds are divided by 1,000
DAY = r"(19|20)\d{6}(\d{6})?"  # 20240101 is a day, not a second in 1970
FIRST_DAY, LAST_DAY = 19_000_000, 21_000_000
FIRST_MOMENT, LAST_MOMENT = FIRST_DAY * 10**6, LAST_DAY * 10**6  # 20240131093000, not ms in 2611
LARGEST = 2**63  # nanoseconds, the year 2262
UNSPECIFIED = Dates()
# A time as NumPy reads it, and where its digits are; of a fraction, those that are microseconds.
TEMPLATE = np.frombuffer(b"0000-00-00T00:00:00.000000", np.uint8)
ENDS = {"Y": 4, "m": 7, "d": 10, "H": 13, "M": 16, "S": 19}
FRACTION = 20
BLOCK_ROWS = 1 << 14  # so that temporary arrays stay in the cache
LOCKED_CELLS = 500  # of more, NumPy 2.4 raises without the interpreter's lock: threads crash


class Parsed(NamedTuple):
    """A column of times.

    times: in microseconds UTC, or NO_TIME.
    clocks: how each one is written, an index of CLOCKS.
    """

    times: Times
    clocks: Clocks


def parse(cells: Sequence[str], dates: Dates = UNSPECIFIED) -> Parsed:
    """The times that `cells` hold.

    >>> parse(["2024-01-01", "2024-01-01T00:00:00+01:00", "1704067200000"]).times // 1_000_000
    array([1704067200, 1704063600, 1704067200])
    """
    widths = {*map(len, cells)}  # of one cell, NumPy's way would take ten times as long
    if len(cells) > 1 and len(widths) == 1 and (text := "".join(cells)).isascii():
        parsed = of_fixed_width(text.encode(), widths.pop(), dates)
        if parsed is not None:
            return parsed
    times, clocks = np.full(len(cells), NO_TIME), np.zeros(len(cells), np.int8)
    for index, cell in enumerate(cells):
        with suppress(ValueError, OverflowError):
            times[index], clocks[index] = _of_cell(cell.strip(" \t"), dates)
    return Parsed(times, clocks)


def way_out(cell: str) -> str:
    """What to do about a cell that is not a time.

    >>> way_out("01/31/2024")
    'set csv: {dates: month-first}'
    """
    orders = [s for s in spellings.SLASHED if are_times(parse([cell], Dates(s)).times).all()]
    if orders:
        return "set " + " or ".join(f"csv: {{dates: {slashes}}}" for slashes in orders)
    return (
        "write ISO 8601, as 2024-01-31T09:30:00Z, or a Unix time, or name the column in columns: "
        "{timestamp: NAME}"
    )


def at_offset(times: Times, dates: Dates) -> Parsed:
    """Times without a zone, moved to UTC as the part's `dates` say."""
    if dates.offset is None:
        return Parsed(times, of_one_clock(WITHOUT_ZONE, len(times)))
    is_time = are_times(times)
    placed = np.where(is_time, times - np.where(is_time, dates.offset, 0), NO_TIME)
    return Parsed(placed, of_one_clock(IN_GIVEN_ZONE, len(times)))


def joined(dates: Sequence[str], times_of_day: Sequence[str]) -> list[str]:
    """Dates and times of day, from two columns, as one text each.

    A time of day of at most four digits may have lost leading zeros or its seconds, so it is not
    read: a `?` before it makes the text not a time.
    """
    hours = (t.strip() for t in times_of_day)
    return [
        f"{d.strip()} {'?' * (len(t) < 5 and t.isdigit())}{t}"
        for d, t in zip(dates, hours, strict=True)
    ]


def no_times(rows: int) -> Parsed:
    return Parsed(np.full(rows, NO_TIME), of_one_clock(0, rows))


def _of_cell(cell: str, dates: Dates) -> tuple[int, int]:
    if re.fullmatch(NUMBER, cell) and not re.fullmatch(DAY, cell):
        return _of_number(float(cell), cell)
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        moment = _spelled(cell, dates)
    if moment.tzinfo is not None:
        return (moment - EPOCH) // MICROSECOND, WITH_ZONE
    time = (moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
    if dates.offset is None:
        return time, WITHOUT_ZONE
    return time - dates.offset, IN_GIVEN_ZONE


def _spelled(cell: str, dates: Dates) -> datetime:
    match = spellings.match(cell, dates.slashes)
    if match is None:
        raise ValueError
    hour, minute, second = (int(match[group] or 0) for group in "HMS")
    fraction = int((match["f"] or "")[:6].ljust(6, "0")) if "f" in match.re.groupindex else 0
    year = int(match["Y"])
    if len(match["Y"]) == 2:
        year += 2000 if year <= spellings.LAST_SHORT_YEAR else 1900
    zone = None if match["zone"] is None else timezone(_offset(match["zone"]))
    month, day = int(match["m"]), int(match["d"])
    return datetime(year, month, day, hour, minute, second, fraction, zone)


def _offset(zone: str) -> timedelta:
    """How far a zone is ahead of UTC, as in Z, +01:00 or GMT+0900."""
    digits = zone.replace(":", "")[-5:]
    if not digits[1:].isdigit():
        return timedelta()
    if int(digits[3:]) > 59:
        raise ValueError
    ahead = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
    return -ahead if digits[0] == "-" else ahead


def _of_number(value: float, text: str) -> tuple[int, int]:
    number = int(text) if text.lstrip("+-").isdigit() else value  # a float holds only 15 digits
    if abs(number) >= LARGEST:
        raise ValueError
    kind = bisect(LIMITS, abs(number))
    if kind == len(FACTORS):
        return round(number) // 1_000, NANOSECONDS
    return round(number * FACTORS[kind]), SECONDS + kind


def of_numbers(values: NDArray[np.int64], dates: Dates = UNSPECIFIED) -> Parsed:
    """The times of whole numbers: Unix times, or days such as 20240101, also with a time of day.

    >>> of_numbers(np.array([1704067200, 20240101])).times // 1_000_000
    array([1704067200, 1704067200])
    """
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    kind = bisect(LIMITS, max(-low, high))
    if bisect(LIMITS, max(low, -high, 0)) == kind:  # one unit, as in nearly all columns
        times = _in_microseconds(values, kind)
        clocks = of_one_clock(SECONDS + kind, len(values))
    else:
        kinds = np.digitize(np.abs(values.astype(np.float64)), LIMITS)
        times = np.choose(kinds, [_in_microseconds(values, k) for k in range(len(FACTORS) + 1)])
        clocks = (SECONDS + kinds).astype(np.int8)
    for first, last in ((FIRST_DAY, LAST_DAY), (FIRST_MOMENT, LAST_MOMENT)):
        if low >= last or high < first:
            continue
        days, clocks = (values >= first) & (values < last), clocks.copy()
        different, which = np.unique(values[days], return_inverse=True)
        parsed = parse([str(day) for day in different], dates)
        times[days], clocks[days] = parsed.times[which], parsed.clocks[which]
    if low == NO_TIME:  # as pandas writes a missing time
        times[values == NO_TIME] = NO_TIME
    return Parsed(times, clocks)


def _in_microseconds(values: NDArray[np.int64], kind: int) -> Times:
    return values // 1_000 if kind == len(FACTORS) else values * FACTORS[kind]


def of_fixed_width(text: bytes, width: int, dates: Dates = UNSPECIFIED) -> Parsed | None:
    """The times of ASCII cells of one width, joined in `text`, if all are written alike.

    It takes a tenth of the time of reading them one by one. None where `parse` must do that.
    """
    if not width:
        return None
    first = text[:width].decode()
    table = np.frombuffer(text, np.uint8).reshape(-1, width)
    is_day = re.fullmatch(DAY, first)
    if not is_day and re.fullmatch(r"[1-9]\d{8,17}", first):  # not more than int64 holds
        return _of_digits(table, dates)
    match = spellings.match(first, dates.slashes)
    return None if match is None else _of_spelling(table, match, dates)


def _of_digits(table: NDArray[np.uint8], dates: Dates) -> Parsed | None:
    powers = 10 ** np.arange(table.shape[1] - 1, -1, -1)
    numbers = np.empty(len(table), np.int64)
    for at in range(0, len(table), BLOCK_ROWS):
        digits = table[at : at + BLOCK_ROWS] - np.uint8(ord("0"))
        if digits.max() > 9:
            return None
        np.dot(digits, powers, out=numbers[at : at + BLOCK_ROWS])
    return of_numbers(numbers, dates)


def _of_spelling(table: NDArray[np.uint8], first: re.Match[str], dates: Dates) -> Parsed | None:
    """The times of cells that are spelled as the first; None where one is not.

    The digits are put where ISO 8601 has them, for NumPy to parse: 17 ns a row for ISO itself.
    """
    groups = {group: first.span(group) for group in first.re.groupindex if group in "YmdHMSf"}
    source = [at for start, end in groups.values() for at in range(start, end)]
    is_digit = np.zeros(table.shape[1], bool)
    is_digit[source] = True
    lowest = np.where(is_digit, ord("0"), table[0]).astype(np.uint8)
    range_above = np.where(is_digit, 9, 0).astype(np.uint8)
    arranged = _arranged(first, groups)
    times = np.empty(len(table), np.int64)
    try:
        zone = first["zone"]
        offset = _offset(zone) // MICROSECOND if zone else 0
        for at in range(0, len(table), BLOCK_ROWS):
            block = table[at : at + BLOCK_ROWS]
            if not (block - lowest <= range_above).all() or not _have_years(block, first):
                return None
            cells = arranged(block)
            width = cells.shape[1]
            times[at : at + BLOCK_ROWS] = _parsed(cells.view(f"S{width}")[:, 0])
    except ValueError:  # as for a 30th of February
        return None
    if not are_times(times).all():
        return None
    if zone is None:
        return at_offset(times, dates)
    return Parsed(times - offset, of_one_clock(WITH_ZONE, len(times)))


def _parsed(cells: NDArray[np.bytes_]) -> Times:
    """The times of ISO 8601; raises ValueError."""
    times = np.empty(len(cells), np.int64)
    for at in range(0, len(cells), LOCKED_CELLS):
        times[at : at + LOCKED_CELLS] = cells[at : at + LOCKED_CELLS].astype("M8[us]").view(int)
    return times


def _arranged(
    first: re.Match[str], groups: dict[str, tuple[int, int]]
) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """A function that puts the digits of rows, written as the `first`, where ISO 8601 has them."""
    source: list[int] = []
    target: list[int] = []
    for group, (start, end) in groups.items():
        if group == "f":
            end = min(end, start + 6)
            places = range(FRACTION, FRACTION + end - start)
        else:
            places = range(ENDS[group] - (end - start), ENDS[group])
        source += range(start, end)
        target += places
    width = max(target) + 1 if max(target) < FRACTION else len(TEMPLATE)
    if source == target and first["s"] == "-":  # it is ISO 8601
        return lambda block: np.ascontiguousarray(block[:, : target[-1] + 1])
    template = TEMPLATE[:width].copy()
    if len(first["Y"]) == 2:
        template[:2] = np.frombuffer(b"20", np.uint8)

    def arrange(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        cells = np.tile(template, (len(block), 1))
        cells[:, target] = block[:, source]
        return cells

    return arrange


def _have_years(block: NDArray[np.uint8], first: re.Match[str]) -> bool:
    """Whether the years are those that the spelling of the first cell allows."""
    start, end = first.span("Y")
    if end - start == 2:
        years = (block[:, start] - np.uint8(ord("0"))) * 10 + (block[:, start + 1] - ord("0"))
        return bool((years <= spellings.LAST_SHORT_YEAR).all())
    if "century" not in first.re.groupindex:
        return True
    centuries = np.ascontiguousarray(block[:, start : start + 2]).view("S2")
    return bool(((centuries == b"19") | (centuries == b"20")).all())
