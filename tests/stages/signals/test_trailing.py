from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from barwise.stages.signals.trailing import Trailing


@given(st.lists(st.integers(0, 7), max_size=8), st.integers(1, 12))
def test_each_close_leaves_one_window_after_it_came(sizes: list[int], window: int) -> None:
    closes = np.arange(sum(sizes), dtype=np.float64)
    trailing, leaving = Trailing(), [np.empty(0)]
    for piece in np.split(closes, np.cumsum(sizes)[:-1] if sizes else []):
        pushed_out, trailing = trailing.slide(piece, window)
        leaving.append(pushed_out)
    expected = np.concatenate((np.full(window, np.nan), closes))[: len(closes)]
    np.testing.assert_array_equal(np.concatenate(leaving), expected)
    np.testing.assert_array_equal(trailing.joined(), closes[-window:])


def test_single_bars_make_few_pieces() -> None:
    trailing = Trailing()
    for bar in range(5_000):
        _, trailing = trailing.slide(np.array([float(bar)]), window=4_000)
    assert len(trailing.pieces) < 10
    np.testing.assert_array_equal(trailing.joined(), np.arange(1_000, 5_000))


def test_a_wide_window_allocates_nothing() -> None:
    _, trailing = Trailing().slide(np.zeros(3), window=10**18)
    assert trailing.size == 3
