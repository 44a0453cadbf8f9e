"""The law of the fast reader: whatever the bytes, it gives or says what the strict reader does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

import barwise
from barwise.sources import read
from barwise.sources.columns import Column
from barwise.sources.csv import fast, strict
from barwise.sources.notes import PartNotes
from barwise.tuning import Tuning

CLOSES = st.sampled_from(
    [
        *("1.5", "2", "-3.25", "0.1", "1e5", "+.5", "7.", "100000.123456789", "1E-7", "-0.0"),
        *(
            "1",
            "22.5",
            "300",
            "1.5",
            "2",
            "",
            "NA",
            "nan",
            "NaN",
            "null",
            "N/A",
            "None",
            " 4.5",
            "4.5 ",
            "\t4",
            " NaN",
        ),
        *("NAN", "-nan", "inf", "1e999", "abc", "1_000", '"1.5"', '"1,5"', "0x1", "5\x0b", "５"),
    ]
)
COMMON = st.sampled_from(["1.5", "2.25", "3", "0.1", "40000.01", "41000.5", "7e3", ""])
SYMBOLS = st.sampled_from(
    ["BTC", "ETH", " BTC", "NA", "nan", "", '"ETH"', "Ünï", '"a,b"', '"a\nb"']
)
TIMES = st.sampled_from(
    [
        *("2024-01-01", "2024-01-01 00:01:00", "2024-01-01T00:02:00Z", "1704067200", "20240101"),
        *("2024-01-01 00:04:00", "2024-02-30 00:00:00", "2024-01-01 24:00:00", "99999999999999999"),
        *("2024-01-01T00:05:00+00:00", " 2024-01-01 00:01:00", "0999-01-01 00:00:00", "0"),
        *("1704067200000", "2024-01-01T00:03:00+01:00", "", "x", "2024-13-01", '"2024-01-01"'),
    ]
)
ENDS = st.sampled_from(["\n"] * 6 + ["\r\n", "\r", "\n\n", "\n \n", ",\n", ",,\n", "\r\r\n"])
NOISE = st.sampled_from(
    [b'"', b"\0", b"\xff", b"\r", b"\n", b",", b"\xef\xbb\xbf", b" ", b"9", b"'"]
)
PLAIN = barwise.Csv()
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
HEADERS = [
    "time,symbol,close,note",
    "close,note",
    "close",
    "symbol,close",
    "time,close",
    "close,time",
]


class Shape(NamedTuple):
    """How a file is written, and what of it the config says."""

    delimiter: str = ","
    decimal: str = "."
    header: str = "there"  # or "below a line", "below an address", "in the config"
    newest_first: bool = False
    is_named: bool = False  # the delimiter

    def csv(self, names: Sequence[str]) -> barwise.Csv:
        return barwise.Csv(
            delimiter=self.delimiter if self.is_named else None,
            decimal="," if self.decimal == "," else None,
            skip=1 if self.header == "below a line" else None,
            names=tuple(names) if self.header == "in the config" else None,
        )

    def above(self, names: Sequence[str]) -> str:
        """What stands above the rows."""
        header = self.delimiter.join(names) + "\n"
        first = {"below a line": "Bars, 1m\n", "below an address": "https://x.org\n"}
        return "" if self.header == "in the config" else first.get(self.header, "") + header


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    delimiter = draw(st.sampled_from(",,,;\t|"))
    header = st.sampled_from(
        ["there", "there", "below a line", "below an address", "in the config"]
    )
    decimal = "." if delimiter == "," else draw(st.sampled_from(".,"))
    return Shape(delimiter, decimal, draw(header), draw(st.booleans()), draw(st.booleans()))


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, barwise.Csv]:
    """CSV files, nearly or quite as they should be, and some bytes put in anywhere; and what the
    config says of them.
    """
    names = draw(st.sampled_from(HEADERS)).split(",")
    shape = draw(shapes())
    odd, noisy = draw(st.sampled_from([(True, True), (True, False), (False, True), (False, False)]))
    cells = {
        "close": CLOSES if odd else COMMON,
        "symbol": SYMBOLS if odd else st.sampled_from(["BTC", "ETH"]),
        "time": TIMES if odd else st.just("2024-01-01 00:00:00"),
        "note": st.sampled_from(
            ["", "x", '"x"', '""', '"x""y"', "x y", "é"] if odd else ["x", "y"]
        ),
    }
    end = ENDS if noisy else st.just(draw(st.sampled_from(["\n", "\r\n"])))
    if shape.decimal == ",":
        cells["close"] = cells["close"].map(lambda cell: cell.replace(".", ","))
    rows = draw(st.lists(st.tuples(*(cells[name] for name in names), end), max_size=12))
    above = shape.above(names)
    data = (above[:-1] + draw(end) if above else "").encode() + b"".join(
        (shape.delimiter.join(row[:-1]) + row[-1]).encode()
        for row in (rows[::-1] if shape.newest_first else rows)
    )
    for noise in draw(st.lists(NOISE, max_size=2)) if noisy else []:
        at = draw(st.integers(0, len(data)))
        data = data[:at] + noise + data[at:]
    data = data[: len(data) - draw(st.sampled_from([0, 1, 3]))] if noisy else data
    return data, shape.csv(names)


def outcome(
    reader: ModuleType, to_read: dict[str, Column], csv: barwise.Csv, size: int, threads: int = 1
) -> tuple[Any, ...]:
    """What a reader gives column by column, or says."""
    try:
        [part] = barwise.plan("bars.csv", barwise.Config(1, 1, "v1", csv=csv)).parts
    except barwise.InputError as error:
        return ("plan", str(error))
    read = partial(reader.read, threads=threads) if reader is fast else reader.read
    tables = []
    fault = ""
    try:
        sizes = Tuning(csv_rows=size, csv_bytes=size)
        tables += [t for t in read([(0, part, to_read)], sizes) if t.rows]
    except barwise.InputError as error:
        fault = f"{type(error).__name__}: {error}"
    assert [t.first for t in tables] == [
        sum(u.rows for u in tables[:i]) for i in range(len(tables))
    ]
    if fault:
        return (fault,)
    columns = {
        name: np.concatenate([t.columns[name] for t in tables]).tobytes()
        for name in tables[0].columns
    }
    symbols = [t.symbols.names[code] for t in tables if t.symbols for code in t.symbols.codes]
    return (columns, symbols)


@settings(max_examples=400)
@given(files(), st.sampled_from([30, 50, 90, 1 << 20]), st.booleans(), st.booleans(), st.booleans())
@example((b"close\n1.5\n\n2.5\n", PLAIN), 4, False, False, False)
@example((b"time,symbol,close,note\n\n", PLAIN), 30, False, False, False)
@example((b"close,note\n1,x\n2,\xff\n", PLAIN), 200, False, False, False)
@example((b"note,close\nx,1\nx\n,,2\n", PLAIN), 200, False, False, False)
@example((b'note,close\n"a\nb,1\n', PLAIN), 9, False, False, False)
@example((b'note,close\nx,1\nx,"1.5\r"\n', PLAIN), 90, False, False, False)
@example((b'close,note\n"\xef\xbb\xbf1.5",x\n', PLAIN), 90, False, False, False)
@example((b'close\n1\n2\n""', PLAIN), 90, False, False, False)
@example((b'note,close\nx,1\nx,2\n""', PLAIN), 90, False, False, False)
@example((b"symbol,close,note\nBTC,1.5,\n,1.5,\n", PLAIN), 30, True, False, False)
@example(("symbol,close\n\xa0,1\nB,2\n".encode(), PLAIN), 30, True, True, False)
def test_it_gives_and_says_what_the_strict_reader_does(
    file: tuple[bytes, barwise.Csv],
    size: int,
    tells_symbols: bool,
    reads_symbols: bool,
    reads_times: bool,
) -> None:
    data, csv = file
    Path("bars.csv").write_bytes(data)
    to_read = {"close": Column("close")}
    if tells_symbols or reads_symbols:
        to_read["symbol"] = Column("symbol", tells_symbols)
    if reads_times:
        to_read["timestamp"] = Column("time", False)
    expected = outcome(strict, to_read, csv, 3)
    given = outcome(fast, to_read, csv, size, threads=1 + size % 4)
    if not tells_symbols:
        expected, given = expected[:1], given[:1]  # codes say only whether a symbol is another
    assert given == expected


@settings(max_examples=100)
@given(
    shapes(),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=150),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y.%m.%d %H:%M", "%d.%m.%Y %H:%M:%S.000", "%s"]),
)
def test_any_shape_gives_what_pandas_reads(shape: Shape, ticks: list[int], spelling: str) -> None:
    names = ["Date", "note", "Close"]
    moments = [FIRST + timedelta(minutes=i) for i in range(len(ticks))]
    rows = [
        [f"{moment:{spelling}}", "x", f"{tick / 100:.2f}".replace(".", shape.decimal)]
        for moment, tick in zip(moments, ticks, strict=True)
    ]
    lines = [shape.delimiter.join(row) for row in (rows[::-1] if shape.newest_first else rows)]
    Path("bars.csv").write_text(shape.above(names) + "\n".join([*lines, ""]))
    frame = pd.read_csv(
        "bars.csv", sep=shape.delimiter, decimal=shape.decimal, names=names,
        skiprows=shape.above(names).count("\n"),
    )  # fmt: skip
    config = barwise.Config(1, 2, "v1", csv=shape.csv(names))
    plan = barwise.plan("bars.csv", config)
    batches = list(read.read(plan, {"timestamp"}, PartNotes(plan)))
    closes = np.concatenate([batch.columns["close"] for batch in batches])
    times = np.concatenate([batch.columns["time"] for batch in batches])
    assert closes.tobytes() == frame["Close"].to_numpy(np.float64).tobytes()
    expected = [int(moment.timestamp()) * 1_000_000 for moment in moments]
    assert times.tolist() == (expected[::-1] if shape.newest_first else expected)
