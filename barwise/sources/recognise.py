"""How a file is read: which columns are its closes, times, prices and symbols, how text is written.

The config decides, then folders, then layouts, then names; what was inferred is put into words.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, quoted
from barwise.sources import layouts
from barwise.sources.columns import NUMBERS, TimeColumns
from barwise.sources.csv import first_lines
from barwise.sources.names import ADJUSTED, CONFIRM, SYMBOLS, called, first_called, norm
from barwise.sources.parts import Dates, Roles, Text
from barwise.sources.readers import reader_of

if TYPE_CHECKING:
    from barwise.bars.columns import Columns, Csv
    from barwise.sources.find_times import Sample
    from barwise.sources.layouts import Layout
    from barwise.sources.parts import Part

ROWS = 100  # whose cells are looked at


class CsvSample:
    """The columns of a CSV, and their first cells; see `find_times.Sample`."""

    def __init__(self, names: Sequence[str], rows: first_lines.FirstRows) -> None:
        self.names: Sequence[str] = names
        self.typed: Sequence[str] = ()
        self._rows = rows
        self._first: list[list[str]] = []
        self._places: dict[str, int] = {}  # to look for each of 100,000 names would take minutes

    def cells(self, name: str) -> list[str]:
        if not self._places:
            self._first = self._rows.first(ROWS)
            self._places = {name: at for at, name in reversed([*enumerate(self.names)])}
        at = self._places[name]
        return [row[at].strip(" \t") if len(row) > at else "" for row in self._first]


class Seen(NamedTuple):
    """What a file shows before its bars are read.

    sample: its columns; None where it cannot be read. layout: if it is of one. text: how it is
    written. inferred: what of that it showed itself, in words.
    """

    sample: Sample | None = None
    layout: Layout | None = None
    text: Text = Text()
    inferred: tuple[str, ...] = ()


def recognised(part: Part, columns: Columns, csv: Csv) -> Part:
    """The part with how it is read.

    What cannot be read at all is left to its reader to say. Raises InputError for what only a
    person can tell.
    """
    name = os.path.basename(part.member or part.path)
    seen = _seen(part, name, columns, csv)
    part = part._replace(text=seen.text, dates=Dates(csv.dates or "", csv.microseconds_ahead))
    said = [*seen.inferred]
    if seen.layout:
        part = _laid_out(part, seen.layout, name, columns)
        said.insert(0, f"layout of {seen.layout.vendor}")
    if seen.sample is None or not seen.sample.names:
        return part._replace(roles=_unseen(columns))
    roles = _roles(seen.sample.names, columns, seen.layout)
    if roles.close != columns.close:
        said.append(_close_in_words(roles.close, seen.sample.names))
    times = _times(seen.sample, roles, columns, seen.layout, part)
    if times.inferred:
        said.append(f"times from {' and '.join(map(quoted, times.columns))}")
    roles = roles._replace(timestamp=times.columns)
    return part._replace(roles=roles, inferred=", ".join(said), unread=times.unread)


def _seen(part: Part, name: str, columns: Columns, csv: Csv) -> Seen:
    if part.kind.startswith("csv"):
        head = first_lines.of_part(part, name, csv, columns.close)
        return Seen(CsvSample(head.names, head.rows), head.layout, head.text, head.inferred)
    try:
        sample = reader_of(part).sample(part, ROWS)
    except InputError:  # the reader will say it, in its turn
        return Seen()
    return Seen(sample, layouts.with_header(name, sample.names))


def _laid_out(part: Part, layout: Layout, name: str, columns: Columns) -> Part:
    """The part with what its file's name tells; folders and the config go before it."""
    symbol = layouts.symbol(layout, name) if not columns.symbol else ""
    folder = os.path.basename(os.path.dirname(part.member or os.path.abspath(part.path)))
    dates = part.dates
    if dates.offset is None:
        dates = dates._replace(offset=layout.offset)
    return part._replace(
        series=part.series or symbol if part.series is not None else None,
        interval=layouts.interval(layout, name, folder),
        gaps=layout.gaps,
        dates=dates,
    )


def _named(columns: Columns) -> frozenset[str]:
    roles = ("timestamp", "symbol", *NUMBERS[1:])
    return frozenset({"close", *(role for role in roles if getattr(columns, role))})


def _unseen(columns: Columns) -> Roles:
    """The roles as the config names them, or by their own names."""
    names = {
        role: None if (name := getattr(columns, role)) is False else name or role
        for role in ("symbol", *NUMBERS)
    }
    times = () if columns.timestamp is False else columns.times or ("timestamp",)
    return Roles(**names, timestamp=times, named=_named(columns))  # type: ignore[arg-type]


def _roles(names: Sequence[str], columns: Columns, layout: Layout | None) -> Roles:
    """The roles but for the times: as the config names them, else as a column is called."""
    roles = _unseen(columns)
    other_names = layout.roles if layout else {}
    there: dict[str, str | None] = {}
    for role in NUMBERS:
        name = getattr(roles, role)
        if name is None or name in names or name != role:
            there[role] = name
            continue
        by_norm = called(role, names)
        there[role] = other_names.get(role) or (by_norm[0] if len(by_norm) == 1 else None)
    there["close"] = there["close"] or columns.close  # which the reader then refuses
    if roles.symbol is not None and "symbol" not in roles.named and roles.symbol not in names:
        taken = {*there.values()}
        there["symbol"] = first_called(SYMBOLS, [name for name in names if name not in taken])
    there["confirm"] = first_called([CONFIRM], names)
    return roles._replace(**there)  # type: ignore[arg-type]


def _close_in_words(close: str, names: Sequence[str]) -> str:
    adjusted = [name for name in names if norm(name) in ADJUSTED]
    left_out = f" ({quoted(adjusted[0])} left out)" if adjusted else ""
    return f"close from {quoted(close)}{left_out}"


def _times(
    sample: Sample, roles: Roles, columns: Columns, layout: Layout | None, part: Part
) -> TimeColumns:
    is_lake = "timestamp" in sample.names and {*columns.times}.isdisjoint(sample.names)
    if is_lake and len(columns.times) == 2:  # which `convert` made one of
        return TimeColumns(("timestamp",), inferred=True)
    if columns.timestamp is not None:
        return TimeColumns(roles.timestamp)
    if layout and {*layout.times} <= {*sample.names}:
        return TimeColumns(layout.times, inferred=True)
    if "timestamp" in sample.names:
        return TimeColumns(("timestamp",))
    from barwise.sources import find_times  # 0.3 ms that an exact name spares

    taken = {getattr(roles, role) for role in ("symbol", *NUMBERS)}
    return find_times.find(sample, taken, part)
