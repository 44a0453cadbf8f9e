"""vectorbt's MA over a column that polars reads."""

import pandas as pd
import protocol
import vectorbt


def signals(close, window):
    close = pd.Series(close)
    return close > vectorbt.MA.run(close, window).ma


protocol.answer(protocol.rate_by_file(protocol.close_by_polars, signals), signals)
