"""polars: a lazy query, by its streaming engine; a folder is grouped by its symbols."""

import polars as pl
import protocol

ENGINE = "streaming"
CLOSE = pl.col("close")


def rate(path, window):
    is_signal = CLOSE.rolling_mean(window) < CLOSE
    bars = pl.scan_csv(path) if path.endswith(".csv") else pl.scan_parquet(path)
    if not path.endswith((".csv", ".parquet")):
        is_signal = is_signal.over("symbol")
    query = bars.select(is_signal.sum().alias("ones"), pl.len().alias("bars"))
    [(ones, count)] = query.collect(engine=ENGINE).rows()
    return ones / count


def signals(close, window):
    close = pl.Series(close)
    return (close > close.rolling_mean(window)).fill_null(False)


if __name__ == "__main__":
    protocol.answer(rate, signals)
