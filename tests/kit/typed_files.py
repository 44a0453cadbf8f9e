"""A file of bars of each kind that has types, called "bars", and the closes that are read of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

import barwise
from barwise.sources import read
from barwise.sources.notes import PartNotes
from barwise.tuning import MEASURED, Tuning

CONFIG = barwise.Config(1, 5, "v1")
WRITERS: dict[str, Callable[[pl.DataFrame], object]] = {
    "parquet": lambda frame: frame.write_parquet("bars", row_group_size=100),
    "arrow": lambda frame: frame.write_ipc("bars", compression="zstd"),
    "arrow uncompressed": lambda frame: frame.write_ipc("bars", compression="uncompressed"),
    "arrow stream": lambda frame: frame.write_ipc_stream("bars"),
}


def closes(config: barwise.Config = CONFIG, tuning: Tuning = MEASURED) -> NDArray[np.float64]:
    plan = barwise.plan("bars", config)
    batches = list(read.read(plan, {"symbol"}, PartNotes(plan), tuning=tuning))
    return np.concatenate([batch.columns["close"] for batch in batches])
