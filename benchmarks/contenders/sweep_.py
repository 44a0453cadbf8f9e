"""Some windows over a million closes, from 2 on: seconds of CPU, peak memory, and signals of each.

    python sweep_.py barwise | polars | vectorbt WINDOWS

polars gives rates alone; barwise and vectorbt returns after costs, Sharpe ratios and drawdowns too.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

BARS = 1_000_000


def barwise(close, windows):
    from barwise.bars.batch import Bars
    from barwise.stages.sweep.figures import rows_of
    from barwise.stages.sweep.measure import Sweep

    sweep, batch = Sweep([(window, 1) for window in windows], "close", 1e-4), 1 << 17
    pieces = [
        sweep.of(Bars("", 0, range(first, first + len(part)), {"close": part}, None, first))
        for first in range(0, BARS, batch)
        if len(part := close[first : first + batch])
    ]
    while len(pieces) > 1:
        pieces[:2] = [sweep.merge(*pieces[:2])]
    return [row.ones for row in rows_of(sweep.of_series(pieces[0]), "", BARS)[0]]


def polars(close, windows):
    import polars as pl

    column, frame, counts = pl.col("close"), pl.DataFrame({"close": close}).lazy(), []
    for first in range(0, len(windows), 50):  # of 1,000 at a time it holds all means: 8 GB
        ones = [
            (column > column.rolling_mean(window)).sum().alias(str(window))
            for window in windows[first : first + 50]
        ]
        counts += frame.select(ones).collect(engine="streaming").row(0)
    return counts


def vectorbt(close, windows):
    import pandas as pd
    import vectorbt

    def swept(close):
        prices = pd.Series(close, pd.date_range("2020", periods=len(close), freq="min"))
        above = prices.vbt > vectorbt.MA.run(prices, list(windows)).ma
        done = vectorbt.Portfolio.from_signals(prices, above, ~above, fees=1e-4, freq="1min")
        return above, (done.total_return(), done.sharpe_ratio(), done.max_drawdown())

    swept(close[:1000])  # compiles
    began = time.process_time()
    above, _ = swept(close)
    return [int(count) for count in above.sum()], time.process_time() - began


def main(library, windows):
    steps = np.random.default_rng(1).normal(0, 5e-4, BARS)
    close = np.round(45_000 * np.exp(np.cumsum(steps)), 2)
    began = time.process_time()
    ones = globals()[library](close, range(2, 2 + windows))
    seconds = time.process_time() - began
    if isinstance(ones, tuple):
        ones, seconds = ones
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "kilobytes": peak, "ones": ones}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
