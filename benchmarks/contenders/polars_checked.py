"""polars: the same query, and what barwise looks at in times: order, duplicates, and gaps."""

import polars as pl
import polars_
import protocol


def rate(path, window):
    is_signal = polars_.CLOSE.rolling_mean(window) < polars_.CLOSE
    if path.endswith(".csv"):
        bars = pl.scan_csv(path, try_parse_dates=True)
    else:
        bars = pl.scan_parquet(path)
    time = pl.col("timestamp")
    step = time.diff().drop_nulls()
    if not path.endswith((".csv", ".parquet")):
        is_signal = is_signal.over("symbol")
        step = time.diff().over("symbol").drop_nulls()
    usual = step.mode().first()
    query = bars.select(
        is_signal.sum().alias("ones"),
        pl.len().alias("bars"),
        time.null_count().alias("unread"),
        (step < pl.duration()).sum().alias("backward"),
        (step == pl.duration()).sum().alias("repeated"),
        (step > usual).sum().alias("gaps"),
    )
    [(ones, count, unread, backward, repeated, gaps)] = query.collect(engine="streaming").rows()
    if unread or backward or repeated or gaps:
        raise SystemExit(f"{unread} unread, {backward} back, {repeated} twice, {gaps} gaps")
    return ones / count


if __name__ == "__main__":
    protocol.answer(rate, None)
