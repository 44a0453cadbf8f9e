"""Reproducible rolling-mean trading signals over OHLCV bars.

result = barwise.run("data.csv", "config.yaml")
ones_and_zeros = barwise.signals(close, window=20, arithmetic="exact")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from barwise.version import __version__

if TYPE_CHECKING:
    from barwise.bars.columns import Columns, Csv
    from barwise.bars.crossing import Crossing
    from barwise.bars.evaluate import Evaluate
    from barwise.bars.sweep import WindowSweep
    from barwise.config import Config
    from barwise.engine.in_memory import signals
    from barwise.engine.result import Result
    from barwise.engine.run import plan, run
    from barwise.engine.submitted import Submitted
    from barwise.errors import (
        BarwiseError,
        CheckError,
        ConfigError,
        ExecutorError,
        InputError,
        OutputError,
        PriceError,
        RecordError,
        StoppedError,
        UsageError,
    )
    from barwise.outputs.check import check
    from barwise.outputs.check_report import Report
    from barwise.outputs.convert import Converted, convert
    from barwise.records.diff import Comparison, diff
    from barwise.records.verify import verify
    from barwise.sources.parts import Part, Plan
    from barwise.stages.digests import BlockDigests

__all__ = [
    "BarwiseError",
    "BlockDigests",
    "CheckError",
    "Columns",
    "Comparison",
    "Config",
    "ConfigError",
    "Converted",
    "Crossing",
    "Csv",
    "Evaluate",
    "ExecutorError",
    "InputError",
    "OutputError",
    "Part",
    "Plan",
    "PriceError",
    "RecordError",
    "Report",
    "Result",
    "StoppedError",
    "Submitted",
    "UsageError",
    "WindowSweep",
    "__version__",
    "check",
    "convert",
    "diff",
    "plan",
    "run",
    "signals",
    "verify",
]

_MODULES = {
    "outputs.check": ("check",),
    "config": ("Config",),
    "bars.columns": ("Columns", "Csv"),
    "bars.crossing": ("Crossing",),
    "bars.evaluate": ("Evaluate",),
    "bars.sweep": ("WindowSweep",),
    "outputs.convert": ("Converted", "convert"),
    "sources.parts": ("Part", "Plan"),
    "stages.digests": ("BlockDigests",),
    "outputs.check_report": ("Report",),
    "engine.in_memory": ("signals",),
    "engine.result": ("Result",),
    "engine.run": ("plan", "run"),
    "engine.submitted": ("Submitted",),
    "records.diff": ("Comparison", "diff"),
    "records.verify": ("verify",),
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    # Imported when asked for: NumPy takes 60 ms that `barwise --help` need not wait for.
    if name not in __all__:
        raise AttributeError(f"module 'barwise' has no attribute {name!r}")
    module = next((module for module, names in _MODULES.items() if name in names), "errors")
    return getattr(import_module(f"barwise.{module}"), name)
