"""What a signal's position earns in each bar: long or flat, all in, from the fill that is said.

Every factor is one IEEE rounding an operation, in the order written. An entry divides by 1 + cost,
an exit multiplies by 1 - cost, in the bar of the fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.evaluation import log_price, paths, sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes, Signals

    Units = NDArray[np.float64]
    Steps = NDArray[np.int64]
    Which = NDArray[np.bool_]

FINER = paths.BITS - log_price.BITS  # bits by which steps are finer than logarithms of prices
LARGEST_RETURN = 2.0**13 * sums.ONE
LARGEST_MOVE = 16 << log_price.BITS  # of a logarithm: beyond the largest return, and as far down


class Cost(NamedTuple):
    """What a fill costs.

    of_capital: a fraction; 1 bp is 0.0001.
    entry, exit: of log equity, in units of 2**-48.
    """

    of_capital: float
    entry: int
    exit: int

    @classmethod
    def of(cls, of_capital: float) -> Cost:
        dear, cheap = 1.0 + of_capital, 1.0 - of_capital
        return cls(
            of_capital,
            log_price.exactly(dear, paths.BITS),
            -log_price.exactly(cheap, paths.BITS),
        )


class Moves(NamedTuple):
    """Of each bar, from the close before it.

    returns: of the close, in units of 2**-48.
    steps: of the logarithm of the close, in units of 2**-48.
    extreme: bars that moved beyond all bounds, or None.
    """

    returns: Units
    steps: Steps
    extreme: Which | None


class Position(NamedTuple):
    """Of each bar whether the position is long before its fill, and after it."""

    before: Which
    after: Which


class Fills(NamedTuple):
    """The bars in which a position changes.

    at: which bars.
    enters: of each whether the position is on after it.
    returns: in units of 2**-48.
    steps: of log equity, in units of 2**-48.
    unfilled: bars whose open is missing, or not above 0.
    extreme: bars that moved beyond all bounds.
    """

    at: NDArray[np.intp]
    enters: Which
    returns: Units
    steps: Steps
    unfilled: NDArray[np.intp]
    extreme: NDArray[np.intp]


def position(signals: Signals, bars: int, fill: str) -> Position:
    """The position of the last bars; `signals` begin two bars before them."""
    is_one = signals.view(np.bool_)
    late = 0 if fill == "close" else 1
    end = bars + 2 - late
    return Position(is_one[end - 1 - bars : end - 1], is_one[end - bars : end])


def moves(closes: Closes, logarithms: Steps) -> Moves:
    """Those of all closes but the first; logarithms are those of closes."""
    last, now = closes[:-1], closes[1:]
    with np.errstate(over="ignore"):
        rho = now / last
        rho -= 1.0
        units = sums.units(rho)
    steps = logarithms[1:] - logarithms[:-1]
    extreme = None
    if len(units) and (units.max() >= LARGEST_RETURN or steps.min() <= -LARGEST_MOVE):
        extreme = (units >= LARGEST_RETURN) | (steps <= -LARGEST_MOVE)
        units[extreme], steps[extreme] = 0, 0  # the run is refused
    steps <<= FINER
    return Moves(units, steps, extreme)


def fills(
    closes: Closes, logarithms: Steps, opens: Closes | None, held: Position, cost: Cost
) -> Fills:
    """The fills of a position.

    Closes and their logarithms begin one bar before it; `opens` are those of its bars, where they
    fill.
    """
    at = np.flatnonzero(held.before ^ held.after)
    enters = held.after[at]
    dear, cheap = 1.0 + cost.of_capital, 1.0 - cost.of_capital
    last, now, unfilled = closes[at], closes[at + 1], at[:0]
    log_last, log_now = logarithms[at], logarithms[at + 1]
    if opens is None:
        entries = np.full(len(at), 1.0 / dear)
        exits = now / last * cheap
        steps = np.where(enters, 0, log_now - log_last)
    else:
        price, is_filled = opens[at], opens[at] > 0  # NaN is above nothing
        if not is_filled.all():
            unfilled = at[~is_filled]
            price = np.where(is_filled, price, now)  # the run is refused
        entries, exits = now / price / dear, price / last * cheap
        of_price = log_price.units(price, ThreadArrays())
        steps = np.where(enters, log_now - of_price, of_price - log_last)
    steps <<= FINER
    returns = sums.units(np.where(enters, entries, exits) - 1.0)
    is_extreme = (returns >= LARGEST_RETURN) | (steps <= -LARGEST_MOVE << FINER)
    returns[is_extreme], steps[is_extreme] = 0, 0  # the run is refused
    steps -= np.where(enters, cost.entry, cost.exit)
    return Fills(at, enters, returns, steps, unfilled, at[is_extreme])


def earned(moved: Moves, held: Position, of_fills: Fills) -> tuple[Units, Steps]:
    """The returns and the steps of log equity of a position, in each bar."""
    stays = held.before & held.after
    returns, steps = moved.returns * stays, moved.steps * stays
    returns[of_fills.at], steps[of_fills.at] = of_fills.returns, of_fills.steps
    return returns, steps
