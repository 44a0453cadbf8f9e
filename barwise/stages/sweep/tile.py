"""What the positions of some windows earn in bars: by the kernel, or by its twin here.

Both give the same integers, in one array: a row of sums of returns a block, then ones, hits,
switches, both parts of the squares, and the path of log equity; a column a window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise import kernels
from barwise.stages.evaluation import paths
from barwise.stages.sweep import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.sweep.ticks import Counted, QuickSums

    Whole = NDArray[np.int64]

WINDOWS = 128  # at a time
ONES, HITS, SWITCHES, LOW, HIGH, PATH = range(6)
ROWS = PATH + paths.WIDTH


class Stretch(NamedTuple):
    """Bars whose returns are summed.

    held: their closes, and those before them that windows hold.
    first: index of the first bar among those.
    rises, columns: see `Earned`.
    ends: where their blocks end, counted from the first bar.
    late: 1 where the position follows the signal by a bar, else 0.
    """

    held: Counted
    first: int
    rises: Whole
    columns: Whole
    ends: Whole
    late: int


def swept(bars: Stretch, fast: int, quick: QuickSums | None, windows: Whole) -> Whole:
    """The sums of windows, given from the widest on; `quick`: see `Counted.quick`."""
    kernel = kernels.kernel
    if kernel is None or quick is None:
        return _twin(bars, fast, windows)
    out = np.empty((len(bars.ends) + ROWS, len(windows)), np.int64)
    end = bars.first + len(bars.rises)
    of_ticks = quick[0][:end], quick[1][: end + 1], bars.held.runs[:end]
    of_bars = bars.rises, bars.columns, bars.ends
    kernel.sweep(*of_ticks, *of_bars, windows, bars.first, bars.late, out)
    return out


def _twin(bars: Stretch, fast: int, windows: Whole) -> Whole:
    count = len(bars.rises)
    signals = np.zeros((len(windows), count + 2), np.bool_)
    skipped = max(0, 2 - bars.first)  # before a series every signal is 0
    for row, window in zip(signals, windows.tolist(), strict=True):
        begin = bars.first - 2 + skipped
        row[skipped:] = ticks.signals(bars.held, window, fast, begin, bars.first + count)
    now, was = signals[:, 2:], signals[:, 1:-1]
    before, after = (was, now) if not bars.late else (signals[:, :-2], was)
    starts = np.concatenate(([0], bars.ends[:-1]))
    out = np.empty((len(bars.ends) + ROWS, len(windows)), np.int64)
    of_all = out[len(bars.ends) :]
    held, left, entered = bars.columns.reshape(3, 4, count)
    returns, low, high, steps = (
        np.where(before, np.where(after, *both), np.where(after, enters, 0))
        for *both, enters in zip(held, left, entered, strict=True)
    )
    out[: len(bars.ends)] = np.add.reduceat(returns, starts, axis=1).T
    of_all[ONES] = np.count_nonzero(now, axis=1)
    of_all[HITS] = np.count_nonzero(was & (bars.rises != 0), axis=1)
    of_all[SWITCHES] = np.count_nonzero(now != was, axis=1)
    of_all[LOW], of_all[HIGH] = low.sum(axis=1), high.sum(axis=1)
    of_all[PATH:] = paths.of_rows(steps).T
    return out
