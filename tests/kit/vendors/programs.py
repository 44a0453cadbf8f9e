"""Bars as trading terminals, spreadsheets and pandas write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tests.kit.vendors.encodings import pandas_parquet, parquet, text
from tests.kit.vendors.layout import DAY, HOUR, Layout

PRICES = "{open},{high},{low},{close}"
TABBED = "{open}\t{high}\t{low}\t{close}"
JANUARY_31 = datetime(2024, 1, 31, tzinfo=UTC)

LAYOUTS = (
    Layout(
        "MetaTrader 5: minutes",
        "BTCUSD_M1_202401010000_202401010159.csv",
        text(
            f"{{time:%Y.%m.%d\t%H:%M:%S}}\t{TABBED}\t842\t0\t21",
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            end="\r\n",
        ),
        tells_zone=False,
    ),
    Layout(
        "MetaTrader 5: days",
        "BTCUSD_Daily_202401010000_202404290000.csv",
        text(
            f"{{time:%Y.%m.%d}}\t{TABBED}\t842\t0\t21",
            "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            end="\r\n",
        ),
        step=DAY,
        tells_zone=False,
    ),
    Layout(
        "MetaTrader 4: history",
        "BTCUSD1.csv",
        text(f"{{time:%Y.%m.%d,%H:%M}},{PRICES},12", end="\r\n"),
        tells_zone=False,
    ),
    Layout(
        "Dukascopy: Gmt time",
        "BTCUSD_Candlestick_1_M_BID_01.01.2024-31.01.2024.csv",
        text(f"{{time:%d.%m.%Y %H:%M:%S}}.000,{PRICES},1.5", "Gmt time,Open,High,Low,Close,Volume"),
    ),
    Layout(
        "Dukascopy: Local time",
        "BTCUSD_Candlestick_1_M_BID_01.01.2024-31.01.2024.csv",
        text(
            f"{{time:%d.%m.%Y %H:%M:%S}}.000 GMT+0900,{PRICES},1.5",
            "Local time,Open,High,Low,Close,Volume",
        ),
        start=datetime(2024, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))),
    ),
    Layout(
        "pandas: to_csv, index without a name",
        "frame.csv",
        text(f"{{time:%Y-%m-%d %H:%M:%S}},{PRICES},1.5", ",open,high,low,close,volume"),
    ),
    Layout("pandas: to_parquet, index without a name", "frame.parquet", pandas_parquet),
    Layout("pandas: Parquet, times of a type", "bars.parquet", parquet("beginning of bar")),
    Layout(
        "Excel: German",
        "Kurse.csv",
        text(
            "{time:%d.%m.%Y %H:%M};{comma[open]};{comma[high]};{comma[low]};{comma[close]};1,5",
            "Zeit;Open;High;Low;Close;Volumen",
            end="\r\n",
            encoding="utf-8-sig",
        ),
        expect="words",
        config='csv: {decimal: ","}\ncolumns: {timestamp: "Zeit"}',
    ),
    Layout(
        "Excel: US",
        "Book1.csv",
        text(
            f"{{time.month}}/{{time.day}}/{{time.year}} {{time.hour}}:{{time:%M}},{PRICES},1.5",
            "Date,Open,High,Low,Close,Volume",
            end="\r\n",
        ),
        start=JANUARY_31,
        step=HOUR,  # from 1/31 on to 2/4, of which the last are days of March or April to others
        expect="words",
        config="csv: {dates: month-first}",
    ),
    Layout(
        "Excel: Unicode text",
        "Book1.txt",
        text(
            f"{{time:%Y-%m-%d %H:%M}}\t{TABBED}\t1.5",
            "Date\tOpen\tHigh\tLow\tClose\tVolume",
            end="\r\n",
            encoding="utf-16",
        ),
        expect="error",
    ),
)
