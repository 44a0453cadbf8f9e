from __future__ import annotations

import numpy as np

from barwise.batch import Batch
from barwise.checks import (
    Finding,
    Order,
    Overlap,
    Reach,
    Span,
    backward_time,
    both,
    missing_close,
    overlapping_part,
)

DAY = 86_400_000_000


def bars(part: int, first_row: int, closes: list[float], days: list[int] | None = None) -> Batch:
    columns = {"close": np.array(closes)}
    if days:
        columns["time"] = np.array(days) * DAY
    return Batch("", part, range(first_row, first_row + len(closes)), columns)


def test_missing_closes_are_counted_and_the_first_is_kept() -> None:
    found = missing_close(bars(3, 0, [1.0, np.nan, 2.0]), Finding())
    found = missing_close(bars(3, 3, [np.nan, np.nan]), found)
    assert found == Finding(3, (3, 1))


def test_the_first_of_two_findings_is_the_one_in_the_earlier_part() -> None:
    one, other = Finding(1, (2, 7)), Finding(2, (1, 9))
    assert both(one, other) == both(other, one) == Finding(3, (1, 9))


def test_nothing_missing_is_nothing_found() -> None:
    assert missing_close(bars(0, 0, [1.0]), Finding()) == Finding()


def test_an_interleaved_bar_is_found_by_its_row_in_the_part() -> None:
    batch = Batch("b", 0, np.array([4, 9, 11]), {"close": np.array([1.0, np.nan, np.nan])})
    assert missing_close(batch, Finding()) == Finding(2, (0, 9))


def test_parts_that_follow_each_other_do_not_overlap() -> None:
    span = overlapping_part(bars(0, 0, [1.0, 1.0], [1, 2]), Span())
    span = overlapping_part(bars(0, 2, [1.0], [3]), span)
    span = overlapping_part(bars(1, 0, [1.0, 1.0], [5, 4]), span)  # no order within a part
    assert span == Span(1, Reach(3 * DAY, 0), Reach(5 * DAY, 1), None)


def test_a_bar_that_an_earlier_part_reaches_is_an_overlap() -> None:
    span = overlapping_part(bars(0, 0, [1.0, 1.0], [3, 1]), Span())
    span = overlapping_part(bars(1, 0, [1.0, 1.0], [4, 3]), span)
    assert span.overlap == Overlap(1, 1, 3 * DAY, Reach(3 * DAY, 0))
    again = overlapping_part(bars(2, 0, [1.0], [0]), span)
    assert again.overlap == span.overlap


def test_bars_that_go_back_in_time_are_counted_across_batches() -> None:
    order = backward_time(bars(0, 0, [1.0, 1.0, 1.0], [5, 4, 6]), Order())
    order = backward_time(bars(0, 3, [1.0, 1.0], [3, 3]), order)
    assert order == Order(3 * DAY, Finding(2, (0, 1)))
