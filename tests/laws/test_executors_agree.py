"""The law of executors: threads, tasks in threads and tasks in processes give one result.

So do threads that compute what they read, and threads that compute what others read.

Bits, digests, doubts and faults are the same over formats, arithmetics and ways to cut a series.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor as Pool
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import numpy as np
import polars as pl
import pytest
from distributed import LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.bars.batch import Bars
from barwise.engine.executors.cut import FILE_ROWS, tasks_of
from barwise.engine.executors.dask import Dask
from barwise.engine.submitted import Submitted
from barwise.sources.parts import Part, Plan
from barwise.stages.checks.finding import Finding, merged, offenders
from barwise.stages.digests import BlockDigests
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Pass
from barwise.tuning import Tuning
from tests.kit.heard import Heard

MINUTE = 60_000_000
KINDS = {
    "csv": lambda frame, path: frame.write_csv(path),
    "parquet": lambda frame, path: frame.write_parquet(path, row_group_size=7),
    "arrow": lambda frame, path: frame.write_ipc(path),
}


@pytest.fixture(scope="module")
def processes() -> Iterator[Pool]:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask() -> Iterator[str]:
    """The address of a cluster."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def outcome(input: str, config: barwise.Config, **options: Any) -> tuple[object, ...]:
    """All that a run gives but its latency; or what it says."""
    heard = Heard()
    options.setdefault("measures", [BlockDigests()])
    try:
        result = barwise.run(input, config, events=heard, **options)
    except barwise.BarwiseError as error:
        return type(error), str(error)
    plain = result._replace(latency_ms=0, crew=ANY)
    return plain, result.digest, heard.lines


def lake(seed: int, kind: str, *, parts: int, symbols: str, faults: bool = False) -> None:
    """Files of successive bars: of one series, or of symbols by folders or by a column."""
    rng = np.random.default_rng(seed)
    os.makedirs("lake", exist_ok=True)
    time = 1_700_000_000_000_000
    for part in range(parts):
        size = int(rng.integers(1, 30))
        closes = np.round(100 + np.cumsum(rng.integers(-1, 2, size)) / 4, 2)
        closes[rng.random(size) < 0.05] = np.nan
        times = time + MINUTE * np.cumsum(rng.choice([1, 1, 1, 1, 3], size))
        time = int(times[-1])
        if faults and rng.random() < 0.3:
            times = times[::-1].copy()
        if faults and rng.random() < 0.2:
            times -= MINUTE * 40
        if faults and rng.random() < 0.2:
            closes[rng.integers(0, size)] = np.inf
        stamps = pl.Series("timestamp", times).cast(pl.Datetime("us"))
        frame = pl.DataFrame([stamps, pl.Series("close", closes).fill_nan(None)])
        if symbols == "column":
            frame = frame.with_columns(symbol=pl.Series(rng.choice(["a", "b", "c"], size)))
        elif symbols == "watched":  # mostly one, and a second in some part
            names = ["a", "b", "c"][: int(rng.choice([1, 1, 1, 3]))]
            frame = frame.with_columns(symbol=pl.Series(rng.choice(names, size)))
        folder = f"lake/symbol={'xy'[part % 2]}" if symbols == "folders" else "lake"
        os.makedirs(folder, exist_ok=True)
        KINDS[kind](frame, f"{folder}/{part:02}.{kind}")


def crossing(seed: int, window: int) -> barwise.Crossing:
    """A close above a mean, two means, a band, or both."""
    return barwise.Crossing((1, 1 + seed % window)[seed % 2], (0, 0, 30, 30)[seed % 4])


def config(arithmetic: str, window: int, symbols: str, **keys: Any) -> barwise.Config:
    columns = barwise.Columns(symbol="symbol") if symbols == "column" else barwise.Columns()
    return barwise.Config(1, window, "v1", arithmetic, columns, **keys)


@settings(max_examples=100)
@given(
    st.integers(0, 10_000),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(["exact", "float64"]),
    st.sampled_from(["one", "folders", "column", "watched"]),
    st.integers(1, 9),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from(["report", "off", "strict"]),
    st.sampled_from(["file", "time"]),
)
def test_tasks_give_what_threads_give(
    seed: int,
    kind: str,
    arithmetic: str,
    symbols: str,
    parts: int,
    window: int,
    faults: bool,
    checks: str,
    order: str,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(f"case-{len(os.listdir())}")
        folder.mkdir()
        patch.chdir(folder)
        lake(seed, kind, parts=parts, symbols=symbols, faults=faults)
        of_signal = crossing(seed, window)
        one = config(arithmetic, window, symbols, checks=checks, order=order, signal=of_signal)
        with ThreadPoolExecutor(3) as pool:
            tasks = outcome("lake", one, executor=Submitted(pool, 4, Tuning(task_parts=2)))
        tuning = Tuning(span_bars=7, chunk_bars=11, thread_bars=0, csv_rows=5, symbol_cells=9)
        assert outcome("lake", one, workers=1) == tasks
        assert outcome("lake", one, workers=3, tuning=tuning) == tasks


class Last:
    """The last close; how bars are placed is not said, so threads that read do not compute it."""

    name, needs, value = "last", frozenset({"signal"}), float

    def of(self, bars: Bars) -> float:
        return float(bars.columns["close"][-1])

    def merge(self, left: float, right: float) -> float:
        return right


class Above:
    """Bars whose signal is 1, and where the first stands."""

    name, needs, value = "above", frozenset({"signal"}), Finding
    moves = True

    def of(self, bars: Bars) -> Finding:
        return offenders(bars, bars.columns["signal"] == 1)

    def merge(self, left: Finding, right: Finding) -> Finding:
        return merged(left, right)


def without_last(outcome: tuple[Any, ...]) -> tuple[object, ...]:
    result, *others = outcome
    if not isinstance(result, barwise.Result):
        return outcome
    values = {
        series: {name: value for name, value in of_series.items() if name != "last"}
        for series, of_series in result.values.items()
    }
    return result._replace(values=values), *others


@settings(max_examples=200)
@given(
    st.integers(0, 10_000),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(["exact", "float64"]),
    st.sampled_from(["one", "folders", "watched"]),
    st.integers(1, 9),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from(["report", "strict"]),
    st.integers(1, 3),
    st.lists(st.integers(1, 40), min_size=4, max_size=4),
)
def test_threads_that_read_give_what_others_give(
    seed: int,
    kind: str,
    arithmetic: str,
    symbols: str,
    parts: int,
    window: int,
    faults: bool,
    checks: str,
    workers: int,
    sizes: list[int],
) -> None:
    tuning = Tuning(
        batch_rows=sizes[0],
        span_cells=sizes[1],
        csv_bytes=30 * sizes[2],
        edge_bars=sizes[3],
    )
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(f"case-{len(os.listdir())}")
        folder.mkdir()
        patch.chdir(folder)
        patch.setattr("barwise.sources.columnar.parquet.SMALL_BYTES", 1000 * (seed % 2))
        lake(seed, kind, parts=parts, symbols=symbols, faults=faults)
        one = config(arithmetic, window, symbols, checks=checks, signal=crossing(seed, window))
        options: dict[str, Any] = {"workers": workers, "tuning": tuning}
        by_readers = outcome("lake", one, **options, measures=[Above()])
        by_others = outcome("lake", one, **options, measures=[Above(), Last()])
        assert without_last(by_readers) == by_readers
        assert without_last(by_others) == by_readers


@pytest.mark.parametrize("symbols", ["one", "folders", "column"])
@pytest.mark.parametrize("arithmetic", ["exact", "float64"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_processes_give_what_threads_give(
    kind: str, arithmetic: str, symbols: str, processes: Pool
) -> None:
    lake(5, kind, parts=8, symbols=symbols)
    for seed in range(4):
        one = config(arithmetic, 12, symbols, signal=crossing(seed, 12))
        threads = outcome("lake", one)
        tasks = Submitted(processes, 4, Tuning(task_parts=3))
        assert outcome("lake", one, executor=tasks) == threads
        assert isinstance(threads[0], barwise.Result)


@pytest.mark.parametrize("symbols", ["one", "folders", "column"])
@pytest.mark.parametrize("arithmetic", ["exact", "float64"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_workers_of_a_cluster_give_what_threads_give(
    kind: str, arithmetic: str, symbols: str, dask: str
) -> None:
    lake(5, kind, parts=8, symbols=symbols, faults=symbols == "one")
    one = config(arithmetic, 12, symbols)
    tasks = Dask(dask, Tuning(task_parts=3))
    assert outcome("lake", one, executor=tasks) == outcome("lake", one)


@pytest.mark.parametrize("rows", [1, 300, 30_000])
@given(st.data())
def test_tasks_are_cut_by_bars(rows: int, data: st.DataObject) -> None:
    """Each part is in one task; a task that could take the next part has work enough."""
    sizes = data.draw(st.lists(st.integers(1, rows), min_size=1, max_size=30))
    symbols = sorted(data.draw(st.lists(st.sampled_from("abc"), min_size=len(sizes),
                                        max_size=len(sizes))))  # fmt: skip
    parts = [Part(f"{n}", "parquet", series=s, rows=size)
             for n, (s, size) in enumerate(zip(symbols, sizes, strict=True))]  # fmt: skip
    arithmetic = data.draw(st.sampled_from(["exact", "float64"]))
    what = Pass(RollingMean(3, arithmetic), ())
    tuning = Tuning(task_rows=40_000 + rows)
    chains = tasks_of(Plan(tuple(parts)), what, tuning)
    tasks = sorted((task for chain in chains for task in chain), key=lambda task: task.first)
    numbers = [task.first + n for task in tasks for n in range(len(task.plan.parts))]
    assert numbers == [*range(len(parts))]
    assert all(task.before is None for task in tasks) == (arithmetic == "exact")
    for chain in chains:
        of_chain = {part.series for task in chain for part in task.plan.parts}
        assert len(chain) == 1 or len(of_chain) == 1
        for task in chain[:-1] if arithmetic == "float64" else ():
            assert sum((p.rows or 0) + FILE_ROWS for p in task.plan.parts) >= tuning.task_rows
    if arithmetic == "exact":
        for task in tasks[:-1]:
            assert sum((p.rows or 0) + FILE_ROWS for p in task.plan.parts) >= tuning.task_rows
    else:
        assert set(symbols) == {p.series for t in tasks for p in t.plan.parts}


def test_the_first_fault_of_the_plan_is_the_one_told(processes: Pool) -> None:
    os.mkdir("lake")
    for part, cell in enumerate(["1", "x", "2", "y"]):
        Path(f"lake/{part}.csv").write_text(f"timestamp,close\n2024-01-0{part + 1},{cell}\n")
    threads = outcome("lake", config("exact", 2, "one"))
    tasks = Submitted(processes, 4, Tuning(task_parts=1))
    assert outcome("lake", config("exact", 2, "one"), executor=tasks) == threads
    assert threads[0] is barwise.PriceError
    assert "close is 'x' on line 2 of" in str(threads[1])


def test_bars_themselves_do_not_come_from_tasks() -> None:
    Path("data.csv").write_text("close\n1\n")
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(barwise.UsageError, match="come from threads alone"),
    ):
        barwise.run(
            "data.csv", config("exact", 2, "one"), executor=Submitted(pool, 1), sinks=[print]
        )


class Highest:
    """The highest price of bars whose signal is 1."""

    name, needs, value = "highest", frozenset({"signal", "high"}), float

    def of(self, bars: Bars) -> float:
        highs = bars.columns["high"][bars.columns["signal"] == 1]
        return highs.max(initial=0.0)  # type: ignore[no-any-return]  # a number of NumPy

    def merge(self, left: float, right: float) -> float:
        return max(left, right)


def test_a_measure_of_signals_may_need_other_columns_and_give_numbers_of_numpy() -> None:
    for day in (1, 2, 3):
        rows = [f"2024-01-0{day}T{hour:02}:00,{hour},{hour + day}" for hour in range(5)]
        os.makedirs("lake", exist_ok=True)
        Path(f"lake/{day}.csv").write_text("\n".join(["timestamp,close,high", *rows, ""]))
    one = barwise.Config(1, 2, "v1", "exact")
    threads = barwise.run("lake", one, measures=[Highest()])
    with ThreadPoolExecutor(2) as pool:
        tasks = Submitted(pool, 2, Tuning(task_parts=1))
        result = barwise.run("lake", one, measures=[Highest()], executor=tasks)
    assert result.values == threads.values
    assert threads.values[""]["highest"] == 7.0


def test_a_symbol_that_is_not_utf_8_comes_back_from_tasks() -> None:
    folder = os.fsdecode(b"lake/symbol=\xff")
    os.makedirs(folder)
    Path(f"{folder}/1.csv").write_text("timestamp,close\n2024-01-01,1\n2024-01-02,2\n")
    one = config("exact", 2, "folders")
    with ThreadPoolExecutor(1) as pool:
        assert outcome("lake", one, executor=Submitted(pool, 1)) == outcome("lake", one)


@pytest.mark.parametrize("tasks", [0, -1, 1.5, "2", None])
def test_a_number_of_tasks_that_is_none_is_refused(tasks: Any) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(barwise.UsageError, match="must be a whole number, 1 or more"),
    ):
        Submitted(pool, tasks)


def test_a_pool_is_not_an_executor() -> None:
    Path("data.csv").write_text("close\n1\n")
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(barwise.UsageError, match=r"give barwise\.Submitted\(pool, tasks\)"),
    ):
        barwise.run("data.csv", config("exact", 2, "one"), executor=pool)  # type: ignore[arg-type]
