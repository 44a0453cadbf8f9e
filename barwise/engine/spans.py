"""One long series in spans, which workers can compute side by side.

Only where an arithmetic can begin anywhere; how a series is cut changes no bit of its signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages import digests

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals
    from barwise.stages.signals.arithmetic import Arithmetic


class Piece(NamedTuple):
    """Closes of a series that follow each other, and the arrays that take what comes of them.

    closes: of successive bars.
    signals: an array of that length.
    means: another for the rolling means; None: they are not wanted.
    """

    closes: Closes
    signals: Signals
    means: Closes | None

    @classmethod
    def of(cls, closes: Closes, with_means: bool = False) -> Piece:
        """The closes, with fresh arrays for what comes of them."""
        means = np.empty(len(closes)) if with_means else None
        return cls(closes, np.empty(len(closes), np.int8), means)

    def cut(self, first: int, end: int) -> Piece:
        bars = slice(first, end)
        means = None if self.means is None else self.means[bars]
        return Piece(self.closes[bars], self.signals[bars], means)


class Span(NamedTuple):
    """Pieces that follow each other, and the carry before them."""

    carry: Any
    pieces: list[Piece]


def bars_per_worker(bars: int, workers: int, least: int) -> int:
    """How many of so many bars of one series a worker takes, at least `least`."""
    return max(least, -(-bars // workers))


def spans(
    pieces: Iterable[Piece], carry: Any, position: int, chosen: Arithmetic, window: int, bars: int
) -> Iterator[Span]:
    """Successive pieces of a series, cut after some `bars` where the arithmetic can begin again.

    `carry` is the one before them, and `position` their place in the series. All but the first
    begin where a block of the digest does.
    """
    current, size = Span(carry, []), 0
    before: Closes = np.empty(0)
    for piece in pieces:
        first, length = 0, len(piece.closes)
        while first < length:
            to_read = first + max(0, bars - size)
            cut = to_read + -(position + to_read) % digests.BLOCK_BARS
            end = min(length, cut)
            if cut == first:
                resumed = chosen.resumed(before, window) if len(before) >= window else None
                if resumed is not None:
                    yield current
                    current, size = Span(resumed, []), 0
                    continue
                end = length
            current.pieces.append(piece.cut(first, end))
            size += end - first
            before = piece.closes[:end]
            first = end
        position += length
    yield current
