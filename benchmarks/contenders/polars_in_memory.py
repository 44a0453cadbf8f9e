"""polars: the same lazy query, by its in-memory engine."""

import polars_
import protocol

polars_.ENGINE = "in-memory"
protocol.answer(polars_.rate, polars_.signals)
