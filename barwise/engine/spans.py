"""One long series in spans, which workers can compute side by side.

Only where a signal can begin anywhere; how a series is cut changes no bit of what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.stages.stage import Carry, Signal


class Span(NamedTuple):
    """Bars of one series that follow each other.

    carry: of the signal before them.
    batches: the bars, in order.
    """

    carry: Carry
    batches: list[Bars]


def bars_per_worker(bars: int, workers: int, least: int) -> int:
    """How many of so many bars of one series a worker takes, at least `least`."""
    return max(least, -(-bars // workers))


def spans(
    batches: Iterable[Bars], carry: Carry, signal: Signal | None, size: int
) -> Iterator[Span]:
    """Successive bars of a series, cut after some `size` where the signal can begin again.

    `carry` is the one before them. At a cut the batch has all closes that decide what follows.
    """
    halo = signal.halo if signal else 0
    span, room = Span(carry, []), size
    for bars in batches:
        begin, length = 0, len(bars)
        while halo is not None and (end := max(begin + room, halo)) < length:
            if begin < end:
                span.batches.append(bars.cut(begin, end))
            if span.batches:
                yield span
                held = bars.columns["close"][end - halo : end]
                span = Span(signal.after(held) if signal else None, [])
            begin, room = end, size
        span.batches.append(bars.cut(begin, length) if begin else bars)
        room = max(0, room - (length - begin))
    yield span
