"""The law of the engine: each series has the signals of its own bars, however they are stored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.engine.events import Silent
from barwise.engine.in_memory import computed
from barwise.sources import read
from barwise.sources.notes import PartNotes
from barwise.stages.digests import BlockDigests
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.tuning import Tuning
from tests.kit.lakes import Bars, config, tallies, write
from tests.kit.oracles import exact_signals, pandas_signals, series, series_digest

ORACLES = {"float64": pandas_signals, "exact": exact_signals}


def expected(bars: Bars, window: int, arithmetic: str) -> dict[str, tuple[int, int]]:
    oracle = ORACLES[arithmetic]
    return {
        name: (len(closes), sum(oracle(closes, window))) for name, closes in sorted(bars.items())
    }


def interleaved(bars: Bars, draws: Sequence[str]) -> pd.DataFrame:
    """The bars of all symbols in one table, in the order in which symbols are drawn."""
    remaining = {name: iter(enumerate(closes)) for name, closes in bars.items()}
    rows = [(name, *next(remaining[name])) for name in draws]
    return pd.DataFrame(rows, columns=["s", "bar", "close"])


@st.composite
def many(draw: st.DrawFn) -> tuple[Bars, list[str]]:
    names = draw(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True))
    bars = {}
    for name in names:
        closes = draw(series())
        bars[name] = closes if not np.isnan(closes).all() else [1.0, *closes]
    draws = draw(st.permutations([name for name in names for _ in bars[name]]))
    return bars, list(draws)


@settings(max_examples=60)
@given(
    many(),
    st.integers(1, 12),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 3, 8]),
    st.sampled_from([".csv", ".parquet", ".arrows"]),
    st.lists(st.integers(1, 40), min_size=4, max_size=4),
)
def test_interleaved_symbols_never_touch(
    made: tuple[Bars, list[str]],
    window: int,
    arithmetic: str,
    workers: int,
    suffix: str,
    sizes: list[int],
) -> None:
    bars, draws = made
    write(interleaved(bars, draws), f"all{suffix}")
    tuning = Tuning(
        symbol_cells=sizes[0],
        batch_rows=sizes[1],
        span_cells=sizes[1],
        csv_rows=sizes[1],
        span_bars=sizes[2],
        chunk_bars=sizes[3],
        thread_bars=0,
    )
    measure = BlockDigests(3)
    result = barwise.run(
        f"all{suffix}",
        config(window, arithmetic, symbol="s"),
        workers=workers,
        measures=[measure],
        tuning=tuning,
    )
    assert tallies(result) == expected(bars, window, arithmetic)
    digests_of = {name: digest.value for name, digest in (result.digests or {}).items()}
    oracle = ORACLES[arithmetic]
    assert digests_of == {
        name: series_digest(closes, oracle(closes, window), 3) for name, closes in bars.items()
    }


@settings(max_examples=40)
@given(
    st.permutations("abcd"),
    st.integers(1, 60),
    st.integers(0, 59),
    st.sampled_from(["regular", "one missing", "two swapped", "one twice"]),
    st.integers(1, 60),
)
def test_panels_of_all_symbols_at_each_time(
    names: list[str], rows: int, at: int, fault: str, cells: int
) -> None:
    draws = (names * 15)[:rows]
    if fault == "one missing":
        del draws[at : at + 1]
    elif fault == "two swapped" and at + 1 < rows:
        draws[at], draws[at + 1] = draws[at + 1], draws[at]
    elif fault == "one twice":
        draws.insert(at, draws[min(at, rows - 1)])
    if not draws:
        return
    bars: Bars = {}
    for i, name in enumerate(draws):
        bars.setdefault(name, []).append(float(i * 7 % 5))
    write(interleaved(bars, draws), "all.parquet")
    tuning = Tuning(symbol_cells=cells)
    result = barwise.run("all.parquet", config(2, symbol="s"), workers=2, tuning=tuning)
    plan = barwise.plan("all.parquet", config(2, symbol="s"))
    batches = list(read.read(plan, {"symbol"}, PartNotes(plan), tuning=tuning))
    assert tallies(result) == expected(bars, 2, "float64")
    for batch in batches:
        assert [draws[batch.place_of(i)[2]] for i in range(len(batch))] == [batch.series] * len(
            batch
        )


@settings(max_examples=30)
@given(
    many(),
    st.integers(1, 12),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 3, 8]),
    st.randoms(use_true_random=False),
)
def test_a_lake_of_files_never_lets_symbols_touch(
    made: tuple[Bars, list[str]], window: int, arithmetic: str, workers: int, random: Any
) -> None:
    bars, _ = made
    shutil.rmtree("lake", ignore_errors=True)
    for name, closes in bars.items():
        os.makedirs(f"lake/symbol={name}")
        times = np.arange(len(closes)) * 60 + 1_704_067_200
        frame = pd.DataFrame({"timestamp": times, "close": closes})
        cuts = sorted(random.sample(range(1, len(closes)), min(3, len(closes) - 1)))
        pieces = np.split(np.arange(len(closes)), cuts)
        numbers = random.sample(range(100), len(pieces))  # names that say nothing of the order
        for number, piece in zip(numbers, pieces, strict=True):
            suffix = random.choice([".csv", ".parquet"])
            write(frame.iloc[piece], f"lake/symbol={name}/{number}{suffix}")
    result = barwise.run("lake", config(window, arithmetic), workers=workers)
    assert tallies(result) == expected(bars, window, arithmetic)


def test_more_symbols_than_one_add_a_block_after_the_contracts_keys() -> None:
    Path("all.csv").write_text("s,close\nb,1\na,5\nb,2\na,4\nb,3\n")
    metrics = barwise.run("all.csv", config(2, symbol="s")).metrics
    assert list(metrics)[-2:] == ["status", "symbols"]
    assert (metrics["rows_processed"], metrics["value"]) == (5, 0.4)
    assert metrics["symbols"] == {
        "a": {"rows_processed": 2, "value": 0.0},
        "b": {"rows_processed": 3, "value": 0.6667},
    }
    assert list(metrics["symbols"]) == ["a", "b"]


def test_one_symbol_adds_nothing() -> None:
    Path("all.csv").write_text("s,close\nb,1\nb,2\n")
    assert "symbols" not in barwise.run("all.csv", config(2, symbol="s")).metrics


def test_progress_is_told_in_bytes_to_the_end() -> None:
    os.mkdir("lake")
    for i in range(3):
        rows = "\n".join(map(str, range(1, 3_000)))
        Path(f"lake/{i}.csv").write_text(f"close\n{rows}\n")
    reports: list[tuple[int, int]] = []

    class Recorder(Silent):
        def progress(self, behind: int, size: int) -> None:
            reports.append((behind, size))

    barwise.run("lake", config(1), events=Recorder(), tuning=Tuning(csv_bytes=1 << 12))
    size = barwise.plan("lake", config(1)).size
    assert reports == sorted(reports)
    assert len(reports) > 6
    assert reports[-1] == (size, size)


def test_nothing_is_left_open_after_an_error() -> None:
    import threading

    frame = pl.DataFrame({"s": ["a", "b"] * 5_000, "close": [1.0] * 9_999 + [float("inf")]})
    frame.write_parquet("all.parquet")
    frame.write_ipc_stream("all.arrows")
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []
    for name in ("all.parquet", "all.arrows"):
        with pytest.raises(barwise.PriceError) as caught:
            barwise.run(name, config(1, symbol="s"), workers=4)
        assert caught.value.__traceback__ is not None  # held, as a caller may
        assert not [t for t in threading.enumerate() if t.name.startswith("barwise")]
    if before:
        assert len(os.listdir("/proc/self/fd")) == len(before)


@settings(max_examples=60)
@given(
    series(),
    st.integers(1, 12),
    st.sampled_from(sorted(ORACLES)),
    st.sampled_from([1, 2, 3, 8]),
    st.integers(1, 20),
)
def test_one_series_in_memory_is_cut_for_the_workers_and_nobody_sees_it(
    closes: list[float],
    window: int,
    arithmetic: str,
    workers: int,
    span: int,
) -> None:
    tuning = Tuning(span_bars=span)
    signals = computed(np.array(closes), RollingMean(window, arithmetic), workers, tuning)
    assert signals.tolist() == ORACLES[arithmetic](closes, window)


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("arithmetic", sorted(ORACLES))
def test_millions_of_bars_are_those_of_pandas_and_of_whole_numbers(
    arithmetic: str, workers: int
) -> None:
    cents = 4_000_000 + np.cumsum(np.random.default_rng(5).integers(-500, 501, 1_500_000))
    close = cents / 100
    total = np.cumsum(cents)
    total[20:] -= total[:-20].copy()
    expected = cents * 20 > total
    expected[:19] = False
    if arithmetic == "float64":
        expected = (pd.Series(close) > pd.Series(close).rolling(20).mean()).to_numpy()
    assert np.array_equal(barwise.signals(close, 20, arithmetic, workers=workers), expected)


@pytest.mark.parametrize("arithmetic", sorted(ORACLES))
def test_a_window_of_a_million_bars(arithmetic: str) -> None:
    close = np.arange(2_200_000) % 1_000 * 0.25
    window = 1_000_000
    expected = pd.Series(close) > pd.Series(close).rolling(window).mean()  # sums without rounding
    assert np.array_equal(barwise.signals(close, window, arithmetic), expected)


@pytest.mark.parametrize("arithmetic", sorted(ORACLES))
def test_a_window_wider_than_any_memory_takes_none(arithmetic: str) -> None:
    import tracemalloc

    close = np.arange(100_000) * 0.25
    tracemalloc.start()
    assert not barwise.signals(close, 10**12, arithmetic, workers=1).any()
    assert tracemalloc.get_traced_memory()[1] < 20 * close.nbytes
    tracemalloc.stop()
