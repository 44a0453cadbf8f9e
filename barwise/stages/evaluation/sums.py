"""Exact sums of returns and of their squares, of rows of an array each.

Returns are whole numbers of units of 2**-48, held as float64. Those below 2**44 units (6 %) are cut
at 22 bits: then no sum over a row exceeds 2**53, so that float64 has it exactly, in whatever order
it is added. Rows with a larger return are added by Python's integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def units(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns in units of 2**-48, to the nearest, half to even, in their own memory."""
    returns *= ONE
    return np.rint(returns, out=returns)


def totals(rows: Units) -> Wide:
    """The sum of each row."""
    return _exactly(rows, _totals, sum)


def squares(rows: Units) -> Wide:
    """The sum of the squares of each row."""
    return _exactly(rows, _squares, lambda row: sum(unit * unit for unit in row))


def _totals(rows: Units) -> Wide:
    return wide.shifted(rows.sum(axis=1).astype(np.int64), 0)


def _squares(rows: Units) -> Wide:
    high = np.floor(rows * 2.0**-HALF)
    low = rows - high * 2.0**HALF
    dot = [
        np.einsum("ij,ij->i", one, other).astype(np.int64)
        for one, other in ((high, high), (high, low), (low, low))
    ]
    top = wide.added(wide.shifted(dot[0], 2 * HALF), wide.shifted(dot[1], HALF + 1))
    return wide.added(top, wide.shifted(dot[2], 0))


def _exactly(
    rows: Units, of_small: Callable[[Units], Wide], of_row: Callable[[list[int]], int]
) -> Wide:
    """The sums of rows, of those with a large return by Python's integers."""
    if rows.min(initial=0) > -SMALL and rows.max(initial=0) < SMALL:
        return of_small(rows)
    large: NDArray[np.bool_] = np.any(np.abs(rows) >= SMALL, axis=1)
    sums = of_small(np.where(large[:, None], 0, rows))
    for at in np.flatnonzero(large):
        sums[at] = wide.of_integers([of_row(list(map(int, rows[at].tolist())))])[0]
    return sums
