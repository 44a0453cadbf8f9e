"""The kernel of many windows gives the integers of its twin, and refuses what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise import kernels
from barwise.bars.batch import Bars
from barwise.bars.evaluate import FILLS
from barwise.stages.sweep.measure import Sweep, SweptSeries

kernel: Any = pytest.importorskip("barwise.kernels._kernels")
WINDOWS = st.one_of(
    st.lists(st.integers(1, 300), min_size=1, max_size=9, unique=True),
    st.builds(
        lambda first, count: [*range(first, first + count)], st.integers(1, 99), st.integers(1, 150)
    ),
)


def swept(sweep: Sweep, bars: Bars, by: Any) -> SweptSeries:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "kernel", by)
        return sweep.of_series(sweep.of(bars))


@settings(max_examples=60)
@given(
    st.integers(0, 10_000), st.integers(2, 700), WINDOWS, st.integers(1, 5),
    st.sampled_from([1e-3, 0.05, 2.0]), st.sampled_from(FILLS),
)  # fmt: skip
@example(1, 600, [*range(2, 280)], 1, 1e-3, "next_open")  # three tiles
def test_it_gives_what_its_twin_gives(
    seed: int, size: int, windows: list[int], fast: int, scale: float, fill: str
) -> None:
    rng = np.random.default_rng(seed)
    closes = np.round(np.exp(np.clip(np.cumsum(rng.normal(0, scale, size)), -4, 8)), 3) + 0.001
    opens = closes * rng.choice([1.0, 1.001], size)
    closes[rng.random(size) < rng.choice([0, 0.02])] = np.nan
    bars = Bars("", 0, range(size), {"close": closes, "open": opens}, None, 0)
    sweep = Sweep([(window, min(fast, window)) for window in windows], fill, 1e-3, 8)
    one, other = (swept(sweep, bars, by) for by in (kernel, None))
    pairs: list[tuple[Any, Any]] = [*zip(one.done, other.done, strict=True)]
    for left, right in pairs:
        for array, twin in (
            zip(left, right, strict=True) if isinstance(left, tuple) else [(left, right)]
        ):
            assert np.array_equal(array, twin)
    assert one.fault == other.fault


@pytest.mark.parametrize(
    "wrong",
    [
        {0: 11}, {1: 12}, {2: 11}, {3: 5}, {4: 71}, {5: [3, 2, 6]}, {5: [3, 5]}, {5: [-1, 6]},
        {5: [7]}, {6: [2, 3]}, {6: [0]}, {6: [3, 3]}, {6: [*range(129, 0, -1)]}, {7: -1}, {7: 7},
        {8: 2}, {9: 21},
    ],
)  # fmt: skip
def test_it_refuses_what_does_not_fit_together(wrong: dict[int, Any]) -> None:
    given: dict[int, Any] = {
        0: 12, 1: 13, 2: 12, 3: 6, 4: 72, 5: [3, 6], 6: [3, 2], 7: 6, 8: 1, 9: 22,
    }  # fmt: skip

    def call(values: dict[int, Any]) -> None:
        arrays = [
            np.zeros(value, np.int64) if isinstance(value, int) else np.array(value, np.int64)
            for value in (values[at] for at in range(7))
        ]
        kernel.sweep(*arrays, values[7], values[8], np.empty(values[9], np.int64))

    call(given)
    with pytest.raises(ValueError, match="do not fit together"):
        call(given | wrong)
