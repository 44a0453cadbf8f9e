"""What rules of prices and volumes see: for whoever asks, since they take more columns.

A missing value breaks no rule; a rule that no column is there for is not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.batch import Place
from barwise.stages.checks.finding import NOTHING, Finding, merged, offenders

if TYPE_CHECKING:
    from barwise.bars.batch import Bars

LONGEST_RUN = 1_000  # equal closes
BELOW = (  # the first is not above the second
    ("low", "open"), ("low", "close"), ("open", "high"), ("close", "high"), ("low", "high"),
)  # fmt: skip
PRICES = ("open", "high", "low", "close")


class EqualRun(NamedTuple):
    """Equal closes at one end of some bars.

    length: how many.
    close: what they are; None for one bar whose close is missing.
    """

    length: int
    close: float | None


class PricesSeen(NamedTuple):
    """What bars that follow each other show.

    bars: how many.
    crossed: those whose prices cross low or high.
    not_positive: those with a price that is not above 0.
    negative_volume: those whose volume is below 0.
    flat: those that end a run of more than `LONGEST_RUN` equal closes.
    head: the equal closes that the bars begin with.
    places: where the first of those stand, as many as a run may have.
    tail: the equal closes that they end with.
    columns: those that the bars had.
    """

    bars: int
    crossed: Finding
    not_positive: Finding
    negative_volume: Finding
    flat: Finding
    head: EqualRun
    places: tuple[Place, ...]
    tail: EqualRun
    columns: frozenset[str]


class Prices:
    """See `PricesSeen`. longest_run: for tests."""

    name, value = "prices", PricesSeen
    moves = True
    needs = frozenset({*PRICES, "volume"})

    def __init__(self, longest_run: int = LONGEST_RUN) -> None:
        self.longest_run = longest_run

    def of(self, bars: Bars) -> PricesSeen:
        columns = bars.columns
        crossed = np.zeros(len(bars), np.bool_)
        for low, high in BELOW:
            if low in columns and high in columns:
                crossed |= columns[low] > columns[high]
        not_positive = np.zeros(len(bars), np.bool_)
        for name in PRICES:
            if name in columns:
                not_positive |= columns[name] <= 0
        negative = offenders(bars, columns["volume"] < 0) if "volume" in columns else NOTHING
        flat, head, tail = self._runs(bars)
        shown = min(head.length, self.longest_run)
        return PricesSeen(
            len(bars),
            offenders(bars, crossed),
            offenders(bars, not_positive),
            negative,
            flat,
            head,
            tuple(bars.place_of(bar) for bar in range(shown)),
            tail,
            frozenset(columns),
        )

    def merge(self, left: PricesSeen, right: PricesSeen) -> PricesSeen:
        flat = merged(left.flat, right.flat)
        head, places, tail = left.head, left.places, right.tail
        if left.tail.close == right.head.close is not None:
            length = left.tail.length + right.head.length
            if over := self._over(length) - self._over(left.tail.length):
                # Right counted some of them, of a run that it took to begin with its first bar.
                place = right.places[max(0, self.longest_run - left.tail.length)]
                flat = merged(flat, Finding(over - self._over(right.head.length), place))
            run = EqualRun(length, right.head.close)
            if right.head.length == right.bars:
                tail = run
            if left.head.length == left.bars:
                head, places = run, (*places, *right.places)[: self.longest_run]
        return PricesSeen(
            left.bars + right.bars,
            merged(left.crossed, right.crossed),
            merged(left.not_positive, right.not_positive),
            merged(left.negative_volume, right.negative_volume),
            flat,
            head,
            places,
            tail,
            left.columns | right.columns,
        )

    def _over(self, length: int) -> int:
        """How many bars of a run of equal closes end one that is too long."""
        return max(0, length - self.longest_run)

    def _runs(self, bars: Bars) -> tuple[Finding, EqualRun, EqualRun]:
        """The bars that end a run too long, and the runs at both ends."""
        closes = bars.columns["close"]
        begins = np.flatnonzero(closes[1:] != closes[:-1]) + 1  # a missing close equals none
        edges = np.concatenate(([0], begins, [len(closes)]))
        lengths = np.diff(edges)
        head = _run(int(lengths[0]), float(closes[0]))
        tail = _run(int(lengths[-1]), float(closes[-1]))
        long = np.flatnonzero(lengths > self.longest_run)
        if not long.size:
            return NOTHING, head, tail
        over = int((lengths[long] - self.longest_run).sum())
        first = int(edges[long[0]]) + self.longest_run
        return Finding(over, bars.place_of(first)), head, tail


def _run(length: int, close: float) -> EqualRun:
    return EqualRun(length, close if close == close else None)
