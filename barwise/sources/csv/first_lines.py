"""The first lines of a CSV show how its text is written: delimiter, header, lines above it.

Nothing is guessed: with the right delimiter the header has a close, and the order of columns
without a header is that of a layout or of the config.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.columns import DELIMITERS
from barwise.errors import InputError, clip, in_yaml, listed, quoted
from barwise.sources import layouts
from barwise.sources.csv import text_lines
from barwise.sources.csv.rows import rows_of
from barwise.sources.csv.unpacked import opened
from barwise.sources.names import called, norm
from barwise.sources.parts import Text
from barwise.sources.values.prices import is_number

if TYPE_CHECKING:
    from barwise.bars.columns import Csv
    from barwise.sources.layouts import Layout
    from barwise.sources.parts import Part

ROWS = 100  # that are looked at
LINES = 3 * ROWS // 2  # some may be blank, or belong to one row
MOST_ABOVE = 50  # lines above a header that is looked for, to say in a message where it is
YFINANCE = ("Price", "Ticker", "Date")  # how its header lines begin
CHUNK_SIZE = 1 << 14  # bytes; most often all these lines fit in one chunk
ADDRESSES = ("http", "cryptodatadownload.com")  # how a line begins that names the bars' website


class Head(NamedTuple):
    """How a CSV begins.

    text: how it is written.
    names: of its columns.
    rows: its first bars.
    layout: that of the file; None where it has no known one.
    inferred: what of this the file itself showed, in words.
    """

    text: Text
    names: list[str]
    rows: FirstRows
    layout: Layout | None = None
    inferred: tuple[str, ...] = ()


class FirstRows:
    """The first rows of some lines, parsed when needed; without a broken row and those after it."""

    def __init__(self, lines: Sequence[str], delimiter: str) -> None:
        self.lines, self.delimiter = lines, delimiter

    def first(self, count: int) -> list[list[str]]:
        rows: list[list[str]] = []
        reader = rows_of(self.lines, self.delimiter)
        try:
            for row in reader:
                if not is_blank(row):
                    rows.append(row)
                    if len(rows) == count:
                        break
        except csv.Error:
            pass
        return rows

    def header(self) -> list[str]:
        return next(iter(self.first(1)), [])


def is_blank(row: Sequence[str]) -> bool:
    return not row or (len(row) == 1 and bool(row[0]) and not row[0].strip(" \t"))


def of_part(part: Part, name: str, config: Csv, close: str) -> Head:
    """How the part begins; without names where its first line is broken.

    `name` is the name of its file, by which layouts are known; `close` is the config's name of the
    close. Raises InputError for what only a person can decide: columns of a layout in another
    order, several tickers side by side.
    """
    skip = config.skip or 0
    lines = _lines(part, skip + LINES)
    if config.names:
        return _named(lines[skip:], config, skip, part)
    for layout in layouts.without_header(name):
        rows = FirstRows(lines[skip:], layout.delimiter)
        if config.delimiter in (None, layout.delimiter) and layouts.is_bar(layout, rows.header()):
            _refuse_other_order(layout, rows.first(ROWS), part)
            text = Text(layout.delimiter, config.decimal or ".", skip, layout.columns)
            return Head(text, list(layout.columns), rows, layout, _delimited(layout.delimiter))
    head = _joined_header(lines, skip, config, part)
    head = head or _with_header(lines, skip, name, config, close)
    if head is None and config.skip is None and _is_address(lines):
        head = _with_header(lines, 1, name, config, close)
        head = head and head._replace(inferred=(*head.inferred, "line 1 skipped"))
    if head is None:
        delimiter = config.delimiter or _by_quotes(lines[skip:])
        rows = FirstRows(lines[skip:], delimiter)
        return Head(Text(delimiter, config.decimal or ".", skip), rows.header(), rows)
    return head


def _by_quotes(lines: list[str]) -> str:
    """The comma, unless a first line in quotes can only be read with another delimiter."""
    if FirstRows(lines, ",").header():
        return ","
    fitting = [d for d in DELIMITERS if len(FirstRows(lines, d).header()) > 1]
    return fitting[0] if len(fitting) == 1 else ","


def _lines(part: Part, count: int) -> list[str]:
    lines: list[str] = []
    try:
        with opened(part) as unpacked:
            for line in islice(text_lines.lines(unpacked, CHUNK_SIZE), count):
                lines.append(line)
    except InputError:  # the reader will say it, in its turn
        pass
    return lines


def _named(lines: list[str], config: Csv, skip: int, part: Part) -> Head:
    """How a file begins whose columns the config names."""
    names = list(config.names or ())
    fitting = [d for d in _delimiters(config) if len(FirstRows(lines, d).header()) == len(names)]
    if config.decimal == "," and fitting != [","]:
        fitting = [d for d in fitting if d != ","]
    if len(fitting) > 1 and len(names) > 1:
        which = " or ".join(f"csv: {{delimiter: {in_yaml(as_key(d))}}}" for d in fitting)
        raise InputError(
            f"line {skip + 1} of {part.name} has {len(names)} fields in more ways than one: say "
            f"what is between them with {which}"
        )
    delimiter = config.delimiter or ("," if len(names) == 1 or not fitting else fitting[0])
    text = Text(delimiter, config.decimal or ".", skip, tuple(names))
    inferred = () if config.delimiter else _delimited(delimiter)
    return Head(text, names, FirstRows(lines, delimiter), None, inferred)


def as_key(delimiter: str) -> str:
    """A delimiter as the config writes it."""
    return "tab" if delimiter == "\t" else delimiter


def _with_header(lines: list[str], skip: int, name: str, config: Csv, close: str) -> Head | None:
    """How a file begins that has a header with a close below `skip` lines; None for another."""
    heads: list[Head] = []
    for delimiter in _delimiters(config):
        if heads and "," in (delimiter, heads[0].text.delimiter):
            break
        rows = FirstRows(lines[skip:], delimiter)
        names = rows.header()
        layout = layouts.with_header(name, names)
        if layout or close in names or called("close", names):
            text = Text(delimiter, config.decimal or ".", skip)
            below = _Below(rows.lines, delimiter)
            inferred = () if config.delimiter else _delimited(delimiter)
            heads.append(Head(text, names, below, layout, inferred))
    return heads[0] if len(heads) == 1 else None


def _delimiters(config: Csv) -> list[str]:
    """The delimiters to try on a header: the comma first, or last where it is the decimal mark."""
    if config.delimiter:
        return [config.delimiter]
    return sorted(DELIMITERS, key=lambda d: d == ",") if config.decimal == "," else [*DELIMITERS]


class _Below(FirstRows):
    """The rows below a header."""

    def first(self, count: int) -> list[list[str]]:
        return super().first(count + 1)[1:]


def _delimited(delimiter: str) -> tuple[str, ...]:
    """A delimiter that the file showed, in words; nothing for the comma."""
    return () if delimiter == "," else (f"fields separated by {DELIMITERS[delimiter]}",)


def lines_above_header(part: Part, close: str) -> int:
    """How many lines stand above a header that has a close; 0 where there is no such header."""
    lines = _lines(part, MOST_ABOVE + 1)
    for above in range(part.text.skip + 1, len(lines)):
        for delimiter in DELIMITERS:
            names = FirstRows(lines[above : above + 1], delimiter).header()
            if close in names or called(norm(close), names):
                return above
    return 0


def first_row_below(part: Part) -> tuple[int, str, list[str]] | None:
    """The first line of several fields below the one that is read as the header.

    Its number, its delimiter and its fields; None where there is no such line.
    """
    lines = _lines(part, part.text.skip + MOST_ABOVE)
    for above in range(part.text.skip + 1, len(lines)):
        for delimiter in sorted(DELIMITERS, key=lambda d: d == ","):
            row = FirstRows(lines[above : above + 1], delimiter).header()
            if len(row) > 1:
                return above + 1, delimiter, row
    return None


def _is_address(lines: list[str]) -> bool:
    row = FirstRows(lines, ",").header()
    only = [cell for cell in row if cell.strip()]
    return len(only) == 1 and only[0].strip().casefold().startswith(ADDRESSES)


def _joined_header(lines: list[str], skip: int, config: Csv, part: Part) -> Head | None:
    """How a download of yfinance begins, whose three header lines are read as one; else None.

    https://github.com/ranaroussi/yfinance/blob/main/yfinance/multi.py
    """
    text = Text(config.delimiter or ",", config.decimal or ".", skip + len(YFINANCE))
    rows = FirstRows(lines[skip : text.skip], text.delimiter).first(len(YFINANCE))
    if len(rows) < len(YFINANCE) or {rows[0][0], rows[1][0]} != {"Price", "Ticker"}:
        return None
    if rows[2][0] not in ("Date", "Datetime") or any(rows[2][1:]):
        return None
    by_first = {row[0]: row[1:] for row in rows[:2]}
    tickers = [*dict.fromkeys(by_first["Ticker"])]
    if len(tickers) > 1:
        raise InputError(
            f"{part.name} holds the bars of several symbols side by side ({listed(tickers, 4)}): "
            "write a file for each, or one below the other with a column of symbols"
        )
    names = [rows[2][0], *by_first["Price"]]
    below = FirstRows(lines[text.skip :], text.delimiter)
    inferred = ("three header lines read as one",)
    return Head(text._replace(names=tuple(names)), names, below, None, inferred)


def _refuse_other_order(layout: Layout, rows: list[list[str]], part: Part) -> None:
    """Raises InputError where bars are not low <= open, close <= high in the layout's order."""
    if not layout.first:  # it is known by the number of its columns alone
        return
    at = {name: layout.columns.index(name) for name in ("open", "high", "low", "close")}
    for row in rows:
        if len(row) != len(layout.columns) or not all(is_number(row[i]) for i in at.values()):
            return  # the reader will say it
        open_, high, low, close = (float(row[i]) for i in at.values())
        if not low <= min(open_, close) <= max(open_, close) <= high:
            names = ", ".join(layout.columns)
            raise InputError(
                f"{part.name} is called as {layout.vendor} calls its files, but its columns are "
                f"not in that order: in the bar {quoted(clip(','.join(row), 50))} low <= open, "
                f"close <= high is broken; set csv: {{names: [{names}]}} in the order that is right"
            )
