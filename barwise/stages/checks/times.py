"""Rules about the times of a series: ascending, none twice, no gaps, written in one way.

A step is the time from a bar to the next. Where nobody says the interval it is the commonest step,
which is known only at the end: until then each different step is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.times import CLOCKS, NO_TIME, are_times
from barwise.stages.checks.finding import NOTHING, Finding, both, where

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Times

MOST_STEPS = 1_000  # different ones; with more, the commonest of those so far is the interval
BLOCK_BARS = 1 << 14  # whose steps stay in the cache, in memory that is used again

# Binance's archives of spot count microseconds from this day on, and milliseconds before it:
# https://github.com/binance/binance-public-data#klines
KNOWN_CHANGE = CLOCKS.index("Unix milliseconds"), CLOCKS.index("Unix microseconds")
CHANGED_FROM = 1_735_689_600_000_000  # 2025-01-01T00:00:00Z


class Steps(NamedTuple):
    """interval: in microseconds, None where it is not known yet, 0 where bars are of various
    lengths and none is a gap. gaps: bars after a longer step.
    missing_bars: in those gaps. counts: by step, as long as the interval is not known, how often
    it is there and its first bar.
    """

    interval: int | None = None
    gaps: Finding = NOTHING
    missing_bars: int = 0
    counts: Mapping[int, Finding] = MappingProxyType({})

    @property
    def commonest(self) -> int | None:
        """The interval, or the commonest step so far."""
        if self.interval is not None or not self.counts:
            return self.interval
        return max(self.counts, key=lambda step: (self.counts[step].bars, -step))

    def judged(self) -> Steps:
        """The same where every bar is there, and the interval known if there is any step."""
        interval = self.commonest
        gaps, missing_bars = self.gaps, self.missing_bars
        for step, found in self.counts.items():
            if interval and step > interval:
                gaps = both(gaps, found)
                missing_bars += found.bars * _missing_in(step, interval)
        return Steps(interval, gaps, missing_bars)


def _missing_in(step: Any, interval: int) -> Any:
    """How many bars are missing in a step, to the nearest; in a day of 25 hours none.

    >>> _missing_in(3, 1), _missing_in(25, 24)
    (2, 0)
    """
    return (step + interval // 2) // interval - 1


class Reach(NamedTuple):
    """A time, in microseconds UTC, and the part in which a series reaches it."""

    time: int = NO_TIME
    part: int = -1


class Overlap(NamedTuple):
    """A bar, by part and row, whose time is not after those of an earlier part."""

    part: int
    row: int
    time: int
    reached: Reach


class Span(NamedTuple):
    """How far a series reaches: before its present part, and with it; and its first overlap."""

    earliest: int | None = None
    part: int = -1
    before: Reach = Reach()
    latest: Reach = Reach()
    overlap: Overlap | None = None


class TimeChecks(NamedTuple):
    """What the times of a series are so far, and the bars that break a rule.

    last: the time of its last bar. unread: bars that have no time. clock: how its first time is
    written, and expected how the next should be. clocks: bars written otherwise than was expected;
    of the first of them change says what was expected, and how it is written.
    """

    last: int = NO_TIME
    backward: Finding = NOTHING
    repeated: Finding = NOTHING
    unread: Finding = NOTHING
    clock: int | None = None
    expected: int | None = None
    change: tuple[int, int] = (0, 0)
    clocks: Finding = NOTHING
    steps: Steps = Steps()
    span: Span = Span()


def of_batch(batch: Bars, before: TimeChecks) -> TimeChecks:
    """What the rules of time find in a batch, and was found before."""
    if step := _steady_step(batch.columns["time"], before):
        return _steady(batch, step, before)
    if len(batch) <= BLOCK_BARS:
        return _irregular(batch, before)
    for at in range(0, len(batch), BLOCK_BARS):
        before = of_batch(batch.only(slice(at, at + BLOCK_BARS)), before)
    return before


def _steady_step(times: Times, before: TimeChecks) -> int | None:
    """The step at which all bars follow, if that is the usual one: so do nearly all bars there are.

    A difference that leaves int64 is not a usual step either: it comes back 2**64 off.
    """
    first, last = int(times[0]), int(times[-1])
    begins = before.last == NO_TIME
    step = before.steps.commonest
    if step is None and begins and len(times) > 1:
        step = int(times[1]) - first
    if not step or step < 0 or not (are_times(first) and are_times(last)):
        return None
    if last - first != step * (len(times) - 1) or not (begins or first - before.last == step):
        return None
    for at in range(0, len(times) - 1, BLOCK_BARS):
        block = times[at : at + BLOCK_BARS + 1]
        if not (block[1:] - block[:-1] == step).all():
            return None
    return step


def _steady(batch: Bars, step: int, before: TimeChecks) -> TimeChecks:
    times, steps = batch.columns["time"], before.steps
    first = int(before.last == NO_TIME)  # bar that has a step
    if steps.interval is None and len(batch) > first:
        here = Finding(len(batch) - first, batch.place_of(first))
        counts = {**steps.counts, step: both(steps.counts.get(step, NOTHING), here)}
        steps = steps._replace(counts=counts)
    found = _of_clocks(batch, before)
    span = _of_span(batch, times[[0, -1]], before.span)
    return found._replace(last=int(times[-1]), steps=steps, span=span)


def _irregular(batch: Bars, before: TimeChecks) -> TimeChecks:
    is_time = are_times(batch.columns["time"])
    if not is_time.all():
        before = before._replace(unread=where(batch, ~is_time, before.unread))
        batch = batch.only(is_time)
        if not len(batch):
            return before
    times = batch.columns["time"]
    steps, following = np.diff(times), batch.only(slice(1, None))
    if before.last != NO_TIME:
        steps, following = np.diff(times, prepend=before.last), batch
    return _of_clocks(batch, before)._replace(
        last=int(times[-1]),
        backward=where(following, steps < 0, before.backward),
        repeated=where(following, steps == 0, before.repeated),
        steps=_of_steps(following, steps, before.steps),
        span=_of_span(batch, times, before.span),
    )


def _of_clocks(batch: Bars, before: TimeChecks) -> TimeChecks:
    clocks = batch.columns["clock"]
    expected = _expected(batch, before)
    clock = expected if before.clock is None else before.clock
    others = clocks != expected
    if not others.any():
        return before._replace(clock=clock, expected=expected)
    change = before.change if before.clocks.bars else (expected, int(clocks[np.argmax(others)]))
    found = where(batch, others, before.clocks)
    return before._replace(clock=clock, expected=expected, change=change, clocks=found)


def _expected(batch: Bars, before: TimeChecks) -> int:
    """How the times of a batch should be written: as those before, but for the known change, which
    comes with a new part.
    """
    first = int(batch.columns["clock"][0])
    if before.expected is None:
        return first
    is_known = batch.part != before.span.part and (before.expected, first) == KNOWN_CHANGE
    return first if is_known and batch.columns["time"][0] >= CHANGED_FROM else before.expected


def _of_steps(batch: Bars, steps: Times, before: Steps) -> Steps:
    """Counts the steps before each bar of a batch, or those that are gaps."""
    if before.interval is None:
        before, counted = _counted(batch, steps, before)
        batch, steps = batch.only(slice(counted, None)), steps[counted:]
    if not before.interval or not (gaps := steps > before.interval).any():
        return before
    missing_bars = int(_missing_in(steps[gaps], before.interval).sum())
    gaps_found = where(batch, gaps, before.gaps)
    return before._replace(gaps=gaps_found, missing_bars=before.missing_bars + missing_bars)


def _counted(batch: Bars, steps: Times, before: Steps) -> tuple[Steps, int]:
    """Counts each different step, and tells of how many bars.

    That is all of them, but where there are more than `MOST_STEPS`: the interval is then decided by
    the bars before the first step too many, wherever batches begin.
    """
    counts = dict(before.counts)
    commonest = before.commonest
    if commonest is None:
        ahead = np.flatnonzero(steps > 0)
        if not ahead.size:
            return before, len(steps)
        commonest = int(steps[ahead[0]])
        counts[commonest] = Finding(0, batch.place_of(int(ahead[0])))
    counts[commonest] = both(counts[commonest], Finding(int(np.count_nonzero(steps == commonest))))
    odd = np.flatnonzero((steps > 0) & (steps != commonest))
    if not odd.size:
        return before._replace(counts=counts), len(steps)
    values, firsts, numbers = np.unique(steps[odd], return_index=True, return_counts=True)
    for i in np.argsort(firsts):  # as they come
        step, at = int(values[i]), int(odd[firsts[i]])
        if step not in counts and len(counts) == MOST_STEPS:
            until, _ = _counted(batch.only(slice(at)), steps[:at], before)
            return until.judged(), at
        here = Finding(int(numbers[i]), batch.place_of(at))
        counts[step] = both(counts.get(step, NOTHING), here)
    return before._replace(counts=counts), len(steps)


def _of_span(batch: Bars, times: Times, span: Span) -> Span:
    """Looks for a bar that is not after every bar of the parts before its own."""
    low, high = int(times.min()), int(times.max())
    before = span.before if batch.part == span.part else span.latest
    overlap = span.overlap
    if overlap is None and low <= before.time:
        at = int(np.argmax(times <= before.time))
        part, _, row = batch.place_of(at)
        overlap = Overlap(part, row, int(times[at]), before)
    earliest = low if span.earliest is None else min(low, span.earliest)
    return Span(earliest, batch.part, before, max(span.latest, Reach(high, batch.part)), overlap)
