"""The path of log equity over bars that follow each other: where it ends, and its largest drop.

Steps are whole numbers of units of 2**-48. A path is (sum, high, low, drop): the sum of its steps,
the highest it was (0 or more), the lowest (0 or less), and the largest drop from a high before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from barwise.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Paths = NDArray[np.int64]  # a last axis of SUM, HIGH, LOW, DROP

SUM, HIGH, LOW, DROP = range(4)
WIDTH = 4
BITS = 48
FARTHEST = 2**62


def of_rows(steps: NDArray[np.int64]) -> Paths:
    """The path of each row of steps."""
    reached = np.cumsum(steps, axis=1)
    paths = np.empty((len(steps), WIDTH), np.int64)
    paths[:, SUM] = reached[:, -1]
    paths[:, HIGH] = np.maximum(reached.max(axis=1), 0)
    paths[:, LOW] = np.minimum(reached.min(axis=1), 0)
    highest = np.maximum.accumulate(reached, axis=1)
    np.maximum(highest, 0, out=highest)
    highest -= reached
    paths[:, DROP] = np.maximum(highest.max(axis=1), 0)
    return paths


def chained(paths: Paths) -> Paths:
    """The paths that follow each other on the second axis as one."""
    ends = np.cumsum(paths[..., SUM], axis=1)
    begins = ends - paths[..., SUM]
    highs = np.maximum.accumulate(begins + paths[..., HIGH], axis=1)
    lows = begins + paths[..., LOW]
    out = np.empty((len(paths), *paths.shape[2:]), np.int64)
    out[..., SUM], out[..., HIGH], out[..., LOW] = ends[:, -1], highs[:, -1], lows.min(axis=1)
    across = (highs[:, :-1] - lows[:, 1:]).max(axis=1, initial=0)
    out[..., DROP] = np.maximum(paths[..., DROP].max(axis=1), across)
    return _within_bounds(out)


def joined(left: Paths, right: Paths) -> Paths:
    """Each path with the one that follows it; associative. Raises InputError beyond all bounds."""
    out = np.empty_like(left)
    total = left[..., SUM]
    out[..., SUM] = total + right[..., SUM]
    out[..., HIGH] = np.maximum(left[..., HIGH], total + right[..., HIGH])
    out[..., LOW] = np.minimum(left[..., LOW], total + right[..., LOW])
    across = left[..., HIGH] - (total + right[..., LOW])
    out[..., DROP] = np.maximum(np.maximum(left[..., DROP], right[..., DROP]), across)
    return _within_bounds(out)


def _within_bounds(paths: Paths) -> Paths:
    if paths.max(initial=0) > FARTHEST or paths.min(initial=0) < -FARTHEST:
        raise InputError(
            "the equity of the signal leaves all bounds (e to the 16,000): set a lower "
            "evaluate.cost_bp in the config"
        )
    return paths
