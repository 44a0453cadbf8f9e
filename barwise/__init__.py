"""Reproducible rolling-mean trading signals over OHLCV bars.

result = barwise.run("data.csv", "config.yaml")
ones_and_zeros = barwise.signals(close, window=20, arithmetic="exact")
"""

from typing import TYPE_CHECKING, Any

from barwise.config import Columns, Config
from barwise.errors import (
    BarwiseError,
    ConfigError,
    InputError,
    OutputError,
    PriceError,
    StoppedError,
    UsageError,
)

if TYPE_CHECKING:
    from barwise.pipeline import Result, run, signals

__version__ = "0.1.0"

__all__ = [
    "BarwiseError",
    "Columns",
    "Config",
    "ConfigError",
    "InputError",
    "OutputError",
    "PriceError",
    "Result",
    "StoppedError",
    "UsageError",
    "__version__",
    "run",
    "signals",
]

_NEED_NUMPY = ("Result", "run", "signals")  # 60 ms that `barwise --help` need not wait for


def __getattr__(name: str) -> Any:
    if name not in _NEED_NUMPY:
        raise AttributeError(f"module 'barwise' has no attribute {name!r}")
    from barwise import pipeline

    return getattr(pipeline, name)
