"""Bars as vendors of data sell or show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from tests.kit.vendors.encodings import side_by_side, text
from tests.kit.vendors.layout import DAY, HOUR, MINUTE, NEW_YEAR, Layout, newest_first

PRICES = "{open},{high},{low},{close}"
DOWNLOADED = "{close},{high},{low},{open},12345"  # yfinance.download sorts its columns
NEW_YORK = datetime(2024, 1, 1, tzinfo=ZoneInfo("America/New_York"))
HISTORY = f"{PRICES},12345,0.0,0.0"
HISTORY_REST = "Open,High,Low,Close,Volume,Dividends,Stock Splits"
POLYGON = text(
    "{ticker},1.5,{open},{close},{high},{low},{ns},12",
    "ticker,volume,open,close,high,low,window_start,transactions",
)
ALPACA = text(
    f"{{ticker}},{{time}},{PRICES},1.5,12.0,{{low}}",
    "symbol,timestamp,open,high,low,close,volume,trade_count,vwap",
)
DATABENTO_HEADER = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol"
TIINGO_HEADER = (
    "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"
)
TIINGO = "{close},{high},{low},{open},1.5,{low},{low},{low},{low},1.5,0.0,1.0"
INVESTING_HEADER = '"Date","Price","Open","High","Low","Vol.","Change %"'
INVESTING = text(
    '"{time:%m/%d/%Y}","{close}","{open}","{high}","{low}","1.23K","0.52%"',
    INVESTING_HEADER,
    encoding="utf-8-sig",
)
INVESTING_THOUSANDS = text(
    '"{time:%m/%d/%Y}","{thousands[close]}","{thousands[open]}","{thousands[high]}",'
    '"{thousands[low]}","1K","0.52%"',
    INVESTING_HEADER,
    encoding="utf-8-sig",
)
NAME_PRICE = 'columns: {close: "Price"}\ncsv: {dates: month-first}'
TICKERS = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"
STOOQ = text(f"{{ticker}},5,{{time:%Y%m%d,%H%M%S}},{PRICES},1.5,0", f"{TICKERS},<OPENINT>")
FINAM = "{{ticker}},1,{{time:{date}}},{{hms}},{{open}},{{high}},{{low}},{{close}},15"
HALF_PAST_NINE = NEW_YEAR + HOUR * 9.5
MARKET_CAP_HEADER = (
    "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;"
    "circulatingSupply;timestamp"
)
COIN_API_HEADER = (
    "time_period_start;time_period_end;time_open;time_close;price_open;price_high;price_low;"
    "price_close;volume_traded;trades_count"
)

LAYOUTS = (
    Layout(
        "Yahoo: history",
        "BTC-USD.csv",
        text(
            f"{{time:%Y-%m-%d}},{PRICES},{{low}},12345",
            "Date,Open,High,Low,Close,Adj Close,Volume",
        ),
        step=DAY,
    ),
    Layout(
        "Stooq: daily",
        "btcusd_d.csv",
        text(f"{{time:%Y-%m-%d}},{PRICES},1.5", "Date,Open,High,Low,Close,Volume"),
        step=DAY,
    ),
    Layout(
        "yfinance: download",
        "yfinance_download.csv",
        text(
            f"{{time:%Y-%m-%d}},{DOWNLOADED}",
            "Price,Close,High,Low,Open,Volume\n"
            "Ticker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDate,,,,,",
        ),
        step=DAY,
    ),
    Layout(
        "yfinance: download of minutes",
        "minutes.csv",
        text(
            f"{{time}},{DOWNLOADED}",
            "Price,Close,High,Low,Open,Volume\n"
            "Ticker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDatetime,,,,,",
        ),
    ),
    Layout(
        "yfinance: download of several tickers",
        "tickers.csv",
        side_by_side,
        tickers=("BTC-USD", "ETH-USD"),
        step=DAY,
        expect="error",
    ),
    Layout(
        "yfinance: history, Date",
        "history.csv",
        text(f"{{time}},{HISTORY}", f"Date,{HISTORY_REST}"),
        step=DAY,
    ),
    Layout(
        "yfinance: history, Date in New York",
        "history.csv",
        text(f"{{time}},{HISTORY}", f"Date,{HISTORY_REST}"),
        start=NEW_YORK,  # -05:00, from March on -04:00
        step=DAY,
    ),
    Layout(
        "yfinance: history, Datetime",
        "history.csv",
        text(f"{{time}},{HISTORY}", f"Datetime,{HISTORY_REST}"),
    ),
    Layout(
        "Polygon: every ticker of a day",
        "2024-01-01.csv.gz",
        POLYGON,
        tickers=("X:BCHUSD", "X:BTCUSD"),
        expect="several symbols",
        config="columns: {symbol: ticker}",
    ),
    Layout("Polygon: one ticker", "2024-01-01.csv.gz", POLYGON, tickers=("X:BTCUSD",)),
    Layout("Alpaca: one symbol", "bars.csv", ALPACA),
    Layout(
        "Alpaca: two symbols",
        "bars.csv",
        ALPACA,
        tickers=("BTC/USD", "ETH/USD"),
        expect="several symbols",
        config="columns: {symbol: symbol}",
    ),
    Layout(
        "Databento: pretty times and prices",
        "ohlcv-1m.csv",
        text(
            f"{{time:%Y-%m-%dT%H:%M:%S}}.000000000Z,33,1,7077,{PRICES},15,BTCF4", DATABENTO_HEADER
        ),
    ),
    Layout(
        "Databento: batch, in ns and 10**-9",
        "ohlcv-1m.csv",
        text(
            "{ns},33,1,7077,{nano[open]},{nano[high]},{nano[low]},{nano[close]},15,BTCF4",
            DATABENTO_HEADER,
        ),
    ),
    Layout(
        "TradingView: s",
        "BITSTAMP_BTCUSD, 60.csv",
        text(f"{{s}},{PRICES},1.5,{{low}}", "time,open,high,low,close,Volume,Basis"),
        step=HOUR,
    ),
    Layout(
        "TradingView: ISO",
        "BITSTAMP_BTCUSD, 60.csv",
        text(
            f"{{time:%Y-%m-%dT%H:%M:%S}}+01:00,{PRICES},1.5,{{low}}",
            "time,open,high,low,close,Volume,Basis",
        ),
        start=datetime(2024, 1, 1, tzinfo=timezone(HOUR)),
        step=HOUR,
    ),
    Layout(
        "Alpha Vantage: daily",
        "daily_IBM.csv",
        text(f"{{time:%Y-%m-%d}},{PRICES},15", "timestamp,open,high,low,close,volume"),
        step=DAY,
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "Tiingo: without a ticker",
        "tiingo.csv",
        text(f"{{time:%Y-%m-%d}},{TIINGO}", TIINGO_HEADER),
        step=DAY,
    ),
    Layout(
        "Tiingo: with a ticker",
        "tiingo.csv",
        text(
            f"{{ticker}},{{time:%Y-%m-%dT%H:%M:%S}}.000Z,{TIINGO}",
            f"ticker,{TIINGO_HEADER}",
        ),
        step=DAY,
    ),
    Layout(
        "investing.com: a coin below 1,000",
        "BNB_USD Binance Historical Data.csv",
        INVESTING,
        step=DAY,
        order=newest_first,
        cents=31_245,
        expect="words",
        config=NAME_PRICE,
    ),
    Layout(
        "investing.com: thousands separators",
        "BTC_USD Bitfinex Historical Data.csv",
        INVESTING_THOUSANDS,
        step=DAY,
        order=newest_first,
        expect="error",
        config=NAME_PRICE,
    ),
    Layout("Stooq database: one ticker", "btc.v.txt", STOOQ, step=5 * MINUTE),
    Layout(
        "Stooq database: all tickers",
        "20240101_5.txt",
        STOOQ,
        tickers=("BTC.V", "ETH.V"),
        step=5 * MINUTE,
        expect="several symbols",
        config='columns: {symbol: "<TICKER>"}',
    ),
    Layout(
        "Finam: commas",
        "SBER_240101_240131.csv",
        text(FINAM.format(date="%Y%m%d"), TICKERS),
        tickers=("SBER",),
        start=HALF_PAST_NINE,
    ),
    Layout(
        "Finam: semicolons",
        "SBER_240101_240131.txt",
        text(FINAM.format(date="%Y%m%d").replace(",", ";"), TICKERS.replace(",", ";"), end="\r\n"),
        tickers=("SBER",),
        start=HALF_PAST_NINE,
    ),
    Layout(
        "Finam: 31/12/24",
        "SBER_241231_241231.csv",
        text(FINAM.format(date="%d/%m/%y").replace(",", ";"), TICKERS.replace(",", ";")),
        tickers=("SBER",),
        start=datetime(2024, 12, 31, 9, 30, tzinfo=UTC),
        expect="words",
        config="csv: {dates: day-first}",
    ),
    Layout(
        "CoinMarketCap: daily",
        "Bitcoin_coinmarketcap.csv",
        text(
            '"{time:%Y-%m-%d}T00:00:00.000Z";"{time:%Y-%m-%d}T23:59:59.999Z";'
            '"{time:%Y-%m-%d}T13:07:00.000Z";"{time:%Y-%m-%d}T04:01:00.000Z";"2781";'
            '{open};{high};{low};{close};1.5;100;19000000;"{time:%Y-%m-%d}T23:59:59.999Z"',
            MARKET_CAP_HEADER,
            encoding="utf-8-sig",
        ),
        step=DAY,
        stamp=DAY - timedelta(milliseconds=1),
        order=newest_first,
        expect="file order",
    ),
    Layout(
        "CoinAPI: 1MIN",
        "BITSTAMP_SPOT_BTC_USD_1MIN.csv",
        text(
            "{time:%Y-%m-%dT%H:%M}:00.0000000Z;{time:%Y-%m-%dT%H:%M}:59.0000000Z;"
            "{time:%Y-%m-%dT%H:%M}:07.1230000Z;{time:%Y-%m-%dT%H:%M}:51.4560000Z;"
            "{open};{high};{low};{close};1.5;12",
            COIN_API_HEADER,
        ),
    ),
    Layout(
        "HistData: ASCII",
        "DAT_ASCII_BTCUSD_M1_2024.csv",
        text("{time:%Y%m%d %H%M%S};{open};{high};{low};{close};0"),
        start=datetime(2023, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))),
    ),
    Layout(
        "Kaiko: csv",
        "bw_btcusdt_perp_ohlcv_5m_2023_02.csv",
        text(f"{{ms}},{PRICES},1.5"),
        start=datetime(2023, 2, 1, tzinfo=UTC),
        step=5 * MINUTE,
    ),
)
