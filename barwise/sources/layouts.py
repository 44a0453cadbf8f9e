"""How exchanges and other programs publish bars: what a file's name says, and its columns.

A new layout is a new entry, with its source. A file has a layout only if both its name and its
columns fit; then the config need not name the columns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from barwise.bars.times import UNITS
from barwise.sources.values.prices import is_number

HOUR = 3_600_000_000  # microseconds
DAY_FILE = r"\d{4}-\d\d(-\d\d)?"
KLINE = rf"(?P<symbol>[^-/]+)-(?P<interval>\d+[smhdwM]o?)-{DAY_FILE}\.csv"
SECONDS, MILLISECONDS = r"[1-9]\d{8,9}", r"[1-9]\d{11,12}"
OHLCV = ("open", "high", "low", "close", "volume")


class Layout(NamedTuple):
    """How one vendor publishes bars.

    vendor: who publishes them.
    name: a pattern of file names, "" for any; the groups are symbol and interval (in minutes).
    times: its column of times, or those of dates and of times of day.
    header: names that its header has; empty where it never has one.
    columns: all of them in order, where files may come without a header; else empty.
    first: patterns of the first cells of a bar there, where not every cell is a number.
    delimiter: between fields of files without a header.
    offset: how far times without a zone are ahead of UTC, in microseconds; None where not known.
    roles: the columns whose names are not those of their roles, by role.
    folder: a pattern of folders with the group interval.
    gaps: why files have gaps by design, in words; "" where they have none.
    """

    vendor: str
    name: str
    times: tuple[str, ...]
    header: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    delimiter: str = ","
    offset: int | None = None
    roles: Mapping[str, str] = MappingProxyType({})
    folder: str = ""
    gaps: str = ""


LAYOUTS = (
    # Binance public data, daily and monthly klines of spot and futures. The header came to futures
    # in 2022; open_time is in ms, and on spot in us since 2025-01-01.
    # https://github.com/binance/binance-public-data#klines
    Layout(
        "Binance",
        name=KLINE,
        times=("open_time",),
        header=("open_time",),
        columns=(
            *("open_time", *OHLCV, "close_time", "quote_volume", "count"),
            *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
        ),
    ),
    # KuCoin's archives carry Binance's names; spot has close before high. Rows are not sorted.
    # https://github.com/StockSharp/Connectors, KucoinHistory
    Layout("KuCoin", name=KLINE, times=("time",), header=("time", *OHLCV)),
    # freqtrade's data folder, written by `freqtrade download-data`; date is of type Datetime.
    # https://github.com/freqtrade/freqtrade/blob/develop/freqtrade/data/history/datahandlers/featherdatahandler.py
    Layout(
        "freqtrade",
        name=r"(?P<symbol>[^-/]+)-(?P<interval>\d+[smhdwM]o?)(-futures)?\.(feather|parquet)",
        times=("date",),
        header=("date",),
    ),
    # Kraken's OHLCVT archives; the number is minutes, and minutes without a trade are left out.
    # https://support.kraken.com/articles/360047124832
    Layout(
        "Kraken",
        name=r"(?P<symbol>[A-Z0-9.]+)_(?P<interval>1|5|15|30|60|240|720|1440)\.csv",
        times=("timestamp",),
        columns=("timestamp", *OHLCV, "trades"),
        first=(SECONDS,),
        gaps="Kraken leaves out bars without a trade",
    ),
    # Gate's historical candlesticks; close comes before high, low and open.
    # https://github.com/StockSharp/Connectors, GateIOHistory
    Layout(
        "Gate",
        name=r"(?P<symbol>[A-Z0-9]+_[A-Z0-9]+)-\d{6}(\d\d)?\.csv",
        times=("timestamp",),
        columns=("timestamp", "volume", "close", "high", "low", "open"),
        first=(SECONDS,),
        folder=r"candlesticks_(?P<interval>\d+[smhdw])",
    ),
    # Bybit's klines for MetaTrader 4; the clock is UTC+3.
    # https://public.bybit.com/kline_for_metatrader4/
    Layout(
        "Bybit",
        name=rf"(?P<symbol>[A-Z0-9]+)_(?P<interval>\d+)_{DAY_FILE}_{DAY_FILE}\.csv",
        times=("time",),
        columns=("time", *OHLCV),
        first=(r"\d{4}\.\d\d\.\d\d \d\d:\d\d",),
        offset=3 * HOUR,
    ),
    # HTX (Huobi) klines; the time is called id.
    # https://github.com/hbdmapi/huobi_public_data
    Layout(
        "HTX",
        name=rf"(?P<symbol>[^-/]+)-(?P<interval>\d+(min|hour|day|week))-{DAY_FILE}\.csv",
        times=("id",),
        columns=("id", "open", "high", "low", "close", "vol", "amount"),
        first=(SECONDS,),
        roles={"volume": "vol"},
    ),
    # HistData's generic ASCII minutes; the clock is Eastern Standard Time all year.
    # https://github.com/philipperemy/FX-1-Minute-Data
    Layout(
        "HistData",
        name=r"DAT_ASCII_(?P<symbol>[A-Z0-9]+)_M(?P<interval>1)_\d{4}(\d\d)?\.csv",
        times=("time",),
        columns=("time", *OHLCV),
        first=(r"\d{8} \d{6}",),
        delimiter=";",
        offset=-5 * HOUR,
    ),
    # Kaiko's OHLCV files.
    # https://docs.kaiko.com, OHLCV Only
    Layout(
        "Kaiko",
        name=r"(?P<symbol>[a-z0-9]+_[a-z0-9-]+(_[a-z0-9-]+)?)_ohlcv_(?P<interval>\d+[smhd])"
        r"_\d{4}_\d\d(_\d\d)?\.csv",
        times=("timestamp",),
        columns=("timestamp", *OHLCV),
        first=(MILLISECONDS,),
    ),
    # MetaTrader 4's history center; the zone is the broker's.
    # https://github.com/mementum/backtrader/blob/master/backtrader/feeds/mt4csv.py
    Layout(
        "MetaTrader 4",
        name=r"(?P<symbol>[A-Za-z][A-Za-z0-9.#_+-]*?[A-Za-z.#_+-])"
        r"(?P<interval>1|5|15|30|60|240|1440|10080|43200)\.csv",
        times=("date", "time"),
        columns=("date", "time", *OHLCV),
        first=(r"\d{4}\.\d\d\.\d\d", r"\d\d:\d\d"),
    ),
    # CoinAPI's flat files; time_open is that of the first trade, and irregular.
    # https://docs.coinapi.io, OHLCV
    Layout(
        "CoinAPI",
        name="",
        times=("time_period_start",),
        header=("time_period_start", "price_open", "price_high", "price_low", "price_close"),
        roles={
            **{role: f"price_{role}" for role in ("open", "high", "low", "close")},
            "volume": "volume_traded",
        },
    ),
)
LONGER_UNITS = {"": "m", "min": "m", "hour": "h", "day": "d", "week": "w"}


def matched(name: str, among: Iterable[Layout] = LAYOUTS) -> Iterable[Layout]:
    """The layouts whose files have names like this one.

    >>> [layout.vendor for layout in matched("BTCUSDT-1m-2024-01.csv.gz")]
    ['Binance', 'KuCoin', 'CoinAPI']
    >>> [layout.vendor for layout in matched("bars.xyz")]
    ['CoinAPI']
    """
    has_digits = any(map(str.isdigit, name))  # as all patterns need; to compile them takes 3 ms
    return (layout for layout in among if not layout.name or (has_digits and _match(layout, name)))


def with_header(name: str, header: Sequence[str]) -> Layout | None:
    """The layout of a file of this name and header; None for no known one."""
    names = {*header}
    # First the headers: few fit, and to compare a name with all patterns takes 10 times as long.
    fitting = (layout for layout in LAYOUTS if layout.header and names.issuperset(layout.header))
    return next(iter(matched(name, fitting)), None)


def without_header(name: str) -> Iterable[Layout]:
    """The layouts that a file of this name may have if it comes without a header."""
    return matched(name, (layout for layout in LAYOUTS if layout.columns))


def is_bar(layout: Layout, row: Sequence[str]) -> bool:
    """Whether the first row of a file without a header is a bar of a layout."""
    if len(row) != len(layout.columns):
        return False
    numbers = row[len(layout.first) :]
    return all(map(is_number, numbers)) and all(
        re.fullmatch(pattern, cell.strip())
        for pattern, cell in zip(layout.first, row, strict=False)
    )


def symbol(layout: Layout, name: str) -> str:
    """The symbol in a file's name, "" where there is none."""
    match = _match(layout, name)
    return (match.groupdict().get("symbol") or "") if match else ""


def interval(layout: Layout, name: str, folder: str) -> int | None:
    """The interval in a file's name, or in its folder's, in microseconds.

    0 if it varies, as months do; None where neither has one.

    >>> gate = next(layout for layout in LAYOUTS if layout.vendor == "Gate")
    >>> interval(gate, "BTC_USDT-202401.csv", "candlesticks_1m"), interval(gate, "", "")
    (60000000, None)
    """
    for match in (_match(layout, name), re.fullmatch(layout.folder, folder)):
        text = match.groupdict().get("interval") if match else None
        if text:
            [(number, unit)] = re.findall(r"(\d+)(.*)", text)
            seconds = UNITS.get(LONGER_UNITS.get(unit, unit), 0)
            return int(number) * seconds * 1_000_000
    return None


def _match(layout: Layout, name: str) -> re.Match[str] | None:
    return re.fullmatch(layout.name, name.removesuffix(".gz").removesuffix(".zst"))
