"""Rolling-mean signals: arrays in, arrays out, no files and no names.

Each arithmetic gives `start()`, the carry before the first bar of a series, and
`step(closes, carry, window) -> (signals, carry)`, which gives the same bits however a series is
cut into batches. `closes` are float64, NaN where missing; `signals` are int8, 1 where the close is
above the mean of the last `window` closes and 0 elsewhere: in the warm-up, and where the window
holds a missing close.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def named(name: str) -> ModuleType:
    """The arithmetic in the file of that name; imported now, since a run needs only one."""
    return import_module(f"barwise.arithmetic.{name}")
