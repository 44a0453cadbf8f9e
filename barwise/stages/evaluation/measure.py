"""The evaluation of a signal as a measure, whose values merge.

Every piece looks back: a switch by one bar, a fill by two, a forward return by as many bars as it
spans. So a value holds its first and its last known bars as they are, and what is counted of the
bars between. Before the first bar of a series every signal is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.batch import Place
from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.evaluation import ladder, trades
from barwise.stages.evaluation.chunk import Chunks, longest_row
from barwise.stages.evaluation.counts import Counts
from barwise.stages.evaluation.ladder import Ladder
from barwise.stages.evaluation.rows import KEPT, Rows, kept, known_rows, of_kept, place_of

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.stages.evaluation.ladder import Blocks

CHUNK_BARS = 31 << 10  # whose arrays stay in the cache


class Fault(NamedTuple):
    """The first bar for which there is no evaluation.

    bar: its position in the series.
    place: where it stands.
    what: "close" or "open": its price is not above 0, or missing; "return": it moved beyond bounds.
    """

    bar: int
    place: Place
    what: str


class Evaluated(NamedTuple):
    """The evaluation of bars that follow each other.

    head: the first known bars, which wait for those before them.
    counts, ladder: of the bars after them.
    tail: the last known bars.
    dropped: bars without a close.
    fault: the first one.
    """

    head: bytes
    counts: Counts
    ladder: Ladder
    tail: bytes
    dropped: int
    fault: Fault | None = None


class Counted(NamedTuple):
    """What is counted of rows; fault: index of a row, and what it is."""

    counts: Counts
    length: int
    blocks: Blocks
    fault: tuple[int, str] | None = None


class Evaluation:
    """See `Evaluated`.

    fill: when a switch of the signal trades, one of `bars.evaluate.FILLS`.
    cost: of a fill, a fraction of the capital.
    horizons: of forward returns, in bars.
    window: bars that decide a signal; no block is shorter.
    in_decimal: closes are compared as the decimals that they stand for.
    most_blocks, chunk_bars: for tests.
    """

    name, value = "evaluation", Evaluated
    by_position = True

    def __init__(
        self,
        fill: str,
        cost: float = 0.0,
        horizons: tuple[int, ...] = (1,),
        window: int = 1,
        in_decimal: bool = False,
        most_blocks: int = ladder.MOST_BLOCKS,
        chunk_bars: int = CHUNK_BARS,
    ) -> None:
        self.cost = trades.Cost.of(cost)
        self.fields = ladder.fields(len(horizons))
        self.chunks = Chunks(fill, self.cost, horizons, in_decimal, self.fields, ThreadArrays())
        self.most_blocks, self.chunk_bars = most_blocks, chunk_bars
        self.reach = max(2, *horizons)
        self.length = ladder.least_length(window, *horizons)
        self.needs = frozenset({"signal"} | ({"open"} if fill == "next_open" else set()))

    def of(self, bars: Bars) -> Evaluated:
        if bars.first is None:
            raise ValueError("an evaluation has blocks, cut by where bars stand in their series")
        closes = bars.columns["close"]
        all_are_known = np.minimum.reduce(closes) > 0  # no NaN either
        dropped = 0 if all_are_known else int(np.count_nonzero(np.isnan(closes)))
        rows = known_rows(bars, None if all_are_known else np.flatnonzero(closes > 0), self.needs)
        fault = None
        if len(rows.at) + dropped < len(closes):
            fault = fault_at(bars, int(np.argmax(closes <= 0)), "close")
        counted = self._counted(rows, self.reach)
        if counted.fault:
            row, what = counted.fault
            fault = earlier(fault, fault_at(bars, int(rows.at[row]) - bars.first, what))
        head, tail = rows.cut(0, self.reach), rows.cut(max(0, len(rows.at) - self.reach), None)
        return Evaluated(
            kept(bars, head),
            counted.counts,
            Ladder(counted.length, counted.blocks.tobytes()),
            kept(bars, tail),
            dropped,
            fault,
        )

    def merge(self, left: Evaluated, right: Evaluated) -> Evaluated:
        counts, between, fault = self._of_kept(left.tail + right.head, self.reach)
        size = self.reach * KEPT.itemsize
        return Evaluated(
            (left.head + right.head)[:size],
            left.counts.plus(counts).plus(right.counts),
            self._joined(left.ladder, between, right.ladder),
            (left.tail + right.tail)[-size:],
            left.dropped + right.dropped,
            earlier(left.fault, earlier(fault, right.fault)),
        )

    def of_series(self, value: Evaluated) -> Series:
        """What is counted of a whole series."""
        counts, first, fault = self._of_kept(value.head, 0)
        together = self._joined(first, value.ladder)
        return Series(
            counts.plus(value.counts),
            value.dropped,
            together.length,
            np.frombuffer(together.blocks, self.fields),
            earlier(fault, value.fault),
        )

    def _of_kept(self, data: bytes, first: int) -> tuple[Counts, Ladder, Fault | None]:
        rows, held = of_kept(data)
        counts, length, blocks, fault = self._counted(rows, first)
        of_row = None
        if fault:
            row, what = fault
            of_row = Fault(int(rows.at[row]), place_of(held, row), what)
        return counts, Ladder(length, blocks.tobytes()), of_row

    def _joined(self, *ladders: Ladder) -> Ladder:
        """Ladders of bars that follow each other as one."""
        length, blocks = self.length, np.empty(0, self.fields)
        for of_length, data in reversed(ladders):  # the first is mostly the longest
            before = np.frombuffer(data, self.fields)
            while of_length < length:
                of_length, before = 2 * of_length, ladder.halved(before)
            while length < of_length:
                length, blocks = 2 * length, ladder.halved(blocks)
            blocks = ladder.joined(before, blocks)
            length, blocks = ladder.coarser(blocks, length, self.most_blocks)
        return Ladder(length, blocks.tobytes())

    def _counted(self, rows: Rows, first: int) -> Counted:
        """What is counted of the rows from `first` on; 0: they are the first of a series."""
        if len(rows.at) <= first:
            return Counted(Counts(), self.length, np.empty(0, self.fields))
        length, last = self.length, int(rows.at[-1])
        while last // length >= self.most_blocks:
            length *= 2
        counts, pieces, fault, row = Counts(), [], None, min(length, longest_row())
        begin = first
        while begin < len(rows.at):
            # Chunks mostly end with a row, so that few rows are joined.
            end = begin + self.chunk_bars - int(rows.at[begin]) % row
            end = max(begin + 1, min(end, len(rows.at)))
            back = min(begin, self.reach)
            of_chunk, piece, wrong = self.chunks.computed(rows.cut(begin - back, end), back, row)
            counts = counts.plus(of_chunk)
            pieces.append(piece)
            if wrong and not fault:
                fault = begin - back + wrong[0], wrong[1]
            begin = end
        blocks = ladder.of_pieces(pieces)
        if row < length:
            blocks = ladder.shortened(blocks, length // row)
        return Counted(counts, length, blocks, fault)


class Series(NamedTuple):
    """The evaluation of a whole series.

    counts: of its known bars.
    dropped: bars without a close.
    length: bars of a block.
    blocks: those that hold bars; see `ladder.fields`.
    fault: the first bar for which there is no evaluation.
    """

    counts: Counts
    dropped: int
    length: int
    blocks: Blocks
    fault: Fault | None


def fault_at(bars: Bars, index: int, what: str) -> Fault:
    """A fault of the bar at an index."""
    return Fault((bars.first or 0) + index, bars.place_of(index), what)


def earlier(one: Fault | None, other: Fault | None) -> Fault | None:
    """The first of two faults."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
