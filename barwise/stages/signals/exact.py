"""Exact decimal arithmetic: a close is above the mean, or it is not, and a tie is a tie.

Its parts are in `decimals/`. A close is the decimal that the exchange printed (`ticks.py` says
which). Closes on a decimal grid are counted in ticks, and `close > mean` is decided in integers
(`counted.py`). Where no grid fits, floats decide the bars that are clear by more than their proven
error, and Python's integers the others (`filtered.py`). Every bar is decided without rounding, by
the closes in its window alone, so it does not matter how a series is cut, nor where it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.signals.decimals import counted, running
from barwise.stages.signals.trailing import Trailing

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.arithmetic import ArrayStep


class ExactCarry(NamedTuple):
    """The closes that the window holds, and what spares finding it in them again.

    scale: of the ticks, None where not known yet. sum: of a window too wide to count again.
    """

    trailing: Trailing = Trailing()
    scale: int | None = None
    sum: running.Sum = running.Sum()


def start() -> ExactCarry:
    """The carry before the first bar of a series."""
    return ExactCarry()


def halo(window: int) -> int | None:
    """The closes before a bar that are in its window; None for one too wide to count again."""
    return window - 1 if window <= counted.MEASURED.widest else None


def after(closes: Closes, window: int) -> ExactCarry:
    """The carry after closes, of which the last `window` - 1 count."""
    held = closes[max(0, len(closes) - window + 1) :]
    return ExactCarry(Trailing((held,), len(held)))


def packed(carry: ExactCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    present, scale, total = carry.sum
    held = carry.trailing.joined().tobytes()
    return held, carry.scale, present, scale, None if total is None else str(total)


def unpacked(values: Sequence[Any]) -> ExactCarry:
    """The carry that was packed."""
    closes, scale, present, sum_scale, total = values
    held = np.frombuffer(closes, np.float64)
    whole = None if total is None else int(total)  # it may have more digits than any wire takes
    return ExactCarry(Trailing((held,), len(held)), scale, running.Sum(present, sum_scale, whole))


def for_run() -> ArrayStep:
    """The step, its scratch kept for a run."""
    return partial(step, scratch=counted.Scratch())


def step(
    closes: Closes,
    carry: ExactCarry,
    window: int,
    out: Signals | None = None,
    means: Closes | None = None,
    scratch: counted.Scratch | None = None,
) -> tuple[Signals, ExactCarry]:
    """The signals of the next `closes` of a series, int8, and the carry after them.

    `means`, where given, takes the correctly rounded rolling means, NaN where undefined.
    0.4 is the mean of 0.1, 0.7 and 0.4; a float64 sum makes it 0.39999999999999997.

    >>> step(np.array([0.1, 0.7, 0.4]), start(), window=3)[0]
    array([0, 0, 0], dtype=int8)
    """
    signals = np.empty(len(closes), np.int8) if out is None else out
    trailing, scale, total = carry
    if not len(closes):
        return signals, carry
    scratch = scratch or counted.Scratch()
    if window <= scratch.sizes.widest:
        held = trailing.joined()
        scale = counted.signals(held, closes, scale, window, signals, means, scratch)
        return signals, ExactCarry(Trailing.of(held, closes, window), scale)
    for first in range(0, len(closes), running.BLOCK_BARS):
        block = slice(first, first + running.BLOCK_BARS)
        block_means = means if means is None else means[block]
        trailing, total = running.signals(
            closes[block], trailing, total, window, signals[block], block_means
        )
    return signals, ExactCarry(trailing, None, total)
