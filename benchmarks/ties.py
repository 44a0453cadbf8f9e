"""How many signals rounding decides: made-up bars on ever coarser ticks, three arithmetics.

    python -m benchmarks.ties        prints the table that the README shows

Ties are counted in whole cents, in which the bars are made. "Prefix sums" is the usual vectorised
rolling mean, the difference of two float64 cumulative sums.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import barwise
from barwise import sample

ROWS, SEED = 50_000, 42
TICKS = (1, 333, 1110, 3330)  # cents
WINDOWS = (5, 20)


def main() -> None:
    print("| tick | window | ties | signals | wrong by `float64` | wrong by prefix sums |")
    print("|---:|---:|---:|---:|---:|---:|")
    for tick in TICKS:
        cents = closes_in_cents(tick)
        close = cents / 100
        for window in WINDOWS:
            exact = barwise.signals(close, window, "exact")
            wrong = np.count_nonzero(barwise.signals(close, window) != exact)
            wrong_sums = np.count_nonzero(by_prefix_sums(close, window) != exact)
            print(
                f"| {tick / 100:.2f} | {window} | {ties(cents, window)} | {exact.sum()} "
                f"| {wrong} | {wrong_sums} |"
            )


def closes_in_cents(tick: int) -> NDArray[np.int64]:
    bars = list(sample.rows(ROWS, SEED, tick))[1:]
    return np.array([int(bar.split(",")[4].replace(".", "")) for bar in bars])


def ties(cents: NDArray[np.int64], window: int) -> int:
    """Bars whose close is their window's mean, in whole numbers."""
    total = np.cumsum(cents)
    total[window:] -= total[:-window].copy()
    return int(np.count_nonzero(cents[window - 1 :] * window == total[window - 1 :]))


def by_prefix_sums(close: NDArray[np.float64], window: int) -> NDArray[np.bool_]:
    total = np.cumsum(close)
    total[window:] -= total[:-window].copy()
    signals = close > total / window
    signals[: window - 1] = False
    return signals


if __name__ == "__main__":
    main()
