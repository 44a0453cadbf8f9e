"""How a file is read: which columns are its closes, times, prices and symbols, how text is written.

The config decides, then folders, then layouts, then names. What is inferred is put into words.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, quoted
from barwise.files.addresses import absolute
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

ROWS = 100  # how many are looked at


class CsvSample:
    """The columns of a CSV, and their first cells; see `find_times.Sample`."""

    def __init__(self, names: Sequence[str], rows: first_lines.FirstRows) -> None:
        self.names: Sequence[str] = names
        self.typed: Sequence[str] = ()
        self._rows = rows
        self._first: list[list[str]] = []
        self._places: dict[str, int] = {}  # to search a list for 100,000 names would take minutes

    def cells(self, name: str) -> list[str]:
        if not self._places:
            self._first = self._rows.first(ROWS)
            self._places = {name: at for at, name in reversed([*enumerate(self.names)])}
        at = self._places[name]
        return [row[at].strip(" \t") if len(row) > at else "" for row in self._first]


class Preview(NamedTuple):
    """What a file shows before its bars are read.

    sample: its columns; None where it cannot be read.
    layout: that of the file; None where it has no known one.
    text: how it is written, if it is CSV.
    inferred: what of this the file itself showed, in words.
    """

    sample: Sample | None = None
    layout: Layout | None = None
    text: Text = Text()
    inferred: tuple[str, ...] = ()


def recognised(part: Part, columns: Columns, csv: Csv, sample: Sample | None = None) -> Part:
    """The part with how it is read; its `sample` is taken here, unless it is given.

    A part that cannot be read is left to its reader, which raises the error. Raises InputError for
    what only a person can decide.
    """
    name = os.path.basename(part.member or part.path)
    if sample:
        preview = Preview(sample, layouts.with_header(name, sample.names))
    else:
        preview = _preview(part, name, columns, csv)
    sample, layout = preview.sample, preview.layout
    part = part._replace(text=preview.text, dates=Dates(csv.dates or "", csv.microseconds_ahead))
    inferred = [*preview.inferred]
    if layout:
        part = _with_layout(part, layout, name, columns)
        inferred.insert(0, f"layout of {layout.vendor}")
    if sample is None or not sample.names:
        return part._replace(roles=_roles_by_config(columns))
    roles = _roles(sample.names, columns, layout)
    if roles.close != columns.close:
        inferred.append(_close_in_words(roles.close, sample.names))
    times = _times(sample, roles, columns, layout, part)
    if times.inferred:
        inferred.append(f"times from {' and '.join(map(quoted, times.columns))}")
    roles = roles._replace(timestamp=times.columns)
    return part._replace(roles=roles, inferred=", ".join(inferred), unread=times.unread)


def _preview(part: Part, name: str, columns: Columns, csv: Csv) -> Preview:
    if part.kind.startswith("csv"):
        head = first_lines.of_part(part, name, csv, columns.close)
        return Preview(CsvSample(head.names, head.rows), head.layout, head.text, head.inferred)
    try:
        sample = reader_of(part).sample(part, ROWS)
    except InputError:  # the reader raises it again when it reads the part
        return Preview()
    return Preview(sample, layouts.with_header(name, sample.names))


def _with_layout(part: Part, layout: Layout, name: str, columns: Columns) -> Part:
    """The part with what its file's name says; folders and the config come before that."""
    symbol = layouts.symbol(layout, name) if not columns.symbol else ""
    folder = os.path.basename(os.path.dirname(part.member or absolute(part.path)))
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


def _roles_by_config(columns: Columns) -> Roles:
    """The roles as the config names them, else by their own names."""
    names = {
        role: None if (name := getattr(columns, role)) is False else name or role
        for role in ("symbol", *NUMBERS)
    }
    times = () if columns.timestamp is False else columns.times or ("timestamp",)
    return Roles(**names, timestamp=times, named=_named(columns))  # type: ignore[arg-type]


def _roles(names: Sequence[str], columns: Columns, layout: Layout | None) -> Roles:
    """The roles without the times: as the config names them, else by the names of columns."""
    roles = _roles_by_config(columns)
    other_names = layout.roles if layout else {}
    by_role: dict[str, str | None] = {}
    for role in NUMBERS:
        name = getattr(roles, role)
        if name is None or name in names or name != role:
            by_role[role] = name
            continue
        by_norm = called(role, names)
        by_role[role] = other_names.get(role) or (by_norm[0] if len(by_norm) == 1 else None)
    by_role["close"] = by_role["close"] or columns.close  # which the reader then refuses
    if roles.symbol is not None and "symbol" not in roles.named and roles.symbol not in names:
        numbers = {*by_role.values()}
        by_role["symbol"] = first_called(SYMBOLS, [name for name in names if name not in numbers])
    by_role["confirm"] = first_called([CONFIRM], names)
    return roles._replace(**by_role)  # type: ignore[arg-type]


def _close_in_words(close: str, names: Sequence[str]) -> str:
    adjusted = [name for name in names if norm(name) in ADJUSTED]
    left_out = f" ({quoted(adjusted[0])} left out)" if adjusted else ""
    return f"close from {quoted(close)}{left_out}"


def _times(
    sample: Sample, roles: Roles, columns: Columns, layout: Layout | None, part: Part
) -> TimeColumns:
    is_lake = "timestamp" in sample.names and {*columns.times}.isdisjoint(sample.names)
    if is_lake and len(columns.times) == 2:  # `convert` made one column of the two
        return TimeColumns(("timestamp",), inferred=True)
    if columns.timestamp is not None:
        return TimeColumns(roles.timestamp)
    if layout and {*layout.times} <= {*sample.names}:
        return TimeColumns(layout.times, inferred=True)
    if "timestamp" in sample.names:
        return TimeColumns(("timestamp",))
    from barwise.sources import find_times  # 0.3 ms, not needed with an exact name

    other_columns = {getattr(roles, role) for role in ("symbol", *NUMBERS)}
    return find_times.find(sample, other_columns, part)
