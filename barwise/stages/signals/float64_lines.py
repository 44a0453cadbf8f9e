"""pandas' own bits: `close.rolling(fast).mean() > close.rolling(window).mean() * (1 + band)`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.signals import float64
from barwise.stages.signals.crossing import Decided

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.stages.signals.crossing import Lines, LinesStep

BLOCK_BARS = 1 << 13  # its arrays stay in the cache


class LinesCarry(NamedTuple):
    """That of each mean; the fast one of a single close has none."""

    fast: float64.FloatCarry = float64.start()
    slow: float64.FloatCarry = float64.start()


def start() -> LinesCarry:
    """The carry before the first bar of a series."""
    return LinesCarry()


def halo(window: int) -> None:
    """All, as of a single mean."""


def after(closes: Closes, lines: Lines) -> LinesCarry:
    """The carry after all closes of a series up to some bar."""
    return step(closes, start(), lines, Decided(np.empty(len(closes), np.bool_)), ThreadArrays())


def packed(carry: LinesCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    return tuple(map(float64.packed, carry))


def unpacked(values: Sequence[Any]) -> LinesCarry:
    """The carry that was packed."""
    return LinesCarry(*map(float64.unpacked, values))


def for_run() -> LinesStep:
    """The step, its scratch kept for a run."""
    return partial(step, scratch=ThreadArrays())


@np.errstate(over="ignore", invalid="ignore")  # as pandas: a line of infinity is above every close
def step(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Decided, scratch: ThreadArrays
) -> LinesCarry:
    """See `LinesStep`."""
    part, unit = lines.band
    upper, lower = 1 + part / unit, 1 - part / unit
    fast_carry, slow_carry = carry
    for first in range(0, len(closes), BLOCK_BARS):
        block = closes[first : first + BLOCK_BARS]
        to, size = out.cut(slice(first, first + BLOCK_BARS)), len(block)
        unused = scratch.of("unused", np.int8, size)
        slow, line = scratch.of("slow", float, size), scratch.of("line", float, size)
        _, slow_carry = float64.step(block, slow_carry, lines.window, unused, slow)
        fast = block
        if lines.fast > 1:
            fast = scratch.of("fast", float, size)
            _, fast_carry = float64.step(block, fast_carry, lines.fast, unused, fast)
        np.greater(fast, slow if part == 0 else np.multiply(slow, upper, out=line), out=to.on)
        if to.off is not None:
            np.greater(fast, np.multiply(slow, lower, out=line), out=to.off)
            np.logical_not(to.off, out=to.off)  # so where a mean is undefined too
        if to.means is not None:
            to.means[:] = slow
        if to.fast_means is not None:
            to.fast_means[:] = fast
    return LinesCarry(fast_carry, slow_carry)
