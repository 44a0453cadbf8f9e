"""The strict CSV reader: the standard library's csv, in blocks, and a line number for every fault.

It reads RFC 4180 with UTF-8, LF, CRLF or CR, and skips blank lines. It is the one that speaks to
users: whatever else reads CSV faster must send a file that it doubts here.
What a cell means is decided in `prices.py`; no arithmetic enters this room.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from barwise.batch import Batch
from barwise.errors import InputError, PriceError, clip, listed, named, nearest, quoted
from barwise.files import open_regular
from barwise.sources import prices, text

if TYPE_CHECKING:
    from barwise.batch import Closes

BLOCK_ROWS = 4096  # 10,000 rows of seven columns then peak 3 MB above start-up, 65,536 at 40 MB

Row = list[str]


def read(
    path: str | os.PathLike[str], columns: Mapping[str, str], block_rows: int = BLOCK_ROWS
) -> Iterator[Batch]:
    """The bars of the CSV file at `path`, in order, `block_rows` at a time.

    `columns` maps "close" to its name in the header. Raises InputError or PriceError at the first
    fault in the file.
    """
    file = named(path)
    with open_regular(path, "input", InputError) as opened:
        text.refuse_other_formats(opened, file)
        reader = csv.reader(text.lines(opened, file), strict=True)
        header = _header(reader, path)
        close = _find(columns["close"], header, file)
        first_row = 0
        for rows in _blocks(reader, path, block_rows):
            ragged = _first_ragged(rows, len(header))
            closes = _closes(rows[:ragged], close, header, path, first_row)
            if ragged is not None:
                raise _ragged(rows[ragged], header, path, first_row + ragged)
            yield Batch("", 0, first_row, CsvOrigin(path, first_row), {"close": closes})
            first_row += len(rows)
        if first_row == 0:
            raise InputError(f"{file} has a header and no rows: it needs at least one bar")


class CsvOrigin(NamedTuple):
    """A batch's file and first data row. To find a line, the file is read anew."""

    path: str | os.PathLike[str]
    first_row: int

    def place(self, offset: int) -> str:
        return f"line {line_of(self.path, self.first_row + offset)} of {named(self.path)}"


def line_of(path: str | os.PathLike[str], row: int) -> int:
    """The line, from 1, on which data row `row` (from 0) starts; -1 is the header.

    For the row after the last whole one, the line on which it begins.
    """
    with open_regular(path, "input", InputError) as opened:
        reader = csv.reader(text.lines(opened, named(path)), strict=True)
        start, index = 1, -1
        try:
            for record in reader:
                if not _is_blank(record):
                    if index == row:
                        return start
                    index += 1
                start = reader.line_num + 1
        except (csv.Error, InputError):  # the row asked for is the broken one, or before it
            return start
        return start


def _header(reader: Iterator[Row], path: str | os.PathLike[str]) -> Row:
    try:
        for record in reader:
            if not _is_blank(record):
                return record
    except csv.Error as error:
        raise _broken(path, -1, error) from None
    raise InputError(f"{named(path)} has blank lines only: it needs a header and at least one bar")


def _blocks(
    reader: Iterator[Row], path: str | os.PathLike[str], block_rows: int
) -> Iterator[list[Row]]:
    """The rows, blank lines left out; those before a broken row come before its error."""
    first_row = 0
    while True:
        rows: list[Row] = []
        fault: InputError | None = None
        try:
            rows.extend(islice(reader, block_rows))  # keeps what came before an error
        except csv.Error as error:
            fault = _broken(path, first_row + len(_without_blanks(rows)), error)
        except InputError as error:
            fault = error
        at_end = not rows
        rows = _without_blanks(rows)
        if rows:
            yield rows
            first_row += len(rows)
        if fault:
            raise fault
        if at_end:
            return


def _is_blank(record: Row) -> bool:
    return not record or (len(record) == 1 and record[0].isspace())


def _without_blanks(rows: list[Row]) -> list[Row]:
    if min(map(len, rows), default=2) > 1:
        return rows
    return [row for row in rows if not _is_blank(row)]


def _broken(path: str | os.PathLike[str], row: int, error: csv.Error) -> InputError:
    where = f"the row that starts on line {line_of(path, row)} of {named(path)}"
    if "expected after" in str(error):
        return InputError(
            f"{where} has text after a closing quote: double the quotes inside a field"
        )
    return InputError(f"{where} opens a quote that is never closed: close or remove the quote")


def _find(column: str, header: Row, file: str) -> int:
    """Position of `column` in the header."""
    found = header.count(column)
    if found == 1:
        return header.index(column)
    if found > 1:
        first, second = [i + 1 for i, name in enumerate(header) if name == column][:2]
        raise InputError(
            f"{file} has the column {quoted(column)} {found} times, in positions {first} and "
            f"{second}: keep one, or rename the other"
        )
    raise InputError(
        f"{file} has no column {quoted(column)}; its columns are {listed(header)}: "
        + _hint(column, header)
    )


def _hint(column: str, header: Row) -> str:
    """The likely way out of a header that has no `column`."""
    if len(header) == 1:
        if "," in header[0]:
            return "each line is wrapped in quotes; remove the quotes around the lines"
        for delimiter, what in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if delimiter in header[0]:
                return f"its fields are parted by {what}; part them by commas"
    if any(prices.is_number(name) for name in header):
        return "line 1 looks like a bar; add a line with the names of the columns"
    if near := nearest(column, header):
        return f"did you mean {quoted(near)}? then set columns: {{close: {quoted(near)}}}"
    return "name the column of closes in the config, as in columns: {close: NAME}"


def _first_ragged(rows: list[Row], width: int) -> int | None:
    """The index of the first row that has not `width` fields."""
    if set(map(len, rows)) == {width}:
        return None
    return next(i for i, row in enumerate(rows) if len(row) != width)


def _ragged(row: Row, header: Row, path: str | os.PathLike[str], index: int) -> InputError:
    line = f"line {line_of(path, index)} of {named(path)}"
    last = f"its last is {quoted(row[-1])}"
    width = len(header)
    if len(row) < width:
        return InputError(
            f"{line} is torn: it has {len(row)} of {width} fields, {last}, and no "
            f"{quoted(header[len(row)])}; complete the row or remove it"
        )
    return InputError(
        f"{line} is too long: it has {len(row)} fields, {last}, where the header has {width}; "
        "remove what is too much, or put a field that has a comma in quotes"
    )


def _closes(
    rows: list[Row], close: int, header: Row, path: str | os.PathLike[str], first_row: int
) -> Closes:
    cells = [row[close] for row in rows]
    closes, fault = prices.parse(cells)
    if fault is None:
        return closes
    name = clip(header[close], 40)
    line = line_of(path, first_row + fault.at)
    if rows[fault.at] == header:
        raise PriceError(
            f"{name} is {quoted(fault.cell)} on line {line} of {named(path)}: the header is "
            "repeated, as in files put one after the other; remove that line"
        )
    raise PriceError(
        f"{name} is {quoted(fault.cell)} on line {line} of {named(path)}: {fault.reason}"
    )
