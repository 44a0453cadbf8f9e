from __future__ import annotations

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.stages.checks import prices
from barwise.stages.checks.finding import Finding

NAN = float("nan")


def found(columns: dict[str, list[float]], size: int = 1000) -> prices.PriceChecks:
    its = prices.PriceChecks()
    for first in range(0, len(columns["close"]), size):
        cut = {name: np.array(values[first : first + size]) for name, values in columns.items()}
        its = prices.of_batch(Bars("", 0, range(first, first + len(cut["close"])), cut), its)
    return its


def ohlc(*bars: tuple[float, float, float, float]) -> dict[str, list[float]]:
    names = ("open", "high", "low", "close")
    return {name: [bar[i] for bar in bars] for i, name in enumerate(names)}


def test_open_and_close_lie_between_low_and_high() -> None:
    good = (2.0, 3.0, 1.0, 2.5)
    for bad in [(0.5, 3, 1, 2), (4, 3, 1, 2), (2, 3, 1, 0.5), (2, 3, 1, 4), (2, 1, 3, 2)]:
        assert found(ohlc(good, bad, good, bad)).crossed == Finding(2, (0, 1, 1))
    assert found(ohlc(good, (1.0, 1.0, 1.0, 1.0))).crossed == Finding()


def test_what_is_missing_breaks_no_rule() -> None:
    its = found({**ohlc((NAN, 3, 1, NAN), (2, NAN, NAN, 2)), "volume": [NAN, 0.0]})
    assert (its.crossed, its.not_positive, its.negative_volume) == (Finding(),) * 3


def test_high_alone_is_enough_to_see_a_close_above_it() -> None:
    assert found({"close": [1.0, 3.0], "high": [2.0, 2.0]}).crossed == Finding(1, (0, 1, 1))


def test_prices_of_zero_and_below_are_found_in_any_column() -> None:
    assert found(ohlc((1, 1, 1, 1), (0, 1, 0, 1), (1, 1, -1, 1))).not_positive == Finding(
        2, (0, 1, 1)
    )


def test_a_negative_volume_is_found_and_none_is_no_fault() -> None:
    its = found({"close": [1.0] * 3, "volume": [0.0, -1.0, -0.0]})
    assert its.negative_volume == Finding(1, (0, 1, 1))


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 2.0, NAN]), st.integers(1, 9)), max_size=12),
    st.integers(1, 7),
    st.integers(1, 5),
)
def test_bars_that_repeat_more_closes_than_may_be_equal(
    runs: list[tuple[float, int]], size: int, longest: int
) -> None:
    closes = [1.0, *(close for close, count in runs for _ in range(count))]
    expected = [
        row
        for close, its in groupby(enumerate(closes), lambda each: each[1])
        for place, (row, _) in enumerate(its)
        if close == close and place >= longest
    ]
    before = prices.LONGEST_RUN
    prices.LONGEST_RUN = longest
    flat = found({"close": closes}, size).flat
    prices.LONGEST_RUN = before
    assert flat == (
        Finding(len(expected), (0, expected[0], expected[0])) if expected else Finding()
    )
