"""Files that say what is not so, which pyarrow believes: each is one line, and takes no memory."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

import barwise
from barwise.errors import InputError
from barwise.sources import readers
from barwise.sources.columnar.faults import raising_for
from barwise.sources.columns import Column
from barwise.sources.parts import Part
from barwise.tuning import Tuning
from tests.conftest import ROOT
from tests.kit import deep_schemas
from tests.kit.typed_files import CONFIG, closes

ROWS, GROUP = 100_000, 25_000
SYMBOLS = barwise.Config(1, 5, "v1", columns=barwise.Columns(symbol="symbol"))


def table() -> pa.Table:
    times = pa.array(np.arange(ROWS) * 60_000_000, pa.timestamp("us"))
    symbols = pa.array(["BTC"] * ROWS)
    return pa.table({"timestamp": times, "symbol": symbols, "close": np.arange(ROWS) / 100})


def write_parquet() -> None:
    pq.write_table(
        table(), "bars", row_group_size=GROUP, compression="none", write_page_checksum=True
    )


def unsigned(number: int) -> bytes:
    """A number as Thrift's compact protocol writes it, seven bits a byte."""
    data = b""
    while number > 127:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])


def varint(number: int) -> bytes:
    """The same with a sign: zigzag."""
    return unsigned((number << 1) ^ (number >> 63))


def i64(number: int) -> bytes:
    """A field of 64 bits, the next one of its struct."""
    return b"\x16" + varint(number)


def lie(said: int, instead: int, which: int) -> None:
    """Changes a field of the footer, the one that comes after `which` others of the same value."""
    data = Path("bars").read_bytes()
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    pages, footer = data[:at], data[at:-8]
    place = -1
    for _ in range(which + 1):
        place = footer.index(i64(said), place + 1)
    footer = footer[:place] + i64(instead) + footer[place + len(i64(said)) :]
    Path("bars").write_bytes(pages + footer + struct.pack("<i", len(footer)) + b"PAR1")


def refusal(config: barwise.Config = CONFIG) -> str:
    with pytest.raises(InputError) as caught:
        barwise.run("bars", config, workers=2)
    return str(caught.value)


@pytest.mark.parametrize("rows", [50_000, 200_000, -1])
def test_a_footer_of_other_rows_than_its_row_groups_is_refused(rows: int) -> None:
    write_parquet()
    lie(ROWS, rows, 0)
    assert f"bars says that it has {rows} rows, and 100000 can be read" in refusal()


def test_a_row_group_of_fewer_rows_than_its_columns_is_refused() -> None:
    write_parquet()
    lie(GROUP, 20_000, 3)  # after the counts of its three columns
    lie(ROWS, 95_000, 0)
    assert refusal().startswith("bars cannot be read (25000 values of timestamp in 20000 rows)")


def test_a_column_of_fewer_values_than_rows_is_refused() -> None:
    write_parquet()
    lie(GROUP, 20_000, 2)
    assert refusal().startswith("bars cannot be read (columns do not have the same size)")
    with pytest.raises(InputError, match="it has 100000 rows, and 95000 can be read"):
        barwise.run("bars", barwise.Config(1, 5, "v1", checks="off"))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("size", [1 << 24, 10_000])
def test_a_file_that_becomes_shorter_while_it_is_read_is_refused(
    threads: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, pyarrow takes the end of such a file for that of a row group."""
    monkeypatch.setattr("barwise.sources.columnar.row_groups.WHOLE_GROUP", size)
    pq.write_table(table(), "bars", row_group_size=GROUP, compression="none", use_dictionary=False)
    [part] = barwise.plan("bars", CONFIG).parts
    to_read = [(0, part, {"close": Column("close")})]
    sizes = Tuning(batch_rows=1_000, span_cells=2_000)
    tables = readers.reader_of(part).read(to_read, sizes, threads=threads)
    next(tables)
    os.truncate("bars", 1_000)
    with pytest.raises(InputError, match=r"bars (says that it has|cannot be read)"):
        list(tables)


def test_a_page_that_its_checksum_contradicts_is_refused() -> None:
    write_parquet()
    data = bytearray(Path("bars").read_bytes())
    at = data.index(np.arange(1_000, dtype="<f8").tobytes()[8:16])
    data[at] ^= 1
    Path("bars").write_bytes(data)
    assert "CRC checksum verification failed" in refusal()
    assert refusal().startswith("bars cannot be read (")


def nested(depth: int) -> bytes:
    """A file of no rows and a schema so deep: version, schema, num_rows, row_groups."""
    root, leaf = b"\x48\x04root\x15\x02\0", b"\x15\x0a\x25\x02\x18\x01g\0"
    group = b"\x35\x02\x18\x01g\x15\x02\0"
    schema = b"\xfc" + unsigned(depth + 2) + root + group * depth + leaf
    footer = b"\x15\x02\x19" + schema + b"\x16\0\x19\x0c\0"
    return b"PAR1" + footer + struct.pack("<i", len(footer)) + b"PAR1"


@pytest.mark.parametrize("depth", [101, 5_000, 100_000])
def test_a_schema_of_many_levels_is_refused(depth: int) -> None:
    Path("bars").write_bytes(nested(depth))
    assert refusal().startswith("bars cannot be read (")


def memory_of(code: str) -> tuple[str, int]:
    """What the code prints in a process of its own, and the megabytes that this took."""
    code += "\nprint(next(x for x in open('/proc/self/status') if 'VmHWM' in x).split()[1])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    *lines, kilobytes = done.stdout.splitlines()
    return "\n".join(lines), int(kilobytes) >> 10


REFUSED = (
    "import barwise\n"
    "config = barwise.Config(1, 5, 'v1', columns=barwise.Columns(symbol={symbol}))\n"
    "try: barwise.run('bars', config)\n"
    "except barwise.InputError as error: print(error)\n"
)
measures_memory = pytest.mark.skipif(
    not os.path.exists("/proc/self/status"), reason="measures as Linux does"
)


@measures_memory
@pytest.mark.parametrize("kind", deep_schemas.KINDS)
def test_an_arrow_schema_of_many_levels_does_not_end_the_process(kind: str) -> None:
    """pyarrow looks how deep it is before it follows it; a process shows that it does."""
    Path("bars").write_bytes(deep_schemas.KINDS[kind](3))
    of_pyarrow = (ipc.open_file if kind == "file" else ipc.open_stream)("bars").schema
    assert str(of_pyarrow.types[0]).startswith("list<close: list<close: list<close: double")
    assert refusal() == "bars has no rows: it needs at least one bar"
    for depth in (10_000, 100_000):
        Path("bars").write_bytes(deep_schemas.KINDS[kind](depth))
        message, _ = memory_of(REFUSED.format(symbol=None))
        assert message.startswith("bars cannot be read (")


@measures_memory
@pytest.mark.parametrize("field", ["compressed", "unpacked"])
def test_a_page_that_claims_gigabytes_takes_none(field: str) -> None:
    prices = pa.table({"close": np.random.default_rng(1).random(1_000)})
    pq.write_table(prices, "bars", use_dictionary=False, compression="zstd")
    chunk = pq.read_metadata("bars").row_group(0).column(0)
    data = Path("bars").read_bytes()
    start = 4 + 2 + 1  # behind PAR1, the kind of page and the head of a field
    unpacked = data[start : data.index(b"\x15", start)]
    at = start if field == "unpacked" else start + len(unpacked) + 1
    said = unpacked if field == "unpacked" else data[at : data.index(b"\x2c", at)]
    assert data[3:7] == b"1\x15\0\x15"
    assert chunk.data_page_offset == 4
    Path("bars").write_bytes(data[:at] + varint((1 << 31) - 1) + data[at + len(said) :])
    message, megabytes = memory_of(REFUSED.format(symbol=None))
    assert message.startswith("bars cannot be read (")
    assert megabytes < 200


@measures_memory
def test_a_long_text_is_not_a_symbol_and_is_not_repeated() -> None:
    cells = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000, np.int32)), ["A" * (1 << 24)])
    long = pa.table({"symbol": cells, "close": np.arange(1_000.0)})
    pq.write_table(
        long, "bars", store_schema=False, compression="zstd", dictionary_pagesize_limit=1 << 30
    )
    message, megabytes = memory_of(REFUSED.format(symbol="'symbol'"))
    assert message.startswith("symbol is 'AAAAA")
    assert message.endswith("a symbol has at most 255 bytes; is it the column of symbols?")
    assert megabytes < 300  # as text, a thousand times 16


@pytest.mark.parametrize("kind", ["file", "stream"])
@pytest.mark.parametrize("fault", ["short buffer", "offset"])
def test_a_buffer_that_would_be_read_beyond_its_end_is_refused(kind: str, fault: str) -> None:
    rows = table().slice(0, GROUP)
    with (ipc.new_file if kind == "file" else ipc.new_stream)("bars", rows.schema) as writer:
        writer.write_table(rows)
    data = Path("bars").read_bytes()
    if fault == "offset":
        at = data.index(np.arange(0, 300, 3, dtype="<i4").tobytes()) + 200
        data = data[:at] + struct.pack("<i", 50_000_000) + data[at + 4 :]
    else:  # the lengths of both columns of eight bytes
        data = data.replace(struct.pack("<q", 8 * GROUP), struct.pack("<q", 8))
    Path("bars").write_bytes(data)
    assert refusal(SYMBOLS).startswith("bars cannot be read (")


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_a_decimal_of_an_absurd_scale_is_refused(kind: str) -> None:
    """pyarrow looks for its power of ten beyond the end of a table."""
    rows = pa.table({"close": pa.array([1], pa.int64()).cast(pa.decimal128(30, 9))})
    with (ipc.new_file if kind == "file" else ipc.new_stream)("bars", rows.schema) as writer:
        writer.write_table(rows)
    data = Path("bars").read_bytes()
    scale = struct.pack("<ii", 30, 9)  # behind the precision
    assert scale in data
    Path("bars").write_bytes(data.replace(scale, struct.pack("<ii", 30, 1_936_682_083)))
    assert refusal().startswith("bars cannot be read (a decimal with a scale of 1936682083)")


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_names_that_are_not_text_are_refused(kind: str) -> None:
    rows = pa.table({"close": [1.0], "others": [1.0]})
    if kind == "parquet":
        pq.write_table(rows, "bars", store_schema=False)
    else:
        with (ipc.new_file if kind == "file" else ipc.new_stream)("bars", rows.schema) as writer:
            writer.write_table(rows)
    data = Path("bars").read_bytes()
    Path("bars").write_bytes(data.replace(b"others", b"o\xffhers"))
    assert refusal().startswith("bars cannot be read (")


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
@pytest.mark.parametrize("names", [["close", "close"], ["close", "x", "x"]])
def test_columns_of_one_name_are_named(kind: str, names: list[str]) -> None:
    rows = pa.table([pa.array([1.0, 2.0]) for _ in names], names=names)
    if kind == "parquet":
        pq.write_table(rows, "bars")
    else:
        with (ipc.new_file if kind == "file" else ipc.new_stream)("bars", rows.schema) as writer:
            writer.write_table(rows)
    assert refusal() == f"bars has the column '{names[-1]}' twice: rename one of them"


def test_a_damaged_footer_does_not_end_the_process() -> None:
    """Where pyarrow is asked for a column chunk of it, it calls std::terminate."""
    os.mkdir("lake")
    for number in range(2):
        pq.write_table(table().slice(number * 1_000, 1_000), f"lake/{number}.parquet")
    path = Path("lake/1.parquet")
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for at in range(footer, len(data) - 8, 3):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        with suppress(InputError):
            barwise.run("lake", SYMBOLS)


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_a_dictionary_that_grows_is_read(kind: str) -> None:
    names = [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]
    batches = [
        pa.record_batch(
            {
                "symbol": pa.DictionaryArray.from_arrays([len(known) - 1, 0], known),
                "close": [1.0, 2.0],
            }
        )
        for known in names
    ]
    options = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    new = ipc.new_file if kind == "file" else ipc.new_stream
    with new("bars", batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    result = barwise.run("bars", SYMBOLS)
    bars = [(name, tally.bars) for name, tally in result.symbols.items()]
    assert bars == [("a", 3), ("b", 1), ("c", 1), ("d", 1)]


@pytest.mark.parametrize("error", [MemoryError("4 TB"), pa.lib.ArrowMemoryError("4 TB")])
def test_what_does_not_fit_in_memory_is_a_damaged_file(error: Exception) -> None:
    with pytest.raises(InputError, match=r"x cannot be read \(4 TB\)"), raising_for(Part("x")):
        raise error


def test_an_uncompressed_batch_of_any_size_is_read_in_pieces() -> None:
    rows = 5_000_000  # more than fit if they were compressed
    with ipc.new_file("bars", pa.schema({"close": pa.float64()})) as writer:
        writer.write_batch(pa.record_batch({"close": np.arange(rows, dtype=np.float64)}))
    assert len(closes()) == rows
