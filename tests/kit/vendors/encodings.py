"""Bars as the bytes of a file: text by rows, and typed columns."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import polars as pl

from tests.kit.vendors.bars import ROLES, Bar

Encode = Callable[[Sequence[Bar]], bytes]


def text(row: str, header: str = "", end: str = "\n", encoding: str = "utf-8") -> Encode:
    """A line a bar, of `Bar.cells`; the header, where there is one, may be several lines.

    "utf-8-sig" is UTF-8 with a byte order mark (BOM).
    """

    def encode(bars: Sequence[Bar]) -> bytes:
        above = header.split("\n") if header else []
        lines = [*above, *(row.format_map(bar.cells()) for bar in bars)]
        return "".join(line + end for line in lines).encode(encoding)

    return encode


def side_by_side(bars: Sequence[Bar]) -> bytes:
    """What yfinance.download makes of several tickers: a row a time, four prices a ticker."""
    tickers = list(dict.fromkeys(bar.ticker for bar in bars))
    columns = [(role, ticker) for role in ROLES for ticker in tickers]
    by_time: dict[str, dict[str, Bar]] = {}
    for bar in bars:
        by_time.setdefault(f"{bar.time:%Y-%m-%d}", {})[bar.ticker] = bar
    lines = [
        ["Price", *(role.capitalize() for role, _ in columns)],
        ["Ticker", *(ticker for _, ticker in columns)],
        ["Date", *("" for _ in columns)],
        *(
            [day, *(by_ticker[t].text(role) for role, t in columns)]
            for day, by_ticker in by_time.items()
        ),
    ]
    return "".join(",".join(line) + "\n" for line in lines).encode()


def feather(bars: Sequence[Bar]) -> bytes:
    """freqtrade's: times of a type, in `date`."""
    buffer = io.BytesIO()
    frame = _typed(bars).rename({"time": "date"})
    frame.write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def parquet(column: str) -> Encode:
    """Times of a type, in a column that may be called anything and stands last."""

    def encode(bars: Sequence[Bar]) -> bytes:
        buffer = io.BytesIO()
        frame = _typed(bars).rename({"time": column})
        frame.select(*ROLES, "volume", column).write_parquet(buffer)
        return buffer.getvalue()

    return encode


def pandas_parquet(bars: Sequence[Bar]) -> bytes:
    """`DataFrame.to_parquet` of an index of times without a name, by pyarrow."""
    columns = {role: [bar.price(role) for bar in bars] for role in ROLES}
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex([bar.time for bar in bars]))
    return bytes(frame.to_parquet(engine="pyarrow"))


def _typed(bars: Sequence[Bar]) -> pl.DataFrame:
    times = pl.Series("time", [bar.microseconds for bar in bars]).cast(pl.Datetime("us", "UTC"))
    prices = {role: [bar.price(role) for bar in bars] for role in ROLES}
    frame = pl.DataFrame({**prices, "volume": [1.5] * len(bars)})
    return frame.insert_column(0, times.cast(pl.Datetime("ms", "UTC")))
