"""How exchanges and other programs publish bars: what a file's name says, and its columns.

A new layout is a new entry, with its source. A file is of a layout only if both its name and its
columns are; then no config needs to say how they are called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from barwise.config import microseconds
from barwise.sources.prices import is_number


class Layout(NamedTuple):
    """name: a pattern of file names, with the groups symbol and interval. times: the column of
    times. columns: all of them in order, where files may come without a header.
    """

    name: str
    times: str
    columns: tuple[str, ...] = ()


LAYOUTS = (
    # Binance public data, daily and monthly klines of spot and futures. The header came to futures
    # in 2022; open_time is in ms, and on spot in us since 2025-01-01.
    # https://github.com/binance/binance-public-data#klines
    Layout(
        name=r"(?P<symbol>[^-/]+)-(?P<interval>\d+[smhdwM]o?)-\d{4}-\d\d(-\d\d)?\.csv",
        times="open_time",
        columns=(
            *("open_time", "open", "high", "low", "close", "volume", "close_time"),
            *("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
        ),
    ),
    # freqtrade's data folder, written by `freqtrade download-data`; date is of type Datetime.
    # https://github.com/freqtrade/freqtrade/blob/develop/freqtrade/data/history/datahandlers/featherdatahandler.py
    Layout(
        name=r"(?P<symbol>[^-/]+)-(?P<interval>\d+[smhdwM]o?)(-futures)?\.(feather|parquet)",
        times="date",
    ),
)


class Told(NamedTuple):
    """What the name and the columns of a file tell. interval: in microseconds, 0 if it varies, as
    of months. header: its columns, if it has no header.
    """

    symbol: str
    interval: int
    times: str
    header: tuple[str, ...] = ()


def may_be(name: str) -> Layout | None:
    """The layout whose files have names such as this one.

    >>> may_be("BTCUSDT-1m-2024-01.csv").times, may_be("bars.csv")
    ('open_time', None)
    """
    return next((layout for layout in LAYOUTS if re.fullmatch(layout.name, name)), None)


def told(layout: Layout, name: str, first: Sequence[str]) -> Told | None:
    """What a file says by its name and its `first` row, the header or, without one, a bar."""
    found = re.fullmatch(layout.name, name)
    has_header = layout.times in first
    is_bar = len(first) == len(layout.columns) and all(map(is_number, first))
    if not found or not (has_header or is_bar):
        return None
    header = () if has_header else layout.columns
    interval = microseconds(found["interval"]) or 0
    return Told(found["symbol"], interval, layout.times, header)
