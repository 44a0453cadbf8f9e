"""Finds the column of times where neither the config nor an exact name says which it is.

A column is chosen by its name, and only if its first cells are times. One that only looks like
times is not read, and a line says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from barwise.bars.times import are_times
from barwise.errors import in_yaml, quoted
from barwise.sources.columns import TimeColumns
from barwise.sources.names import DATES, INDEX, TIME_OF_DAY, TIMES, VAGUE, norm
from barwise.sources.parts import Dates, Unread
from barwise.sources.values import spellings, times
from barwise.sources.values.prices import is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.sources.parts import Part

FIRST_UNIX, LAST_UNIX = 631_152_000_000_000, 4_102_444_800_000_000  # 1990 to 2100
DAY = 86_400_000_000  # microseconds
SLASHES = ("day-first", "month-first")
# Numbers that as Unix times would be far from any bar: 202401310930.
COMPACT = r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d"


class Sample(Protocol):
    """The columns of a part.

    names: of all columns.
    typed: of the columns whose type is one of times.
    """

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def typed(self) -> Sequence[str]: ...

    def cells(self, name: str) -> list[str]:
        """The first cells of a column, as text without blanks around it."""
        ...


def find(sample: Sample, other_columns: Collection[str | None], part: Part) -> TimeColumns:
    """The times of a part; `other_columns` are something else."""
    names = [name for name in sample.names if name not in other_columns]
    by_norm: dict[str, list[str]] = {}
    for name in names:
        by_norm.setdefault(norm(name), []).append(name)
    hours_of: dict[str, str] = {}  # by column of dates, that of times of day which cannot join it
    for known in TIMES:
        same = by_norm.get(known, [])
        if len(same) > 1:
            return TimeColumns(unread=_twice(same, part))
        days = [name for date in DATES for name in by_norm.get(date, [])]
        if known == TIME_OF_DAY and len(same) == len(days) == 1:
            pair = (days[0], same[0])
            dates, hours = map(sample.cells, pair)  # none of a column of some types
            if len(dates) == len(hours) and _are_times(times.joined(dates, hours), part.dates):
                return TimeColumns(pair, inferred=True)
            hours_of[days[0]] = same[0]
        for name in same:
            if name in hours_of and _are_days(sample.cells(name), part.dates):
                return TimeColumns(unread=_unjoined(name, hours_of[name], sample, part))
            if name in sample.typed or _are_times(sample.cells(name), part.dates):
                return TimeColumns((name,), inferred=True)
    if len(sample.typed) == 1:
        return TimeColumns((sample.typed[0],), inferred=True)
    index = sample.names[0]
    is_index = index in names and (norm(index) in INDEX or index in INDEX)
    if is_index and _are_times(sample.cells(index), part.dates):
        return TimeColumns((index,), inferred=True)
    return TimeColumns(unread=_like_times(sample, names, part))


def _are_times(cells: Sequence[str], dates: Dates) -> bool:
    """Whether all cells that are not empty, and at least one, are times."""
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and bool(_which_are_times(filled, dates).all())


def _are_days(cells: Sequence[str], dates: Dates) -> bool:
    """Whether cells are times, and all of them midnights."""
    filled = [cell for cell in cells if cell.strip()]
    return _are_times(filled, dates) and not (times.parse(filled, dates).times % DAY).any()


def _which_are_times(cells: Sequence[str], dates: Dates) -> NDArray[np.bool_]:
    parsed = times.parse(cells, dates)
    is_unix = (parsed.clocks >= times.SECONDS) & (parsed.clocks <= times.NANOSECONDS)
    is_recent = (parsed.times >= FIRST_UNIX) & (parsed.times < LAST_UNIX)
    which: NDArray[np.bool_] = are_times(parsed.times) & (is_recent | ~is_unix)
    return which


def _like_times(sample: Sample, names: Sequence[str], part: Part) -> Unread | None:
    """The first column that looks like times; those whose name says so come first."""
    for name in sorted(names, key=lambda name: norm(name) not in TIMES):
        if name in sample.typed:
            return _unread(name, "", part, _naming(name))
        cells = [cell for cell in sample.cells(name) if cell]
        if not cells and norm(name) in TIMES and norm(name) not in VAGUE:
            return _unread(name, "", part, _naming(name), "holds none in its first bars")
        if cells and _look_like_times(name, cells, part.dates):
            return _unread(name, cells[0], part, _way_out(name, cells, part.dates))
    return None


def _look_like_times(name: str, cells: Sequence[str], dates: Dates) -> bool:
    """Whether most cells are times, or dates in any order, or numbers like those of times.

    Where the name can mean nothing else, text is enough, and so are falling numbers.
    """
    is_known = norm(name) in TIMES
    is_sure = is_known and norm(name) not in VAGUE
    numbers = [cell for cell in cells if is_number(cell)]
    if 2 * len(numbers) > len(cells):
        steps = np.diff(np.array([*map(float, numbers)]))
        falls = is_sure and _most(steps < 0)
        most = is_known and _most(_which_are_times(cells, dates))
        return falls or most or _count_like_times(numbers, steps, dates)
    if is_sure or 2 * sum(map(_has_digits, cells)) <= len(cells):  # much faster for long text
        return is_sure
    are_dates = [*map(spellings.is_like_date, cells)]
    return _most(_which_are_times(cells, dates) | are_dates)


def _has_digits(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _most(which: NDArray[np.bool_]) -> bool:
    return 2 * int(np.count_nonzero(which)) > len(which)


def _count_like_times(numbers: Sequence[str], steps: NDArray[np.float64], dates: Dates) -> bool:
    """Whether numbers are dates without separators, or whole Unix times that only rise or fall."""
    if all(re.fullmatch(COMPACT, number) for number in numbers):
        return True
    goes_on = bool((steps >= 0).all() or (steps <= 0).all()) and bool(steps.any())
    whole = all(float(number).is_integer() for number in numbers)
    return goes_on and whole and bool(_which_are_times(numbers, dates).all())


def _way_out(name: str, cells: Sequence[str], dates: Dates) -> str:
    which = _which_are_times(cells, dates)
    fitting = [s for s in SLASHES if _are_times(cells, dates._replace(slashes=s))]
    if not which.all() and fitting:
        naming = "" if norm(name) in TIMES else f"{_naming(name)}, and "
        orders = " or ".join(f"csv: {{dates: {slashes}}}" for slashes in fitting)
        return f"{naming}say which with {orders}"
    if _most(which) or (norm(name) in TIMES and which.any()):
        return _naming(name)
    return "write ISO 8601, as 2024-01-31T09:30:00Z, or a Unix time"


def _naming(name: str) -> str:
    if not name:
        return "give it a name in the header"
    return f"name it in columns: {{timestamp: {in_yaml(name)}}}"


def _unread(
    name: str, cell: str, part: Part, way_out: str, what: str = "looks like times"
) -> Unread:
    example = f" ({quoted(cell)})" if cell else ""
    line = (
        f"times are not read: {quoted(name)} of {part.name} {what}{example}; {way_out}; "
        "or write columns: {timestamp: null} if there are none"
    )
    return Unread(name, cell, line)


def _unjoined(days: str, hours: str, sample: Sample, part: Part) -> Unread:
    """A column of days beside times of day that are not read as such."""
    cell = next((cell for cell in sample.cells(hours) if cell), "")
    line = (
        f"times are not read: {quoted(days)} of {part.name} holds days alone, and {quoted(hours)} "
        f"({quoted(cell)}) no times of day such as 14:00 or 140000; write these, or name the days "
        f"alone in columns: {{timestamp: {in_yaml(days)}}}"
    )
    return Unread(days, next(iter(sample.cells(days)), ""), line)


def _twice(names: Sequence[str], part: Part) -> Unread:
    first, second = names[:2]
    if first == second:
        what = f"the column {quoted(first)} twice; rename the one that is something else"
    else:
        what = f"both {quoted(first)} and {quoted(second)}; {_naming(first)}"
    line = f"times are not read: {part.name} has {what}"
    return Unread(first, "", line, twice=True)
