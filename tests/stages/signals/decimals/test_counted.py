"""Blocks that count their windows again give what one pass gives, however they are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.stages.signals import exact
from barwise.stages.signals.decimals.counted import Scratch, Sizes
from tests.kit.oracles import cut_series, exact_signals, signals_in_pieces

Case = tuple[list[float], int, list[int]]


@settings(max_examples=300)
@given(cut_series(), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
@example(([100.0] * 7 + [100.01] * 6, 2, [3]), 1, 1, 1)
def test_blocks_of_any_size_change_no_signal(
    case: Case, block: int, first: int, unclear: int
) -> None:
    closes, window, cuts = case
    scratch = Scratch(Sizes(block, first, unclear))
    signals = signals_in_pieces(exact, closes, window, cuts, scratch=scratch)
    assert signals == exact_signals(closes, window)


@settings(max_examples=200)
@given(cut_series(), st.integers(0, 6))
def test_wide_windows_with_a_running_sum_give_the_same(case: Case, widest: int) -> None:
    closes, window, cuts = case
    signals = signals_in_pieces(exact, closes, window, cuts, scratch=Scratch(Sizes(widest=widest)))
    assert signals == exact_signals(closes, window)


@pytest.mark.parametrize("window", [3, 8])
@pytest.mark.parametrize("limit", [2**31, 2**63])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_sums_at_the_edge_of_an_integer_type(window: int, limit: int, over: int) -> None:
    spread = limit // window + over
    if spread >= 2e14:  # more than ticks may be apart: make the sum as large as it can be
        spread = int(1.99e14)
    base = 10**13
    ticks = [base, base + spread] * 20 + [base] * window + [base + spread] * window
    closes = [float(tick) for tick in ticks]
    assert signals_in_pieces(exact, closes, window) == exact_signals(closes, window)


@pytest.mark.parametrize("before", [63, 64, 200])
def test_closes_whose_difference_overflows(before: int) -> None:
    closes = [1.0] * before + [1.7e308, -1.7e308, 1.7e308]
    assert signals_in_pieces(exact, closes, 2)[-3:] == [1, 0, 1]


def test_a_series_may_begin_anywhere_after_its_halo() -> None:
    closes = np.round(100 + np.cumsum(np.random.default_rng(3).integers(-2, 3, 400)) / 100, 2)
    whole, _ = exact.step(closes, exact.start(), 7)
    for at in (1, 5, 6, 7, 8, 100, 399):
        rest, _ = exact.step(closes[at:], exact.after(closes[:at], 7), 7)
        assert rest.tolist() == whole[at:].tolist()
    assert exact.halo(7) == 6
    assert exact.halo(Sizes().widest + 1) is None
