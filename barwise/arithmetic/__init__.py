"""Rolling-mean signals: arrays in, arrays out, no files and no names.

Each arithmetic gives `start()`, the carry before the first bar of a series, and
`step(closes, carry, window) -> (signals, carry)`, which gives the same bits however a series is
cut into batches. `closes` are float64, NaN where missing; `signals` are int8, 1 where the close is
above the mean of the last `window` closes and 0 elsewhere: in the warm-up, and where the window
holds a missing close.
"""

from __future__ import annotations

from types import ModuleType

from barwise.arithmetic import exact, float64

ARITHMETICS: dict[str, ModuleType] = {"float64": float64, "exact": exact}
