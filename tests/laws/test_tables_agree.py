"""The law of tables: bars in memory give what they give as Parquet, bits, digests, doubts, faults.

The file is called "the table", so that messages are the same too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.bars.batch import Bars
from barwise.engine.executors.crew import Crew
from barwise.stages.digests import BlockDigests
from barwise.tuning import MEASURED, Tuning
from tests.kit.heard import Heard

FILE = "the table"
ANY = barwise.Config(0, 1, "v1")
CREW = Crew("threads", 1)
MINUTE = 60_000_000
TIMES: dict[str, Callable[[pa.Array], pa.Array]] = {
    "ms": lambda times: times.cast(pa.timestamp("ms"), safe=False),
    "us": lambda times: times,
    "ns UTC": lambda times: times.cast(pa.timestamp("ns", "UTC")),
    "days": lambda times: times.cast(pa.date32(), safe=False),
    "Unix": lambda times: times.cast(pa.int64()),
    "text": lambda times: times.cast(pa.string()),
    "dictionary": lambda times: times.cast(pa.string()).dictionary_encode(),
}
CLOSES: dict[str, Callable[[list[float | None]], pa.Array]] = {
    "double": lambda closes: pa.array(closes, pa.float64()),
    "float": lambda closes: pa.array(closes, pa.float32()),
    "whole": lambda closes: pa.array([c and round(c) for c in closes], pa.int64()),
    "decimal": lambda closes: pa.array(
        [None if c is None else Decimal(str(c)) for c in closes], pa.decimal128(20, 4)
    ),
    "text": lambda closes: pa.array([None if c is None else str(c) for c in closes]),
    "nothing": lambda closes: pa.nulls(len(closes)),
}


def bars(seed: int, size: int, times: str, closes: str, symbols: int, faulty: bool) -> pa.Table:
    """Bars as they come: with gaps, missing cells, and where `faulty` with worse."""
    rng = np.random.default_rng(seed)
    stamps = 1_700_000_000_000_000 + MINUTE * np.cumsum(rng.choice([1, 1, 1, 1, 3], size))
    if faulty and rng.random() < 0.3:
        stamps = stamps[::-1].copy()
    if faulty and rng.random() < 0.3:
        stamps[rng.integers(0, size)] = stamps[0]
    prices = np.round(100 + np.cumsum(rng.integers(-1, 2, size)) / 4, 2)
    if faulty and rng.random() < 0.2:
        prices[rng.integers(0, size)] = rng.choice([-1.0, np.inf, 0.0])
    gone = rng.random(size) < 0.05
    is_whole = np.isfinite(prices)
    values = [None if no else float(p) for no, p in zip(gone, prices, strict=True)]
    if closes in ("whole", "decimal"):
        values = [v if ok else None for v, ok in zip(values, is_whole, strict=True)]
    untimed = rng.random(size) < (0.05 if faulty else 0)
    column = pa.array(stamps, pa.timestamp("us"), mask=untimed)
    name = ["timestamp", "open_time", "Date", "moment"][seed % 4]
    columns = {
        name: TIMES[times](column),
        ["close", "Close", "last"][seed % 5 // 2]: CLOSES[closes](values),
        "high": pa.array(prices + rng.choice([0, 0, 0, -1], size)),
        "volume": pa.array(rng.integers(0, 3, size)),
    }
    if symbols:
        columns["ticker"] = pa.array(rng.choice(["a", "b", " c"][:symbols], size))
    if symbols > 2:
        columns["ticker"] = columns["ticker"].dictionary_encode()
    return pa.table(columns)


def cut(table: pa.Table, seed: int) -> pa.Table:
    """The same rows in chunks."""
    ends = [0, *sorted(np.random.default_rng(seed).integers(0, len(table) + 1, 4)), len(table)]
    pieces = [table.slice(a, b - a) for a, b in pairwise(ends)]
    return pa.concat_tables(pieces)


def indexed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_index(frame.columns[0])


IN_MEMORY: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow": lambda table: table,
    "batch": lambda table: table.combine_chunks().to_batches()[0],
    "stream": lambda table: table.to_reader(),
    "pandas": lambda table: table.to_pandas(),
    "pandas of Arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas with an index": lambda table: indexed(table.to_pandas()),
    "polars": lambda table: pl.DataFrame(table),
}


class Last:
    """How its bars are placed is not said, so threads that read do not compute it."""

    name, needs, value = "last", frozenset({"signal"}), float

    def of(self, bars: Bars) -> float:
        return float(np.nan_to_num(bars.columns["close"][-1]))

    def merge(self, left: float, right: float) -> float:
        return right


def outcome(input: Any, config: barwise.Config, **options: Any) -> tuple[Any, ...]:
    """All that a run gives but its latency and its config; or what it says."""
    heard = Heard()
    try:
        result = barwise.run(input, config, events=heard, **options)
    except barwise.BarwiseError as error:
        return type(error), str(error)
    return result._replace(latency_ms=0, config=ANY, crew=CREW), result.digest, heard.lines


def write(kind: str, table: pa.Table) -> None:
    """Writes the same bars to the file, by the library that has them in memory."""
    frame = IN_MEMORY[kind](table)
    if kind == "polars":
        frame.write_parquet(FILE)
    elif kind.startswith("pandas"):
        (frame.reset_index() if "index" in kind else frame).to_parquet(FILE)
    else:
        pq.write_table(table, FILE)


def without_cells(outcome: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of a stream the rows are gone when a message is to show them."""
    if not isinstance(outcome[0], barwise.Result):
        return outcome[:1]
    result, digest, _ = outcome
    broken = [rule._replace(cells={}, line="") for rule in result.broken]
    return result._replace(doubts=(), broken=broken), digest, len(result.doubts)


@settings(max_examples=400)
@given(
    st.integers(0, 100_000),
    st.integers(1, 60),
    st.sampled_from(sorted(TIMES)),
    st.sampled_from(sorted(CLOSES)) | st.just("double"),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(sorted(IN_MEMORY)),
    st.sampled_from(["report", "off", "strict"]),
    st.sampled_from(["file", "file", "time"]),
    st.booleans(),
    st.tuples(st.integers(1, 40), st.sampled_from(["exact", "float64"])),
    st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40), st.booleans()),
)
def test_a_table_in_memory_gives_what_it_gives_as_parquet(
    seed: int,
    size: int,
    times: str,
    closes: str,
    symbols: int,
    faulty: bool,
    kind: str,
    checks: str,
    order: str,
    names_symbols: bool,
    signal: tuple[int, str],
    work: tuple[int, int, int, bool],
) -> None:
    table = cut(bars(seed, size, times, closes, symbols, faulty), seed)
    columns = barwise.Columns("last") if "last" in table.column_names else barwise.Columns()
    if names_symbols and symbols:
        columns = replace(columns, symbol="ticker")
    window, arithmetic = signal
    config = barwise.Config(0, window, "v1", arithmetic, columns, checks, order=order)
    of_file = config
    write(kind, table)
    if "index" in kind and pa.types.is_temporal(pq.read_schema(FILE).types[0]):
        name = table.column_names[0]  # which an index says, and a file cannot
        of_file = replace(config, columns=replace(columns, timestamp=name))
    workers, batch_rows, span_cells, by_threads = work
    tuning = Tuning(batch_rows=batch_rows, span_cells=span_cells, edge_bars=batch_rows)
    if order == "time":  # which of two faults is told depends on how much is read before sorting
        tuning = MEASURED
    measures = [BlockDigests()] if by_threads else [BlockDigests(), Last()]
    expected = outcome(FILE, of_file, measures=measures)
    given = outcome(
        IN_MEMORY[kind](table), config, measures=measures, workers=workers, tuning=tuning
    )
    if of_file != config:
        expected, given = without_words(expected), without_words(given)
    if kind == "stream":
        expected, given = without_cells(expected), without_cells(given)
    assert given == expected


def without_words(outcome: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without what was inferred: an index says which times count, a config of a file does."""
    if not isinstance(outcome[0], barwise.Result):
        return outcome
    result, digest, lines = outcome
    lines = [line for line in lines if not line.startswith("Columns: ")]
    return result._replace(inferred={}), digest, lines


@settings(max_examples=100)
@given(
    st.integers(0, 100_000),
    st.integers(1, 60),
    st.sampled_from(sorted(TIMES)),
    st.integers(0, 3),
    st.sampled_from(["pandas", "polars", "pyarrow"]),
)
def test_a_check_of_a_table_says_what_it_says_of_parquet(
    seed: int, size: int, times: str, symbols: int, kind: str
) -> None:
    table = bars(seed, size, times, "double", symbols, faulty=True)
    columns = {"close": next(n for n in table.column_names if n in ("close", "Close", "last"))}
    write(kind, table)
    reports = []
    for one in (FILE, IN_MEMORY[kind](table)):
        try:
            reports.append(barwise.check(one, columns=columns).as_dict())
        except barwise.BarwiseError as error:
            reports.append({"error": str(error)})
    assert reports[0] == reports[1]


@pytest.mark.parametrize("kind", IN_MEMORY)
def test_the_committed_bars_are_the_same_in_memory(kind: str) -> None:
    table = bars(1, 50_000, "us", "double", 0, faulty=False)
    write(kind, table)
    names = {"close": table.column_names[1], "timestamp": table.column_names[0]}
    options: dict[str, Any] = {"window": 20, "columns": names, "measures": [BlockDigests()]}
    assert (
        barwise.run(IN_MEMORY[kind](table), **options).digest == barwise.run(FILE, **options).digest
    )
