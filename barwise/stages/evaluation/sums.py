"""Exact sums of returns and of their squares, of rows of an array each.

Returns are whole numbers of units of 2**-48, held as float64. Those below 2**44 units (6 %) are cut
at 22 bits: then no sum over a row exceeds 2**53, so that float64 has it exactly, in whatever order
it is added. Rows with a larger return are added by Python's integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.evaluation import wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from barwise.stages.evaluation.wide import Wide

    Units = NDArray[np.float64]  # rows of whole numbers

SCALE = 48
ONE = 2.0**SCALE
LONGEST_ROW = 1 << 8
SMALL = 2.0**44
HALF = 22


class Squares(NamedTuple):
    """Of each row.

    total: the sum of squares.
    below: that of those below zero.
    """

    total: Wide
    below: Wide


def units(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns in units of 2**-48, to the nearest, half to even."""
    scaled = returns * ONE
    return np.rint(scaled, out=scaled)


def totals(rows: Units) -> Wide:
    """The sum of each row."""
    return _checked(rows, wide.shifted(rows.sum(axis=1).astype(np.int64), 0), sum)


def squares(rows: Units) -> Squares:
    """The sums of squares of each row."""
    high = np.floor(rows * 2.0**-HALF)
    low = rows - high * 2.0**HALF
    total = _checked(rows, _of_halves(high, low), _squared)
    low *= rows < 0
    np.minimum(high, 0, out=high)
    return Squares(total, _checked(rows, _of_halves(high, low), _squared_below))


def _of_halves(high: Units, low: Units) -> Wide:
    """The sums of (high * 2**22 + low)**2."""
    dot = [
        np.einsum("ij,ij->i", one, other).astype(np.int64)
        for one, other in ((high, high), (high, low), (low, low))
    ]
    top = wide.added(wide.shifted(dot[0], 2 * HALF), wide.shifted(dot[1], HALF + 1))
    return wide.added(top, wide.shifted(dot[2], 0))


def _squared(row: list[int]) -> int:
    return sum(unit * unit for unit in row)


def _squared_below(row: list[int]) -> int:
    return sum(unit * unit for unit in row if unit < 0)


def _checked(rows: Units, sums: Wide, exactly: Callable[[list[int]], int]) -> Wide:
    """The sums, those of rows with a large return computed again."""
    if -SMALL < rows.min(initial=0) and rows.max(initial=0) < SMALL:
        return sums
    for at in np.flatnonzero((np.abs(rows) >= SMALL).any(axis=1)):
        sums[at] = wide.of_integers([exactly(list(map(int, rows[at].tolist())))])[0]
    return sums
