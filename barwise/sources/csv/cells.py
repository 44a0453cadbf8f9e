"""Rows of text cells become columns, each cell read by `prices.py` or `times.py`.

It finds the first fault in the rows, in any column. Where the rows come from is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.batch import Symbols, first_and_other
from barwise.errors import InputError, PriceError, clip, quoted
from barwise.files.limits import LONGEST_SYMBOL
from barwise.sources import header
from barwise.sources.columns import NOT_SYMBOLS, NUMBERS, TIME_OF_DAY, refuse_many_symbols
from barwise.sources.values import prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part

Row = list[str]


class CellColumns(NamedTuple):
    """What rows hold, as a table has it.

    columns: arrays of equal length, as in Bars.
    symbols: that of each row; None where no symbols are read.
    """

    columns: dict[str, NDArray[Any]]
    symbols: Symbols | None

    def until(self, end: int) -> CellColumns:
        """The same of the rows before `end` alone."""
        columns = {name: column[:end] for name, column in self.columns.items()}
        symbols = self.symbols and Symbols(self.symbols.codes[:end], self.symbols.names)
        return CellColumns(columns, symbols)


class Cells:
    """Where the columns to read are in each row of a part, and how their cells are read."""

    def __init__(
        self, names: Row, to_read: ColumnsToRead, part: Part, line_of: Callable[[int], int]
    ) -> None:
        """`names` are those of the header; `line_of` gives the line of a row, -1 is the header."""
        self.names, self.to_read, self.part, self.line_of = names, to_read, part, line_of
        self.file = part.name
        self.codes: dict[str, int] = {}  # by symbol
        self.symbol_names: list[str] = []  # by code; it only grows
        self.positions: dict[str, int] = {}
        for role, (name, required) in to_read.items():
            if required or name in names:
                line = partial(line_of, -1)
                self.positions[role] = header.find(role, name, names, part, line)

    def read(self, rows: list[Row], first_row: int) -> tuple[CellColumns, InputError | None]:
        """What the rows before the first fault hold, and the fault.

        Each column is read only as far as the column before it has no fault. So the last fault that
        is met is the first one in the file.
        """
        ragged = _first_ragged(rows, len(self.names))
        good_rows = rows[:ragged]
        columns: dict[str, NDArray[Any]] = {}
        symbols: Symbols | None = None
        fault: InputError | None = None
        if ragged is not None:
            of_config = bool(self.part.text.names) and first_row + ragged == 0
            fault = _ragged(rows[ragged], self.names, self.place(first_row + ragged), of_config)
        for role, at in self.positions.items():
            cells = [row[at] for row in good_rows]
            cell_fault: prices.Fault | None = None
            if role in NUMBERS:
                columns[role], cell_fault = prices.parse(cells, self.part.text.decimal)
            elif role == "symbol":
                symbols, cell_fault = self.symbols(cells)
            elif role == "confirm":
                columns["unfinished"] = np.array([cell.strip(" \t") == "0" for cell in cells])
            elif role == "timestamp":
                from barwise.sources.values import times

                if TIME_OF_DAY in self.positions:
                    at = self.positions[TIME_OF_DAY]
                    cells = times.joined(cells, [row[at] for row in good_rows])
                columns["time"], columns["clock"] = times.parse(cells, self.part.dates)
            if cell_fault:
                fault = self.error(role, cell_fault, rows[cell_fault.at], first_row)
                good_rows = good_rows[: cell_fault.at]
        all_read = CellColumns(columns, symbols)
        return all_read.until(len(good_rows)) if fault else all_read, fault

    def symbols(self, cells: list[str]) -> tuple[Symbols, prices.Fault | None]:
        """The symbols, and the first cell without one, where symbols are required."""
        names = [cell.strip(" \t") for cell in cells]
        if not self.to_read["symbol"].required:
            return first_and_other(names, np.arange(len(names))), None
        known = len(self.symbol_names)
        code_of_row = self.codes_of(names)
        wrong: list[tuple[int, str]] = []
        if "" in self.codes:
            wrong.append((names.index(""), "name each bar's symbol"))
        for name in self.symbol_names[known:]:
            if len(name.encode()) > LONGEST_SYMBOL:
                wrong.append((names.index(name), NOT_SYMBOLS))
        fault: prices.Fault | None = None
        if wrong:
            at, way_out = min(wrong)
            fault = prices.Fault(at, cells[at], way_out)
        return Symbols(code_of_row, self.symbol_names), fault

    def codes_of(self, names: Sequence[str]) -> NDArray[np.int64]:
        """The codes of symbols, new ones of those that are not known yet."""
        codes = self.codes
        code_of_row = np.array([codes.setdefault(name, len(codes)) for name in names])
        self.symbol_names += islice(codes, len(self.symbol_names), None)
        refuse_many_symbols(len(codes), self.to_read["symbol"].name, self.file)
        return code_of_row

    def place(self, row: int) -> str:
        return f"line {self.line_of(row)} of {self.file}"

    def error(self, role: str, fault: prices.Fault, row: Row, first_row: int) -> InputError:
        name = clip(self.names[self.positions[role]], 40)
        what = f"{name} is {quoted(fault.cell)} on {self.place(first_row + fault.at)}"
        if self.may_be_header(row, first_row + fault.at):
            skip = self.part.text.skip + 1
            return PriceError(f"{what}: if that line is a header, set csv: {{skip: {skip}}}")
        if header.is_repeated(row, self.names):
            return PriceError(
                f"{what}: the header is repeated, as in files put one after the other; remove "
                "that line"
            )
        kind = PriceError if role in NUMBERS else InputError
        return kind(f"{what}: {fault.reason}")

    def may_be_header(self, row: Row, number: int) -> bool:
        """Whether a row is a header where the config or a layout names the columns."""
        are_words = not any(character.isdigit() for cell in row for character in cell)
        return bool(self.part.text.names) and number == 0 and are_words


def _first_ragged(rows: list[Row], width: int) -> int | None:
    """The index of the first row that does not have `width` fields; None where all have."""
    if set(map(len, rows)) == {width}:
        return None
    return next(i for i, row in enumerate(rows) if len(row) != width)


def _ragged(row: Row, names: Row, place: str, of_config: bool) -> InputError:
    """The error for a row whose length is not that of the header, or of the names `of_config`."""
    all_names = "name all columns in csv.names, in their order"
    last = f"its last is {quoted(row[-1])}"
    width = len(names)
    if len(row) < width:
        way_out = all_names if of_config else "complete the row or remove it"
        return InputError(
            f"{place} is torn: it has {len(row)} of {width} fields, {last}, and no "
            f"{quoted(names[len(row)])}; {way_out}"
        )
    if of_config:
        way_out = all_names
    elif len(row) == 2 * width - 1 and row[-1] == names[-1]:
        way_out = "the header is repeated after a row without a line end; remove it"
    elif width == 1 and prices.is_number("".join(row)):
        way_out = "write a decimal point for the comma"
    else:
        way_out = "remove the extra fields, or put a field that has a comma in quotes"
    return InputError(
        f"{place} is too long: it has {len(row)} fields, {last}, where "
        f"{'csv.names' if of_config else 'the header'} has {width}; " + way_out
    )
