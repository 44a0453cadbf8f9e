"""Candles against pandas' groupby, which knows nothing of how they merge."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.stages.candles import MOST, PRICES, Candles, Latest, coarser, halved, of_bytes
from tests.kit.passes import dirty_bars

HOW = {
    "open": "first",
    "high": "max",
    "low": "min",
    "close": "last",
    "mean": "last",
    "fast_mean": "last",
}


def by_pandas(bars: Bars, length: int) -> pd.DataFrame:
    """Candles of so many bars; pandas' first and last skip NaN."""
    columns = {name: bars.columns.get(name, np.full(len(bars), np.nan)) for name in HOW}
    frame = pd.DataFrame(columns).assign(ones=bars.columns["signal"], bars=1)
    number = (np.arange(len(bars)) + (bars.first or 0)) // length
    return frame.groupby(number).agg({**HOW, "ones": "sum", "bars": "sum"})


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(0, 40), st.integers(1, 9))
def test_candles_are_those_of_pandas(seed: int, size: int, first: int, most: int) -> None:
    bars = dirty_bars(seed, size, first)
    ladder = Candles(most, chunk_bars=7).of(bars)
    candles = of_bytes(ladder.blocks)
    last = first + size - 1
    assert last // ladder.length < most
    assert ladder.length == 1 or last // (ladder.length // 2) >= most
    expected = by_pandas(bars, ladder.length)
    assert candles["number"].tolist() == expected.index.tolist()
    for name in (*PRICES, "ones", "bars"):
        np.testing.assert_array_equal(candles[name], expected[name].to_numpy(), err_msg=name)
    if "time" in bars.columns:
        firsts = pd.Series(bars.columns["time"]).groupby((np.arange(size) + first) // ladder.length)
        assert candles["time"].tolist() == firsts.nth(0).tolist()


@given(st.integers(0, 10_000), st.integers(1, 200), st.integers(0, 40))
def test_coarser_candles_are_those_of_the_bars(seed: int, size: int, first: int) -> None:
    bars = dirty_bars(seed, size, first)
    fine = Candles().of(bars)
    assert fine.length == 1
    coarse = Candles(most=max(1, (first + size) // 8)).of(bars)
    assert coarser(fine, coarse.length).tobytes() == coarse.blocks
    assert halved(of_bytes(coarse.blocks)).tobytes() == coarser(fine, 2 * coarse.length).tobytes()


@pytest.mark.parametrize("bars", [1, 255, 256, 257, 1_000])
def test_the_latest_are_the_last_bars(bars: int) -> None:
    latest = of_bytes(Latest().of(dirty_bars(1, bars)))
    assert latest["number"].tolist() == list(range(max(0, bars - 256), bars))


@pytest.mark.parametrize(("bars", "length"), [(MOST, 1), (MOST + 1, 2), (2 * MOST + 1, 4)])
def test_a_value_is_bounded(bars: int, length: int) -> None:
    ladder = Candles().of(dirty_bars(1, bars))
    assert (ladder.length, len(of_bytes(ladder.blocks)) <= MOST) == (length, True)


@pytest.mark.parametrize("measure", [Candles(), Latest()])
def test_bars_of_unknown_position_are_refused(measure: Candles | Latest) -> None:
    bars = Bars("", 0, range(1), {"close": np.ones(1), "signal": np.ones(1, np.int8)})
    with pytest.raises(ValueError, match="where bars stand"):
        measure.of(bars)
