from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings

from barwise.stages.signals import exact
from tests.kit.oracles import cut_series, exact_signals, nudged, signals_in_pieces

Case = tuple[list[float], int, list[int]]


@given(cut_series())
@example(([0.5, 12345678901.0, 0.00000001, 0.00000002], 2, [1, 2, 3]))
@example(([1 / 3, 0.25, 0.5, 0.75], 2, [1, 2]))
@example(([5e-324, 1e-323, 5e-324, 1.7976931348623157e308], 3, []))
@example(([0.0009765625000000995, 0.000976562500001234, 0.0009765625000001], 1, []))
@example(([0.0009765625000000995, 0.000976562500001234, 0.0009765625000001], 2, []))
@example(([1e-310, float("1000000000001e-322"), 1e-310], 2, [1]))
@settings(max_examples=400)
def test_every_comparison_is_that_of_fractions_under_every_chunking(case: Case) -> None:
    closes, window, cuts = case
    assert signals_in_pieces(exact, closes, window, cuts) == exact_signals(closes, window)


@given(cut_series())
def test_chunking_changes_no_signal(case: Case) -> None:
    closes, window, cuts = case
    whole = signals_in_pieces(exact, closes, window)
    assert signals_in_pieces(exact, closes, window, cuts) == whole


@pytest.mark.parametrize("window", [1, 2, 5, 50])
def test_long_series_that_leave_the_grid_and_return(window: int) -> None:
    rng = np.random.default_rng(window)
    coarse = np.round(100 + np.cumsum(rng.choice([-0.5, 0, 0.5], 300)), 1)
    fine = np.round(100 + rng.normal(size=100), 11)
    off_grid = 100 + rng.normal(size=100)
    closes = np.concatenate((coarse, fine, coarse, off_grid, coarse)).tolist()
    cuts = list(range(0, 1_100, 37))
    assert signals_in_pieces(exact, closes, window, cuts) == exact_signals(closes, window)


@pytest.mark.parametrize("window", [3, 9, 50])
def test_near_ties_below_the_normal_numbers(window: int) -> None:
    price, unit = float("1000000000001e-322"), 5e-324
    closes = [price - 2 * unit] * (window - 1) + [price + 2 * unit]  # all stand for the same
    assert exact_signals(closes, window)[-1] == 0
    assert signals_in_pieces(exact, closes, window)[-1] == 0
    assert signals_in_pieces(exact, [1.0, *closes], window, [1])[-1] == 0


@pytest.mark.parametrize("window", [2, 50, 400])
def test_a_series_that_is_unclear_throughout(window: int) -> None:
    rng = np.random.default_rng(window)
    price = 0.12345678901234566
    closes = price + rng.integers(-1, 2, 600) * np.spacing(price)
    closes[[100, 450]] = np.nan
    signals = signals_in_pieces(exact, closes.tolist(), window, list(range(0, 600, 41)))
    assert signals == exact_signals(closes.tolist(), window)


def test_a_tie_is_not_a_signal() -> None:
    assert signals_in_pieces(exact, [0.1, 0.7, 0.4], 3) == [0, 0, 0]


def test_one_tick_above_a_tie_is_a_signal() -> None:
    assert signals_in_pieces(exact, [0.1, 0.7, 0.40000001], 3) == [0, 0, 1]


def test_a_tie_is_a_tie_however_carelessly_it_was_read() -> None:
    careless = nudged(np.array([0.1, 0.7, 0.4]), np.array([2, -1, 1]))
    assert signals_in_pieces(exact, careless.tolist(), 3) == [0, 0, 0]


def test_ticks_too_large_for_int64_are_decided_all_the_same() -> None:
    closes = [1e14, 1e14 - 1, 1e14] * 20_000  # window * tick is above 2**62
    assert signals_in_pieces(exact, closes, 60_000)[-1] == 1


def test_a_near_tie_is_decided_in_integers_where_no_grid_fits() -> None:
    closes = [0.3333333333333333, 0.6666666666666666, 0.5]  # their sum is 1.4999999999999999
    assert signals_in_pieces(exact, closes, 3) == exact_signals(closes, 3) == [0, 0, 1]
    closes[1] = 0.6666666666666667
    assert signals_in_pieces(exact, closes, 3) == exact_signals(closes, 3) == [0, 0, 0]


def test_sums_that_overflow_are_decided_in_integers() -> None:
    assert signals_in_pieces(exact, [1.7e308, 1.6e308, 1.7e308], 3) == [0, 0, 1]


def test_the_warm_up_and_windows_with_a_gap_give_0() -> None:
    closes = [1.0, 2.0, 3.0, np.nan, 5.0, 6.0, 7.0]
    assert signals_in_pieces(exact, closes, 3) == [0, 0, 1, 0, 0, 0, 1]


def test_a_window_wider_than_any_memory_gives_0() -> None:
    assert signals_in_pieces(exact, [1.0, 2.0, 1 / 3], 10**12, [1]) == [0, 0, 0]
