"""How often the 95 % interval of the Sharpe ratio holds the truth: `python -m benchmarks.coverage`.

Series of four kinds are made, with fixed seeds: independent normal returns, returns with fat tails
(Student's t of 3 degrees), with volatility in clusters (GARCH), and with the bounce of a bid-ask
spread. The truth is the mean of the ratios of all series of a kind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

import barwise
from barwise.bars.batch import Bars
from barwise.stages.evaluation import ladder, wide
from barwise.stages.evaluation.figures import DIGITS
from barwise.stages.evaluation.intervals import Intervals
from barwise.stages.evaluation.measure import Evaluation

BARS, SERIES, WINDOWS = 10_000, 250, (5, 200)
Returns = NDArray[np.float64]
Random = np.random.Generator


def garch(rng: Random) -> Returns:
    shocks, returns, variance = rng.normal(size=BARS), np.empty(BARS), 1e-6
    for bar in range(BARS):
        returns[bar] = np.sqrt(variance) * shocks[bar]
        variance = 2e-8 + 0.08 * returns[bar] ** 2 + 0.9 * variance
    return returns


KINDS: dict[str, Callable[[Random], Returns]] = {
    "independent": lambda rng: rng.normal(0, 1e-3, BARS),
    "fat tails": lambda rng: rng.standard_t(3, BARS) * 6e-4,
    "clusters": garch,
    "bounce": lambda rng: rng.normal(0, 1e-3, BARS) + np.diff(rng.normal(0, 5e-4, BARS + 1)),
}


def interval(returns: Returns, window: int, intervals: Intervals) -> tuple[float, float, float]:
    """The Sharpe ratio of a bar, and the ends of its interval."""
    closes = 100 * np.exp(np.cumsum(returns))
    columns: dict[str, Any] = {"close": closes, "signal": barwise.signals(closes, window=window)}
    measure = Evaluation("close", window=window)
    blocks = measure.of_series(measure.of(Bars("", 0, range(BARS), columns, None, 0))).blocks
    total, squares = (sum(wide.integers(blocks["sums"][:, at])) for at in (ladder.S1, ladder.S2))
    variance = BARS * squares - total * total
    with localcontext() as context:
        context.prec = DIGITS
        low, high = intervals.of_sharpe(blocks) or (0, 0)
    return total * ((BARS - 1) / variance) ** 0.5 / BARS**0.5, float(low), float(high)


def main(count: int) -> None:
    for number, (kind, made) in enumerate(KINDS.items()):
        for window in WINDOWS:
            rng = np.random.default_rng([number, window])
            rows = [interval(made(rng), window, Intervals(seed)) for seed in range(count)]
            sharpe, low, high = np.array(rows).T
            held = float(np.mean((low <= sharpe.mean()) & (sharpe.mean() <= high)))
            print(f"{kind:12} window {window:3}: {held:.3f} of {count} series", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SERIES)
