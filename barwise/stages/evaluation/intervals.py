"""Intervals of figures: a bootstrap of the blocks of a ladder, which a seed decides.

Blocks do not overlap (Carlstein 1986), and each has a Poisson(1) weight in each replicate instead
of being drawn (Hanley & MacGibbon 2006). A weight is a function of seed, replicate and block alone,
so it is the same wherever it is computed. All is exact: sums of weights times limbs of 32 bits are
below 2**53, which float64 holds in whatever order BLAS adds.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from barwise.stages.evaluation import ladder
from barwise.stages.evaluation.wide import LIMBS
from barwise.stages.mix import GOLDEN, mix, of_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from barwise.stages.evaluation.ladder import Blocks
    from barwise.stages.evaluation.wide import Wide

    Interval = tuple[Decimal, Decimal]
    Ratio = tuple[int, int]  # numerator and denominator, which is above 0

REPLICATES = 1_000
TAIL = 25  # 2.5 % at each end
FEWEST_BLOCKS = 32
# P(W <= k) of Poisson(1) in units of 2**-32, to the nearest; k from 0 to 11
POISSON = np.array(
    [
        1580030169, 3160060337, 3950075422, 4213413783, 4279248374, 4292415292,
        4294609778, 4294923276, 4294962463, 4294966817, 4294967253, 4294967292,
    ],
    np.uint64,
)  # fmt: skip


def weights(seed: int, blocks: int, replicates: int = REPLICATES) -> NDArray[np.int64]:
    """The weights of blocks, from block 0 on: a row for each replicate.

    >>> weights(42, 8, 1).tolist()
    [[0, 2, 0, 0, 0, 1, 3, 0]]
    """
    golden = np.uint64(GOLDEN)
    of_rows = mix(of_seed(seed) ^ (np.arange(replicates, dtype=np.uint64) * golden))[:, None]
    drawn = mix(of_rows + np.arange(1, blocks + 1, dtype=np.uint64) * golden) >> np.uint64(32)
    return np.searchsorted(POISSON, drawn, side="right")


class Intervals:
    """Those of one seed: from the 2.5th to the 97.5th of 100 replicates.

    None for fewer than 32 blocks, or where a figure of a replicate is not defined.
    """

    def __init__(self, seed: int, most_blocks: int = ladder.MOST_BLOCKS) -> None:
        self.seed, self.most_blocks = seed, most_blocks
        self._weights: NDArray[np.float64] | None = None

    def of_sharpe(self, blocks: Blocks) -> Interval | None:
        """Of the Sharpe ratio of a bar."""

        def ratio(bars: int, total: int, squares: int) -> Ratio | None:
            """The Sharpe ratio times its absolute value, which has the same order."""
            variance = bars * squares - total * total
            if not variance:
                return None if total else (0, 1)
            return total * abs(total) * (bars - 1), bars * variance

        ends = self._ends(
            ratio,
            blocks,
            _of_counts(blocks["bars"]),
            blocks["sums"][:, ladder.S1],
            blocks["sums"][:, ladder.S2],
        )
        return ends and (_signed_root(ends[0]), _signed_root(ends[1]))

    def of_difference(self, blocks: Blocks, horizon: int) -> Interval | None:
        """Of the mean forward return after a signal of 1, less that after 0, in units.

        `horizon` is the number of it, from 0.
        """

        def ratio(in_bars: int, inside: int, out_bars: int, outside: int) -> Ratio | None:
            if not in_bars or not out_bars:
                return None
            return inside * out_bars - outside * in_bars, in_bars * out_bars

        at = 2 * horizon
        ends = self._ends(
            ratio,
            blocks,
            _of_counts(blocks["forward"][:, at]),
            blocks["sums"][:, ladder.FORWARD + at],
            _of_counts(blocks["forward"][:, at + 1]),
            blocks["sums"][:, ladder.FORWARD + at + 1],
        )
        return ends and (_decimal(ends[0]), _decimal(ends[1]))

    def _ends(
        self, ratio: Callable[..., Ratio | None], blocks: Blocks, *columns: Wide
    ) -> tuple[Fraction, Fraction] | None:
        if len(blocks) < FEWEST_BLOCKS:
            return None
        draws = self._of_blocks(blocks["block"])
        ratios = []
        for sums in zip(*(_weighted(draws, column) for column in columns), strict=True):
            if (of_replicate := ratio(*sums)) is None:
                return None
            ratios.append(of_replicate)
        return _nth(ratios, TAIL - 1), _nth(ratios, len(ratios) - TAIL)

    def _of_blocks(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        if self._weights is None:  # 40 ms for all, and symbols share them
            self._weights = weights(self.seed, self.most_blocks).astype(np.float64)
        return self._weights[:, numbers]


def _of_counts(counts: NDArray[np.int64]) -> Wide:
    wide = np.zeros((len(counts), LIMBS), np.uint64)
    wide[:, 0] = counts
    return wide


def _weighted(draws: NDArray[np.float64], values: Wide) -> Iterable[int]:
    """The sum of weight times value in each replicate."""
    halves = np.ascontiguousarray(values, "<u8").view("<u4")
    limbs = halves.astype(np.float64)
    limbs[:, -1] = np.ascontiguousarray(halves[:, -1]).view("<i4")  # which holds the sign
    sums = (draws @ limbs).astype(np.int64).tolist()
    shifts = range(0, 32 * halves.shape[1], 32)
    return [sum(limb << bits for limb, bits in zip(row, shifts, strict=True)) for row in sums]


def _nth(ratios: list[Ratio], place: int) -> Fraction:
    """The ratio at that place from below.

    Division of integers rounds once, so it keeps the order; equal floats are compared exactly.
    """
    floats = [numerator / denominator for numerator, denominator in ratios]
    at_place = sorted(floats)[place]
    below = sum(number < at_place for number in floats)
    equal = [Fraction(*ratios[at]) for at, number in enumerate(floats) if number == at_place]
    return sorted(equal)[place - below]


def _decimal(ratio: Fraction) -> Decimal:
    return Decimal(ratio.numerator) / ratio.denominator


def _signed_root(ratio: Fraction) -> Decimal:
    root = (Decimal(abs(ratio.numerator)) / ratio.denominator).sqrt()
    return -root if ratio < 0 else root
