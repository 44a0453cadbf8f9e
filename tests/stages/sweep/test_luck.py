"""Luck is White's Reality Check in whole numbers: as a slow twin has it, and of the right size."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.stages.evaluation.intervals import weights
from barwise.stages.sweep.figures import Chance
from barwise.stages.sweep.luck import draws, luck
from barwise.stages.sweep.measure import Sweep

UNIT = 2**20


def rounded(numerator: int, squares: Fraction) -> int:
    """numerator / sqrt(squares) in units of 2**-20, to the nearest, half to even."""
    double = isqrt(int(4 * Fraction(numerator * UNIT) ** 2 / squares))
    half = (double + 1) // 2
    return half if numerator >= 0 else -half


def slow(returns: list[list[int]], seed: int, replicates: int) -> Fraction | None:
    """`returns` are a row a window; the definition, without floats."""
    blocks, standard, reached = len(returns[0]), [], []
    for row in returns:
        centred = [blocks * value - sum(row) for value in row]
        squares = Fraction(sum(value**2 for value in centred), blocks)
        if squares:
            standard.append([rounded(value, squares) for value in centred])
            reached.append(rounded(blocks * sum(row), squares))
    if not reached:
        return None
    as_good = 0
    for of_replicate in weights(seed, blocks, replicates).tolist():
        best = max(
            sum((weight - 1) * value for weight, value in zip(of_replicate, row, strict=True))
            for row in standard
        )
        as_good += best >= max(reached)
    return Fraction(1 + as_good, 1 + replicates)


@settings(max_examples=60)
@given(st.integers(0, 99), st.integers(32, 40), st.integers(1, 5), st.integers(1, 50))
def test_it_is_that_of_a_slow_twin(seed: int, blocks: int, windows: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.integers(-(2**bits), 2**bits + 2**bits // 2, (blocks, windows))
    found = luck(returns, draws(seed, blocks, 50))
    expected = slow(returns.T.tolist(), seed, 50)
    assert (found and Fraction(*found)) == expected


def test_windows_that_do_not_vary_are_left_out() -> None:
    returns = np.zeros((32, 2), np.int64)
    assert luck(returns, draws(1, 32)) is None
    returns[:, 1] = np.arange(32)
    assert luck(returns, draws(1, 32)) == luck(returns[:, 1:], draws(1, 32))
    assert luck(returns[:31], draws(1, 31)) is None


def test_a_window_that_is_there_ten_times_is_there_once() -> None:
    returns = np.random.default_rng(2).integers(-90, 110, (64, 1))
    once = luck(returns, draws(3, 64))
    assert luck(np.repeat(returns, 10, axis=1), draws(3, 64)) == once


@pytest.mark.parametrize(("momentum", "least", "most"), [(0.0, 0, 8), (1.0, 30, 40)])
def test_it_is_rarely_small_without_a_signal_and_mostly_with_one(
    momentum: float, least: int, most: int
) -> None:
    """Of 40 series; benchmarks/luck.py takes 200 longer ones. 0.05 of 40 is 2, and 8 is 4 sigma."""
    rng, sweep, low = (
        np.random.default_rng(11),
        Sweep([(w, 1) for w in range(2, 32, 3)], "close"),
        0,
    )
    for seed in range(40):
        shocks = rng.normal(0, 1e-3, 2_048)
        shocks[1:] += momentum * 0.3 * shocks[:-1]
        closes = np.round(100 * np.exp(np.cumsum(shocks)), 3)
        series = sweep.of_series(sweep.of(Bars("", 0, range(2_048), {"close": closes}, None, 0)))
        found = Chance(seed).of_series(series)["luck"]
        low += found is not None and found < 0.05
    assert least <= low <= most


def test_holding_is_another_benchmark_than_cash() -> None:
    """Closes that mostly rise: every window beats cash, and none beats who holds."""
    shocks = np.random.default_rng(7).normal(2e-3, 1e-3, 2_048)
    closes = np.round(100 * np.exp(np.cumsum(shocks)), 3)
    sweep = Sweep([(window, 1) for window in range(2, 9)], "next_close", 1e-4)
    series = sweep.of_series(sweep.of(Bars("", 0, range(2_048), {"close": closes}, None, 0)))
    found = Chance(42).of_series(series)
    assert found["luck"] == 0.001
    assert found["luck_against_holding"] is not None
    assert found["luck_against_holding"] > 0.5
