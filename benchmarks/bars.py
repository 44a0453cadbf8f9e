"""Made-up bars for the benchmarks: random walks in cents, seven columns, one bar a minute.

python -m benchmarks.bars write_csv PATH ROWS
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from barwise.bars import sample

PIECE = 1_000_000  # rows that are made at once
COLUMNS = ("timestamp", "open", "high", "low", "close", "volume_btc", "volume_usd")


def write_csv(path: Path, rows: int) -> None:
    last = 4_000_000
    with path.open("wb") as file:
        for first in range(0, rows, PIECE):
            frame, last = _walk(min(PIECE, rows - first), first, last)
            frame.write_csv(file, include_header=not first, datetime_format="%Y-%m-%d %H:%M:%S")


def write_parquet(path: Path, rows: int, group_rows: int | None = None) -> None:
    last = 4_000_000
    frames = []
    for first in range(0, rows, PIECE):
        frame, last = _walk(min(PIECE, rows - first), first, last)
        frames.append(frame)
    pl.concat(frames).write_parquet(path, compression="zstd", row_group_size=group_rows)


def write_one_group(path: Path, rows: int) -> None:
    """All bars in one row group, as some writers leave them."""
    write_parquet(path, rows, rows)


def write_files(folder: Path, files: int, rows: int) -> None:
    """A folder of many short files of one series."""
    folder.mkdir(parents=True)
    last = 4_000_000
    for number in range(files):
        frame, last = _walk(rows, number * rows, last)
        frame.write_parquet(folder / f"{number:05}.parquet")


def write_parts(folder: Path, files: int, rows: int) -> None:
    """A folder of long files of one series, with few columns, of nearly so many rows each."""
    folder.mkdir(parents=True)
    first, last = 0, 4_000_000
    for number in range(files):
        length = rows - number % 7 * rows // 1_000
        frame, last = _walk(length, first, last)
        first += length
        path = folder / f"{number:05}.parquet"
        columns = ["timestamp", "close", "volume_btc"]
        frame.select(columns).write_parquet(path, compression="zstd", row_group_size=500_000)


def write_symbols(folder: Path, symbols: int, rows: int) -> None:
    """A Hive folder of a file for each symbol."""
    for symbol in range(symbols):
        subfolder = folder / f"symbol=S{symbol:05}"
        subfolder.mkdir(parents=True)
        _walk(rows, symbol * rows, 1_000_000)[0].write_parquet(subfolder / "bars.parquet")


def _walk(rows: int, first: int, last: int) -> tuple[pl.DataFrame, int]:
    rng = np.random.default_rng(first)
    close = np.abs(last + np.cumsum(rng.integers(-500, 501, rows)) - 100) + 100
    opened = np.concatenate(([last], close[:-1]))
    high = np.maximum(opened, close) + rng.integers(0, 300, rows)
    low = np.maximum(np.minimum(opened, close) - rng.integers(0, 300, rows), 1)
    times = (1_500_000_000 + 60 * np.arange(first, first + rows)) * 1_000_000
    volume = rng.integers(1, 10**8, rows)
    values = (
        *(pl.Series(times).cast(pl.Datetime("us")), opened / 100, high / 100, low / 100),
        *(close / 100, volume / 1e6, volume * 37 % 10**9 / 100),
    )
    return pl.DataFrame(dict(zip(COLUMNS, values, strict=True))), int(close[-1])


def ties() -> dict[str, tuple[NDArray[np.int64], int]]:
    """Closes whose signals depend on rounding, by name: whole ticks, and how many ticks are 1."""
    made = {}
    for tick in (1, 333, 1110, 3330):
        rows = list(sample.rows(50_000, 42, tick))[1:]
        cents = np.array([int(row.split(",")[4].replace(".", "")) for row in rows])
        made[f"tick {tick / 100:.2f}"] = (cents, 100)
    rng = np.random.default_rng(7)
    moves = rng.choice([-1, 0, 0, 0, 0, 0, 0, 0, 0, 1], 20_000)
    made["flat, 1.0000"] = (10_000 + np.cumsum(moves) % 7 - 3, 10_000)
    return made


def signals(ticks: NDArray[np.int64], window: int) -> NDArray[np.bool_]:
    """The signals in whole numbers."""
    total = np.cumsum(ticks)
    total[window:] -= total[:-window].copy()
    above: NDArray[np.bool_] = ticks * window > total
    above[: window - 1] = False
    return above


def ties_in(ticks: NDArray[np.int64], windows: tuple[int, ...]) -> dict[int, int]:
    """How many closes equal the mean of their window, by window."""
    counts = {}
    for window in windows:
        total = np.convolve(ticks, np.ones(window, np.int64), "valid")
        counts[window] = int(np.count_nonzero(ticks[window - 1 :] * window == total))
    return counts


if __name__ == "__main__":
    makers: dict[str, Callable[..., None]] = {
        maker.__name__: maker
        for maker in (
            write_csv,
            write_parquet,
            write_one_group,
            write_files,
            write_parts,
            write_symbols,
        )
    }
    what, path, *numbers = sys.argv[1:]
    makers[what](Path(path), *map(int, numbers))
