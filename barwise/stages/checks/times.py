"""What rules of times see: ascending, none twice, no gaps, written in one way.

A step is the time from a bar to the next. The step from one piece of bars to the next is judged
where their values merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import kernels
from barwise.bars.batch import NOWHERE, Place, is_one_value
from barwise.bars.times import NO_TIME, are_times
from barwise.stages.checks.finding import NOTHING, Finding, merged, offenders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars

    ByNumber = dict[int, Finding]

MOST_STEPS = 1_000  # different ones that are counted each: the smallest
NEEDS = frozenset({"timestamp", "symbol"})  # of symbols, so that several are not taken for one
BLOCK_BARS = 1 << 14  # whose steps stay in the cache, in memory that is used again


class TimesSeen(NamedTuple):
    """The times of bars that follow each other; all are in microseconds UTC.

    first, last: of the first and the last bar that has a time.
    place: where the first of them stands.
    earliest, latest: of all.
    clock: how the first is written, an index of CLOCKS; None where no bar has a time.
    backward: bars before the bar before them.
    repeated: bars of the same time as the bar before.
    unread: bars without a time that can be read.
    clocks: bars by how their time is written.
    steps: bars by the step before them, above 0; of the smallest steps.
    longer: bars after any longer step.
    interval: of the bars, where somebody says it: shorter steps are counted with it; 0: it varies.
    """

    first: int = NO_TIME
    last: int = NO_TIME
    place: Place = NOWHERE
    earliest: int = NO_TIME
    latest: int = NO_TIME
    clock: int | None = None
    backward: Finding = NOTHING
    repeated: Finding = NOTHING
    unread: Finding = NOTHING
    clocks: Mapping[int, Finding] = {}
    steps: Mapping[int, Finding] = {}
    longer: Finding = NOTHING
    interval: int | None = None


NO_TIMES = TimesSeen()


class Times:
    """See `TimesSeen`.

    intervals: of series, None of all others, in microseconds; 0: it varies.
    needs: roles to read for it; none: it looks at times only where they are read anyway.
    most_steps, block_bars: for tests.
    """

    name, value = "times", TimesSeen
    moves = True

    def __init__(
        self,
        intervals: Mapping[str | None, int] | None = None,
        needs: frozenset[str] = NEEDS,
        most_steps: int = MOST_STEPS,
        block_bars: int = BLOCK_BARS,
    ) -> None:
        self.intervals, self.needs = intervals or {}, needs
        self.most_steps, self.block_bars = most_steps, block_bars

    def interval_of(self, series: str) -> int | None:
        return self.intervals.get(series, self.intervals.get(None))

    def of(self, bars: Bars) -> TimesSeen:
        if "time" not in bars.columns:
            return TimesSeen(interval=self.interval_of(bars.series))
        if len(bars) == 1:
            return self._of_one(bars)
        if step := self._steady_step(bars):
            return _steady(bars, step, self.interval_of(bars.series))
        if len(bars) <= self.block_bars:
            return self._irregular(bars)
        blocks = range(0, len(bars), self.block_bars)
        return reduce(self.merge, (self.of(bars.cut(at, at + self.block_bars)) for at in blocks))

    def merge(self, left: TimesSeen, right: TimesSeen) -> TimesSeen:
        unread = merged(left.unread, right.unread)
        if left.clock is None or right.clock is None:
            return (right if left.clock is None else left)._replace(unread=unread)
        step, here = right.first - left.last, Finding(1, right.place)
        steps = _both(left.steps, right.steps)
        interval = left.interval
        backward = merged(left.backward, right.backward)
        repeated = merged(left.repeated, right.repeated)
        if step > 0:
            step = max(step, interval or 0)
            steps[step] = merged(steps.get(step, NOTHING), here)
        elif step == 0:
            repeated = merged(repeated, here)
        else:
            backward = merged(backward, here)
        steps, longer = self._smallest(steps, merged(left.longer, right.longer))
        return TimesSeen(
            left.first,
            right.last,
            left.place,
            min(left.earliest, right.earliest),
            max(left.latest, right.latest),
            left.clock,
            backward,
            repeated,
            unread,
            _both(left.clocks, right.clocks),
            steps,
            longer,
            interval,
        )

    def _smallest(self, steps: ByNumber, longer: Finding) -> tuple[ByNumber, Finding]:
        """The smallest steps, and the bars after longer ones.

        A step among the smallest of all bars is so in every piece of them: its count is whole.
        """
        if len(steps) <= self.most_steps:
            return steps, longer
        in_order = sorted(steps)
        kept, others = in_order[: self.most_steps], in_order[self.most_steps :]
        longer = reduce(merged, (steps[step] for step in others), longer)
        return {step: steps[step] for step in kept}, longer

    def _of_steps(
        self, bars: Bars, steps: NDArray[np.int64], interval: int | None
    ) -> tuple[ByNumber, Finding]:
        """The bars after each of the smallest steps above 0, and those after longer ones.

        `steps` are those before each bar. Steps up to a known interval are no gaps, however many
        they are: they count as one.
        """
        ahead = np.flatnonzero(steps > 0)
        if not ahead.size:
            return {}, NOTHING
        if interval:
            steps = np.maximum(steps, interval)
        usual = int(steps[ahead[0]])  # mostly that of nearly all, which then need not be sorted
        is_usual = steps[ahead] == usual
        counts = {usual: Finding(int(np.count_nonzero(is_usual)), bars.place_of(int(ahead[0])))}
        odd = ahead[~is_usual]
        if not odd.size:
            return counts, NOTHING
        values, firsts, numbers = np.unique(steps[odd], return_index=True, return_counts=True)
        most, longer = self.most_steps, NOTHING
        if len(values) > most:
            first = bars.place_of(int(odd[firsts[most:].min()]))
            longer = Finding(int(numbers[most:].sum()), first)
        for step, at, count in zip(
            values[:most].tolist(),
            odd[firsts[:most]].tolist(),
            numbers[:most].tolist(),
            strict=True,
        ):
            counts[step] = Finding(count, bars.place_of(at))
        return counts, longer

    def _steady_step(self, bars: Bars) -> int | None:
        """The step at which all bars follow, as nearly all bars do; None where they do not.

        A difference that leaves int64 is not such a step: it comes back 2**64 off.
        """
        times = bars.columns["time"]
        first, last = int(times[0]), int(times[-1])
        step = int(times[1]) - first
        if step <= 0 or last - first != step * (len(times) - 1):
            return None
        if not (are_times(first) and are_times(last)):
            return None
        if kernels.kernel is not None:
            return step if kernels.kernel.steady(times, step) else None
        for at in range(0, len(times) - 1, self.block_bars):
            block = times[at : at + self.block_bars + 1]
            if not (block[1:] - block[:-1] == step).all():
                return None
        return step

    def _of_one(self, bars: Bars) -> TimesSeen:
        """The same of one bar, as many symbols by turns have them, in a fifth of the time."""
        time, place = int(bars.columns["time"][0]), bars.place_of(0)
        here, interval = Finding(1, place), self.interval_of(bars.series)
        if not are_times(time):
            return TimesSeen(unread=here, interval=interval)
        clock = int(bars.columns["clock"][0])
        return TimesSeen(
            time, time, place, time, time, clock, clocks={clock: here}, interval=interval
        )

    def _irregular(self, bars: Bars) -> TimesSeen:
        is_time, unread = are_times(bars.columns["time"]), NOTHING
        if not is_time.all():
            unread = offenders(bars, ~is_time)
            bars = bars.only(is_time)
            if not len(bars):
                return TimesSeen(unread=unread, interval=self.interval_of(bars.series))
        times = bars.columns["time"]
        steps, following = np.diff(times), bars.cut(1, len(bars))
        interval = self.interval_of(bars.series)
        smallest, longer = self._smallest(*self._of_steps(following, steps, interval))
        return TimesSeen(
            int(times[0]),
            int(times[-1]),
            bars.place_of(0),
            int(times.min()),
            int(times.max()),
            int(bars.columns["clock"][0]),
            offenders(following, steps < 0),
            offenders(following, steps == 0),
            unread,
            _of_clocks(bars),
            smallest,
            longer,
            interval,
        )


def _steady(bars: Bars, step: int, interval: int | None) -> TimesSeen:
    times = bars.columns["time"]
    first, last = int(times[0]), int(times[-1])
    return TimesSeen(
        first,
        last,
        bars.place_of(0),
        first,
        last,
        int(bars.columns["clock"][0]),
        clocks=_of_clocks(bars),
        steps={max(step, interval or 0): Finding(len(times) - 1, bars.place_of(1))},
        interval=interval,
    )


def _of_clocks(bars: Bars) -> ByNumber:
    clocks = bars.columns["clock"]
    first = int(clocks[0])
    if is_one_value(clocks) or (clocks == first).all():
        return {first: Finding(len(bars), bars.place_of(0))}
    return {int(clock): offenders(bars, clocks == clock) for clock in np.unique(clocks)}


def _both(left: Mapping[int, Finding], right: Mapping[int, Finding]) -> ByNumber:
    both: dict[int, Any] = dict(left)
    for number, finding in right.items():
        both[number] = merged(both[number], finding) if number in both else finding
    return both
