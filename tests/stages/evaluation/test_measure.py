"""The evaluation gives the very integers of its definition, however a series is cut."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.bars.evaluate import FILLS
from barwise.stages.evaluation import wide
from barwise.stages.evaluation.measure import Evaluation, Series
from tests.kit import evaluation_twin as twin
from tests.kit.passes import cut, merged

PRICES = st.one_of(
    st.integers(9_990, 10_010).map(lambda ticks: ticks / 100),  # ties, and steps of 0.01 %
    st.sampled_from([0.1, 0.30000000000000004, 0.3, 3e-7, 45_000.01]),
    st.floats(90, 110),
)
BARS = st.lists(
    st.tuples(st.one_of(PRICES, st.just(math.nan)), PRICES, st.integers(0, 1)),
    min_size=1,
    max_size=120,
)
DRAWS = st.lists(st.integers(0, 200), max_size=12)


def bars_of(rows: list[tuple[float, float, int]]) -> Bars:
    closes, opens, signals = zip(*rows, strict=True)
    columns: dict[str, Any] = {
        "close": np.array(closes),
        "open": np.array(opens),
        "signal": np.array(signals, np.int8),
    }
    return Bars("", 0, range(len(rows)), columns, None, 0)


def evaluated(
    measure: Evaluation, rows: list[tuple[float, float, int]], cuts: list[int], draws: list[int]
) -> Series:
    pieces = [measure.of(piece) for piece in cut(bars_of(rows), cuts)]
    return measure.of_series(merged(pieces, measure.merge, draws))


@settings(max_examples=150)
@given(
    BARS,
    st.sampled_from(FILLS),
    st.sampled_from([0.0, 1e-4, 0.05]),
    st.sampled_from([(1,), (1, 7), (60,)]),
    st.sampled_from([1, 4, 1024]),
    st.booleans(),
    DRAWS,
    DRAWS,
)
@example([(math.nan, 1.0, 0)], "close", 0.0, (1,), 4, True, [], [])
@example([(1.0, 1.0, 1)] * 3, "next_open", 0.0, (1,), 4, True, [1], [])
def test_every_integer_is_that_of_the_definition(
    rows: list[tuple[float, float, int]],
    fill: str,
    cost: float,
    horizons: tuple[int, ...],
    most_blocks: int,
    in_decimal: bool,
    cuts: list[int],
    draws: list[int],
) -> None:
    measure = Evaluation(fill, cost, horizons, 1, in_decimal, most_blocks, chunk_bars=16)
    series = evaluated(measure, rows, cuts, draws)
    bars = twin.known(*zip(*rows, strict=True))
    if series.fault:
        extreme = [bar.close / last.close for last, bar in pairwise(bars)]
        extreme += [bar.close / bar.open for bar in bars]
        extreme += [bar.open / last.close for last, bar in pairwise(bars)]
        assert series.fault.what == "return"  # of opens that are 0.1 beside closes of 100
        assert max(extreme) > 8192 or min(extreme) < 2e-7
        return
    assert series.counts == (
        twin.counts_of(bars, fill, cost, in_decimal) if bars else type(series.counts)()
    )
    assert series.dropped == len(rows) - len(bars)
    last = bars[-1].at if bars else 0
    assert last // series.length < most_blocks
    assert series.length == measure.length or last // (series.length // 2) >= most_blocks
    expected = twin.blocks_of(bars, fill, cost, horizons, series.length)
    assert series.blocks["block"].tolist() == [*expected]
    for block, wanted in zip(series.blocks, expected.values(), strict=True):
        assert block["bars"] == wanted.bars
        assert wide.integers(block["sums"]) == wanted.sums
        assert block["paths"].tolist() == wanted.paths
        assert block["forward"].tolist() == wanted.forward


def test_returns_of_any_size_are_summed_exactly() -> None:
    """Returns from 6 % on leave the floats that sums are made of."""
    rng = np.random.default_rng(3)
    closes = np.exp(rng.normal(0, 2, 600))
    rows = [
        (float(close), float(close), int(one))
        for close, one in zip(closes, rng.integers(0, 2, 600), strict=True)
    ]
    measure = Evaluation("close")
    series = evaluated(measure, rows, [], [])
    bars = twin.known(*zip(*rows, strict=True))
    expected = twin.blocks_of(bars, "close", 0.0, (1,), series.length)
    assert [wide.integers(block["sums"]) for block in series.blocks] == [
        block.sums for block in expected.values()
    ]


@pytest.mark.parametrize(
    ("rows", "fill", "bar", "what"),
    [
        ([(1.0, 1.0, 0), (0.0, 1.0, 0), (-1.0, 1.0, 0)], "close", 1, "close"),
        ([(1.0, 1.0, 1), (1.0, math.nan, 1)], "next_open", 1, "open"),
        ([(1.0, 1.0, 1), (1.0, 0.0, 1)], "next_open", 1, "open"),
        ([(1.0, 1.0, 1), (1.0, 1.0, 0), (1.0, math.nan, 0)], "next_open", 2, "open"),
        ([(1.0, 1.0, 0), (8193.0, 1.0, 0)], "close", 1, "return"),
        ([(1.0, 1.0, 0), (1e-7, 1.0, 0)], "close", 1, "return"),
        ([(1.0, 1.0, 1), (1.0, 1e-5, 1)], "next_open", 1, "return"),
    ],
)
@pytest.mark.parametrize("cuts", [[], [1], [1, 2]])
def test_the_first_bar_that_cannot_be_evaluated_is_named(
    rows: list[tuple[float, float, int]], fill: str, bar: int, what: str, cuts: list[int]
) -> None:
    fault = evaluated(Evaluation(fill), rows, cuts, []).fault
    assert fault
    assert (fault.bar, fault.place.row, fault.what) == (bar, bar, what)


def test_an_open_that_does_not_fill_may_be_missing() -> None:
    rows = [(1.0, math.nan, 1), (1.0, 1.0, 1), (1.0, math.nan, 1)]
    assert evaluated(Evaluation("next_open"), rows, [], []).fault is None


def test_bars_of_unknown_position_are_refused() -> None:
    bars = bars_of([(1.0, 1.0, 0)])
    bars.first = None
    with pytest.raises(ValueError, match="where bars stand"):
        Evaluation("close").of(bars)
