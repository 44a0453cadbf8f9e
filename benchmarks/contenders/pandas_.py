"""pandas, reading the one column; the script that reads them all is pandas_script.py."""

import pandas as pd
import protocol


def read(file):
    if file.suffix == ".csv":
        return pd.read_csv(file, usecols=["close"])["close"]
    return pd.read_parquet(file, columns=["close"])["close"]


def signals(close, window):
    close = pd.Series(close)
    return close > close.rolling(window).mean()


protocol.answer(protocol.rate_by_file(read, signals), signals)
