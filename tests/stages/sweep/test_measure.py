"""Each window of a sweep has the integers of its own evaluation, by the kernel and by its twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise import kernels
from barwise.bars.batch import Bars
from barwise.bars.evaluate import FILLS
from barwise.stages.evaluation import ladder, paths, wide
from barwise.stages.evaluation.measure import Evaluation
from barwise.stages.evaluation.measure import Series as Evaluated
from barwise.stages.signals import exact
from barwise.stages.sweep.measure import Sweep, SweptSeries
from tests.kit.passes import cut, merged

LISTS = st.lists(st.integers(1, 40), min_size=1, max_size=6, unique=True)
DRAWS = st.lists(st.integers(0, 300), max_size=8)
KINDS = ("ticks", "floats", "large")


def bars_of(seed: int, size: int, kind: str, first: int = 0) -> Bars:
    """Closes on a grid, with gaps; beyond any grid; or that jump a hundredfold and more."""
    rng = np.random.default_rng(seed)
    scale = 1.5 if kind == "large" else 0.01
    closes = 100 * np.exp(np.clip(np.cumsum(rng.normal(0, scale, size)), -7, 9))
    if kind != "floats":
        closes = np.round(closes, 2) + 0.01
    opens = closes * rng.choice([1.0, 1.01], size)
    if rng.random() < 0.5:
        closes[rng.random(size) < 0.05] = np.nan
    return Bars("", 0, range(size), {"close": closes, "open": opens}, None, first)


def whole(sweep: Sweep, bars: Bars, cuts: list[int], draws: list[int]) -> SweptSeries:
    pieces = [sweep.of(piece) for piece in cut(bars, cuts)]
    return sweep.of_series(merged(pieces, sweep.merge, draws))


def alone(bars: Bars, window: int, fill: str, cost: float) -> Evaluated:
    closes = bars.columns["close"]
    signals, _ = exact.step(closes, exact.start(), window)
    measure = Evaluation(fill, cost, (1,), window, in_decimal=True)
    return measure.of_series(measure.of(bars.having({"signal": signals})))


def total(series: Evaluated, which: int) -> int:
    return sum(wide.integers(series.blocks["sums"][:, which]))


@pytest.mark.parametrize("by_kernel", [True, False])
@settings(max_examples=25)
@given(
    st.integers(0, 10_000), st.integers(1, 250), st.sampled_from(KINDS), LISTS,
    st.sampled_from(FILLS), st.sampled_from([0.0, 1e-4, 0.01]), DRAWS, DRAWS,
)  # fmt: skip
@example(1, 300, "ticks", list(range(2, 40)), "next_open", 1e-4, [100, 200], [])
def test_each_window_is_as_evaluated_alone(
    by_kernel: bool,
    seed: int,
    size: int,
    kind: str,
    windows: list[int],
    fill: str,
    cost: float,
    cuts: list[int],
    draws: list[int],
) -> None:
    bars = bars_of(seed, size, kind)
    if not (bars.columns["close"] > 0).any():
        return
    sweep = Sweep([(window, 1) for window in windows], fill, cost, 4, chunk_bars=60)
    with pytest.MonkeyPatch.context() as patch:
        if not by_kernel:
            patch.setattr(kernels, "kernel", None)
        series = whole(sweep, bars, cuts, draws)
    done = series.done
    for column, window in enumerate(windows):
        single = alone(bars, window, fill, cost)
        counts = single.counts
        assert done.bars == counts.bars
        assert done.counts[:, column].tolist() == [counts.ones, counts.in_up, counts.switches]
        assert sum(done.blocks.sums[:, column].tolist()) == total(single, ladder.S1)
        assert wide.integers(done.squares)[column] == total(single, ladder.S2)
        path = paths.chained(single.blocks["paths"][None, :, ladder.NET])
        assert done.paths[column].tolist() == path[0].tolist()
    assert sum(done.blocks.sums[:, -1].tolist()) == total(single, ladder.HOLD_S1)
