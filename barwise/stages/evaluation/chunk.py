"""What is counted and summed of some known bars of a series, in blocks of one length.

Rows of an array are pieces of blocks. Where there is a kernel, it sums rows without a gap; its twin
here gives the same integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.stages.evaluation import ladder, paths, sums, trades, wide
from barwise.stages.evaluation.counts import Counts, rises
from barwise.stages.evaluation.rows import Layout, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.evaluation.ladder import Blocks
    from barwise.stages.evaluation.trades import Cost, Fills, Moves, Position

    Signs = NDArray[np.int8]
    Which = NDArray[np.bool_]

LONGEST_ROW = 1 << 10  # of the kernel, whose sums hold so many returns below LARGEST
LARGEST = 2.0**53
SUMS = (ladder.FORWARD + 2) * wide.LIMBS  # of what the kernel gives of a row
FaultOfRow = tuple[int, str]  # the index of a row, and what is wrong


def longest_row() -> int:
    return sums.LONGEST_ROW if kernels.kernel is None else LONGEST_ROW


class Moved(NamedTuple):
    """What is known of the bars of a chunk before they are summed.

    rows: with those that are looked back at.
    first: index of the first bar of the chunk; 0: of a series.
    signals: from two bars before it on.
    """

    rows: Rows
    first: int
    signals: Signs
    moves: Moves
    held: Position
    fills: Fills

    @property
    def bars(self) -> int:
        return len(self.rows.at) - self.first


class Chunks(NamedTuple):
    """How chunks are computed; see `Evaluation`."""

    fill: str
    cost: Cost
    horizons: tuple[int, ...]
    in_decimal: bool
    fields: np.dtype[Any]

    def computed(
        self, rows: Rows, first: int, length: int
    ) -> tuple[Counts, Blocks, FaultOfRow | None]:
        """Counts of the rows from `first` on, their blocks of a length, and their first fault."""
        bars = len(rows.at) - first
        closes = rows.close[first - 1 :] if first else np.concatenate((rows.close[:1], rows.close))
        signals = rows.signal[first - 2 :] if first else _after_zeros(rows.signal)
        moves = trades.moves(closes)
        held = trades.position(signals, bars, self.fill)
        fills = self._fills(moves, closes, rows, first, held)
        moved = Moved(rows, first, signals, moves, held, fills)
        layout = Layout(rows.at[first:], length)
        blocks = np.zeros(len(layout.numbers), self.fields)
        blocks["block"] = layout.numbers
        blocks["bars"] = layout.bars(bars)
        faults = _of_fills(fills, first)
        if moves.extreme is not None:
            faults.append((int(np.argmax(moves.extreme)) + first, "return"))
        done = first > 0 and by_kernel(blocks, layout, moved, self.fill, self.horizons)
        if not done:
            net = trades.earned(moves, held, fills)
            _sum(blocks, layout, ladder.NET, *net)
            hold: tuple[NDArray[np.float64], NDArray[np.int64]] = (moves.returns, moves.steps)
            if not first:  # who holds buys at the first fill of the series
                always = trades.position(_after_zeros(np.ones(bars, np.int8)), bars, self.fill)
                of_holding = self._fills(moves, closes, rows, first, always)
                faults += _of_fills(of_holding, first)
                hold = trades.earned(moves, always, of_holding)
            _sum(blocks, layout, ladder.HOLD, *hold)
        for number, horizon in enumerate(self.horizons):
            if horizon > 1 or not done:
                faults += _forward(blocks, layout, moved, number, horizon)
        return self._counts(moved), blocks, min(faults, default=None)

    def _fills(
        self,
        moves: Moves,
        closes: NDArray[np.float64],
        rows: Rows,
        first: int,
        held: Position,
    ) -> Fills:
        opens = rows.open[first:] if self.fill == "next_open" else None
        return trades.fills(moves, closes[1:], opens, held, self.cost)

    def _counts(self, moved: Moved) -> Counts:
        rows, first = moved.rows, moved.first
        now, before = rows.signal[first:], moved.signals[1:-1]
        skipped = 0 if first else 1  # the first bar of a series follows none
        closes = rows.close[max(0, first - 1) :]
        units = moved.moves.returns[skipped:] if self.in_decimal else None
        up, same = rises(closes[:-1], closes[1:], units)
        was_one = before[skipped:].view(np.bool_)
        on = moved.held.before if self.fill == "next_close" else before
        in_bars, in_up, in_same = _count(was_one), _count(was_one & up), _count(was_one & same)
        entries = _count(moved.fills.enters)
        return Counts(
            len(now),
            _count(now),
            _count(now != before),
            _count(on[skipped:]),
            in_bars,
            in_up,
            in_same,
            len(up) - in_bars,
            _count(up) - in_up,
            _count(same) - in_same,
            entries,
            len(moved.fills.at) - entries,
        )


def by_kernel(
    blocks: Blocks, layout: Layout, moved: Moved, fill: str, horizons: tuple[int, ...]
) -> bool:
    """Puts sums, paths and forward returns over a bar into the blocks; False where it cannot."""
    kernel, moves, fills = kernels.kernel, moved.moves, moved.fills
    largest = max(moves.returns.max(), fills.returns.max(initial=0))
    if kernel is None or layout.slots is not None or largest >= LARGEST:
        return False
    out = np.empty((len(blocks), kernel.ROW_FIELDS), np.int64)
    late = 0 if fill == "close" else 1
    signals = np.ascontiguousarray(moved.signals)
    end = layout.length - layout.pad
    given = moves.returns, moves.steps, signals, fills.returns, fills.steps
    if kernel.earned(*given, late, end, layout.length, out) != len(fills.at):
        raise RuntimeError("the kernel counts other fills than its twin")
    totals = out[:, :SUMS].view(np.uint64).reshape(len(out), -1, wide.LIMBS)
    blocks["sums"][:, : ladder.FORWARD] = totals[:, : ladder.FORWARD]
    blocks["paths"] = out[:, SUMS:-1].reshape(len(out), 2, paths.WIDTH)
    if 1 in horizons:
        at = 2 * horizons.index(1)
        blocks["forward"][:, at] = out[:, -1]
        blocks["forward"][:, at + 1] = blocks["bars"] - out[:, -1]
        of_one = ladder.FORWARD + at
        blocks["sums"][:, of_one : of_one + 2] = totals[:, ladder.FORWARD :]
    return True


def _forward(
    blocks: Blocks, layout: Layout, moved: Moved, number: int, horizon: int
) -> list[FaultOfRow]:
    """Forward returns, in the block of the bar where each ends; and one beyond bounds."""
    rows, begins = moved.rows, max(moved.first, horizon) - horizon
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
