"""A signal of a window, and of two means, is what fractions of the closes' decimals say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.stages.signals.decimals.ticks import decimal
from barwise.stages.sweep import ticks
from tests.kit.oracles import series


def slow(closes: list[float], window: int, fast: int) -> list[bool]:
    out = []
    for bar in range(len(closes)):
        held = closes[max(0, bar + 1 - window) : bar + 1]
        values = [Fraction(decimal(close)) for close in held if not math.isnan(close)]
        is_full = len(values) == window
        out.append(is_full and sum(values[-fast:]) / fast > sum(values) / window)
    return out


@settings(max_examples=200)
@given(series(), st.integers(1, 30), st.integers(1, 30), st.integers(0, 40))
def test_signals_are_those_of_fractions(
    closes: list[float], window: int, fast: int, begin: int
) -> None:
    fast, array = min(fast, window), np.array(closes)
    known = np.flatnonzero(~np.isnan(array))
    if not known.size:
        return
    held = ticks.counted(known, array[known], window * fast)
    begin = min(begin, len(known))
    expected = np.array(slow(closes, window, fast))[known][begin:]
    for sums in {id(held): held, 0: held._replace(sums=None)}.values():
        found = ticks.signals(sums, window, fast, begin, len(known))
        assert found.tolist() == expected.tolist()


def test_ticks_that_do_not_fit_are_decided_otherwise() -> None:
    closes = np.array([1.0, 1e14, 3.0])
    places = np.arange(3)
    assert ticks.counted(places, closes, 2**14).sums is not None
    assert ticks.counted(places, closes, 2**16).sums is None


@pytest.mark.parametrize("fast", [1, 3, 50])
def test_quick_sums_are_those_of_the_last_ticks(fast: int) -> None:
    closes = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    quick = ticks.counted(np.arange(5), closes, 50).quick(fast)
    assert quick is not None
    ahead = [sum(closes[max(0, bar + 1 - fast) : bar + 1] - 1) for bar in range(5)]
    assert quick[0].tolist() == ahead
    assert quick[1].tolist() == [fast * total for total in (0, 2, 2, 5, 5, 9)]
