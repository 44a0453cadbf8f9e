"""bottleneck's move_mean over a column that polars reads."""

import bottleneck
import protocol


def signals(close, window):
    return close > bottleneck.move_mean(close, window)


protocol.answer(protocol.rate_by_file(protocol.close_by_polars, signals), signals)
