"""A sweep over windows as a measure, whose values merge.

Signals are decided here, by closes alone: those of the widest window, and two bars more, come
before a bar that is counted. So a value holds so many of its first and its last known bars as they
are, and of those between what is counted and summed of each window.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.evaluation import ladder, paths, trades, wide
from barwise.stages.evaluation.measure import Fault, earlier, fault_at
from barwise.stages.evaluation.rows import KEPT, Rows, kept, known_rows, of_kept, place_of
from barwise.stages.sweep import tile
from barwise.stages.sweep.block_sums import MOST_BLOCKS, BlockSums
from barwise.stages.sweep.earned import MOST_BARS, earned
from barwise.stages.sweep.ticks import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from barwise.bars.batch import Bars
    from barwise.stages.evaluation.chunk import FaultOfRow
    from barwise.stages.sweep.earned import Earned
    from barwise.stages.sweep.ticks import Counted, QuickSums

    Whole = NDArray[np.int64]


class Pair(NamedTuple):
    """A signal: whether the mean of the last `fast` closes is above that of a window."""

    window: int
    fast: int = 1


class Swept(NamedTuple):
    """The sweep over bars that follow each other.

    head: the first known bars, which wait for those before them.
    bars: how many known ones are counted after them.
    counts: of each pair ones, hits and switches; b"" where no bar is counted, as what follows.
    squares: of each pair the sum of the squares of its returns, in 192 bits.
    paths: of each pair the path of log equity.
    length: bars of a block.
    numbers: of the blocks.
    sums: of returns, a row a block; a column a pair, and the last of holding.
    tail: the last known bars.
    fault: the first one.
    """

    head: bytes
    bars: int
    counts: bytes
    squares: bytes
    paths: bytes
    length: int
    numbers: bytes
    sums: bytes
    tail: bytes
    fault: Fault | None = None


class Sums(NamedTuple):
    """What is counted of bars; see `Swept`, and `SweptSeries`."""

    bars: int
    counts: Whole
    squares: NDArray[np.uint64]
    paths: Whole
    blocks: BlockSums
    fault: FaultOfRow | None = None

    def then(self, right: Sums, most_blocks: int) -> Sums:
        """With the bars that follow."""
        if not self.bars or not right.bars:
            return self if self.bars else right
        return Sums(
            self.bars + right.bars,
            self.counts + right.counts,
            wide.added(self.squares, right.squares),
            paths.joined(self.paths, right.paths),
            self.blocks.joined(right.blocks, most_blocks),
            self.fault or right.fault,
        )


class Sweep:
    """See `Swept`.

    pairs: the signals.
    fill: when a switch trades, one of `bars.evaluate.FILLS`. cost: of a fill, a fraction.
    most_blocks, chunk_bars: for tests.
    """

    name, value = "sweep", Swept
    by_position = True

    def __init__(
        self,
        pairs: Sequence[tuple[int, int]],
        fill: str,
        cost: float = 0.0,
        most_blocks: int = MOST_BLOCKS,
        chunk_bars: int = MOST_BARS,
    ) -> None:
        self.pairs = tuple(Pair(*pair) for pair in pairs)
        self.fill, self.cost = fill, trades.Cost.of(cost)
        self.most_blocks, self.chunk_bars = most_blocks, min(chunk_bars, MOST_BARS)
        widest = max(pair.window for pair in self.pairs)
        self.reach = widest + 1
        self.most_ticks = max(pair.window * pair.fast for pair in self.pairs)
        self.length = ladder.least_length(widest)
        self.tiles = list(_tiles(self.pairs))
        self.needs = frozenset({"open"} if fill == "next_open" else ())

    def of(self, bars: Bars) -> Swept:
        if bars.first is None:
            raise ValueError("a sweep has blocks, cut by where bars stand in their series")
        closes = bars.columns["close"]
        all_are_known = np.minimum.reduce(closes) > 0  # no NaN either
        known = None if all_are_known else np.flatnonzero(closes > 0)
        rows, fault = known_rows(bars, known, self.needs), None
        if not all_are_known and len(rows.at) < np.count_nonzero(~np.isnan(closes)):
            fault = fault_at(bars, int(np.argmax(closes <= 0)), "close")
        done = self._counted(rows, self.reach)
        if done.fault:
            row, what = done.fault
            fault = earlier(fault, fault_at(bars, int(rows.at[row]) - bars.first, what))
        head, tail = rows.cut(0, self.reach), rows.cut(max(0, len(rows.at) - self.reach), None)
        return _packed(kept(bars, head), done, kept(bars, tail), fault)

    def merge(self, left: Swept, right: Swept) -> Swept:
        between, fault = self._of_kept(left.tail + right.head, self.reach)
        done = self._unpacked(left).then(between, self.most_blocks)
        size = self.reach * KEPT.itemsize
        return _packed(
            (left.head + right.head)[:size],
            done.then(self._unpacked(right), self.most_blocks),
            (left.tail + right.tail)[-size:],
            earlier(left.fault, earlier(fault, right.fault)),
        )

    def of_series(self, value: Swept) -> SweptSeries:
        """What is counted of a whole series."""
        first, fault = self._of_kept(value.head, 0)
        done = first.then(self._unpacked(value), self.most_blocks)
        return SweptSeries(self.pairs, done, earlier(fault, value.fault))

    def _of_kept(self, data: bytes, first: int) -> tuple[Sums, Fault | None]:
        rows, held = of_kept(data)
        done = self._counted(rows, first)
        if not done.fault:
            return done, None
        row, what = done.fault
        return done, Fault(int(rows.at[row]), place_of(held, row), what)

    def _unpacked(self, value: Swept) -> Sums:
        pairs = len(self.pairs)
        return Sums(
            value.bars,
            np.frombuffer(value.counts, np.int64).reshape(-1, pairs),
            np.frombuffer(value.squares, np.uint64).reshape(-1, wide.LIMBS),
            np.frombuffer(value.paths, np.int64).reshape(-1, paths.WIDTH),
            BlockSums(
                value.length,
                np.frombuffer(value.numbers, np.int64),
                np.frombuffer(value.sums, np.int64).reshape(-1, pairs + 1),
            ),
        )

    def _counted(self, rows: Rows, first: int) -> Sums:
        """What is counted of the rows from `first` on; 0: they are the first of a series."""
        done = self._none()
        if len(rows.at) <= first:
            return done
        length, last = self.length, int(rows.at[-1])
        while last // length >= self.most_blocks:
            length *= 2
        held = counted(rows.at, rows.close, self.most_ticks)
        quick = {fast: held.quick(fast) for fast in {fast for fast, _, _ in self.tiles}}
        for begin in range(first, len(rows.at), self.chunk_bars):
            end = min(begin + self.chunk_bars, len(rows.at))
            of_bars = earned(rows, begin, end, self.fill, self.cost)
            for part in range(begin, end, of_bars.most_bars):
                piece = slice(part - begin, min(part - begin + of_bars.most_bars, end - begin))
                numbers = rows.at[begin:end][piece] // length
                sums = self._of_tiles(held, quick, part, of_bars, piece, numbers, length)
                done = done.then(sums, self.most_blocks)
            if of_bars.fault and not done.fault:
                done = done._replace(fault=of_bars.fault)
        return done

    def _of_tiles(
        self,
        held: Counted,
        quick: Mapping[int, QuickSums | None],
        first: int,
        of_bars: Earned,
        piece: slice,
        numbers: Whole,
        length: int,
    ) -> Sums:
        """The sums of a few bars; `piece` says which of those that earn, `numbers` their blocks."""
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        bars, pairs = len(numbers), len(self.pairs)
        ends = np.append(starts[1:], bars)
        columns = np.ascontiguousarray(of_bars.columns[:, piece])
        late = 0 if self.fill == "close" else 1
        stretch = tile.Stretch(held, first, of_bars.rises[piece], columns, ends, late)
        out = np.empty((len(ends) + tile.ROWS, pairs + 1), np.int64)
        for fast, windows, at in self.tiles:
            out[:, at] = tile.swept(stretch, fast, quick[fast], windows)
        sums, of_all = out[: len(ends)], out[len(ends) :, :-1]
        sums[:, -1] = np.add.reduceat(of_bars.hold[piece], starts)
        squares = wide.added(
            wide.shifted(of_all[tile.LOW], 0), wide.shifted(of_all[tile.HIGH], of_bars.split)
        )
        return Sums(
            bars,
            of_all[: tile.LOW].copy(),
            squares,
            np.ascontiguousarray(of_all[tile.PATH :].T),
            BlockSums(length, numbers[starts], sums),
        )

    def _none(self) -> Sums:
        """What is counted of no bars."""
        nothing = Swept(b"", 0, b"", b"", b"", self.length, b"", b"", b"")
        return self._unpacked(nothing)


class SweptSeries(NamedTuple):
    """The sweep over a whole series.

    pairs: the signals.
    done: what is counted of each.
    fault: the first bar for which there is no return.
    """

    pairs: tuple[Pair, ...]
    done: Sums
    fault: Fault | None


def _tiles(pairs: Sequence[Pair]) -> Iterator[tuple[int, Whole, Whole]]:
    """Pairs that are computed at a time: their fast, windows from the widest on, and columns.

    Windows that follow each other are computed fastest, so that such runs come first.
    """
    order = sorted(range(len(pairs)), key=lambda at: (pairs[at].fast, -pairs[at].window))
    for fast, group in groupby(order, lambda at: pairs[at].fast):
        columns = np.array(list(group))
        windows = np.array([pairs[at].window for at in columns], np.int64)
        for begin in range(0, len(columns), tile.WINDOWS):
            of_tile = slice(begin, begin + tile.WINDOWS)
            yield fast, windows[of_tile], columns[of_tile]


def _packed(head: bytes, done: Sums, tail: bytes, fault: Fault | None) -> Swept:
    arrays: tuple[NDArray[Any], ...] = (done.counts, done.squares, done.paths)
    counts, squares, of_paths = (array.tobytes() for array in arrays)
    blocks = done.blocks
    return Swept(
        head,
        done.bars,
        counts,
        squares,
        of_paths,
        blocks.length,
        blocks.numbers.tobytes(),
        blocks.sums.tobytes(),
        tail,
        fault,
    )
