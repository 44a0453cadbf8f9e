from __future__ import annotations

from functools import reduce

import numpy as np

from barwise.bars.batch import Bars, Place
from barwise.stages.checks.closes import Missing
from barwise.stages.checks.finding import Finding, merged


def bars(part: int, first: int, closes: list[float]) -> Bars:
    places = range(first, first + len(closes))
    return Bars("", part, places, {"close": np.array(closes)})


def missing(*batches: Bars) -> Finding:
    measure = Missing()
    return reduce(measure.merge, map(measure.of, batches))


def test_missing_closes_are_counted_and_the_first_is_kept() -> None:
    assert missing(bars(3, 0, [1.0, np.nan, 2.0]), bars(3, 3, [np.nan, np.nan])) == Finding(
        3, Place(3, 1, 1)
    )


def test_the_first_of_two_findings_is_the_one_in_the_earlier_part() -> None:
    one, other = Finding(1, Place(2, 7, 7)), Finding(2, Place(1, 9, 9))
    assert merged(one, other) == merged(other, one) == Finding(3, Place(1, 9, 9))


def test_nothing_missing_is_no_finding() -> None:
    assert missing(bars(0, 0, [1.0])) == Finding()


def test_an_interleaved_bar_is_found_by_its_row_in_the_part() -> None:
    closes = {"close": np.array([1.0, np.nan, np.nan])}
    assert missing(Bars("b", 0, np.array([4, 9, 11]), closes)) == Finding(2, Place(0, 9, 9))


def test_a_bar_of_a_sorted_part_is_found_by_its_row_in_the_file() -> None:
    order = np.array([2, 0, 1])
    assert missing(Bars("", 0, range(3), {"close": np.array([1.0, np.nan, 2.0])}, order)) == (
        Finding(1, Place(0, 1, 0))
    )
