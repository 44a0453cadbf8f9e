"""The strict CSV reader: the standard library's csv, in blocks, and a line number for every fault.

It reads RFC 4180 with UTF-8, LF, CRLF or CR, and skips blank lines. Its messages are the ones that
users see: whatever else reads CSV faster must send a file that it doubts here.
What a cell means is decided in `prices.py`; no arithmetic enters this room.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Protocol

from barwise.batch import Batch
from barwise.errors import InputError, PriceError, clip, named, quoted
from barwise.files import open_regular
from barwise.sources import csv_header, prices, text

if TYPE_CHECKING:
    from barwise.batch import Closes

BLOCK_ROWS = 1024  # 2 MB above start-up for seven columns; no other size is faster

Row = list[str]


class Reader(Protocol):
    """What `csv.reader` gives; its own type has no public name."""

    line_num: int

    def __iter__(self) -> Iterator[Row]: ...


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
        close = csv_header.find(columns["close"], header, file, partial(line_of, path, -1))
        first_row = 0
        for rows in _blocks(reader, path, block_rows):
            origin = CsvOrigin(path, first_row)
            ragged = _first_ragged(rows, len(header))
            closes = _closes(rows[:ragged], close, header, origin)
            if ragged is not None:
                raise _ragged(rows[ragged], header, origin.place(ragged))
            yield Batch("", 0, first_row, origin, {"close": closes})
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


def _header(reader: Reader, path: str | os.PathLike[str]) -> Row:
    try:
        for record in reader:
            if not _is_blank(record):
                return record
    except csv.Error as error:
        raise _broken(path, -1, reader.line_num, error) from None
    raise InputError(f"{named(path)} has blank lines only: it needs a header and at least one bar")


def _blocks(reader: Reader, path: str | os.PathLike[str], block_rows: int) -> Iterator[list[Row]]:
    """The rows, blank lines left out; those before a broken row come before its error."""
    first_row = 0
    while True:
        rows: list[Row] = []
        fault: InputError | None = None
        try:
            rows.extend(islice(reader, block_rows))  # keeps what came before an error
        except csv.Error as error:
            row = first_row + len(_without_blanks(rows))
            fault = _broken(path, row, reader.line_num, error)
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
    return not record or (len(record) == 1 and bool(record[0]) and not record[0].strip(" \t"))


def _without_blanks(rows: list[Row]) -> list[Row]:
    if min(map(len, rows), default=2) > 1:
        return rows
    return [row for row in rows if not _is_blank(row)]


def _broken(path: str | os.PathLike[str], row: int, last_line: int, error: csv.Error) -> InputError:
    """The error for data row `row`, which csv gave up on `last_line`."""
    line = line_of(path, row)
    where = f"the row that starts on line {line} of {named(path)}"
    if "expected after" in str(error):
        return InputError(
            f"{where} has text after a closing quote: close the quote that was left open, or "
            "double the quotes inside a field"
        )
    if "field limit" not in str(error):
        return InputError(f"{where} opens a quote that is never closed: close or remove the quote")
    longest = csv.field_size_limit()
    if line == last_line:
        return InputError(f"{where} has a field longer than {longest} characters: shorten it")
    return InputError(
        f"{where} opens a quote that is not closed within {longest} characters: "
        "close or remove the quote"
    )


def _first_ragged(rows: list[Row], width: int) -> int | None:
    """The index of the first row that has not `width` fields."""
    if set(map(len, rows)) == {width}:
        return None
    return next(i for i, row in enumerate(rows) if len(row) != width)


def _ragged(row: Row, header: Row, place: str) -> InputError:
    last = f"its last is {quoted(row[-1])}"
    width = len(header)
    if len(row) < width:
        return InputError(
            f"{place} is torn: it has {len(row)} of {width} fields, {last}, and no "
            f"{quoted(header[len(row)])}; complete the row or remove it"
        )
    if len(row) == 2 * width - 1 and row[-1] == header[-1]:
        way_out = "the header is repeated after a row without a line end; remove it"
    elif width == 1 and prices.is_number("".join(row)):
        way_out = "write a decimal point for the comma"
    else:
        way_out = "remove the extra fields, or put a field that has a comma in quotes"
    return InputError(
        f"{place} is too long: it has {len(row)} fields, {last}, where the header has {width}; "
        + way_out
    )


def _closes(rows: list[Row], close: int, header: Row, origin: CsvOrigin) -> Closes:
    cells = [row[close] for row in rows]
    closes, fault = prices.parse(cells)
    if fault is None:
        return closes
    what = f"{clip(header[close], 40)} is {quoted(fault.cell)} on {origin.place(fault.at)}"
    if csv_header.is_repeated(rows[fault.at], header):
        raise PriceError(
            f"{what}: the header is repeated, as in files put one after the other; remove that line"
        )
    raise PriceError(f"{what}: {fault.reason}")
