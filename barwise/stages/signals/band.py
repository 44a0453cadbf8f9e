"""The signal of two rolling means and a band: within the band it stays as it was.

That is hysteresis, as of a Schmitt trigger. It depends on all closes of its series, so its carry
has the last signal, and parts of a series are computed one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.batch import Bars
from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.signals.crossing import Decided, Lines, lines_of
from barwise.stages.signals.crossover import of_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes, Signals
    from barwise.stages.stage import Carry, Step


class BandCarry(NamedTuple):
    """That of the means, and the last signal."""

    lines: Any
    last: int = 0


class Band(NamedTuple):
    """See `barwise.stages.stage.Signal`.

    lines: the two means and the band.
    arithmetic: "float64" or "exact".
    adds: the columns: "signal", and "mean" and "fast_mean" for whoever writes them.
    """

    lines: Lines
    arithmetic: str
    adds: tuple[str, ...] = ("signal",)

    @property
    def halo(self) -> None:
        """All: the last bar outside the band may be any number of bars ago."""

    def start(self) -> BandCarry:
        return BandCarry(lines_of(self.arithmetic).start())

    def after(self, closes: Closes) -> BandCarry:
        bars = Bars("", 0, range(len(closes)), {"close": closes})
        carry: BandCarry = self.ready()(bars, self.start())[1]
        return carry

    def ready(self) -> Step:
        step, scratch = lines_of(self.arithmetic).for_run(), ThreadArrays()

        def computed(bars: Bars, carry: Carry) -> tuple[Bars, Carry]:
            closes = bars.columns["close"]
            size = len(closes)
            columns = of_means(self.adds, size)
            on, off = scratch.of("on", np.bool_, size), scratch.of("off", np.bool_, size)
            out = Decided(on, off, *map(columns.get, ("mean", "fast_mean")))
            of_lines = step(closes, carry.lines, self.lines, out)
            signals = np.empty(size, np.int8)
            last = held_within(on, off, carry.last, signals, scratch)
            return bars.having({"signal": signals, **columns}), BandCarry(of_lines, last)

        return computed

    def packed(self, carry: BandCarry) -> Any:
        return lines_of(self.arithmetic).packed(carry.lines), carry.last

    def unpacked(self, packed: Any) -> BandCarry:
        of_lines, last = packed
        return BandCarry(lines_of(self.arithmetic).unpacked(of_lines), last)


BLOCK_BARS = 1 << 14


def held_within(
    on: NDArray[np.bool_], off: NDArray[np.bool_], last: int, out: Signals, scratch: ThreadArrays
) -> int:
    """Writes 1 where `on`, else 0 where `off`, else the signal before, at first `last`.

    Gives the last one. Bar i that decides has the number 2 i + 2 and its signal: the largest number
    up to a bar has the signal of that bar in its lowest bit.

    >>> on, off = np.array([False, True, False, False]), np.array([False, False, False, True])
    >>> out = np.empty(4, np.int8)
    >>> held_within(on, off, 0, out, ThreadArrays()), out.tolist()
    (0, [0, 1, 1, 0])
    """
    evens = np.arange(2, 2 * BLOCK_BARS + 2, 2, dtype=np.int32)
    for first in range(0, len(out), BLOCK_BARS):
        block = slice(first, first + BLOCK_BARS)
        size = len(out[block])
        numbers, decides = scratch.of("numbers", np.int32, size), scratch.of("decides", bool, size)
        np.logical_or(on[block], off[block], out=decides)
        np.add(evens[:size], on[block], out=numbers)
        np.multiply(numbers, decides, out=numbers)
        numbers[0] = max(int(numbers[0]), last)
        np.maximum.accumulate(numbers, out=numbers)
        np.bitwise_and(numbers, 1, out=numbers)
        np.copyto(out[block], numbers, casting="unsafe")
        last = int(out[first + size - 1])
    return last
