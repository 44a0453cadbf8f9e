"""Batches that are read by ranges: cells as pyarrow has them, whatever becomes of the file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc

import barwise
from barwise.errors import InputError
from barwise.files.limits import LARGEST_BATCH
from barwise.sources.columnar import arrow, messages
from barwise.sources.columnar.ranges import RangeReader
from tests.conftest import JOB, OF_CHECKOUT
from tests.kit.processes import HANG, has_open, wait_for
from tests.kit.typed_files import CONFIG, closes

LONG = st.one_of(st.text(max_size=40), st.sampled_from(["BTC", "", "x" * 13, "y" * 12]))
CELLS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.floats(allow_nan=False),
    pa.int8(): st.integers(-128, 127),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("us", "UTC"): st.integers(0, 1 << 40),
    pa.decimal128(20, 3): st.integers(-(10**9), 10**9).map(lambda n: Decimal(n) / 8),
    pa.string(): LONG,
    pa.large_string(): LONG,
    pa.string_view(): LONG,
    pa.binary(): st.binary(max_size=20),
    pa.binary_view(): st.binary(max_size=20),
    pa.binary(3): st.binary(min_size=3, max_size=3),
    pa.dictionary(pa.int16(), pa.string()): LONG,
    pa.dictionary(pa.uint32(), pa.string_view()): LONG,
    pa.null(): st.none(),
}
# Others between them, whose buffers are passed over.
WITHIN = pa.struct([("views", pa.list_(pa.string_view())), ("nothing", pa.null())])
OTHERS: dict[pa.DataType, Any] = {
    WITHIN: {"views": ["of thirteen and more"], "nothing": None},
    pa.map_(pa.string(), pa.int8()): [("a", 1)],
    pa.list_(pa.bool_(), 2): [True, False],
    pa.large_list(pa.large_string()): ["x"],
    pa.uuid(): b"0123456789abcdef",
}


def read_by_ranges(names: list[str], rows: int) -> pa.Table:
    [part] = barwise.plan("bars", CONFIG).parts
    with open("bars", "rb") as file:
        listed = [*messages.of_file(file, "bars", part.size)]
        schema = ipc.open_file("bars").schema
        wanted = [schema.get_field_index(name) for name in names]
        reader = RangeReader(file, part, schema, wanted)
        batches = [
            batch
            for message in listed
            if message.kind == messages.RECORD_BATCH
            for batch, _ in reader.batches(message, listed, rows)
        ]
    return pa.Table.from_batches(batches)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 40))
    columns: dict[str, pa.Array] = {"close": pa.array(np.ones(rows))}
    kinds = draw(st.lists(st.sampled_from([*CELLS, *OTHERS]), min_size=1, max_size=5))
    for number, kind in enumerate(kinds):
        if kind in CELLS:
            cell = st.one_of(st.none(), CELLS[kind]) if draw(st.booleans()) else CELLS[kind]
            cells = draw(st.lists(cell, min_size=rows, max_size=rows))
            if pa.types.is_dictionary(kind):
                column = pa.array(cells, pa.string()).dictionary_encode()
                values = column.dictionary.cast(kind.value_type)
                column = pa.DictionaryArray.from_arrays(
                    column.indices.cast(kind.index_type), values
                )
            else:
                column = pa.array(cells, kind)
            columns[f"wanted {number}"] = column
        else:
            columns[f"other {number}"] = pa.array([OTHERS[kind], None] * rows, kind)[:rows]
    return pa.table(columns)


@settings(max_examples=60)
@given(tables(), st.integers(1, 45), st.integers(1, 40))
def test_cells_are_those_of_pyarrow(table: pa.Table, rows: int, batch_rows: int) -> None:
    with ipc.new_file("bars", table.schema) as writer:
        writer.write_table(table, batch_rows)
    names = [name for name in table.column_names if not name.startswith("other")]
    read = read_by_ranges(names, rows)
    read.validate(full=True)
    assert read.equals(table.select(names))


@pytest.mark.parametrize("kind", OTHERS, ids=str)
def test_a_close_of_a_type_that_no_bar_is_made_of_is_refused_alike(
    kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa.table({"close": pa.array([OTHERS[kind]] * 3, kind)})
    with ipc.new_file("bars", table.schema) as writer:
        writer.write_table(table)
    refusals = []
    for limit in (LARGEST_BATCH, 0):
        monkeypatch.setattr(arrow, "LARGEST_BATCH", limit)
        with pytest.raises(barwise.BarwiseError) as caught:
            closes()
        refusals.append(str(caught.value))
    assert refusals[0] == refusals[1]


def test_numbers_of_another_order_of_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"close": [1.5]}).write_ipc("bars")
    other = {"little": "big", "big": "little"}[sys.byteorder]
    monkeypatch.setattr(sys, "byteorder", other)
    with pytest.raises(InputError, match="bars has numbers of another order of bytes, and a batch"):
        read_by_ranges(["close"], 10)


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_a_changed_word_of_a_large_batch_gives_bars_or_one_line(
    dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "LARGEST_BATCH", 0)
    symbols = pl.Series(["a", "of more than twelve letters", "so is this one"] * 5).cast(dtype)
    close = pl.Series([1.5, None, 2.5, 3.0, 4.5] * 3)
    pl.DataFrame({"close": close, "symbol": symbols}).write_ipc("bars", compression="uncompressed")
    whole = Path("bars").read_bytes()
    config = barwise.Config(1, 5, "v1", columns=barwise.Columns(symbol="symbol"))
    assert len(closes(config)) == 15
    refused = 0
    for at in range(8, len(whole) - 8, 8):
        for word in (b"\xff" * 8, (1 << 33).to_bytes(8, "little")):
            Path("bars").write_bytes(whole[:at] + word + whole[at + 8 :])
            try:
                closes(config)
            except barwise.BarwiseError:  # and nothing else
                refused += 1
    assert refused > 20


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def replaced(path: Path) -> None:
    Path("other").write_bytes(b"ARROW1")
    os.replace("other", path)


def written(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(1_000)
        file.write(bytes(8))


@pytest.mark.parametrize("change", [truncated, replaced, written])
def test_a_large_batch_that_changes_while_it_is_read_is_one_line(
    change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "LARGEST_BATCH", 0)
    pl.DataFrame({"close": np.arange(300_000) / 8}).write_ipc("bars", compression="uncompressed")
    [part] = barwise.plan("bars", CONFIG).parts
    batches = arrow._batches(part, lambda names: names)
    next(batches)
    change(Path("bars"))
    with pytest.raises(
        InputError, match=r"bars (became shorter|has changed) while it was read: run"
    ):
        list(batches)


ROWS = 12_000_000


@pytest.mark.parametrize("wait", [0.02, 0.06, 0.12])
def test_no_instant_at_which_a_file_becomes_shorter_ends_the_process(
    wait: float, folder: Path
) -> None:
    """One that is mapped into memory would be a bus error, without error metrics."""
    table = pa.table({"close": np.full(ROWS, 1.25)})
    with ipc.new_file("data.csv", table.schema) as writer:
        writer.write_table(table)
    job = subprocess.Popen(
        [sys.executable, "-m", "barwise", "run", *JOB], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={**os.environ, **OF_CHECKOUT},
    )  # fmt: skip
    wait_for(lambda: has_open(job, "data.csv"), job)
    time.sleep(wait)
    truncated(Path("data.csv"))
    stdout, stderr = job.communicate(timeout=HANG)
    assert job.returncode in (0, 1), signal.Signals(-job.returncode)
    assert stderr == ""
    if job.returncode:
        error = json.loads(stdout[stdout.index("{") :])["error_message"]
        assert error.startswith(
            ("data.csv became shorter while it was read", "data.csv is damaged")
        )
