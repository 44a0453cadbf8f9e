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
from barwise.stages.signals.lines import Written
from barwise.stages.signals.trailing import Trailing

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.stages.signals.lines import Lines, LinesStep


class LinesCarry(NamedTuple):
    """What the next bars need.

    trailing: the closes that the window holds.
    scale: of their ticks, None where not known yet.
    last: the last signal, which counts where there is a band.
    """

    trailing: Trailing = Trailing()
    scale: int | None = None
    last: int = 0


def start() -> LinesCarry:
    """The carry before the first bar of a series."""
    return LinesCarry()


def halo(lines: Lines) -> int | None:
    """The closes before a bar that decide it; None: all, or those of too wide a window."""
    is_short = not lines.band[0] and lines.window <= counted.MEASURED.widest
    return lines.window - 1 if is_short else None


def after(closes: Closes, lines: Lines) -> LinesCarry:
    """The carry after closes: those that decide, or all of a series up to some bar."""
    if lines.band[0]:
        out = Written(np.empty(len(closes), np.int8))
        return step(closes, start(), lines, out, counted.Scratch())
    held = closes[max(0, len(closes) - lines.window + 1) :]
    return LinesCarry(Trailing((held,), len(held)))


def packed(carry: LinesCarry) -> tuple[object, ...]:
    """The carry as plain values."""
    return carry.trailing.joined().tobytes(), carry.scale, carry.last


def unpacked(values: Sequence[Any]) -> LinesCarry:
    """The carry that was packed."""
    closes, scale, last = values
    held = np.frombuffer(closes, np.float64)
    return LinesCarry(Trailing((held,), len(held)), scale, last)


def for_run() -> LinesStep:
    """The step, its scratch kept for a run."""
    return partial(step, scratch=counted.Scratch())


def step(
    closes: Closes, carry: LinesCarry, lines: Lines, out: Written, scratch: counted.Scratch
) -> LinesCarry:
    """See `LinesStep`."""
    if not len(closes):
        return carry
    held = carry.trailing.joined()
    scale, last = crossed.signals(held, closes, carry.scale, carry.last, lines, out, scratch)
    return LinesCarry(Trailing.of(held, closes, lines.window), scale, last)
