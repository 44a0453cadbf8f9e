"""The rules of time against a plain count of all bars of a series at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.bars.batch import Bars, Place
from barwise.bars.times import CLOCKS, FIRST_TIME, NO_TIME, are_times
from barwise.stages.checks import judge
from barwise.stages.checks.finding import Finding
from barwise.stages.checks.judge import Gaps
from barwise.stages.checks.parts import Overlap, PartsSeen, Reach
from barwise.stages.checks.times import Times, TimesSeen

MINUTE = 60_000_000
Bar = tuple[int | None, int]  # a time and how it is written


def batch(bars: list[Bar], first: int, part: int = 0) -> Bars:
    columns: dict[str, Any] = {
        "close": np.ones(len(bars)),
        "time": np.array([NO_TIME if time is None else time for time, _ in bars], np.int64),
        "clock": np.array([clock for _, clock in bars], np.int8),
    }
    return Bars("", part, range(first, first + len(bars)), columns)


def seen(bars: list[Bar], cuts: list[int], measure: Times | None = None) -> TimesSeen:
    """What is seen in bars that are cut before some of them."""
    measure = measure or Times()
    edges = [0, *sorted({cut % len(bars) for cut in cuts} - {0}), len(bars)]
    pieces = [batch(bars[first:end], first) for first, end in pairwise(edges)]
    return reduce(measure.merge, map(measure.of, pieces))


def finding(rows: list[int]) -> Finding:
    return Finding(len(rows), Place(0, rows[0], rows[0])) if rows else Finding()


def expected(bars: list[Bar], interval: int | None, most: int) -> tuple[object, ...]:
    """What the rules should see, and the gaps, counted bar by bar."""
    known = [
        (row, time, clock)
        for row, (time, clock) in enumerate(bars)
        if time is not None and are_times(time)
    ]
    pairs = pairwise(known)
    steps = [(row, time - before) for (_, before, _), (row, time, _) in pairs]
    unread = [row for row, (time, _) in enumerate(bars) if time is None or not are_times(time)]
    return (
        finding([row for row, step in steps if step < 0]),
        finding([row for row, step in steps if step == 0]),
        finding(unread),
        {kind: finding([row for row, _, clock in known if clock == kind]) for kind in (3, 4)},
        expected_gaps([(row, step) for row, step in steps if step > 0], interval, most),
    )


def expected_gaps(steps: list[tuple[int, int]], interval: int | None, most: int) -> Gaps:
    """The gaps by the `most` smallest steps; longer ones are only known to be longer."""
    if interval:
        steps = [(row, max(step, interval)) for row, step in steps]
    counted = sorted({step for _, step in steps})[:most]
    longer = finding([row for row, step in steps if step not in counted])
    if interval is None:
        how_often = Counter(step for _, step in steps if step in counted)
        commonest = min(how_often, key=lambda step: (-how_often[step], step), default=None)
        if commonest is None or how_often[commonest] < longer.bars:
            return Gaps(after=longer)
        interval = commonest
    gaps = [(row, step) for row, step in steps if step > interval]
    shown = [min(step, counted[-1]) for _, step in gaps]
    missing = sum(int(Fraction(step, interval) + Fraction(1, 2)) - 1 for step in shown)
    return Gaps(interval, finding([row for row, _ in gaps]), missing, longer.bars > 0)


STEPS = st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 60, 0, -1, -5, 7, 11, 13])


@st.composite
def series(draw: st.DrawFn) -> list[Bar]:
    steps = draw(st.lists(STEPS, min_size=1, max_size=60))
    present = draw(st.lists(st.integers(0, 19), min_size=len(steps), max_size=len(steps)))
    clocks = draw(st.lists(st.integers(0, 30), min_size=len(steps), max_size=len(steps)))
    odd: list[int | None] = draw(
        st.sampled_from([[None], [None, 2**63 - 1, FIRST_TIME - 1], [-(2**63) + 5]])
    )
    start = draw(st.sampled_from([-500, 0, 1_704_067_200_000_000, -(10**16)]))
    ticking = np.cumsum(steps).tolist()
    return [
        (odd[is_there] if is_there < len(odd) else start + time, 3 if clock else 4)
        for time, is_there, clock in zip(ticking, present, clocks, strict=True)
    ]


@settings(max_examples=400)
@given(
    series(),
    st.lists(st.integers(0, 59), max_size=5),
    st.sampled_from([None, None, 1, 2, 60]),
    st.integers(1, 4),
    st.sampled_from([3, 1 << 14]),
)
@example([(0, 3), (1, 3), (2, 3), (4, 3), (5, 3), (9, 3), (20, 3)], [3], None, 2, 3)
@example([(None, 3), (None, 3), (5, 4)], [1, 2], None, 2, 3)
def test_each_rule_counts_its_bars_however_they_are_cut(
    bars: list[Bar], cuts: list[int], interval: int | None, most: int, block: int
) -> None:
    intervals: dict[str | None, int] = {"": interval} if interval else {}
    times = seen(bars, cuts, Times(intervals, most_steps=most, block_bars=block))
    clocks = {kind: times.clocks.get(kind, Finding()) for kind in (3, 4)}
    gaps = judge.gaps(times)
    assert (times.backward, times.repeated, times.unread, clocks, gaps) == expected(
        bars, interval, most
    )
    known = [time for time, _ in bars if time is not None and are_times(time)]
    assert (times.earliest, times.latest) == (
        (min(known), max(known)) if known else (NO_TIME, NO_TIME)
    )


def test_long_regular_series_cost_a_count_and_no_more() -> None:
    ticking: list[Bar] = [(MINUTE * i, 0) for i in range(100_000)]
    times = seen(ticking, [1, 33_000, 70_001])
    assert times.steps == {MINUTE: Finding(99_999, Place(0, 1, 1))}
    assert judge.gaps(times) == Gaps(MINUTE)


def test_the_interval_is_the_commonest_step_and_of_equals_the_shortest() -> None:
    bars: list[Bar] = [(time, 0) for time in (0, 5, 6, 11, 12)]
    assert judge.gaps(seen(bars, [])) == Gaps(1, Finding(2, Place(0, 1, 1)), 8)
    assert Counter([5, 1, 5, 1]).most_common(1) == [(5, 2)]  # unlike what is seen first


def test_a_commonest_step_is_found_after_thousands_of_odd_ones() -> None:
    odd = np.cumsum(np.random.default_rng(1).permutation(np.arange(61, 961)) * 1_000_000)
    bars: list[Bar] = [(time, 0) for time in odd.tolist()]
    bars += [(int(odd[-1]) + MINUTE * i, 0) for i in range(1, 5_000)]
    assert judge.gaps(seen(bars, [])).interval == MINUTE


def test_of_too_many_different_steps_none_is_the_interval() -> None:
    steps = np.arange(1, 2_500)
    bars: list[Bar] = [(time, 0) for time in np.cumsum(steps).tolist()]
    assert judge.gaps(seen(bars, [])) == Gaps(after=Finding(1_498, Place(0, 1001, 1001)))


def parts_seen(*parts: list[int]) -> PartsSeen:
    so_far = PartsSeen()
    for part, moments in enumerate(parts):
        bars = batch([(time, 0) for time in moments], 0, part)
        so_far = so_far.then(part, Times().of(bars))
    return so_far


def test_parts_that_follow_each_other_do_not_overlap() -> None:
    assert parts_seen([1, 3, 2], [5, 4]).overlap is None  # no order within a part


def test_a_part_with_a_time_that_an_earlier_part_reaches_overlaps() -> None:
    overlap = Overlap(1, Reach(3, 0))
    assert parts_seen([3, 1], [4, 3]).overlap == overlap
    assert parts_seen([3, 1], [4, 3], [0]).overlap == overlap
    assert parts_seen([1, 2, 3], [1, 2, 3]).overlap == overlap


MS, US, SECONDS = (
    CLOCKS.index(f"Unix {unit}") for unit in ("milliseconds", "microseconds", "seconds")
)
DAY_OF_CHANGE = 1_735_689_600_000_000


def written(*parts: tuple[int, list[int]], cuts: int = 1 << 20) -> PartsSeen:
    """What is seen in parts that are given as the time of the first bar and the clocks of all."""
    return judged_in_order(
        [
            [(first + MINUTE * row, clock) for row, clock in enumerate(clocks)]
            for first, clocks in parts
        ],
        range(cuts, 1000, cuts),
    )


def judged_in_order(
    parts: list[list[Bar]], cuts: Iterable[int], measure: Times | None = None
) -> PartsSeen:
    """What the order of parts tells, each cut before some bars."""
    measure, so_far = measure or Times(), PartsSeen()
    for part, bars in enumerate(parts):
        edges = [0, *sorted({cut for cut in cuts if cut < len(bars)}), len(bars)]
        pieces = [batch(bars[first:end], first, part) for first, end in pairwise(edges)]
        so_far = so_far.then(part, reduce(measure.merge, map(measure.of, pieces)))
    return so_far


BEFORE = DAY_OF_CHANGE - 3 * MINUTE
KNOWN = (BEFORE, [MS] * 3), (DAY_OF_CHANGE, [US] * 4)  # as Binance's archives are


@pytest.mark.parametrize("cuts", [1, 2, 3, 100])
def test_milliseconds_then_microseconds_from_2025_on_are_no_doubt(cuts: int) -> None:
    so_far = written(*KNOWN, (DAY_OF_CHANGE + 4 * MINUTE, [US] * 2), cuts=cuts)
    assert so_far.changed == Finding()
    assert so_far.clock == US


@pytest.mark.parametrize("cuts", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("parts", "offending", "change"),
    [
        ([(BEFORE, [MS, MS, MS, US, US])], Finding(2, Place(0, 3, 3)), (MS, US)),
        ([(BEFORE, [SECONDS] * 3), (DAY_OF_CHANGE, [MS] * 4)], Finding(4, Place(1, 0, 0)), None),
        ([(BEFORE, [SECONDS] * 3), (DAY_OF_CHANGE, [US] * 4)], Finding(4, Place(1, 0, 0)), None),
        ([(BEFORE, [US] * 3), (DAY_OF_CHANGE, [MS] * 4)], Finding(4, Place(1, 0, 0)), None),
        (
            [*KNOWN, (DAY_OF_CHANGE + 4 * MINUTE, [MS] * 2)],
            Finding(2, Place(2, 0, 0)),
            (US, MS),
        ),
        (
            [(BEFORE - MINUTE, [MS] * 3), (DAY_OF_CHANGE - MINUTE, [US] * 4)],
            Finding(4, Place(1, 0, 0)),
            None,
        ),
        ([KNOWN[0], (DAY_OF_CHANGE, [US, US, MS, US])], Finding(1, Place(1, 2, 2)), (US, MS)),
        ([KNOWN[0], (DAY_OF_CHANGE, [MS, US, US])], Finding(2, Place(1, 1, 1)), (MS, US)),
        ([(BEFORE, [MS, US, MS]), KNOWN[1]], Finding(1, Place(0, 1, 1)), (MS, US)),
    ],
    ids=[
        "within a file", "seconds to ms", "seconds to us", "us to ms", "back to ms",
        "before 2025", "later ms", "ms first", "an earlier file of two",
    ],
)  # fmt: skip
def test_every_other_change_of_unit_is_a_doubt(
    parts: list[tuple[int, list[int]]],
    offending: Finding,
    change: tuple[int, int] | None,
    cuts: int,
) -> None:
    so_far = written(*parts, cuts=cuts)
    assert so_far.changed == offending
    assert so_far.change == (change or (parts[0][1][0], parts[1][1][0]))


def changes(parts: list[list[Bar]]) -> tuple[Finding, tuple[int, int]]:
    """What the rule of one unit should find, bar by bar; and the first change."""
    offending: list[Place] = []
    first, expected = (0, 0), -1
    for number, bars in enumerate(parts):
        known = [(row, time, clock) for row, (time, clock) in enumerate(bars) if time is not None]
        for at, (row, time, clock) in enumerate(known):
            is_known_change = at == 0 and (expected, clock) == (MS, US) and time >= DAY_OF_CHANGE
            if expected < 0 or is_known_change:
                expected = clock
            if clock != expected:
                first = first if offending else (expected, clock)
                offending.append(Place(number, row, row))
    all_of_them = Finding(len(offending), offending[0]) if offending else Finding()
    return all_of_them, first


@st.composite
def several_parts(draw: st.DrawFn) -> list[list[Bar]]:
    """Parts that follow each other around the day of change, most of them of one unit."""
    time = DAY_OF_CHANGE + MINUTE * draw(st.integers(-20, 2))
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        unit = draw(st.sampled_from([MS, US, US, SECONDS]))
        odd = draw(st.sets(st.integers(0, 40), max_size=2))
        unread = draw(st.sets(st.integers(0, 40), max_size=2))
        bars: list[Bar] = []
        for row in range(draw(st.integers(1, 12))):
            clock = draw(st.sampled_from([MS, US])) if row in odd else unit
            bars.append((None if row in unread else time, clock))
            time += MINUTE * draw(st.sampled_from([1, 1, 1, 1, 1, 2, 7]))
        parts.append(bars)
    return parts


@settings(max_examples=300)
@given(several_parts(), st.lists(st.integers(1, 12), max_size=8), st.sampled_from([3, 1 << 14]))
@example([[(BEFORE, MS)], [(None, MS), (DAY_OF_CHANGE, US)]], [1], 3)
def test_a_change_of_unit_is_judged_alike_however_bars_are_cut(
    parts: list[list[Bar]], cuts: list[int], block: int
) -> None:
    so_far = judged_in_order(parts, cuts, Times(block_bars=block))
    assert (so_far.changed, so_far.change) == changes(parts)
