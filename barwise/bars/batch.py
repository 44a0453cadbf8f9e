"""What flows through a run: bars as their source gives them, and bars of one series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Closes = NDArray[np.float64]  # NaN = missing, every other value finite
    Times = NDArray[np.int64]  # microseconds UTC, or NO_TIME
    Clocks = NDArray[np.int8]  # how each time is written: an index of CLOCKS
    Signals = NDArray[np.int8]  # 0 or 1
    Columns = Mapping[str, NDArray[Any]]
    Places = range | NDArray[np.intp]


def of_one_value(value: Any, rows: int) -> NDArray[Any]:
    """A column whose rows all have one value, which is there once."""
    return np.broadcast_to(value, rows)


def of_one_clock(clock: int, rows: int) -> Clocks:
    """A column of times that are all written alike."""
    return of_one_value(np.int8(clock), rows)


def is_one_value(column: NDArray[Any]) -> bool:
    """Whether a column is made by `of_one_value`, or a piece of one that is."""
    return column.strides == (0,)


class Place(NamedTuple):
    """Where a bar stands.

    part: position of its part in the plan.
    place: of the bar among those of the part, from 0.
    row: of the bar in the part's file, from 0; another number where the part was sorted.
    """

    part: int
    place: int
    row: int


NOWHERE = Place(2**63, 0, 0)  # after every part


def moved(value: Any, by: int) -> Any:
    """A value of bars, made of tuples and mappings, when they stand `by` places further on.

    >>> moved({"gaps": (2, Place(0, 5, 5))}, 10)
    {'gaps': (2, Place(part=0, place=15, row=15))}
    """
    if not by:
        return value
    if isinstance(value, Place):
        part, place, row = value
        return value if part == NOWHERE.part else Place(part, place + by, row + by)
    if isinstance(value, tuple):
        items = [moved(item, by) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, Mapping):
        return {key: moved(item, by) for key, item in value.items()}
    return value


UNKNOWN = -1  # where a table begins, to a thread that has not seen the rows before it


class Symbols(NamedTuple):
    """A column of symbols: that of row i is `names[codes[i]]`.

    codes: one for each row.
    names: by code; the tables of a part share them.
    """

    codes: NDArray[np.integer[Any]]
    names: Sequence[str]


def first_and_other(names: Sequence[str], codes: NDArray[np.integer[Any]]) -> Symbols:
    """Symbols that the run does not need: code 0 is the first one, 1 any other, 2 an empty cell.

    The symbol of row i is `names[codes[i]]`; what comes of it tells only whether there are several.
    """
    cells = np.array(names, object)
    is_filled = (cells != "")[codes]
    if not is_filled.any():
        return Symbols(np.zeros(len(codes), np.uint8), [""])
    first = cells[codes[np.argmax(is_filled)]]
    new = np.where(cells == first, 0, np.where(cells == "", 2, 1)).astype(np.uint8)[codes]
    other = cells[codes[np.argmax(new == 1)]] if (new == 1).any() else ""
    return Symbols(new, [first, other, ""])


class Table(NamedTuple):
    """Successive rows of one part, of any symbols.

    part: position of the part in the plan.
    first: place of the first row among those of the part; or UNKNOWN.
    columns: of equal length, as in Bars.
    symbols: that of each row; None where the part has no column of symbols.
    doubt: what is doubtful about the part, in words, or "".
    done: how many bytes of the part's file are read, up to the last row.
    order: the row in the file by place, where the part was sorted and this is all of it; or None.
    """

    part: int
    first: int
    columns: Columns
    symbols: Symbols | None = None
    doubt: str = ""
    done: int = 0
    order: Places | None = None

    @property
    def rows(self) -> int:
        return len(self.columns["close"])


class Computed(NamedTuple):
    """Successive rows of one part whose columns are used already: a value is left of them.

    part, first, doubt, done: as in Table.
    rows: how many there are.
    value: what was computed of them, as if they were the first of the part.
    symbols: the first row of each symbol among them, by its name; None where nobody asks.
    """

    part: int
    first: int
    rows: int
    value: Any
    symbols: Mapping[str, int] | None = None
    doubt: str = ""
    done: int = 0


class Bars:  # a frozen dataclass takes 0.5 of the 100 ms of a short job to make
    """Bars of one series, in order.

    series: the symbol, "" for the one unnamed series.
    part: position of their part in the plan.
    places: of each bar its place among those of the part, from 0, ascending.
    columns: arrays of equal length, only those that the run needs: "close", "open", "high", "low"
        and "volume" are float64, NaN where missing, otherwise finite; "time" is int64, microseconds
        UTC, or NO_TIME; "clock" is int8, how each time is written, an index of CLOCKS;
        "unfinished" is bool; "signal" is int8; "mean" and "fast_mean" are float64, NaN
        where undefined.
    order: where the part was sorted, the row in its file by place.
    first: index of the first bar in its series; None where that is not known.
    """

    __slots__ = ("columns", "first", "order", "part", "places", "series")

    def __init__(
        self,
        series: str,
        part: int,
        places: Places,
        columns: Columns,
        order: Places | None = None,
        first: int | None = None,
    ) -> None:
        self.series, self.part, self.places = series, part, places
        self.columns, self.order, self.first = columns, order, first

    def __len__(self) -> int:
        return len(self.places)

    def cut(self, begin: int, end: int) -> Bars:
        """Those from one index to another."""
        columns = {name: column[begin:end] for name, column in self.columns.items()}
        first = None if self.first is None else self.first + begin
        return Bars(self.series, self.part, self.places[begin:end], columns, self.order, first)

    def only(self, bars: NDArray[np.bool_]) -> Bars:
        """Some of its bars, which need not follow each other."""
        columns = {name: column[bars] for name, column in self.columns.items()}
        places = np.asarray(self.places)[bars]
        return Bars(self.series, self.part, places, columns, self.order)

    def having(self, columns: Columns) -> Bars:
        """The same bars with more columns."""
        all_columns = {**self.columns, **columns}
        return Bars(self.series, self.part, self.places, all_columns, self.order, self.first)

    def standing(self, first: int) -> Bars:
        """The same bars, of which the first has that index in its series."""
        return Bars(self.series, self.part, self.places, self.columns, self.order, first)

    def place_of(self, bar: int) -> Place:
        """Where a bar stands."""
        place = int(self.places[bar])
        row = place if self.order is None else int(self.order[place])
        return Place(self.part, place, row)
