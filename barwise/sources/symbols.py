"""Rows as they stand in a file become batches of one series, told apart by their symbols.

A series keeps the order of its rows; how a file was cut into tables changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.batch import Batch, Symbols, Table
from barwise.errors import InputError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Closes, Rows, Times
    from barwise.config import Columns
    from barwise.parts import Part

    Codes = NDArray[Any]  # unsigned integers

# A batch costs some 30 us, however short: 500 symbols in two million rows are 4,000 bars each.
GATHERED_ROWS = 1 << 21


def one_series(table: Table, series: str) -> Batch:
    """All rows of a table as one batch."""
    rows = range(table.first_row, table.first_row + len(table.closes))
    return Batch(series, table.part, rows, _columns(table.closes, table.times, slice(None)))


def apart(tables: Iterable[Table], gathered_rows: int = GATHERED_ROWS) -> Generator[list[Batch]]:
    """The tables of one part, which have symbols, as a batch for each symbol in them.

    Tables are gathered until they have `gathered_rows`; each list is of one gathering.
    """
    gathered: list[Table] = []
    rows = 0
    for table in tables:
        gathered.append(table)
        rows += len(table.closes)
        if rows >= gathered_rows:
            yield _batches(gathered)
            gathered, rows = [], 0
    if gathered:
        yield _batches(gathered)


class OneSymbol:
    """Watches the column of symbols in parts whose series is known without it."""

    def __init__(self, columns: Columns, place: Callable[[Part, int], str]) -> None:
        self.column, self.is_named = columns.of_symbols, columns.symbol is not None
        self.place = place
        self.first: dict[str, str] = {}  # the symbol of each series

    def doubt(self, table: Table, part: Part) -> str:
        """A line about a second symbol in one series, or one that is not its folder's; or "".

        Raises InputError for it where the config names the column.
        """
        if table.symbols is None:
            return ""
        codes, names = table.symbols
        series = part.series or ""
        is_one = (codes == codes[0]).all()
        for code in codes[:1] if is_one else np.unique(codes):
            name = names[code]
            if not name:
                continue
            first = self.first.setdefault(series, series or name)
            if name != first:
                row = table.first_row + int(np.argmax(codes == code))
                what = f"{self.column} is {quoted(name)} on {self.place(part, row)}"
                if self.is_named:
                    raise InputError(f"{what}, and its folder says {quoted(series)}: move the file")
                if series:
                    return f"{what}, and its folder says {quoted(series)}, which is taken"
                return (
                    f"{what} and {quoted(first)} before, yet all is read as one series: to tell "
                    f"them apart set columns: {{symbol: {self.column}}}"
                )
        return ""


class RowsOfSymbol:
    """The rows of one symbol among interleaved ones, looked for when one is asked for."""

    def __init__(self, codes: Codes, code: int, count: int, first_row: int) -> None:
        self.codes, self.code, self.count, self.first_row = codes, code, count, first_row

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, bar: int, /) -> int:
        return self.first_row + int(np.flatnonzero(self.codes == self.code)[bar])


def _batches(tables: list[Table]) -> list[Batch]:
    first = tables[0]
    closes = np.concatenate([table.closes for table in tables])
    timed = [table.times for table in tables if table.times is not None]
    times = np.concatenate(timed) if timed else None
    codes, names = _joined([table.symbols for table in tables if table.symbols])
    pieces: list[tuple[int, Rows, slice]] = []
    if panel := _panel(codes):
        end = first.first_row + len(codes)
        for at, code in enumerate(codes[:panel].tolist()):
            pieces.append((code, range(first.first_row + at, end, panel), slice(at, None, panel)))
    else:
        order = np.argsort(codes, kind="stable")  # by counting, since codes are short
        closes = closes[order]
        times = None if times is None else times[order]
        end = 0
        for code, count in enumerate(np.bincount(codes).tolist()):
            start, end = end, end + count
            rows = RowsOfSymbol(codes, code, count, first.first_row)
            pieces.append((code, rows, slice(start, end)))
    return [
        Batch(names[code], first.part, rows, _columns(closes, times, piece))
        for code, rows, piece in pieces
        if len(rows)
    ]


def _panel(codes: Codes) -> int:
    """After how many rows the same symbols follow in the same order throughout, or 0.

    As where each minute has a bar of every symbol. The rows of a symbol are then evenly spaced and
    need no sorting, which saves 8 of 12 ns a row.
    """
    period = int(np.argmax(codes[1:] == codes[0])) + 1 if len(codes) > 1 else 0
    if not period or codes[period] != codes[0] or len(np.unique(codes[:period])) < period:
        return 0
    return period if (codes[period:] == codes[:-period]).all() else 0


def _joined(symbols: list[Symbols]) -> tuple[Codes, list[str]]:
    """The codes of a part's tables, one after the other, and the names, which the tables share."""
    names = list(symbols[0].names)
    small = np.uint16 if len(names) < 2**16 else np.uint32
    codes: Codes = np.empty(sum(len(each.codes) for each in symbols), small)
    np.concatenate([each.codes for each in symbols], out=codes, casting="unsafe")
    distinct = dict.fromkeys(names)
    if len(distinct) < len(names):  # some differ only by blanks
        places = {name: place for place, name in enumerate(distinct)}
        codes = np.array([places[name] for name in names], small)[codes]
        names = list(distinct)
    return codes, names


def _columns(closes: Closes, times: Times | None, piece: slice) -> dict[str, NDArray[Any]]:
    """The columns of a batch, each in one stretch of memory."""
    columns = {"close": closes} if times is None else {"close": closes, "time": times}
    return {name: np.ascontiguousarray(column[piece]) for name, column in columns.items()}
