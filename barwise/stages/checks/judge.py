"""What is seen in a series, judged: which steps are gaps, now that all of them are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barwise.stages.checks.finding import NOTHING, Finding, merged
from barwise.stages.checks.parts import PartsSeen
from barwise.stages.checks.times import NO_TIMES, TimesSeen

if TYPE_CHECKING:
    from barwise.stages.checks.prices import PricesSeen
    from barwise.stages.stage import Values


class Gaps(NamedTuple):
    """The steps of a series that are longer than its interval.

    interval: in microseconds; 0: bars are of various lengths, and none is a gap; None: not known.
    after: bars after a gap; where the interval is not known, those after the longest steps.
    missing_bars: in the gaps.
    at_least: there may be more, since not every long step was counted.
    """

    interval: int | None = None
    after: Finding = NOTHING
    missing_bars: int = 0
    at_least: bool = False


class SeriesChecks(NamedTuple):
    """What the rules see in a series.

    missing: bars without a close.
    times: what its times show.
    gaps: its steps, judged.
    parts: what the order of its parts tells.
    unfinished: bars that are not finished; None where no column says which.
    prices: what its prices show; None where they are not asked for.
    """

    missing: Finding = NOTHING
    times: TimesSeen = NO_TIMES
    gaps: Gaps = Gaps()
    parts: PartsSeen = PartsSeen()
    unfinished: Finding | None = None
    prices: PricesSeen | None = None


def judged(values: Values, parts: PartsSeen) -> SeriesChecks:
    """The values of a series, as far as it was measured for rules, judged."""
    times = values.get("times", NO_TIMES)
    return SeriesChecks(
        values.get("missing", NOTHING),
        times,
        gaps(times),
        parts,
        values.get("unfinished"),
        values.get("prices"),
    )


def gaps(times: TimesSeen) -> Gaps:
    """The gaps by the interval, or where nobody says it by the commonest step.

    That is the commonest of those that were counted, if no longer step can be more common.
    """
    if times.interval == 0:
        return Gaps(0)
    interval = times.interval or commonest(times)
    if interval is None:
        return Gaps(after=times.longer)
    after, missing_bars = NOTHING, 0
    for step, finding in times.steps.items():
        if step > interval:
            after = merged(after, finding)
            missing_bars += finding.bars * missing_in(step, interval)
    if not times.longer.bars:
        return Gaps(interval, after, missing_bars)
    missing_bars += times.longer.bars * missing_in(max(times.steps), interval)
    return Gaps(interval, merged(after, times.longer), missing_bars, at_least=True)


def commonest(times: TimesSeen) -> int | None:
    """The commonest step, of equally common ones the smallest; None where that is not certain."""
    if not times.steps:
        return None
    if len(times.steps) == 1 and not times.longer.bars:
        return next(iter(times.steps))
    step = max(times.steps, key=lambda step: (times.steps[step].bars, -step))
    return step if times.steps[step].bars >= times.longer.bars else None


def missing_in(step: int, interval: int) -> int:
    """How many bars are missing in a step, to the nearest; in a day of 25 hours none.

    >>> missing_in(3, 1), missing_in(25, 24)
    (2, 0)
    """
    return (step + interval // 2) // interval - 1
