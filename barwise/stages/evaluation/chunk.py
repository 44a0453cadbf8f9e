"""What is counted and summed of some known bars of a series, in blocks of one length.

Rows of an array are pieces of blocks. Where there is a kernel, it sums rows without a gap; its twin
here gives the same integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.evaluation import ladder, log_price, paths, sums, trades, wide
from barwise.stages.evaluation.counts import Counts, rises_of
from barwise.stages.evaluation.rows import Layout, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.evaluation.ladder import Blocks
    from barwise.stages.evaluation.trades import Cost, Fills, Position

    Signs = NDArray[np.int8]

LONGEST_ROW = 1 << 10  # of the kernel, whose sums hold so many returns below LARGEST
LARGEST = 2.0**51
SUMS = (ladder.FORWARD + 2) * wide.LIMBS  # of what the kernel gives of a row
FaultOfRow = tuple[int, str]  # the index of a row, and what is wrong


def longest_row() -> int:
    return sums.LONGEST_ROW if kernels.kernel is None else LONGEST_ROW


class Known(NamedTuple):
    """What is known of the bars of a chunk before they are summed.

    rows: with those that are looked back at.
    first: index of the first bar of the chunk; 0: of a series.
    closes, logarithms: of these bars and of the one before.
    signals: from two bars before on.
    held: the position.
    """

    rows: Rows
    first: int
    closes: NDArray[np.float64]
    logarithms: NDArray[np.int64]
    signals: Signs
    held: Position

    @property
    def bars(self) -> int:
        return len(self.closes) - 1


class Rises(NamedTuple):
    """Bars whose close is above the one before, or the same; both after a signal of 1 too."""

    up: int
    same: int
    in_up: int
    in_same: int


class Chunks(NamedTuple):
    """How chunks are computed; see `Evaluation`."""

    fill: str
    cost: Cost
    horizons: tuple[int, ...]
    in_decimal: bool
    fields: np.dtype[Any]
    arrays: ThreadArrays

    def computed(
        self, rows: Rows, first: int, length: int
    ) -> tuple[Counts, Blocks, FaultOfRow | None]:
        """Counts of the rows from `first` on, their blocks of a length, and their first fault."""
        closes = rows.close[first - 1 :] if first else np.concatenate((rows.close[:1], rows.close))
        signals = rows.signal[first - 2 :] if first else _after_zeros(rows.signal)
        held = trades.position(signals, len(closes) - 1, self.fill)
        known = Known(rows, first, closes, log_price.units(closes, self.arrays), signals, held)
        fills = self._fills(known, held)
        layout = Layout(rows.at[first:], length)
        blocks = np.zeros(len(layout.numbers), self.fields)
        blocks["block"], blocks["bars"] = layout.numbers, layout.bars(known.bars)
        faults = _of_fills(fills, first)
        rises = self._by_kernel(blocks, layout, known, fills) if first else None
        done = 1 if rises else 0  # the horizon whose returns are there already
        if rises is None:
            rises, more = self._by_twin(blocks, layout, known, fills)
            faults += more
        for number, horizon in enumerate(self.horizons):
            if horizon != done:
                faults += _forward(blocks, layout, rows, first, number, horizon)
        return self._counts(known, fills, rises), blocks, min(faults, default=None)

    def _fills(self, known: Known, held: Position) -> Fills:
        opens = known.rows.open[known.first :] if self.fill == "next_open" else None
        return trades.fills(known.closes, known.logarithms, opens, held, self.cost)

    def _by_kernel(
        self, blocks: Blocks, layout: Layout, known: Known, fills: Fills
    ) -> Rises | None:
        """Puts sums, paths and returns over a bar into the blocks; None where it cannot."""
        kernel = kernels.kernel
        if kernel is None or layout.slots is not None or fills.returns.max(initial=0) >= LARGEST:
            return None
        out = np.empty((len(blocks), kernel.ROW_FIELDS), np.int64)
        late, end = 0 if self.fill == "close" else 1, layout.length - layout.pad
        columns = map(np.ascontiguousarray, (known.closes, known.logarithms, known.signals))
        filled, (*rises, zero) = kernel.earned(
            *columns, fills.returns, fills.steps, late, end, layout.length, out
        )
        if filled < 0 or (self.in_decimal and zero > rises[1]):
            return None  # where closes a little apart may stand for one decimal
        totals = out[:, :SUMS].view(np.uint64).reshape(len(out), -1, wide.LIMBS)
        blocks["sums"][:, : ladder.FORWARD] = totals[:, : ladder.FORWARD]
        blocks["paths"] = out[:, SUMS:-1].reshape(len(out), 2, paths.WIDTH)
        if 1 in self.horizons:
            at = 2 * self.horizons.index(1)
            blocks["forward"][:, at] = out[:, -1]
            blocks["forward"][:, at + 1] = blocks["bars"] - out[:, -1]
            of_one = ladder.FORWARD + at
            blocks["sums"][:, of_one : of_one + 2] = totals[:, ladder.FORWARD :]
        return Rises(*rises)

    def _by_twin(
        self, blocks: Blocks, layout: Layout, known: Known, fills: Fills
    ) -> tuple[Rises, list[FaultOfRow]]:
        """The same but returns over a bar; and what is wrong."""
        moves, faults = trades.moves(known.closes, known.logarithms), []
        if moves.extreme is not None:
            faults.append((int(np.argmax(moves.extreme)) + known.first, "return"))
        _sum(blocks, layout, ladder.NET, *trades.earned(moves, known.held, fills))
        hold = moves.returns, moves.steps
        if not known.first:  # who holds buys at the first fill of the series
            ones = _after_zeros(np.ones(known.bars, np.int8))
            always = trades.position(ones, known.bars, self.fill)
            of_holding = self._fills(known, always)
            faults += _of_fills(of_holding, 0)
            hold = trades.earned(moves, always, of_holding)
        _sum(blocks, layout, ladder.HOLD, *hold)
        after = 0 if known.first else 1  # the first bar of a series follows none
        units = moves.returns[after:] if self.in_decimal else None
        up, same = rises_of(known.closes[after:-1], known.closes[after + 1 :], units)
        was_one = known.signals[1 + after : -1].view(np.bool_)
        of_all = (up, same, was_one & up, was_one & same)
        return Rises(*map(_count, of_all)), faults

    def _counts(self, known: Known, fills: Fills, rises: Rises) -> Counts:
        now, before = known.signals[2:], known.signals[1:-1]
        after = 0 if known.first else 1  # the first bar of a series follows none
        on = known.held.before if self.fill == "next_close" else before
        in_bars, entries = _count(before[after:]), _count(fills.enters)
        return Counts(
            known.bars,
            _count(now),
            _count(now != before),
            _count(on[after:]),
            in_bars,
            rises.in_up,
            rises.in_same,
            known.bars - after - in_bars,
            rises.up - rises.in_up,
            rises.same - rises.in_same,
            entries,
            len(fills.at) - entries,
        )


def _forward(
    blocks: Blocks, layout: Layout, rows: Rows, first: int, number: int, horizon: int
) -> list[FaultOfRow]:
    """Forward returns, in the block of the bar where each ends; and one beyond bounds."""
    begins = max(first, horizon) - horizon
    ends = begins + horizon
    if len(rows.at) <= ends:
        return []
    was_one = rows.signal.view(np.bool_)[begins : len(rows.at) - horizon]
    with np.errstate(over="ignore"):
        units = sums.units(rows.close[ends:] / rows.close[begins : len(rows.at) - horizon] - 1.0)
    faults = []
    large = units >= trades.LARGEST_RETURN
    if large.any():
        faults.append((ends + int(np.argmax(large)), "return"))
        units = np.where(large, 0, units)
    part = Layout(rows.at[ends:], layout.length)
    here = np.searchsorted(layout.numbers, part.numbers)
    for which, of_bars in enumerate((was_one, ~was_one)):
        at = 2 * number + which
        blocks["forward"][here, at] = part.counts(of_bars)
        blocks["sums"][here, ladder.FORWARD + at] = sums.totals(part.rows(units * of_bars))
    return faults


def _of_fills(fills: Fills, first: int) -> list[FaultOfRow]:
    return [
        (int(at) + first, what)
        for which, what in ((fills.unfilled, "open"), (fills.extreme, "return"))
        for at in which[:1]
    ]


def _sum(
    blocks: Blocks,
    layout: Layout,
    which: int,
    returns: NDArray[np.float64],
    steps: NDArray[np.int64],
) -> None:
    """Puts the sums and the path of returns into the blocks."""
    rows = layout.rows(returns)
    total = ladder.S1 if which == ladder.NET else ladder.HOLD_S1
    blocks["sums"][:, total] = sums.totals(rows)
    blocks["sums"][:, total + 1] = sums.squares(rows)
    if which == ladder.NET:
        blocks["sums"][:, ladder.BELOW] = sums.squares(np.minimum(rows, 0))
    blocks["paths"][:, which] = paths.of_rows(layout.rows(steps))


def _after_zeros(signals: Signs) -> Signs:
    return np.concatenate((np.zeros(2, np.int8), signals))


def _count(which: NDArray[np.generic]) -> int:
    return int(np.count_nonzero(which))
