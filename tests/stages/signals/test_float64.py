from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given

from barwise.stages.signals import float64
from tests.kit.oracles import cut_series, pandas_signals, signals_in_pieces


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(cut_series())
@example(([0.1, 0.2, 0.3, 0.1, 0.7, 0.4], 3, [1, 4]))
def test_every_signal_is_pandas_own_under_every_chunking(
    case: tuple[list[float], int, list[int]],
) -> None:
    closes, window, cuts = case
    assert signals_in_pieces(float64, closes, window, cuts) == pandas_signals(closes, window)


@pytest.mark.parametrize("window", [1, 2, 5, 20, 100, 5_000, 5_001])
@pytest.mark.parametrize("decimals", range(9))
def test_pandas_signals_on_long_walks(window: int, decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    closes = np.round(100 + np.cumsum(rng.normal(scale=10.0**-decimals, size=5_000)), decimals)
    closes[rng.random(5_000) < 0.001] = np.nan
    cuts = sorted(rng.integers(0, 5_000, 6).tolist())
    signals = signals_in_pieces(float64, closes.tolist(), window, cuts)
    assert signals == pandas_signals(closes.tolist(), window)


def test_a_flat_window_has_the_close_itself_as_its_mean() -> None:
    assert signals_in_pieces(float64, [1e17, 0.1, 0.1, 0.1, 0.1], 3) == [0, 0, 0, 0, 0]


def test_the_mean_of_positive_closes_is_not_negative() -> None:
    closes = [3e15, 123456.789, 0.3, 1e16, 0.0, 1e-05, 0.0]  # the sum is below 0 at the end
    assert signals_in_pieces(float64, closes, 3) == pandas_signals(closes, 3)
    assert signals_in_pieces(float64, closes, 3)[-1] == 0


def test_the_warm_up_and_windows_with_a_gap_give_0() -> None:
    closes = [1.0, 2.0, 3.0, np.nan, 5.0, 6.0, 7.0]
    assert signals_in_pieces(float64, closes, 3) == [0, 0, 1, 0, 0, 0, 1]
