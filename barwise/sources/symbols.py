"""Rows as they stand in a file become batches of one series, told apart by their symbols.

A series keeps the order of its rows; how a file was cut into tables changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.batch import Batch, Symbols, Table
from barwise.errors import InputError, quoted
from barwise.sources.columns import SYMBOL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Closes, Times
    from barwise.config import Columns
    from barwise.parts import Part

# A batch costs some 30 us, however short: 500 symbols in two million rows are 4,000 bars each.
GATHERED_ROWS = 1 << 21


def one_series(table: Table, series: str) -> Batch:
    """All rows of a table as one batch."""
    rows = range(table.first_row, table.first_row + len(table.closes))
    return Batch(series, table.part, rows, _columns(table.closes, table.times))


def apart(tables: Iterable[Table], gathered_rows: int = GATHERED_ROWS) -> Iterator[Batch]:
    """The tables of one part, which have symbols, as a batch for each symbol in them, by name.

    Tables are gathered until they have `gathered_rows`.
    """
    gathered: list[Table] = []
    rows = 0
    for table in tables:
        gathered.append(table)
        rows += len(table.closes)
        if rows >= gathered_rows:
            yield from _batches(gathered)
            gathered, rows = [], 0
    if gathered:
        yield from _batches(gathered)


class OneSymbol:
    """Watches the column of symbols in parts whose series is known without it."""

    def __init__(self, columns: Columns, place: Callable[[Part, int], str]) -> None:
        self.column, self.is_named, self.place = columns.symbol or SYMBOL, columns.symbol, place
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


def _batches(tables: list[Table]) -> Iterator[Batch]:
    first = tables[0]
    closes = np.concatenate([table.closes for table in tables])
    timed = [table.times for table in tables if table.times is not None]
    times = np.concatenate(timed) if timed else None
    codes, names = _joined([table.symbols for table in tables if table.symbols])
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    order = np.argsort(codes, kind="stable")  # by counting, since codes are short
    closes = closes[order]
    if times is not None:
        times = times[order]
    order += first.first_row  # now the rows in the part
    for code in sorted(range(len(names)), key=names.__getitem__):
        piece = slice(ends[code - 1] if code else 0, ends[code])
        if piece.start < piece.stop:
            columns = _columns(closes[piece], None if times is None else times[piece])
            yield Batch(names[code], first.part, order[piece], columns)


def _joined(symbols: list[Symbols]) -> tuple[NDArray[np.unsignedinteger[Any]], list[str]]:
    """The codes of a part's tables, one after the other, and the names, which the tables share."""
    names = list(symbols[0].names)
    codes = np.concatenate([codes for codes, _ in symbols])
    distinct = dict.fromkeys(names)
    if len(distinct) < len(names):  # some differ only by blanks
        places = {name: place for place, name in enumerate(distinct)}
        codes = np.array([places[name] for name in names])[codes]
        names = list(distinct)
    return codes.astype(np.uint16 if len(names) < 2**16 else np.uint32), names


def _columns(closes: Closes, times: Times | None) -> dict[str, Any]:
    return {"close": closes} if times is None else {"close": closes, "time": times}
