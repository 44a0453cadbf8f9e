"""The law of the kernels of closes and times: the bits of their twins."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from barwise.kernels import kernel
from barwise.stages.signals import float64

pytestmark = pytest.mark.skipif(kernel is None, reason="no kernels were built")

Closes = NDArray[np.float64]
NOTHING = np.empty(0)


def exact(held: Closes, closes: Closes, window: int, scale: int) -> tuple[int, Any, Any]:
    signals, means = np.full(len(closes), 7, np.int8), np.full(len(closes), -1.0)
    done = kernel.exact(held, closes, window, 10.0**scale, signals, means)
    alone = np.empty(len(closes), np.int8)
    without = kernel.exact(held, closes, window, 10.0**scale, alone, None)
    assert without >= done  # a mean may be refused where a signal is not
    assert alone[:done].tolist() == signals[:done].tolist()
    return done, signals[:done], means[:done]


def in_whole_numbers(ticks: list[int], window: int, scale: int) -> tuple[list[int], list[float]]:
    signals, means = [], []
    for end in range(1, len(ticks) + 1):
        total = sum(ticks[max(0, end - window) : end])
        signals.append(int(end >= window and ticks[end - 1] * window > total))
        mean = Fraction(total, window * 10**scale)
        means.append(mean.numerator / mean.denominator if end >= window else math.nan)
    return signals, means


@settings(max_examples=300)
@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=60),
    st.integers(1, 12),
    st.integers(0, 8),
    st.integers(0, 10**12),
    st.sampled_from([1, 1_000, 10**6]),
    st.integers(0, 60),
    st.sampled_from([1, 50]),
)
def test_signals_and_means_are_those_of_whole_numbers(
    steps: list[int], window: int, scale: int, base: int, unit: int, cut: int, times: int
) -> None:
    ticks = [base + unit * int(t) for t in np.cumsum(steps * times)]
    closes = np.array([t / 10**scale for t in ticks])
    signals, means = in_whole_numbers(ticks, window, scale)
    done, by_kernel, averages = exact(NOTHING, closes, window, scale)
    assert by_kernel.tolist() == signals[:done]
    assert averages.tobytes() == np.array(means[:done]).tobytes()
    cut = min(cut, len(closes) - 1)
    held = closes[max(0, cut - window) : cut]
    done, by_kernel, averages = exact(held, closes[cut:], window, scale)
    assert by_kernel.tolist() == signals[cut : cut + done]
    assert averages.tobytes() == np.array(means[cut : cut + done]).tobytes()


def test_ordinary_prices_are_computed_to_the_end() -> None:
    ticks = 4_000_000 + np.cumsum(np.random.default_rng(1).integers(-500, 501, 100_000))
    for window in (1, 2, 5, 100, 1_023, kernel.WIDEST_WINDOW):
        done, signals, _ = exact(NOTHING, ticks / 100, window, 2)
        assert done == len(ticks)
        total = np.cumsum(ticks)
        total[window:] -= total[:-window].copy()
        expected = ticks * window > total
        expected[: window - 1] = False
        assert np.array_equal(signals, expected)


@pytest.mark.parametrize("spread", [2**31 // 1_000 - 1, 2**31 // 1_000 + 1, 2**40, 10**14])
@pytest.mark.parametrize("at", [10, 2_047, 2_048, 2_049, 5_000])
def test_a_jump_that_32_bits_cannot_count_is_refused_or_right(spread: int, at: int) -> None:
    ticks = np.random.default_rng(2).integers(-3, 4, 8_000)
    ticks[at:] += spread
    done, signals, _ = exact(NOTHING, ticks / 100, 1_000, 2)
    expected, _ = in_whole_numbers(ticks[:done].tolist(), 1_000, 2)
    assert signals.tolist() == expected
    assert (done == 8_000) == (1_000 * (int(ticks.max()) - int(ticks.min())) < 2**31)


@pytest.mark.parametrize("odd", [math.nan, 1.005, math.inf, -math.inf, 1e300, 0.1 + 0.2])
@pytest.mark.parametrize("at", [0, 2_047, 2_048, 4_500])
def test_it_stops_before_the_block_of_an_odd_close(odd: float, at: int) -> None:
    closes = np.full(6_000, 1.5)
    closes[at] = odd
    done, _, _ = exact(NOTHING, closes, 5, 2)
    assert done == at // 2_048 * 2_048
    assert exact(np.array([odd]), closes[at + 1 :], 5, 2)[0] == 0


def test_a_sum_that_rounds_to_2_to_the_53_is_refused() -> None:
    total, window = 2**53 + 1, 46  # its mean is not that of 2**53
    ticks = [total // window] * (window - 1)
    closes = np.array([*ticks, total - sum(ticks)], float)
    means = np.empty(window)
    for base in (0, 1):
        closes[-1] -= 2 * base
        done = kernel.exact(NOTHING, closes, window, 1.0, np.empty(window, np.int8), means)
        assert done == window * base
    assert means[-1] == (2**53 - 1) / window


@pytest.mark.parametrize("power", [0.0, -1.0, -100.0, math.inf, math.nan])
def test_a_power_that_makes_no_grid_is_refused(power: float) -> None:
    assert not kernel.exact(NOTHING, np.arange(1.0, 9.0), 2, power, np.empty(8, np.int8), None)


def test_counts_that_could_overflow_are_refused() -> None:
    closes, signals = np.ones(4), np.empty(4, np.int8)
    for at in (0, 1, 5):
        for count in (-1, -(2**63), 2**62, 2**63 - 1):
            state = [*float64.START]
            state[at] = count
            with pytest.raises(ValueError, match="count"):
                kernel.roll(closes, closes, 2, tuple(state), signals, None)


@pytest.mark.parametrize(
    "crossing", [(0, 0.0, 1.0, 0), (6, 0.0, 1.0, 0), (2, -1.0, 1.0, 0), (2, 1.0, 0.0, 0),
                 (2, math.nan, 1.0, 0), (2, 1.0, math.nan, 0), (2, 1e300, 1e304, 0)],
)  # fmt: skip
def test_a_crossing_that_it_does_not_know_is_refused(crossing: Any) -> None:
    signals = np.empty(8, np.int8)
    assert kernel.exact_crossed(NOTHING, np.ones(8), 5, 1.0, crossing, signals) == (0, crossing[3])


@pytest.mark.parametrize("price", [10**9, 2 * 10**11, 10**13])
@pytest.mark.parametrize("at", [10, 2_048, 5_000])
def test_a_band_that_doubles_cannot_count_is_refused_or_right(price: int, at: int) -> None:
    ticks = price + np.random.default_rng(2).integers(-300, 301, 8_000)
    ticks[at:] += 50_000_000
    window, fast, part, unit = 100, 7, 1, 100_000
    signals = np.full(8_000, 7, np.int8)
    done, last = kernel.exact_crossed(
        NOTHING, ticks / 100, window, 100.0, (fast, part, unit, 1), signals
    )
    sums, state, expected = [0, *np.cumsum(ticks).tolist()], 0, []
    for end in range(1, done + 1):
        if end >= window:
            quick = (sums[end] - sums[end - fast]) * window * unit
            slow = (sums[end] - sums[end - window]) * fast
            state = int(quick > slow * (unit + part) or (quick > slow * (unit - part) and state))
        expected.append(state)
    assert signals[:done].tolist() == expected
    assert last == (state if done else 1)
    assert (signals[done:] == 7).all()


@pytest.mark.parametrize("window", [0, -1, 1_025, 2**62])
def test_a_window_that_it_does_not_know_is_refused(window: int) -> None:
    assert exact(NOTHING, np.ones(10), window, 2)[0] == 0


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([0.1, 0.2, 0.7, -0.0, 0.0, 1e16, -3.5, math.nan]) | st.floats(width=64),
        max_size=40,
    ),
    st.integers(1, 9),
    st.lists(st.integers(0, 40), max_size=3),
)
@example([3e15, 123456.789, 0.3, 1e16, 0.0, 1e-05, 0.0], 3, [])
def test_pandas_own_means_by_both(closes: list[float], window: int, cuts: list[int]) -> None:
    entering = np.array([math.nan if math.isinf(close) else close for close in closes])
    leaving = np.concatenate((np.full(window, math.nan), entering))[: len(entering)]
    written = [math.nan] * len(entering)
    after = float64.roll(entering.tolist(), leaving.tolist(), window, float64.START, written)
    state = float64.START
    means, signals = np.empty(len(entering)), np.empty(len(entering), np.int8)
    borders = [0, *sorted(min(cut, len(entering)) for cut in cuts), len(entering)]
    for first, end in pairwise(borders):
        piece = slice(first, end)
        without = np.empty(end - first, np.int8)
        kernel.roll(entering[piece], leaving[piece], window, state, without, None)
        state = kernel.roll(
            entering[piece], leaving[piece], window, state, signals[piece], means[piece]
        )
        assert without.tolist() == signals[piece].tolist()
    assert repr(state) == repr(after)
    assert means.tobytes() == np.array(written).tobytes()
    with np.errstate(all="ignore"):
        mean = pd.Series(entering, dtype=float).rolling(window).mean()
    assert signals.tolist() == (entering > mean.to_numpy()).astype(int).tolist()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20), st.integers(-(2**63), 2**63 - 1))
def test_steps_are_steady_or_not(times: list[int], step: int) -> None:
    array = np.array(times, np.int64)
    expected = all((b - a) % 2**64 == step % 2**64 for a, b in pairwise(times))
    assert kernel.steady(array, step) == expected


def test_an_odd_step_anywhere_is_seen() -> None:
    for at in (1, 4_095, 4_096, 4_097, 9_999):
        times = np.arange(10_000) * 60
        assert kernel.steady(times, 60)
        times[at:] += 1
        assert not kernel.steady(times, 60)


def test_buffers_that_are_too_short_or_not_aligned_are_refused() -> None:
    closes, signals = np.ones(10), np.empty(10, np.int8)
    odd = np.empty(81, np.uint8)[1:].view(np.float64)
    with pytest.raises(ValueError, match="too short"):
        kernel.exact(NOTHING, closes, 2, 1.0, signals[:9], None)
    with pytest.raises(ValueError, match="too short"):
        kernel.exact(NOTHING, closes, 2, 1.0, signals, closes[:9].copy())
    with pytest.raises(ValueError, match="too short"):
        kernel.roll(closes, closes[:9], 2, float64.START, signals, None)
    with pytest.raises(ValueError, match="too short"):
        kernel.exact_crossed(NOTHING, closes, 2, 1.0, (1, 0.0, 1.0, 0), signals[:9])
    state, lines = float64.START, (1.0, 1.0)
    for fast, slow, written in ((closes[:9], closes, signals), (None, closes[:9], signals),
                                (None, closes, signals[:9])):  # fmt: skip
        with pytest.raises(ValueError, match="too short"):
            kernel.roll_crossed(closes, fast, 1, state, slow, 2, state, lines, 0, written)
    for arrays in ((odd, closes), (closes, odd)):
        with pytest.raises(ValueError, match="not aligned"):
            kernel.exact(*arrays, 2, 1.0, signals, None)
    with pytest.raises(ValueError, match="not aligned"):
        kernel.steady(odd, 1)
    with pytest.raises(ValueError, match="contiguous"):
        kernel.exact(NOTHING, np.ones(20)[::2], 2, 1.0, signals, None)
