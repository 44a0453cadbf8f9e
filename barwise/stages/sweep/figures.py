"""The figures of a sweep, of its exact sums: a row for each window, the best of them, and luck."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.evaluation import paths, wide
from barwise.stages.evaluation.figures import DIGITS, RATE_PLACES, growth, printed, sharpe_of
from barwise.stages.sweep.luck import draws, luck

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.sweep.measure import SweptSeries

LUCK_PLACES = 4


class WindowRow(NamedTuple):
    """The figures of a window.

    symbol: the name of its series.
    window: in bars.
    fast: bars of the mean that is compared with that of the window.
    ones: bars whose signal is 1.
    value: the share of these in all bars.
    switches: bars whose signal is another than that of the bar before.
    hits: closes above the one before, after a signal of 1.
    net_return: after costs.
    sharpe: of a bar; None where returns do not vary.
    max_drawdown: of the equity.
    """

    symbol: str
    window: int
    fast: int
    ones: int
    value: float | None
    switches: int
    hits: int
    net_return: float | None
    sharpe: float | None
    max_drawdown: float | None


def rows_of(series: SweptSeries, symbol: str, all_bars: int) -> tuple[list[WindowRow], int | None]:
    """A row for each pair, and the index of the one with the highest Sharpe ratio, if any has one.

    `all_bars`: of the series, those without a close too.
    """
    done = series.done
    squares = wide.integers(done.squares)
    rows, best, highest = [], None, None
    with localcontext() as context:
        context.prec = DIGITS
        for at, (pair, of_counts, path) in enumerate(
            zip(series.pairs, done.counts.T.tolist(), done.paths.tolist(), strict=True)
        ):
            ones, hits, switches = of_counts
            total = sum(done.blocks.sums[:, at].tolist())
            sharpe = sharpe_of(done.bars, total, squares[at])
            if sharpe is not None and (highest is None or sharpe > highest):
                best, highest = at, sharpe
            value = printed(Decimal(ones) / all_bars, RATE_PLACES)
            net, fall = printed(growth(path[paths.SUM])), printed(growth(-path[paths.DROP]))
            row = WindowRow(symbol, *pair, ones, value, switches, hits, net, printed(sharpe), fall)
            rows.append(row)
    return rows, best


class Chance:
    """Luck, with the random weights of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._draws: NDArray[np.float64] = np.empty((0, 0))

    def of_series(self, series: SweptSeries) -> dict[str, float | None]:
        """Against cash, which earns nothing, and against holding; None: too few blocks."""
        blocks = series.done.blocks
        last = int(blocks.numbers[-1]) + 1 if len(blocks.numbers) else 0
        if self._draws.shape[1] < last:  # 10 ms, which symbols share
            self._draws = draws(self.seed, last)
        drawn = self._draws[:, blocks.numbers]
        sums, hold = blocks.sums[:, :-1], blocks.sums[:, -1:]
        return {
            "luck": _printed(luck(sums, drawn)),
            "luck_against_holding": _printed(luck(sums - hold, drawn)),
        }


def _printed(share: tuple[int, int] | None) -> Any:
    return None if share is None else printed(Decimal(share[0]) / share[1], LUCK_PLACES)
