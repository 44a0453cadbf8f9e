"""Bars as exchanges publish them, and as people keep what an exchange's API gave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tests.kit.vendors.encodings import feather, text
from tests.kit.vendors.layout import HOUR, MINUTE, Layout, interleaved, newest_first, unsorted

PRICES = "{open},{high},{low},{close}"
CANDLES = "{open},{close},{high},{low}"  # the order of Bitfinex and KuCoin
REST = "1.5,{ms},67500.00,12,0.7,31500.00,0"
KLINES = f"{{ms}},{PRICES},{REST}"
KLINES_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore"
)
OKX = text(
    f"{{ticker}},{PRICES},1.5,1.5,67500.00,{{ms}},1",
    "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm",
)
KRAKEN = text(f"{{s}},{PRICES},0.5,3")
GATE = text("{s},1.5,{close},{high},{low},{open}")
DOWNLOAD_HEADER = (
    "https://www.CryptoDataDownload.com\n"
    "Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount"
)
DOWNLOAD = f"{{time:%Y-%m-%d %H:%M:%S}},BTCUSDT,{PRICES},1.5,67500.00,12"
NEW_YEAR_2025 = datetime(2025, 1, 1, tzinfo=UTC)

LAYOUTS = (
    Layout(
        "Binance: zip without a header, in ms",
        "BTCUSDT-1m-2024-01-01.zip",
        text(KLINES),
        named="BTCUSDT",
    ),
    Layout(
        "Binance: csv with a header",
        "BTCUSDT-1m-2024-01-01.csv",
        text(KLINES, KLINES_HEADER),
        named="BTCUSDT",
    ),
    Layout(
        "Binance: spot in us",
        "BTCUSDT-1m-2025-01-01.zip",
        text(f"{{us}},{PRICES},{REST}"),
        start=NEW_YEAR_2025,
        has_checksum=True,
        named="BTCUSDT",
    ),
    Layout(
        "Binance: spot over the change from ms to us",
        "spot",
        text(f"{{spot}},{PRICES},{REST}"),
        pieces="BTCUSDT-1m-{time:%Y-%m-%d}.zip",
        start=NEW_YEAR_2025 - HOUR,
        named="BTCUSDT",
    ),
    Layout("Binance: renamed, with a header", "bars.csv", text(KLINES, KLINES_HEADER)),
    Layout(
        "Binance: renamed, without a header",
        "bars.csv",
        text(KLINES),
        expect="words",
        config=f"csv: {{names: [{KLINES_HEADER.replace(',', ', ')}]}}",
    ),
    Layout("Kraken: csv", "XBTUSD_1.csv", KRAKEN, named="XBTUSD"),
    Layout(
        "Kraken: zip of several pairs",
        "Kraken_OHLCVT.zip",
        KRAKEN,
        pieces="{ticker}_1.csv",
        tickers=("ETHUSD", "XBTUSD"),
    ),
    Layout(
        "Coinbase: rows",
        "coinbase_candles.csv",
        text("{s},{low},{high},{open},{close},1.5", "time,low,high,open,close,volume"),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "Coinbase: Advanced Trade",
        "candles.csv",
        text("{s},{low},{high},{open},{close},1.5", "start,low,high,open,close,volume"),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "Bybit: klines for MetaTrader 4",
        "BTCUSDT_1_2024-01-01_2024-01-31.csv.gz",
        text(f"{{time:%Y.%m.%d %H:%M}},{PRICES},1.5"),
        start=datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=3))),
        named="BTCUSDT",
    ),
    Layout(
        "Bybit: index",
        "BTCUSD2020-03-01_index_price.csv.gz",
        text(f"{{s}},BTCUSD,1,{PRICES}", "start_at,symbol,period,open,high,low,close"),
        start=datetime(2020, 3, 1, tzinfo=UTC),
    ),
    Layout(
        "OKX: one instrument",
        "BTC-USDT-candlesticks-2024-01-01.zip",
        OKX,
        tickers=("BTC-USDT",),
        start=datetime(2023, 12, 31, 16, tzinfo=UTC),  # the day is that of UTC+8
    ),
    Layout(
        "OKX: a family",
        "BTC-USD-candlesticks-2024-01-01.zip",
        OKX,
        tickers=("BTC-USD-240105", "BTC-USD-240112"),
        start=datetime(2023, 12, 31, 16, tzinfo=UTC),
        order=interleaved,
        expect="several symbols",
        config="columns: {symbol: instrument_name}",
    ),
    Layout("Gate: a month", "candlesticks_1m/BTC_USDT-202401.csv.gz", GATE),
    Layout("Gate: a day", "BTC_USDT-20240101.csv.gz", GATE),
    Layout(
        "KuCoin: spot",
        "BTCUSDT-1m-2024-01-01.zip",
        text(f"{{s}},{CANDLES},1.5,67500.00", "time,open,close,high,low,volume,turnover"),
        order=unsorted,
        expect="file order",
    ),
    Layout(
        "KuCoin: futures",
        "XBTUSDTM-1m-2024-01-01.zip",
        text(f"{{s}},{PRICES},1.5,67500.00", "time,open,high,low,close,volume,turnover"),
        order=unsorted,
        expect="file order",
    ),
    Layout(
        "HTX: zip",
        "BTCUSDT-1min-2024-01-01.zip",
        text(f"{{s}},{PRICES},67500.00,1.5"),
        has_checksum=True,
    ),
    Layout(
        "Bitfinex: rows",
        "bitfinex.csv",
        text(f"{{ms}},{CANDLES},1.5", "mts,open,close,high,low,volume"),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "Bitfinex: rows in capitals",
        "bitfinex.csv",
        text(f"{{ms}},{CANDLES},1.5", "MTS,OPEN,CLOSE,HIGH,LOW,VOLUME"),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "Bitstamp: minutes",
        "btcusd_bitstamp_1min_2012-2025.csv",
        text(f"{{s}},{PRICES},1.5", "timestamp,open,high,low,close,volume"),
    ),
    Layout(
        "Kaggle Bitcoin: new",
        "btcusd_1-min_data.csv",
        text(f"{{s}}.0,{PRICES},1.5", "Timestamp,Open,High,Low,Close,Volume"),
    ),
    Layout(
        "Kaggle Bitcoin: old, with NaN",
        "bitstampUSD_1-min_data_2012-01-01_to_2021-03-31.csv",
        text(
            f"{{s}},{PRICES},1.5,67500.00,{{low}}",
            "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price",
        ),
        untraded=(50, 51, 90),
        doubt="is missing in 3 of 120 rows",
    ),
    Layout(
        "CryptoDataDownload: ms",
        "Binance_BTCUSDT_minute.csv",
        text(f"{{ms}},{DOWNLOAD}", DOWNLOAD_HEADER),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "CryptoDataDownload: s, the older header",
        "Bitstamp_BTCUSD_2020_1h.csv",
        text(
            f"{{s}},{{time:%Y-%m-%d %I-%p}},BTCUSD,{PRICES},1.5,67500.00",
            "https://www.CryptoDataDownload.com\n"
            "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD",
        ),
        start=datetime(2020, 1, 1, tzinfo=UTC),
        step=HOUR,
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "CryptoDataDownload: us",
        "Binance_BTCUSDT_2025_minute.csv",
        text(f"{{us}},{DOWNLOAD}", DOWNLOAD_HEADER),
        start=NEW_YEAR_2025,
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "CryptoDataDownload: mixed",
        "Binance_BTCUSDT_minute.csv",
        text(f"{{mixed}},{DOWNLOAD}", DOWNLOAD_HEADER),
        order=newest_first,
        expect="file order",
        doubt="changes its unit at 60 of 120 bars",
    ),
    Layout(
        "ccxt: to_csv with an index",
        "ohlcv.csv",
        text(f"{{number}},{{ms}},{PRICES},1.5", ",timestamp,open,high,low,close,volume"),
    ),
    Layout("freqtrade: feather", "BTC_USDT-5m.feather", feather, step=5 * MINUTE, named="BTC_USDT"),
)
