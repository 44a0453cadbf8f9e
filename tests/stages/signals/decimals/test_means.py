"""The rolling means that are shown: pandas' own bits, or the exact mean rounded once."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from barwise.stages.signals import exact, float64
from barwise.stages.signals.decimals.counted import Scratch, Sizes
from tests.kit.oracles import cut_series, exact_means


def means_in_pieces(
    arithmetic: ModuleType, closes: list[float], window: int, cuts: list[int], **options: Any
) -> NDArray[np.float64]:
    carry = arithmetic.start()
    all_means = []
    for piece in np.split(np.array(closes), sorted(cuts)):
        means = np.full(len(piece), 7.0)
        signals, carry = arithmetic.step(piece, carry, window, None, means, **options)
        assert (signals[np.isnan(means)] == 0).all()
        if arithmetic is float64:
            assert np.array_equal(signals, piece > means)
        all_means.append(means)
    return np.concatenate(all_means)


def bits(values: NDArray[np.float64]) -> list[str]:
    return [value.hex() for value in values.tolist()]


@given(cut_series())
def test_float64_shows_the_bits_of_pandas(made: tuple[list[float], int, list[int]]) -> None:
    closes, window, cuts = made
    expected = pd.Series(closes, dtype="float64").rolling(window).mean().to_numpy()
    assert bits(means_in_pieces(float64, closes, window, cuts)) == bits(expected)


@given(cut_series(), st.sampled_from([0, 3, 1 << 16]))
@example(([0.1, 0.7, 0.4], 3, [2]), 0)
@example(([1e16 / 10, 1.5, -1e16 / 10, 0.1], 4, []), 0)
def test_exact_shows_the_mean_of_decimals_rounded_once(
    made: tuple[list[float], int, list[int]], widest: int
) -> None:
    closes, window, cuts = made
    means = means_in_pieces(exact, closes, window, cuts, scratch=Scratch(Sizes(widest=widest)))
    assert bits(means) == bits(np.array(exact_means(closes, window)))
