"""500 symbols x 20,000 bars: a run in exact arithmetic beside polars only reading the same columns.

    python -m benchmarks.many_series [--rounds N] [--symbols N] [--bars N]

Once as a Hive folder of a Parquet file a symbol, once interleaved in one file. Whole processes in
turn, in this environment. Prints medians, peak memory and the ratio.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.processes import Run, table, timed

ROOT = Path(__file__).parents[1]
CONFIG = "seed: 42\nwindow: 5\nversion: v1\narithmetic: exact\ncolumns: {symbol: symbol}\n"
READ = "import polars; polars.scan_parquet({path!r}{more}).select({columns}).collect()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--bars", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        making = get_context("spawn").Process(
            target=write, args=(folder, arguments.symbols, arguments.bars)
        )  # a process of its own, since the peak memory of one is inherited by those it starts
        making.start()
        making.join()
        (folder / "config.yaml").write_text(CONFIG)
        values = {}
        for path, more, columns in (
            ("lake", ", hive_partitioning=False", ["close"]),
            ("all.parquet", "", ["close", "symbol"]),
        ):
            code = READ.format(path=str(folder / path), more=more, columns=columns)
            runs: dict[str, list[Run]] = {"polars, only reading": [], "barwise": []}
            for number in range(arguments.rounds + 1):
                done = [timed([sys.executable, "-c", code]), timed(job(folder, path))]
                if number:  # the first one warms the disk cache
                    for found, run in zip(runs.values(), done, strict=True):
                        found.append(run)
            values[path] = json.loads((folder / "metrics.json").read_text())
            print(f"{path}: medians of {arguments.rounds} processes each, in turn\n")
            print(table(runs, "polars, only reading") + "\n")
    for value in values.values():
        del value["latency_ms"]
    if values["lake"] != values["all.parquet"]:
        sys.exit("the lake and the interleaved file differ")


def write(folder: Path, symbols: int, bars: int) -> None:
    """Random walks in cents, as a lake and as one table in order of time."""
    rng = np.random.default_rng(1)
    frames = []
    for symbol in range(symbols):
        closes = np.round(100 + np.cumsum(rng.integers(-3, 4, bars)) * 0.01, 2)
        times = pl.Series(np.arange(bars) * 60 + 1_704_067_200).cast(pl.Datetime("us"))
        frame = pl.DataFrame({"timestamp": times, "open": closes, "close": closes})
        place = folder / "lake" / f"symbol=S{symbol:05}"
        place.mkdir(parents=True)
        frame.write_parquet(place / "0.parquet")
        frames.append(frame.with_columns(symbol=pl.lit(f"S{symbol:05}"), bar=pl.int_range(bars)))
    interleaved = pl.concat(frames).sort("bar", maintain_order=True).drop("bar")
    interleaved.write_parquet(folder / "all.parquet")


def job(folder: Path, path: str) -> list[str | Path]:
    return [
        *(sys.executable, ROOT / "run.py", "--quiet", "--input", folder / path),
        *("--config", folder / "config.yaml", "--output", folder / "metrics.json"),
        *("--log-file", "/dev/null"),
    ]


if __name__ == "__main__":
    main()
