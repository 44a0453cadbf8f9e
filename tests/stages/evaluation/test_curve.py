"""The equity of a page against products of factors, and against the figures of the same bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.stages.evaluation.curve import Curve
from barwise.stages.evaluation.measure import Evaluation
from tests.kit.passes import dirty_bars

COST = 1e-4
UNIT = 2.0**48


def factors(bars: Bars) -> tuple[list[float], list[float]]:
    """Growth in each bar with a known close, of the signal and of holding; fills at the close."""
    closes, signals = bars.columns["close"], bars.columns["signal"]
    known = np.flatnonzero(~np.isnan(closes))
    net, hold = [], []
    before, last = 0, None
    for at in known.tolist():
        moved = 1.0 if last is None else closes[at] / last
        net.append(moved if before else 1.0)
        hold.append(moved)
        if signals[at] != before:
            net[-1] = 1 / (1 + COST) if signals[at] else moved * (1 - COST)
        before, last = int(signals[at]), closes[at]
    if hold:
        hold[0] = 1 / (1 + COST)
    return net, hold


@given(st.integers(0, 10_000), st.integers(1, 90), st.integers(0, 3))
def test_a_curve_is_the_product_of_factors(seed: int, size: int, halvings: int) -> None:
    bars = dirty_bars(seed, size, 0)
    curve, length = Curve("close", COST, 64 << 10), 1 << halvings
    points = curve.points(curve.of(bars), length)
    net, hold = (np.cumprod(one) for one in factors(bars))
    block = np.flatnonzero(~np.isnan(bars.columns["close"])) // length
    last = np.flatnonzero(np.diff(block, append=-1))
    assert points.block.tolist() == block[last].tolist()
    np.testing.assert_allclose(np.exp(np.array(points.net) / UNIT), net[last], rtol=1e-7)
    np.testing.assert_allclose(np.exp(np.array(points.hold) / UNIT), hold[last], rtol=1e-7)
    path = np.concatenate(([1.0], net))
    drawdown = path / np.maximum.accumulate(path)
    before = int(length > 1)  # the close before a block counts too
    begin = np.concatenate(([0], last + 1))[: len(last)]
    lowest = [
        drawdown[one + 1 - before : end + 2].min() for one, end in zip(begin, last, strict=True)
    ]
    np.testing.assert_allclose(np.exp(-np.array(points.drop) / UNIT), lowest, rtol=1e-7)


@pytest.mark.parametrize("fill", ["close", "next_open", "next_close"])
@pytest.mark.parametrize("bars", [3, 500, 9_000])
def test_a_curve_ends_where_the_figures_do(fill: str, bars: int) -> None:
    some = dirty_bars(7, bars, 0).having({"open": np.full(bars, 100.0)})
    evaluation, curve = Evaluation(fill, COST), Curve(fill, COST, 4096)
    blocks = evaluation.of_series(evaluation.of(some)).blocks
    points = curve.points(curve.of(some), 8)
    assert len(points.net) <= 4096
    assert points.net[-1] == int(blocks["paths"][:, 0, 0].sum())
    assert points.hold[-1] == int(blocks["paths"][:, 1, 0].sum())
