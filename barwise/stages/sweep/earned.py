"""What bars earn, by what a position does in them: it is held, left or entered.

All windows share it: a window's signals choose one of the three in each bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.evaluation import log_price, trades
from barwise.stages.evaluation.counts import rises_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.evaluation.chunk import FaultOfRow
    from barwise.stages.evaluation.rows import Rows
    from barwise.stages.evaluation.trades import Cost

    Whole = NDArray[np.int64]

MOST_BARS = 1 << 13  # at a time: sums of so many of the following stay below 2**62
LARGEST = 1 << 48  # of a return, which doubles the capital
LARGEST_STEP = 1 << 49
SPLIT = 48  # bits of the low part of a square
LARGE_BARS, LARGE_SPLIT = 2, 61  # where a bar is beyond them
COLUMNS = 12  # of held, left and entered: return, both parts of its square, step


class Earned(NamedTuple):
    """Of bars that follow each other.

    rises: 1 where the close is above the one before.
    columns: of the position held, left and entered a row of returns, the low and the high part of
        their squares, and steps of log equity.
    hold: returns of holding.
    split: bits of the low part of a square.
    fault: the first bar that earns nothing sensible, and why.
    """

    rises: Whole
    columns: Whole
    hold: Whole
    split: int
    fault: FaultOfRow | None

    @property
    def most_bars(self) -> int:
        """How many can be summed at a time."""
        return MOST_BARS if self.split == SPLIT else LARGE_BARS


def earned(rows: Rows, begin: int, end: int, fill: str, cost: Cost) -> Earned:
    """Of the rows from one index to another; row 0 is the first of a series if `begin` is 0."""
    closes = rows.close[max(0, begin - 1) : end]
    if not begin:
        closes = np.concatenate((closes[:1], closes))
    opens = rows.open[begin:end] if fill == "next_open" else None
    logarithms = log_price.units(closes, ThreadArrays())
    moved = trades.moves(closes, logarithms)
    bars = end - begin
    is_in, is_out = np.ones(bars, np.bool_), np.zeros(bars, np.bool_)
    leaves = trades.fills(closes, logarithms, opens, trades.Position(is_in, is_out), cost)
    enters = trades.fills(closes, logarithms, opens, trades.Position(is_out, is_in), cost)
    returns = [units.astype(np.int64) for units in (moved.returns, leaves.returns, enters.returns)]
    steps = (moved.steps, leaves.steps, enters.steps)
    is_large = max(map(_largest, returns)) >= LARGEST or max(map(_largest, steps)) >= LARGEST_STEP
    squares = _squares_of_large if is_large else _squares
    columns = np.empty((COLUMNS, bars), np.int64)
    for at, (units, step) in enumerate(zip(returns, steps, strict=True)):
        columns[4 * at], columns[4 * at + 3] = units, step
        columns[4 * at + 1], columns[4 * at + 2] = squares(units)
    hold = returns[0].copy()
    first_fill = 0 if fill == "close" else 1  # of who holds, in the series
    if begin <= first_fill < end:
        hold[first_fill - begin] = returns[2][first_fill - begin]
    faults = [
        (int(at[0]) + begin, what)
        for at, what in (
            (enters.unfilled, "open"),
            (enters.extreme, "return"),
            (leaves.extreme, "return"),
            (_where(moved.extreme), "return"),
        )
        if len(at)
    ]
    up, _ = rises_of(closes[:-1], closes[1:], moved.returns)
    split = LARGE_SPLIT if is_large else SPLIT
    return Earned(up.astype(np.int64), columns, hold, split, min(faults, default=None))


def _largest(values: Whole) -> int:
    return max(int(values.max()), -int(values.min()))


def _where(extreme: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    return np.empty(0, np.intp) if extreme is None else np.flatnonzero(extreme)


def _squares(units: Whole) -> tuple[Whole, Whole]:
    """The low 48 bits of squares of returns below 2**48, and the rest."""
    high, low = units >> 24, units & 0xFF_FFFF
    middle = 2 * high * low
    rest = ((middle & 0xFF_FFFF) << 24) + low * low
    return rest & (2**SPLIT - 1), high * high + (middle >> 24) + (rest >> SPLIT)


def _squares_of_large(units: Whole) -> tuple[Whole, Whole]:
    """The low 61 bits of squares of any returns, and the rest."""
    squares = [unit * unit for unit in units.tolist()]
    low = [square & (2**LARGE_SPLIT - 1) for square in squares]
    high = [square >> LARGE_SPLIT for square in squares]
    return np.array(low, np.int64), np.array(high, np.int64)
