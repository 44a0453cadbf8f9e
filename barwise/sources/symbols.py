"""Rows as they stand in a file become bars of one series, split by their symbols.

A series keeps the order of its rows; how a file was cut into tables changes nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.bars.batch import Bars, Table, is_one_value, of_one_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Columns, Places, Symbols

    Codes = NDArray[Any]  # unsigned integers


ROWS_A_SYMBOL = 100  # in a group, for which it may be larger
MOST_GROUPS = 4  # that one is as large as then


def one_series(table: Table, series: str) -> Bars:
    """All rows of a table as bars of one series."""
    places = range(table.first, table.first + table.rows)
    return Bars(series, table.part, places, _cut(table.columns, slice(None)), table.order)


def split_by_symbol(tables: Iterable[Table], group_cells: int) -> Generator[list[Bars]]:
    """The tables of one part, which have symbols, as bars of each symbol in them.

    Tables are grouped until they have `group_cells`, of codes and all columns except the clock, so
    that memory is bounded; each list is of one group. Each Bars costs some 30 us, however short: so
    groups of very many symbols are larger, until each has some rows.
    """
    group: list[Table] = []
    cells = 0
    for table in tables:
        group.append(table)
        width = 1 + len(table.columns.keys() - {"clock"})
        cells += table.rows * width
        symbols = len(table.symbols.names) if table.symbols else 0
        enough = min(symbols * ROWS_A_SYMBOL * width, MOST_GROUPS * group_cells)
        if cells >= max(group_cells, enough):
            yield _split(group)
            group, cells = [], 0
    if group:
        yield _split(group)


def first_rows(symbols: Symbols | None) -> dict[str, int]:
    """The first row of each symbol in a column of them, by its name."""
    if symbols is None:
        return {}
    codes, names = symbols
    is_one = (codes == codes[0]).all()
    found = codes[:1] if is_one else np.unique(codes)
    return {names[code]: int(np.argmax(codes == code)) for code in found if names[code]}


def _split(tables: list[Table]) -> list[Bars]:
    start = tables[0]
    columns = joined(tables)
    codes, names = joined_symbols(tables)
    pieces: list[tuple[int, Places, slice]] = []
    if panel := _panel(codes):
        end = start.first + len(codes)
        for at, code in enumerate(codes[:panel].tolist()):
            pieces.append((code, range(start.first + at, end, panel), slice(at, None, panel)))
    else:
        by_symbol = np.argsort(codes, kind="stable")  # a counting sort, since codes are short
        columns = {
            name: column if is_one_value(column) else column[by_symbol]
            for name, column in columns.items()
        }
        by_symbol += start.first
        end = 0
        for code, count in enumerate(np.bincount(codes).tolist()):
            piece = slice(end, end := end + count)
            pieces.append((code, by_symbol[piece], piece))
    return [
        Bars(names[code], start.part, places, _cut(columns, piece), start.order)
        for code, places, piece in pieces
        if len(places)
    ]


def joined(tables: Sequence[Table]) -> Columns:
    """The columns of successive tables of one part."""
    return {name: _joined([t.columns[name] for t in tables]) for name in tables[0].columns}


def _joined(pieces: Sequence[NDArray[Any]]) -> NDArray[Any]:
    if all(map(is_one_value, pieces)) and len({piece[0] for piece in pieces}) == 1:
        return of_one_value(pieces[0][0], sum(map(len, pieces)))
    return np.concatenate(pieces)


def _panel(codes: Codes) -> int:
    """After how many rows the same symbols repeat in the same order, throughout; else 0.

    So it is where each minute has a bar of every symbol. The rows of a symbol are then evenly
    spaced and need no sorting, which saves 8 of 12 ns a row.
    """
    period = int(np.argmax(codes[1:] == codes[0])) + 1 if len(codes) > 1 else 0
    if not period or codes[period] != codes[0] or len(np.unique(codes[:period])) < period:
        return 0
    return period if (codes[period:] == codes[:-period]).all() else 0


def joined_symbols(tables: Sequence[Table]) -> tuple[Codes, list[str]]:
    """The codes of successive tables of one part, and the names, which the tables share."""
    symbols = [table.symbols for table in tables if table.symbols]
    names = list(symbols[0].names)
    small = np.uint16 if len(names) < 2**16 else np.uint32
    codes: Codes = np.empty(sum(len(column.codes) for column in symbols), small)
    np.concatenate([column.codes for column in symbols], out=codes, casting="unsafe")
    distinct = dict.fromkeys(names)
    if len(distinct) < len(names):  # some differ only by blanks
        places = {name: place for place, name in enumerate(distinct)}
        codes = np.array([places[name] for name in names], small)[codes]
        names = list(distinct)
    return codes, names


def _cut(columns: Columns, piece: slice) -> Columns:
    """A piece of each column, contiguous in memory."""
    return {
        name: column[piece] if is_one_value(column) else np.ascontiguousarray(column[piece])
        for name, column in columns.items()
    }
