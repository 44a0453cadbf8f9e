"""What a signal's position earns in each bar: long or flat, all in, from the fill that is said.

Every factor is one IEEE rounding an operation, in the order written. An entry divides by 1 + cost,
an exit multiplies by 1 - cost, in the bar of the fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

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

    last: that close.
    returns: of the close, in units of 2**-48.
    steps: of the logarithm of the close, in units of 2**-48.
    logarithms: of both closes; one more than bars.
    extreme: bars that moved beyond all bounds, or None.
    """

    last: Closes
    returns: Units
    steps: Steps
    logarithms: Steps
    extreme: Which | None


class Position(NamedTuple):
    """Of each bar whether the position is long before its fill, and after it."""

    before: Which
    after: Which


class Earned(NamedTuple):
    """Of each bar.

    returns: in units of 2**-48.
    steps: of log equity, in units of 2**-48.
    entries, exits: bars with one.
    unfilled: bars with a fill whose open is missing, or not above 0.
    extreme: bars with a fill that moved beyond all bounds.
    """

    returns: Units
    steps: Steps
    entries: NDArray[np.intp]
    exits: NDArray[np.intp]
    unfilled: NDArray[np.intp]
    extreme: NDArray[np.intp]


def position(signals: Signals, bars: int, fill: str) -> Position:
    """The position of the last bars; `signals` begin two bars before them."""
    is_one = signals.view(np.bool_)
    late = 0 if fill == "close" else 1
    end = bars + 2 - late
    return Position(is_one[end - 1 - bars : end - 1], is_one[end - bars : end])


def moves(closes: Closes) -> Moves:
    """Those of all closes but the first."""
    last, now = closes[:-1], closes[1:]
    with np.errstate(over="ignore"):
        rho = now / last
        rho -= 1.0
        units = sums.units(rho)
    logarithms = log_price.units(closes)
    steps = logarithms[1:] - logarithms[:-1]
    extreme = None
    if len(units) and (units.max() >= LARGEST_RETURN or steps.min() <= -LARGEST_MOVE):
        extreme = (units >= LARGEST_RETURN) | (steps <= -LARGEST_MOVE)
        units[extreme], steps[extreme] = 0, 0  # the run is refused
    steps <<= FINER
    return Moves(last, units, steps, logarithms, extreme)


def earned(
    moved: Moves, closes: Closes, opens: Closes | None, held: Position, cost: Cost
) -> Earned:
    """What a position earns; `opens` are those of the same bars, where they fill."""
    stays, changes = held.before & held.after, held.before ^ held.after
    returns, steps = moved.returns * stays, moved.steps * stays
    at = np.flatnonzero(changes)
    enters = held.after[at]
    entries, exits = at[enters], at[~enters]
    dear, cheap = 1.0 + cost.of_capital, 1.0 - cost.of_capital
    unfilled = at[:0]
    if opens is None:
        of_entries = np.full(len(entries), 1.0 / dear)
        of_exits = closes[exits] / moved.last[exits] * cheap
        steps[exits] = moved.steps[exits]
    else:
        fills, is_filled = opens[at], opens[at] > 0  # NaN is above nothing
        if not is_filled.all():
            unfilled = at[~is_filled]
            fills = np.where(is_filled, fills, closes[at])  # the run is refused
        logarithms = log_price.units(fills)
        of_entries = closes[entries] / fills[enters] / dear
        of_exits = fills[~enters] / moved.last[exits] * cheap
        steps[entries] = (moved.logarithms[entries + 1] - logarithms[enters]) << FINER
        steps[exits] = (logarithms[~enters] - moved.logarithms[exits]) << FINER
    returns[entries] = sums.units(of_entries - 1.0)
    returns[exits] = sums.units(of_exits - 1.0)
    extreme = at[(returns[at] >= LARGEST_RETURN) | (steps[at] <= -LARGEST_MOVE << FINER)]
    returns[extreme], steps[extreme] = 0, 0  # the run is refused
    steps[entries] -= cost.entry
    steps[exits] -= cost.exit
    return Earned(returns, steps, entries, exits, unfilled, extreme)
