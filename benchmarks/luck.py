"""How often luck is below 0.05 where there is nothing to find, and where there is: `python -m
benchmarks.luck`.

Series of two kinds are made, with fixed seeds: random walks, and returns with a weak momentum. 50
windows are swept over each. The naive share takes the p-value of the best window alone, as if no
other had been looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import erfc, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barwise.bars.batch import Bars
from barwise.stages.sweep.figures import Chance
from barwise.stages.sweep.measure import Sweep

BARS, SERIES, WINDOWS = 16_384, 200, range(2, 202, 4)
KINDS = {"random walk": 0.0, "weak momentum": 0.04}
BELOW = 0.05


def returns(momentum: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Shocks, and of each a share that follows the mean of those before it."""
    shocks = rng.normal(0, 1e-3, BARS)
    made, slow = shocks.copy(), 0.0
    for bar in range(1, BARS if momentum else 0):
        slow = 0.98 * slow + 0.02 * shocks[bar - 1]
        made[bar] += momentum * slow * 8
    return made


def results(momentum: float, count: int) -> Iterator[tuple[float, float]]:
    """Luck against cash, and the naive p-value of the best window, of each series."""
    rng, sweep = np.random.default_rng(3), Sweep([(window, 1) for window in WINDOWS], "close")
    for seed in range(count):
        closes = np.round(100 * np.exp(np.cumsum(returns(momentum, rng))), 4)
        columns: dict[str, Any] = {"close": closes}
        series = sweep.of_series(sweep.of(Bars("", 0, range(BARS), columns, None, 0)))
        sums = series.done.blocks.sums[:, :-1].astype(float)
        best = (sums.mean(axis=0) / (sums.std(axis=0) / sqrt(len(sums)))).max()
        luck = Chance(seed).of_series(series)["luck"]
        yield float("nan") if luck is None else luck, 0.5 * erfc(best / sqrt(2))


def main(count: int) -> None:
    for kind, momentum in KINDS.items():
        shares = np.mean(np.array(list(results(momentum, count))) < BELOW, axis=0)
        print(
            f"{kind:14} {count} series, {len(WINDOWS)} windows: luck below {BELOW} in "
            f"{shares[0]:.3f}, the naive p-value in {shares[1]:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SERIES)
