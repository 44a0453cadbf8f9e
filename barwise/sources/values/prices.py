"""What a cell of text means as a close: a number, missing, or not a price and why.

Every source of text uses this module; files and lines stay outside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from barwise.bars.batch import Closes

MISSING = frozenset({"", "nan", "NaN", "null", "NULL", "NA", "N/A", "None"})
NUMBER = r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"  # compiled when first needed
NUMBER_CHARACTERS = frozenset("0123456789+-.eE ")

CORRECT_IT = "correct it, or leave the cell empty if it is missing"
ARE_DECIMAL = 'set csv: {decimal: ","} if commas are decimal here'
NOT_PRICES = (
    (r"(?i)[-+]?inf(inity)?", f"infinite is not a price; {CORRECT_IT}"),
    (r"(?i)true|false", f"a boolean is not a price; {CORRECT_IT}"),
    (r"[-+]?\d{1,3},\d{3}", f"write it without thousands separators, or {ARE_DECIMAL}"),
    (r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", "write it without thousands separators"),
    (r"[-+]?\d{1,3}([ _'\u00a0\u2009\u202f]\d{3})+(\.\d*)?", "write it without separators"),
    (r"[-+]?\d+,\d+", f"write a decimal point for the comma, or {ARE_DECIMAL}"),
)
SWAPPED = str.maketrans(",.", ".,")
NO_POINTS = (
    'with csv: {decimal: ","} a point is not a decimal one: write it without thousands separators'
)


class Fault(NamedTuple):
    """A cell that is not what its column holds, as a price or a symbol.

    at: its index in the column.
    cell: its text.
    reason: what is wrong, and the way out.
    """

    at: int
    cell: str
    reason: str


def parse(cells: list[str], decimal: str = ".") -> tuple[Closes, Fault | None]:
    """The closes that `cells` hold, float64, NaN where missing; and the first fault, if any.

    A number is decimal digits with an optional sign, point and exponent, read by Python's `float`,
    which rounds correctly; blanks around it do not count.

    >>> parse(["1.5", "NA", "7"])
    (array([1.5, nan, 7. ]), None)
    >>> parse(["1.5", "abc"])[1].reason
    'not a number; correct it, or leave the cell empty if it is missing'
    """
    if decimal == ",":
        closes, fault = parse([cell.translate(SWAPPED) for cell in cells])
        if fault:
            cell = cells[fault.at]
            fault = Fault(fault.at, cell, NO_POINTS if "." in cell else fault.reason)
        return closes, fault
    # With these characters alone, `float` accepts no more than our numbers: no inf, nan, 1_000.
    if NUMBER_CHARACTERS.issuperset("".join(cells)):
        try:
            closes = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            pass
        else:
            if np.isfinite(closes).all():
                return closes, None
    closes = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        stripped = cell.strip(" \t")
        if re.fullmatch(NUMBER, stripped):
            closes[index] = float(stripped)
            if np.isinf(closes[index]):
                return closes, Fault(index, cell, f"too large for float64; {CORRECT_IT}")
        elif stripped not in MISSING:
            return closes, Fault(index, cell, _why_not_a_price(stripped))
    return closes, None


def is_number(cell: str) -> bool:
    """Whether `cell` is written as a number."""
    return re.fullmatch(NUMBER, cell.strip(" \t")) is not None


def _why_not_a_price(cell: str) -> str:
    for pattern, why in NOT_PRICES:
        if re.fullmatch(pattern, cell):
            return why
    return f"not a number; {CORRECT_IT}"
