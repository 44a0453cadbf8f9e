"""What only the order of a series' parts tells: parts that overlap, and changes of unit.

It is folded over the parts in their order, from what each shows of its times.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.times import CLOCKS, NO_TIME
from barwise.stages.checks.finding import NOTHING, Finding, merged

if TYPE_CHECKING:
    from barwise.stages.checks.times import TimesSeen

# Binance's archives of spot count microseconds from this day on, and milliseconds before it:
# https://github.com/binance/binance-public-data#klines
KNOWN_CHANGE = CLOCKS.index("Unix milliseconds"), CLOCKS.index("Unix microseconds")
CHANGED_FROM = 1_735_689_600_000_000  # 2025-01-01T00:00:00Z


class Reach(NamedTuple):
    """How far a series reaches.

    time: the latest so far, in microseconds UTC.
    part: in which it is.
    """

    time: int = NO_TIME
    part: int = -1


class Overlap(NamedTuple):
    """A part with a time that is not after those of an earlier part.

    part: of the first such bar.
    reached: how far the series reaches before that part.
    """

    part: int
    reached: Reach


class PartsSeen(NamedTuple):
    """What the parts of a series show, as far as they go.

    reach: with all of them.
    overlap: the first; None for none.
    clock: how the next time should be written; None before the first.
    changed: bars that are written otherwise.
    change: how the first of them should be written, and how it is.
    """

    reach: Reach = Reach()
    overlap: Overlap | None = None
    clock: int | None = None
    changed: Finding = NOTHING
    change: tuple[int, int] = (0, 0)

    def then(self, part: int, times: TimesSeen) -> PartsSeen:
        """The same with the next part."""
        if times.clock is None:
            return self
        overlap = self.overlap
        if overlap is None and times.earliest <= self.reach.time:
            overlap = Overlap(part, self.reach)
        clock = times.clock
        if self.clock is not None:
            is_known = (self.clock, clock) == KNOWN_CHANGE and times.first >= CHANGED_FROM
            clock = clock if is_known else self.clock
        reach = max(self.reach, Reach(times.latest, part))
        others = {kind: finding for kind, finding in times.clocks.items() if kind != clock}
        if not others:
            return PartsSeen(reach, overlap, clock, self.changed, self.change)
        change = self.change
        if not self.changed.bars:
            change = clock, min(others, key=lambda kind: others[kind].first)
        return PartsSeen(
            reach, overlap, clock, reduce(merged, others.values(), self.changed), change
        )
