from __future__ import annotations

from functools import reduce
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.batch import Bars, Place
from barwise.stages.checks.finding import Finding
from barwise.stages.checks.prices import Prices, PricesSeen

NAN = float("nan")


def seen(
    columns: dict[str, list[float]], size: int = 1000, measure: Prices | None = None
) -> PricesSeen:
    measure = measure or Prices()
    pieces = []
    for first in range(0, len(columns["close"]), size):
        cut = {name: np.array(values[first : first + size]) for name, values in columns.items()}
        pieces.append(Bars("", 0, range(first, first + len(cut["close"])), cut))
    return reduce(measure.merge, map(measure.of, pieces))


def ohlc(*bars: tuple[float, float, float, float]) -> dict[str, list[float]]:
    names = ("open", "high", "low", "close")
    return {name: [bar[i] for bar in bars] for i, name in enumerate(names)}


def test_open_and_close_lie_between_low_and_high() -> None:
    good = (2.0, 3.0, 1.0, 2.5)
    for bad in [(0.5, 3, 1, 2), (4, 3, 1, 2), (2, 3, 1, 0.5), (2, 3, 1, 4), (2, 1, 3, 2)]:
        assert seen(ohlc(good, bad, good, bad)).crossed == Finding(2, Place(0, 1, 1))
    assert seen(ohlc(good, (1.0, 1.0, 1.0, 1.0))).crossed == Finding()


def test_what_is_missing_breaks_no_rule() -> None:
    prices = seen({**ohlc((NAN, 3, 1, NAN), (2, NAN, NAN, 2)), "volume": [NAN, 0.0]})
    assert (prices.crossed, prices.not_positive, prices.negative_volume) == (Finding(),) * 3


def test_high_alone_is_enough_to_see_a_close_above_it() -> None:
    assert seen({"close": [1.0, 3.0], "high": [2.0, 2.0]}).crossed == Finding(1, Place(0, 1, 1))


def test_prices_of_zero_and_below_are_found_in_any_column() -> None:
    assert seen(ohlc((1, 1, 1, 1), (0, 1, 0, 1), (1, 1, -1, 1))).not_positive == Finding(
        2, Place(0, 1, 1)
    )


def test_a_negative_volume_is_found_and_none_is_no_fault() -> None:
    prices = seen({"close": [1.0] * 3, "volume": [0.0, -1.0, -0.0]})
    assert prices.negative_volume == Finding(1, Place(0, 1, 1))


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
        for close, run in groupby(enumerate(closes), lambda bar: bar[1])
        for place, (row, _) in enumerate(run)
        if close == close and place >= longest
    ]
    flat = seen({"close": closes}, size, Prices(longest)).flat
    assert flat == (
        Finding(len(expected), Place(0, expected[0], expected[0])) if expected else Finding()
    )
