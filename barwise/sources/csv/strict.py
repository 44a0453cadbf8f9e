"""The strict CSV reader: the standard library's csv, in blocks, and a line number for every fault.

It reads RFC 4180, with the part's delimiter, and UTF-8 with LF, CRLF or CR, and skips blank lines.
Its messages are the ones that users see: a faster reader must leave a file to this one where it is
not sure. What a cell means is decided in `values/`; no arithmetic enters this module.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from barwise.bars.batch import Table
from barwise.errors import InputError
from barwise.files.limits import LONGEST_CELL
from barwise.sources.columns import Bar
from barwise.sources.csv import row_lines, text_lines
from barwise.sources.csv.cells import Cells, Row
from barwise.sources.csv.first_lines import is_blank
from barwise.sources.csv.rows import rows_of
from barwise.sources.csv.unpacked import Unpacked, opened
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.sources.columns import PartToRead
    from barwise.sources.csv.rows import Reader
    from barwise.sources.parts import Part


READS_AHEAD = ""  # Python's own csv holds the interpreter


def read(parts: Iterable[PartToRead], tuning: Tuning = MEASURED) -> Iterator[Table]:
    """The rows of each part, in order, some at a time; a part comes with its number.

    Raises InputError or PriceError at the first fault.
    """
    for number, part, to_read in parts:
        with opened(part) as unpacked:
            reader = _reader(unpacked, part)
            names = list(part.text.names) or _header(reader, part)
            cells = Cells(names, to_read, part, partial(line_of, part))
            first_row = 0
            for rows in _blocks(reader, part, tuning.csv_rows):
                good, fault = cells.read(rows, first_row)
                if not fault or len(good.columns["close"]):  # judged before the fault
                    yield Table(number, first_row, *good, done=unpacked.position())
                if fault:
                    raise fault
                first_row += len(rows)
            if first_row == 0:
                raise InputError(
                    f"{part.name} has a header and no rows: it needs at least one bar",
                    code="no_rows",
                )


def place(part: Part, row: int) -> str:
    """Where a data row stands, for a message: `line 17 of data.csv`. The file is read again."""
    return f"line {line_of(part, row)} of {part.name}"


def line_of(part: Part, row: int) -> int:
    """The line, from 1, on which data row `row` (from 0) starts; -1 is the header.

    For the row after the last whole one, the line on which it begins.
    """
    return _lines_and_cells(part, [row])[row][0]


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Data rows: where each stands, and what it says in some columns. The file is read again."""
    by_row = _lines_and_cells(part, [-1, *(row for row, _ in rows)])
    header = list(part.text.names) or by_row[-1][1]
    return [
        Bar(
            f"line {by_row[row][0]} of {part.name}",
            [by_row[row][1][header.index(name)] for name in names],
        )
        for row, names in rows
    ]


def column_names(part: Part) -> list[str]:
    """What the first line that is not blank says, header or not; nothing where it is broken."""
    return _lines_and_cells(part, [-1])[-1][1]


def _lines_and_cells(part: Part, rows: Iterable[int]) -> dict[int, tuple[int, Row]]:
    """The line on which each data row starts, and its cells; -1 is the header.

    Of a row that is broken, or after the last whole one, the line on which it begins, and no cells.
    """
    rows = {*rows}
    if (counted := row_lines.of_rows(part, rows)) is not None:
        return {row: (number, _parsed(line, part)) for row, (number, line) in counted.items()}
    by_row: dict[int, tuple[int, Row]] = {}
    index = 0 if part.text.names else -1
    missing = {row for row in rows if row >= index}
    with opened(part) as unpacked:
        reader = _reader(unpacked, part)
        start = part.text.skip + 1
        try:
            for record in reader if missing else ():
                if not is_blank(record):
                    if index in missing:
                        by_row[index] = start, record
                        missing.remove(index)
                        if not missing:
                            break
                    index += 1
                start = part.text.skip + reader.line_num + 1
        except (csv.Error, InputError):  # the row looked for is the broken one, or before it
            pass
    return {row: by_row.get(row, (start, [])) for row in rows}


def _reader(unpacked: Unpacked, part: Part) -> Reader:
    lines = islice(text_lines.lines(unpacked), part.text.skip, None)
    return rows_of(lines, part.text.delimiter)


def _parsed(line: str, part: Part) -> Row:
    try:
        return next(rows_of([line], part.text.delimiter, strict=False), [])
    except csv.Error:  # a field too long
        return []


def _header(reader: Reader, part: Part) -> Row:
    try:
        for record in reader:
            if not is_blank(record):
                return record
    except csv.Error as error:
        raise _broken(part, -1, reader.line_num, error) from None
    raise InputError(
        f"{part.name} has blank lines only: it needs a header and at least one bar", code="no_rows"
    )


def _blocks(reader: Reader, part: Part, block_rows: int) -> Iterator[list[Row]]:
    """The rows without blank lines; those before a broken row come before its error."""
    first_row = 0
    while True:
        rows: list[Row] = []
        fault: InputError | None = None
        try:
            rows.extend(islice(reader, block_rows))  # keeps what came before an error
        except csv.Error as error:
            row = first_row + len(_without_blanks(rows))
            fault = _broken(part, row, reader.line_num, error)
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


def _without_blanks(rows: list[Row]) -> list[Row]:
    if min(map(len, rows), default=2) > 1:
        return rows
    return [row for row in rows if not is_blank(row)]


def _broken(part: Part, row: int, last_line: int, error: csv.Error) -> InputError:
    """The error for data row `row`, which csv gave up on `last_line`."""
    line = line_of(part, row)
    where = f"the row that starts on line {line} of {part.name}"
    if "expected after" in str(error):
        return InputError(
            f"{where} has text after a closing quote: close the quote that was left open, or "
            "double the quotes inside a field"
        )
    if "field limit" not in str(error):
        return InputError(f"{where} opens a quote that is never closed: close or remove the quote")
    if line == part.text.skip + last_line:
        return InputError(f"{where} has a field longer than {LONGEST_CELL} characters: shorten it")
    return InputError(
        f"{where} opens a quote that is not closed within {LONGEST_CELL} characters: "
        "close or remove the quote"
    )
