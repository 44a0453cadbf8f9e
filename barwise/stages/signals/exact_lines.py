"""Exact decimal arithmetic of two means and a band: each comparison is decided without rounding.

Every bar is decided by the closes in its window alone, as in `exact.py`, whatever the window's
width: a window that is too wide to be counted again for each bar is counted for as many bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.signals.decimals import counted, crossed
from barwise.stages.signals.trailing import Trailing

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.stages.signals.crossing import Decided, Lines, LinesStep


class LinesCarry(NamedTuple):
    """The closes that the window holds, and the scale of their ticks, None where not known yet."""

    trailing: Trailing = Trailing()
    scale: int | None = None


def start() -> LinesCarry:
    """The carry before the first bar of a series."""
    return LinesCarry()


def halo(window: int) -> int | None:
    """The closes before a bar that are in its window; None for one too wide to be sent about."""
    return window - 1 if window <= counted.MEASURED.widest else None


def after(closes: Closes, lines: Lines) -> LinesCarry:
    """The carry after closes, of which the last `window` - 1 count."""
    held = closes[max(0, len(closes) - lines.window + 1) :]
    return LinesCarry(Trailing((held,), len(held)))


def packed(carry: LinesCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    return carry.trailing.joined().tobytes(), carry.scale


def unpacked(values: Sequence[Any]) -> LinesCarry:
    """The carry that was packed."""
    closes, scale = values
    held = np.frombuffer(closes, np.float64)
    return LinesCarry(Trailing((held,), len(held)), scale)


def for_run() -> LinesStep:
    """The step, its scratch kept for a run."""
    return partial(step, scratch=counted.Scratch())


def step(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Decided, scratch: counted.Scratch
) -> LinesCarry:
    """See `LinesStep`."""
    if not len(closes):
        return carry
    held = carry.trailing.joined()
    scale = crossed.decide(held, closes, carry.scale, lines, out, scratch)
    return LinesCarry(Trailing.of(held, closes, lines.window), scale)
