"""DuckDB: one SQL query, in the order of a file's rows; of a folder, in the order of time."""

import duckdb
import protocol

QUERY = """
select count(*) filter (where number >= {window} and close > mean) / count(*)
from (select close, avg(close) over bars as mean, row_number() over bars as number from {source}
      window bars as ({partition} rows between {before} preceding and current row))
"""


def rate(path, window):
    one_series = path.endswith((".csv", ".parquet"))
    source = f"'{path}'" if one_series else f"read_parquet('{path}/**/*.parquet')"
    partition = "" if one_series else "partition by symbol order by timestamp"
    return duckdb.sql(
        QUERY.format(window=window, before=window - 1, source=source, partition=partition)
    ).fetchall()[0][0]


def signals(close, window):
    bars = {"close": close}  # a name that DuckDB finds
    result = duckdb.sql(
        f"select number >= {window} and close > mean as signal from (select close, "
        f"avg(close) over (rows between {window - 1} preceding and current row) as mean, "
        "row_number() over () as number from bars)"
    ).fetchnumpy()["signal"]
    del bars
    return result


protocol.answer(rate, signals)
