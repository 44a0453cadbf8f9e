"""Weights and intervals are exact functions of a seed."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.stages.evaluation import intervals, ladder, wide
from barwise.stages.evaluation.intervals import POISSON, Intervals, weights
from barwise.stages.mix import GOLDEN, MASK


def mixed(x: int) -> int:
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def weight(seed: int, replicate: int, block: int) -> int:
    row = mixed(mixed((seed + 1) * GOLDEN & MASK) ^ (replicate * GOLDEN & MASK))
    drawn = mixed(row + (block + 1) * GOLDEN & MASK) >> 32
    return sum(int(threshold) <= drawn for threshold in POISSON)


def test_weights_are_those_of_the_specification() -> None:
    assert weights(42, 8, 2).tolist() == [[0, 2, 0, 0, 0, 1, 3, 0], [1, 1, 2, 1, 1, 1, 4, 0]]
    assert weights(0, 1024)[999, 1016:].tolist() == [0, 0, 0, 0, 0, 0, 0, 2]
    assert weights(2**32 - 1, 8, 8)[7].tolist() == [1, 2, 0, 0, 0, 2, 0, 0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 6))
def test_weights_are_those_of_their_slow_twin(seed: int, blocks: int, replicates: int) -> None:
    expected = [[weight(seed, r, b) for b in range(blocks)] for r in range(replicates)]
    assert weights(seed, blocks, replicates).tolist() == expected


def test_thresholds_are_those_of_a_poisson_distribution() -> None:
    with localcontext() as context:
        context.prec = 40
        total, term = Decimal(0), Decimal(-1).exp()
        for count, threshold in enumerate(POISSON.tolist(), 1):
            total += term
            assert threshold == int((total * 2**32).to_integral_value())
            term /= count


def made_blocks(rows: list[tuple[int, int, int]]) -> Any:
    """Blocks of bars, sums and sums of squares; their forward returns are of half of the bars."""
    blocks = np.zeros(len(rows), ladder.fields(1))
    blocks["block"] = np.arange(len(rows))
    blocks["bars"] = [bars for bars, _, _ in rows]
    blocks["sums"][:, ladder.S1] = wide.of_integers([s1 for _, s1, _ in rows])
    blocks["sums"][:, ladder.S2] = wide.of_integers([s2 for _, _, s2 in rows])
    blocks["sums"][:, ladder.FORWARD] = blocks["sums"][:, ladder.S1]
    blocks["sums"][:, ladder.FORWARD + 1] = wide.of_integers([3 - s1 // 7 for _, s1, _ in rows])
    blocks["forward"] = [(bars // 2 + 1, bars // 2 + 2) for bars, _, _ in rows]
    return blocks


ROWS = st.lists(
    st.tuples(
        st.integers(1, 10**9),
        st.one_of(st.integers(-(2**80), 2**80), st.integers(-9, 9)),
        st.one_of(st.integers(2**170, 2**171), st.integers(0, 9)),
    ),
    min_size=32,
    max_size=60,
)


@settings(max_examples=10, deadline=None)
@given(ROWS, st.integers(0, 2**32 - 1))
def test_an_interval_is_that_of_fractions(rows: list[tuple[int, int, int]], seed: int) -> None:
    draws = weights(seed, len(rows)).tolist()
    ratios: list[Fraction | None] = []
    differences = []
    for of_replicate in draws:
        bars, s1, s2 = (
            sum(w * row[at] for w, row in zip(of_replicate, rows, strict=True)) for at in range(3)
        )
        variance = bars * s2 - s1 * s1
        ratio = Fraction(s1 * abs(s1) * (bars - 1), bars * variance) if variance else None
        ratios.append(Fraction(0) if not variance and not s1 else ratio)
        pairs = list(zip(of_replicate, rows, strict=True))
        inside = Fraction(s1, sum(w * (row[0] // 2 + 1) for w, row in pairs))
        outside = sum(w * (3 - row[1] // 7) for w, row in pairs)
        differences.append(
            inside - Fraction(outside, sum(w * (row[0] // 2 + 2) for w, row in pairs))
        )
    blocks = made_blocks(rows)
    with localcontext() as context:
        context.prec = 50
        low, high = Intervals(seed).of_difference(blocks, 0) or (Decimal(0), Decimal(0))
        differences.sort()
        for end, exact in ((low, differences[24]), (high, differences[975])):
            assert end == Decimal(exact.numerator) / exact.denominator
        ends = Intervals(seed).of_sharpe(blocks)
        if None in ratios:
            assert ends is None
            return
        in_order = sorted(ratio for ratio in ratios if ratio is not None)
        for end, exact in zip(ends or (), (in_order[24], in_order[975]), strict=True):
            root = (Decimal(abs(exact.numerator)) / exact.denominator).sqrt()
            assert end == (root if exact >= 0 else -root)


@pytest.mark.parametrize(("blocks", "is_there"), [(31, False), (32, True)])
def test_fewer_than_32_blocks_have_no_interval(blocks: int, is_there: bool) -> None:
    ends = Intervals(1).of_sharpe(made_blocks([(64, at, 10**6) for at in range(blocks)]))
    assert (ends is not None) == is_there
    assert intervals.FEWEST_BLOCKS == 32


def test_returns_that_never_vary_have_no_interval() -> None:
    assert Intervals(1).of_sharpe(made_blocks([(2, 6, 18)] * 40)) is None
    zero = Intervals(1).of_sharpe(made_blocks([(2, 0, 0)] * 40))
    assert zero == (Decimal(0), Decimal(0))
