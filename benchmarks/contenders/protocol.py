"""What every contender is asked on its command line; it answers with one line of JSON.

    python CONTENDER.py rate PATH WINDOW       the signal rate of a CSV, a Parquet file or a folder
    python CONTENDER.py time WINDOW...         10 million closes in memory: seconds, and ones
    python CONTENDER.py ones FILE WINDOW...    the signals of the closes in FILE.npy, packed in bits

Nothing is imported here that a contender would not import itself.
"""

from __future__ import annotations

import json
import sys
import time

CLOSES, REPEATS = 10_000_000, 5


def answer(rate, signals):
    """`rate(path, window)` is a number, `signals(close, window)` an array of booleans."""
    question, *words = sys.argv[1:]
    if question == "rate":
        path, window = words
        print(json.dumps(float(rate(path, int(window)))))
        return
    import numpy as np

    if question == "time":
        rng = np.random.default_rng(1)
        close = np.round(40_000 + np.cumsum(rng.integers(-500, 501, CLOSES)) / 100, 2)
        print(json.dumps({window: timed(signals, close, int(window)) for window in words}))
    else:
        close = np.load(words[0])
        arrays = [np.asarray(signals(close, int(window)), dtype=bool) for window in words[1:]]
        print(json.dumps([np.packbits(array).tobytes().hex() for array in arrays]))


def timed(signals, close, window):
    """The median of some calls after one that warms up, and compiles; and the number of ones."""
    ones = int(signals(close, window).sum())
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        signals(close, window)
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[REPEATS // 2], ones


def files(path):
    """The files of a Hive folder of one file a symbol, or the file itself."""
    from pathlib import Path

    return sorted(Path(path).rglob("*.parquet")) if Path(path).is_dir() else [Path(path)]


def rate_by_file(read, signals):
    """The rate of a library that knows arrays only: each file is a series."""

    def rate(path, window):
        ones = bars = 0
        for file in files(path):
            close = read(file)
            ones += int(signals(close, window).sum())
            bars += len(close)
        return ones / bars

    return rate


def close_by_polars(file):
    """The column of closes, as fast as it can be had."""
    import polars as pl

    scan = pl.scan_csv if file.suffix == ".csv" else pl.scan_parquet
    return scan(file).select("close").collect(engine="streaming")["close"].to_numpy()
