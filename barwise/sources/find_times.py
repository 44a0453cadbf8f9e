"""Finds the column of times in a file in which neither the config nor an exact name says it.

A column is taken by its name, and only if its first cells are times. One that merely looks like
times is not taken, and that is said.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from barwise.batch import are_times
from barwise.errors import quoted
from barwise.parts import Dates, Unread
from barwise.sources import spellings, times
from barwise.sources.columns import TimeColumns
from barwise.sources.names import DATE, INDEX, TIME_OF_DAY, TIMES, in_yaml, norm
from barwise.sources.prices import is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.parts import Part

FIRST_UNIX, LAST_UNIX = 631_152_000_000_000, 4_102_444_800_000_000  # 1990 to 2100
SLASHES = ("day-first", "month-first")


class Sample(Protocol):
    """The columns of a part. names: of all; typed: of those that are of a type of times."""

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def typed(self) -> Sequence[str]: ...

    def cells(self, name: str) -> list[str]:
        """The first cells of a column, as text without blanks around it."""
        ...


def find(sample: Sample, taken: Collection[str | None], part: Part) -> TimeColumns:
    """The times of a part; `taken` are columns that are something else."""
    names = [n for n in sample.names if n not in taken and sample.names.count(n) == 1]
    by_norm: dict[str, list[str]] = {}
    for name in names:
        by_norm.setdefault(norm(name), []).append(name)
    for known in TIMES:
        those = by_norm.get(known, [])
        if len(those) > 1:
            return TimeColumns(unread=_twice(those, part))
        if known == TIME_OF_DAY and len(those) == len(by_norm.get(DATE, [])) == 1:
            pair = (by_norm[DATE][0], those[0])
            dates, hours = map(sample.cells, pair)  # of a column of some types there are none
            if len(dates) == len(hours) and _are_times(times.joined(dates, hours), part.dates):
                return TimeColumns(pair, inferred=True)
        if those and (those[0] in sample.typed or _are_times(sample.cells(those[0]), part.dates)):
            return TimeColumns((those[0],), inferred=True)
    if len(sample.typed) == 1:
        return TimeColumns((sample.typed[0],), inferred=True)
    index = sample.names[0]
    is_index = index in names and (norm(index) in INDEX or index in INDEX)
    if is_index and _are_times(sample.cells(index), part.dates):
        return TimeColumns((index,), inferred=True)
    return TimeColumns(unread=_like_times(sample, names, part))


def _are_times(cells: Sequence[str], dates: Dates) -> bool:
    """Whether all cells that are not empty, and at least one, are times."""
    there = [cell for cell in cells if cell.strip()]
    return bool(there) and bool(_which_are_times(there, dates).all())


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
        if cells and _look_like_times(cells, part.dates):
            return _unread(name, cells[0], part, _way_out(name, cells, part.dates))
    return None


def _look_like_times(cells: Sequence[str], dates: Dates) -> bool:
    """Whether most cells are dates in whatever order, or all are whole numbers that go one way."""
    if all(map(is_number, cells)):
        parsed = times.parse(cells, dates).times
        steps = np.diff(parsed)
        goes_on = bool((steps >= 0).all() or (steps <= 0).all()) and bool(steps.any())
        whole = all(float(cell).is_integer() for cell in cells)
        return goes_on and whole and bool(_which_are_times(cells, dates).all())
    return 2 * sum(map(spellings.is_like_date, cells)) > len(cells)


def _way_out(name: str, cells: Sequence[str], dates: Dates) -> str:
    if _are_times(cells, dates):
        return _naming(name)
    if not dates.slashes and any(_are_times(cells, dates._replace(slashes=s)) for s in SLASHES):
        naming = "" if norm(name) in TIMES else f"{_naming(name)}, and "
        return f"{naming}say which with csv: {{dates: day-first}} or csv: {{dates: month-first}}"
    if norm(name) in TIMES and np.any(_which_are_times(cells, dates)):
        return _naming(name)
    return "write ISO 8601, as 2024-01-31T09:30:00Z, or a Unix time"


def _naming(name: str) -> str:
    return f"name it in columns: {{timestamp: {in_yaml(name)}}}"


def _unread(name: str, cell: str, part: Part, way_out: str) -> Unread:
    example = f" ({quoted(cell)})" if cell else ""
    line = (
        f"times are not read: {quoted(name)} of {part.name} looks like times{example}; {way_out}; "
        "or write columns: {timestamp: null} if there are none"
    )
    return Unread(name, cell, line)


def _twice(those: Sequence[str], part: Part) -> Unread:
    both = f"{quoted(those[0])} and {quoted(those[1])}"
    line = f"times are not read: {part.name} has both {both}; {_naming(those[0])}"
    return Unread(those[0], "", line, twice=True)
