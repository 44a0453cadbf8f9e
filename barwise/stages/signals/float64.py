"""pandas' own arithmetic: `close > close.rolling(window).mean()`, bit for bit.

pandas keeps a running sum with one Kahan compensation for what it adds and one for what it
removes, takes the value itself as the mean when the window holds equal values only, and makes the
mean 0 when it has a sign that none of its values has. Source: `roll_mean` in
pandas/_libs/window/aggregations.pyx; compared with pandas 2.1.4 and 3.1.1.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from math import copysign, isfinite, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.stages.signals.trailing import Trailing, refuse_infinite

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.arithmetic import ArrayStep

TWIN_BARS = 1 << 14  # at a time: its lists of floats then take 1 MB
KERNEL_BARS = 1 << 16


# pandas' running state after a bar: how many closes in the window are not missing, and how many of
# those have a minus sign; their sum, and the Kahan compensations for what was added and removed;
# how many closes in a row are equal, and the last one that was not missing. See kernels/kernels.h.
State = tuple[int, int, float, float, float, int, float]
START: State = (0, 0, 0.0, 0.0, 0.0, 0, nan)


class FloatCarry(NamedTuple):
    trailing: Trailing = Trailing()
    state: State = START


def start() -> FloatCarry:
    """The carry before the first bar of a series."""
    return FloatCarry()


def halo(window: int) -> None:
    """All: what rounding did to the sum depends on every close since the first."""


def after(closes: Closes, window: int) -> FloatCarry:
    """The carry after all closes of a series up to some bar."""
    return step(closes, start(), window)[1]


def packed(carry: FloatCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    return carry.trailing.joined().tobytes(), carry.state


def unpacked(values: Sequence[Any]) -> FloatCarry:
    """The carry that was packed."""
    closes, state = values
    held = np.frombuffer(closes, np.float64)
    return FloatCarry(Trailing((held,), len(held)), tuple(state))


def for_run() -> ArrayStep:
    """The step."""
    return step


def step(
    closes: Closes,
    carry: FloatCarry,
    window: int,
    out: Signals | None = None,
    means: Closes | None = None,
) -> tuple[Signals, FloatCarry]:
    """The signals of the next `closes` of a series, int8, and the carry after them.

    `means`, where given, takes the rolling means, NaN where undefined.

    >>> step(np.array([1.0, 2.0, 3.0, 2.0]), start(), window=2)[0]
    array([0, 1, 1, 0], dtype=int8)
    """
    signals = np.empty(len(closes), np.int8) if out is None else out
    computed = _by_twin if kernels.kernel is None else kernels.kernel.roll
    block_bars = TWIN_BARS if kernels.kernel is None else KERNEL_BARS
    trailing, state = carry
    for first in range(0, len(closes), block_bars):
        block = slice(first, first + block_bars)
        leaving, trailing = trailing.slide(closes[block], window)
        block_means = means if means is None else means[block]
        state = computed(closes[block], leaving, window, state, signals[block], block_means)
        if not isfinite(state[2]):  # so it is for ever after an infinite close
            refuse_infinite(closes[block])
    return signals, FloatCarry(trailing, state)


def _by_twin(
    entering: Closes,
    leaving: Closes,
    window: int,
    state: State,
    signals: Signals,
    means: Closes | None,
) -> State:
    """Lists, because interpreted code reads a list's floats in a quarter of an array's time."""
    written = [nan] * len(entering)
    state = roll(entering.tolist(), leaving.tolist(), window, state, written)
    np.greater(entering, written, out=signals.view(np.bool_))
    if means is not None:
        means[:] = written
    return state


def roll(
    entering: Sequence[float],
    leaving: Sequence[float],
    window: int,
    state: State,
    means: MutableSequence[float],
) -> State:
    """Moves the window over `entering` and writes the `means`, NaN where undefined.

    All sequences are of equal length, NaN is missing and nothing is infinite. Every sum is in
    pandas' order; changing that order changes bits. The kernel has the same, line by line.
    """
    present, negatives, total, lost_adding, lost_removing, equals, last = state
    for i in range(len(entering)):
        old = leaving[i]
        if old == old:
            present -= 1
            negatives -= copysign(1.0, old) < 0.0
            change = -old - lost_removing
            changed = total + change
            lost_removing = changed - total - change
            total = changed
        new = entering[i]
        mean = nan
        if new == new:
            present += 1
            negatives += copysign(1.0, new) < 0.0
            change = new - lost_adding
            changed = total + change
            lost_adding = changed - total - change
            total = changed
            equals = equals + 1 if new == last else 1
            last = new
            if present == window:
                mean = total / present
                if equals >= present:
                    mean = last
                elif (negatives == 0 and mean < 0.0) or (negatives == present and mean > 0.0):
                    mean = 0.0
        means[i] = mean
    return present, negatives, total, lost_adding, lost_removing, equals, last
