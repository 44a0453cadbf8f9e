"""The law of digests: they are those of the bars, however these are stored, cut and shared out."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.bars.batch import Bars
from barwise.engine.chunks import chunks
from barwise.engine.local import Local
from barwise.stages.digests import BlockDigests
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Pass
from barwise.tuning import Tuning
from tests.kit.lakes import config
from tests.kit.oracles import (
    block_digests,
    exact_signals,
    pandas_signals,
    run_digest,
    series,
    series_digest,
)

ORACLES = {"float64": pandas_signals, "exact": exact_signals}


def batches(bars: dict[str, list[float]], cuts: list[int]) -> list[Bars]:
    """The bars of each series in batches of the sizes in `cuts`, in turn."""
    first = dict.fromkeys(bars, 0)
    made: list[Bars] = []
    turn = 0
    while any(first[name] < len(closes) for name, closes in bars.items()):
        for name, closes in bars.items():
            start, end = first[name], min(len(closes), first[name] + cuts[turn % len(cuts)])
            turn += 1
            if start < end:
                piece = np.array(closes[start:end])
                made.append(Bars(name, 0, range(start, end), {"close": piece}))
                first[name] = end
    return made


@settings(max_examples=150)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "\u00e9"]), series(), min_size=1),
    st.integers(1, 9),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 8]),
    st.integers(1, 7),
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.lists(st.integers(1, 40), min_size=2, max_size=2),
)
def test_they_do_not_depend_on_batches_and_workers(
    bars: dict[str, list[float]],
    window: int,
    arithmetic: str,
    workers: int,
    block: int,
    cuts: list[int],
    sizes: list[int],
) -> None:
    measure = BlockDigests(block)
    what = Pass(RollingMean(window, arithmetic), (measure,))
    executor = Local(workers, Tuning(span_bars=sizes[0], thread_bars=0))
    values: dict[str, Any] = {}
    for result in executor.of_chunks(chunks(batches(bars, cuts), sizes[1], 5), what):
        for name, known in result.known.items():
            values[name] = what.merge(values.get(name), known.values)
    of_series = {
        name: measure.of_series(of_one["digest"], len(bars[name]))
        for name, of_one in values.items()
    }
    for name, closes in bars.items():
        signals = ORACLES[arithmetic](closes, window)
        closes_blocks, signals_blocks = block_digests(closes, signals, block)
        assert of_series[name].closes == tuple(closes_blocks)
        assert of_series[name].signals == tuple(signals_blocks)
        assert of_series[name].bars == len(closes)
        assert of_series[name].value == series_digest(closes, signals, block)


@pytest.mark.parametrize("arithmetic", sorted(ORACLES))
def test_every_format_gives_the_same(arithmetic: str, tmp_path: Path) -> None:
    walk = np.random.default_rng(7).integers(-2, 3, 9_000).cumsum()
    closes = [float(tick) for tick in (5_000 + walk) / 100]
    closes[4_095] = closes[4_096] = math.nan  # on both sides of the end of a block
    expected = series_digest(closes, ORACLES[arithmetic](closes, 5))

    frame = pl.DataFrame({"timestamp": range(len(closes)), "close": closes})
    frame = frame.with_columns(pl.col("close").fill_nan(None))
    lake = tmp_path / "lake" / "symbol=BTCUSD"
    lake.mkdir(parents=True)
    frame.write_csv("bars.csv")
    frame.write_parquet("bars.parquet", row_group_size=1_000)
    frame.write_ipc("bars.feather", compression="zstd")
    frame[:5_000].write_parquet(lake / "1.parquet")
    frame[5_000:].write_csv(lake / "2.csv")
    subprocess.run(["gzip", "-k", "bars.csv"], check=True)
    subprocess.run(["python3", "-m", "zipfile", "-c", "bars.zip", "bars.csv"], check=True)
    for name in ("bars.csv", "bars.csv.gz", "bars.zip", "bars.parquet", "bars.feather", "lake"):
        for workers in (1, 8):
            result = barwise.run(
                name, config(5, arithmetic), workers=workers, measures=[BlockDigests()]
            )
            assert result.digest == expected, (name, workers)


def test_that_of_several_series_is_over_their_names() -> None:
    bars = {"BTC/USD": [1.0, 2.0], "ETH": [2.0, 1.0, 3.0], "\u00c4": [1.0]}
    rows = [(name, close) for name, closes in bars.items() for close in closes]
    pl.DataFrame(rows, ["symbol", "close"], orient="row").write_csv("all.csv")
    result = barwise.run("all.csv", config(2, symbol="symbol"), measures=[BlockDigests()])
    assert result.digest == run_digest(
        {name: series_digest(closes, pandas_signals(closes, 2)) for name, closes in bars.items()}
    )


def test_any_missing_close_is_the_same_one() -> None:
    odd = np.array([0xFFF8_0000_0000_0001, 0x7FF0_0000_0000_0001], np.uint64).view(np.float64)
    columns: dict[str, Any] = {"close": odd, "signal": np.zeros(2, np.int8)}
    value = BlockDigests().of(Bars("", 0, range(2), columns, first=0))
    assert BlockDigests().of_series(value, 2).closes == (
        block_digests([math.nan] * 2, [0, 0], 4096)[0][0],
    )


def test_a_run_does_without_unless_asked() -> None:
    Path("bars.csv").write_text("close\n1\n2\n")
    assert barwise.run("bars.csv", config(2)).digest is None
