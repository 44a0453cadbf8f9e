"""The kernel of a position's returns gives the integers of its twin, and refuses short buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise import kernels
from barwise.bars.batch import Bars
from barwise.bars.evaluate import FILLS
from barwise.stages.evaluation.measure import Evaluated, Evaluation

kernel: Any = pytest.importorskip("barwise.kernels._kernels")


def evaluated(measure: Evaluation, bars: Bars, by: Any) -> Evaluated:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "kernel", by)
        return measure.of(bars)


@settings(max_examples=100)
@given(
    st.integers(0, 10_000),
    st.integers(3, 5_000),
    st.integers(0, 10**7),
    st.sampled_from([1e-3, 0.05, 1.0]),
    st.sampled_from(FILLS),
    st.sampled_from([(1,), (7,), (7, 1)]),
)
def test_it_gives_what_its_twin_gives(
    seed: int, size: int, first: int, scale: float, fill: str, horizons: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(seed)
    closes = np.exp(np.clip(np.cumsum(rng.normal(0, scale, size)), -300, 300))
    columns: dict[str, Any] = {
        "close": closes,
        "open": closes * rng.choice([1.0, 1.001], size),
        "signal": np.repeat(rng.integers(0, 2, size), rng.integers(1, 9))[:size].astype(np.int8),
    }
    bars = Bars("", 0, range(size), columns, None, first)
    measure = Evaluation(fill, 1e-3, horizons, chunk_bars=1_100)
    assert evaluated(measure, bars, kernel) == evaluated(measure, bars, None)


@pytest.mark.parametrize(
    "wrong",
    [{0: 1}, {1: 10}, {2: 11}, {3: 3}, {5: 2}, {5: -1}, {6: 0}, {6: 5}, {7: 0}, {8: 3 * 30 - 1}],
)
def test_it_refuses_what_does_not_fit_together(wrong: dict[int, int]) -> None:
    sizes = {0: 11, 1: 11, 2: 12, 3: 2, 4: 2, 8: 3 * kernel.ROW_FIELDS} | wrong
    types = {0: float, 3: float, 2: np.int8}
    arrays = {at: np.ones(size, types.get(at, np.int64)) for at, size in sizes.items() if at < 5}
    late, end, length = (wrong.get(at, usual) for at, usual in ((5, 1), (6, 2), (7, 4)))
    out = np.empty(sizes[8], np.int64)
    with pytest.raises(ValueError, match=r"cut nowhere|too short"):
        kernel.earned(*arrays.values(), late, end, length, out)


def test_more_fills_than_are_given_are_refused() -> None:
    signals = np.array([0, 0, 1, 0, 1], np.int8)
    closes, out = np.ones(4), np.empty(kernel.ROW_FIELDS, np.int64)
    zeros = np.zeros(4, np.int64)
    assert kernel.earned(closes, zeros, signals, closes[:2], zeros, 0, 8, 8, out)[0] == -1
    assert kernel.earned(closes, zeros, signals, closes[:3], zeros, 0, 8, 8, out)[0] == 3


@pytest.mark.parametrize(("close", "logarithm"), [(9.5, 0), (1.0, -(16 << 34)), (np.nan, 0)])
def test_a_close_that_moves_too_far_is_refused(close: float, logarithm: int) -> None:
    closes, logarithms = np.array([1.0, close]), np.array([0, logarithm])
    signals, out = np.zeros(3, np.int8), np.empty(kernel.ROW_FIELDS, np.int64)
    nothing = closes[:0], logarithms[:0]
    assert kernel.earned(closes, logarithms, signals, *nothing, 0, 8, 8, out)[0] == -2
