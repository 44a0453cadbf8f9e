"""TA-Lib's SMA over a column that polars reads."""

import protocol
import talib


def signals(close, window):
    return close > talib.SMA(close, window)


protocol.answer(protocol.rate_by_file(protocol.close_by_polars, signals), signals)
