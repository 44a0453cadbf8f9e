"""How much of the best of many windows is luck: the Reality Check of White (2000), studentised.

How often would the best of all windows be as good by chance, if none of them were better than a
benchmark? Blocks have the same random weights for all windows, so windows that are alike count as
alike. All is exact but for two roundings to the nearest, which are the same on every machine: sums
of weights times standardised returns are below 2**53.

White, H. (2000). A Reality Check for Data Snooping. Econometrica 68 (5), 1097-1126. Studentised as
in Hansen, P. R. (2005). A Test for Superior Predictive Ability. JBES 23 (4), 365-380.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from barwise.stages.evaluation.intervals import FEWEST_BLOCKS, REPLICATES, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNIT = 2.0**20  # of a standardised return of a block


def draws(seed: int, blocks: int, replicates: int = REPLICATES) -> NDArray[np.float64]:
    """What replicates add to the weight of each block, a row for each."""
    return (weights(seed, blocks, replicates) - 1).astype(np.float64)


def luck(returns: NDArray[np.int64], drawn: NDArray[np.float64]) -> tuple[int, int] | None:
    """The share of replicates, as a numerator and a denominator, whose best is as good.

    `returns`: beyond the benchmark, of each block and window; `drawn`: see `draws`, of the same
    blocks. None for fewer than 32 blocks, or where no window's returns vary.

    >>> better = np.array([[3, 1], [4, -1]] * 16)
    >>> luck(better, draws(42, 32))
    (1, 1001)
    """
    blocks = len(returns)
    if blocks < FEWEST_BLOCKS:
        return None
    standard, best = [], None
    for of_window in returns.T.tolist():
        total = sum(of_window)
        centred = [blocks * value - total for value in of_window]
        squares = sum(value * value for value in centred)
        if not squares:
            continue  # as of a window whose signal is never 1
        root = sqrt(squares / blocks)
        standard.append(np.rint(np.array(centred, np.float64) / root * UNIT))
        reached = round(total * blocks / root * UNIT)
        best = reached if best is None else max(best, reached)
    if best is None:
        return None
    as_good = int(np.count_nonzero((drawn @ np.array(standard).T).max(axis=1) >= best))
    return 1 + as_good, 1 + len(drawn)
