"""pandas' own bits: `close.rolling(fast).mean() > close.rolling(window).mean() * (1 + band)`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.signals import float64
from barwise.stages.signals.hysteresis import held_within
from barwise.stages.signals.lines import Written
from barwise.stages.signals.trailing import refuse_infinite

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.stages.signals.lines import Lines, LinesStep

BLOCK_BARS = 1 << 13  # its arrays stay in the cache


class LinesCarry(NamedTuple):
    """That of each mean, where the fast one of a single close has none; and the last signal."""

    fast: float64.FloatCarry = float64.start()
    slow: float64.FloatCarry = float64.start()
    last: int = 0


def start() -> LinesCarry:
    """The carry before the first bar of a series."""
    return LinesCarry()


def halo(lines: Lines) -> None:
    """All, as of a single mean."""


def after(closes: Closes, lines: Lines) -> LinesCarry:
    """The carry after all closes of a series up to some bar."""
    out = Written(np.empty(len(closes), np.int8))
    return step(closes, start(), lines, out, ThreadArrays())


def packed(carry: LinesCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    return float64.packed(carry.fast), float64.packed(carry.slow), carry.last


def unpacked(values: Sequence[Any]) -> LinesCarry:
    """The carry that was packed."""
    fast, slow, last = values
    return LinesCarry(float64.unpacked(fast), float64.unpacked(slow), last)


def for_run() -> LinesStep:
    """The step, its scratch kept for a run."""
    return partial(step, scratch=ThreadArrays())


@np.errstate(over="ignore", invalid="ignore")  # as pandas: a line of infinity is above every close
def step(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Written, scratch: ThreadArrays
) -> LinesCarry:
    """See `LinesStep`."""
    computed = _by_means
    if kernels.kernel is not None and out.means is None and out.fast_means is None:
        computed = _by_kernel
    for first in range(0, len(closes), BLOCK_BARS):
        bars = slice(first, first + BLOCK_BARS)
        carry = computed(closes[bars], carry, lines, out.cut(bars), scratch)
    return carry


def _factors(lines: Lines) -> tuple[float, float]:
    part, unit = lines.band
    return 1 + part / unit, 1 - part / unit


def _by_kernel(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Written, scratch: ThreadArrays
) -> LinesCarry:
    fast, slow, last = carry
    fast_leaving, fast_trailing = None, fast.trailing
    if lines.fast > 1:
        fast_leaving, fast_trailing = fast_trailing.slide(closes, lines.fast)
    leaving, trailing = slow.trailing.slide(closes, lines.window)
    fast_state, state, last = kernels.kernel.roll_crossed(
        closes, fast_leaving, lines.fast, fast.state, leaving, lines.window, slow.state,
        _factors(lines), last, out.signals,
    )  # fmt: skip
    if not isfinite(state[2]):
        refuse_infinite(closes)
    return LinesCarry(
        float64.FloatCarry(fast_trailing, fast_state), float64.FloatCarry(trailing, state), last
    )


def _by_means(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Written, scratch: ThreadArrays
) -> LinesCarry:
    """The twin of the kernel, and what writes means."""
    fast_carry, slow_carry, last = carry
    size = len(closes)
    slow, line = scratch.of("slow", float, size), scratch.of("line", float, size)
    on, off = scratch.of("on", np.bool_, size), scratch.of("off", np.bool_, size)
    _, slow_carry = float64.step(closes, slow_carry, lines.window, out.signals, slow)
    fast = closes
    if lines.fast > 1:
        fast = scratch.of("fast", float, size)
        _, fast_carry = float64.step(closes, fast_carry, lines.fast, out.signals, fast)
    upper, lower = _factors(lines)
    np.greater(fast, np.multiply(slow, upper, out=line), out=on)
    np.greater(fast, np.multiply(slow, lower, out=line), out=off)
    np.logical_not(off, out=off)  # so where a mean is undefined too
    last = held_within(on, off, last, out.signals, scratch)
    for column, means in ((out.means, slow), (out.fast_means, fast)):
        if column is not None:
            column[:] = means
    return LinesCarry(fast_carry, slow_carry, last)
