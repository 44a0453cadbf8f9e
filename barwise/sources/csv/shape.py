"""Whether bytes of CSV are of the plain shape that every reader reads alike.

Bytes in, yes or no out; what the cells say is not looked at here.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

COMMA, LINE_END, RETURN, QUOTE = b',\n\r"'
BLOCK = 1 << 18  # bytes, whose temporaries stay in the cache
LONGEST_LINE = 1 << 16  # bytes; longer ones are left to the strict reader
HALF_LINE = LONGEST_LINE // 2  # a line that is too long fills a whole block of so many bytes


class Plain(NamedTuple):
    """Whole rows without quotes.

    data: their bytes.
    commas: how many are in them.
    """

    data: bytes
    commas: int


def plain(data: bytes) -> Plain | None:
    r"""Whole rows as they are without quotes; None where readers may disagree about them.

    They agree about UTF-8 without NUL, lines that end in LF or CRLF and are shorter than 64 KiB,
    and quotes around whole fields that hold no comma, line end or quote. Blank lines at the end are
    left out.

    >>> plain(b'1,"2"\n\n'), plain(b"1,2\r3,4\n")
    (Plain(data=b'1,2', commas=1), None)
    """
    if data.endswith((b"\n\n", b"\n\r\n")):
        data = data.rstrip(b"\r\n")
    if b'"' in data:
        without = _unquoted(data)
        if without is None or without.endswith(b"\n") > data.endswith(b"\n"):  # a last row of ""
            return None
        data = without
    if data.startswith(BOM_UTF8):  # polars would drop it, but here it belongs to the first cell
        return None
    for first in range(0, len(data) - HALF_LINE + 1, HALF_LINE):
        if data.find(b"\n", first, first + HALF_LINE) < 0:
            return None
    array = np.frombuffer(data, np.uint8)
    commas = largest = 0
    for first in range(0, len(data), BLOCK):
        block = array[first : first + BLOCK]
        commas += int(np.count_nonzero(block == COMMA))
        largest = max(largest, int(block.max()))
    if b"\0" in data or (b"\r" in data and not _ends_lines(array)):
        return None
    if largest > 127 and not _is_utf_8(data):
        return None
    return Plain(data, commas)


def is_rectangular(rows: Plain, count: int, columns: int, seems_torn: bool) -> bool:
    """Whether each of `count` rows has so many columns.

    `seems_torn`: the last column is missing in some row. If it is not, a row can only be too long,
    which the number of commas shows.
    """
    if rows.commas != count * (columns - 1):
        return False
    if not seems_torn:
        return True
    array = np.frombuffer(rows.data, np.uint8)
    marks = array[(array == COMMA) | (array == LINE_END)]
    if not rows.data.endswith(b"\n"):
        marks = np.append(marks, np.uint8(LINE_END))
    if columns == 1 or len(marks) != count * columns:  # of one column an empty row is a blank line
        return False
    by_row = marks.reshape(count, columns)
    return bool((by_row[:, :-1] == COMMA).all() and (by_row[:, -1] == LINE_END).all())


def _unquoted(data: bytes) -> bytes | None:
    """The rows without their quotes; None unless each pair encloses a field that needs none."""
    array = np.frombuffer(b"\n" + data + b"\n", np.uint8)
    quotes = np.flatnonzero(array == QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) != len(closing):
        return None
    before, after = array[opening - 1], array[closing + 1]
    separators = np.flatnonzero((array == COMMA) | (array == LINE_END) | (array == RETURN))
    is_whole = (
        ((before == COMMA) | (before == LINE_END)).all()
        and ((after == COMMA) | (after == LINE_END) | (after == RETURN)).all()
        and (np.searchsorted(separators, opening) == np.searchsorted(separators, closing)).all()
    )
    return data.translate(None, b'"') if is_whole else None


def _ends_lines(array: Bytes) -> bool:
    """Whether a carriage return is only before a line feed."""
    return array[-1] != RETURN and not bool(
        ((array[:-1] == RETURN) & (array[1:] != LINE_END)).any()
    )


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
