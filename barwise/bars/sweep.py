"""The config's key `sweep:`: which windows are computed beside the one of the run.

Nothing is computed here: that is in `stages/sweep/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barwise.bars.columns import Rule, obey
from barwise.errors import ConfigError

if TYPE_CHECKING:
    from barwise.bars.crossing import Crossing
    from barwise.bars.evaluate import Evaluate

LARGEST_WINDOW = 1 << 16
MOST_PAIRS = 10_000
RANGE = r"([1-9][0-9]{0,5})\.\.([1-9][0-9]{0,5})"


def _windows(value: object) -> str | None:
    if isinstance(value, str) and (ends := re.fullmatch(RANGE, value)):
        first, last = map(int, ends.groups())
        if first <= last <= LARGEST_WINDOW and last - first < MOST_PAIRS:
            return None
    elif _are_bars(value):
        return None
    return (
        f"must be a range as 2..1000, or a list of different whole numbers as [5, 20, 50]; at "
        f"most {MOST_PAIRS} windows up to {LARGEST_WINDOW}"
    )


def _fast(value: object) -> str | None:
    if _are_bars(value):
        return None
    return "must be a list of different whole numbers of bars, as in [1, 5]"


def _are_bars(value: object) -> bool:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_PAIRS:
        return False
    are_bars = all(type(bars) is int and 1 <= bars <= LARGEST_WINDOW for bars in value)
    return are_bars and len(set(value)) == len(value)


SWEEP_RULES: Mapping[str, Rule] = {"windows": _windows, "fast": _fast}


@dataclass(frozen=True)
class WindowSweep:
    """Which windows are computed.

    windows: a range of bars as text, or some numbers of bars.
    fast: of each window the mean of so many closes is compared with its own; 1 is the close itself.

    >>> WindowSweep("2..4").pairs, WindowSweep([20, 5], [1, 10]).pairs
    (((2, 1), (3, 1), (4, 1)), ((20, 1), (5, 1), (20, 10)))
    """

    windows: str | tuple[int, ...] = ""
    fast: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        if self.windows == "":
            raise ConfigError("sweep has no windows: name them, as in sweep: {windows: 2..1000}")
        obey(SWEEP_RULES, self, "sweep.")
        if not isinstance(self.windows, str):
            object.__setattr__(self, "windows", tuple(self.windows))
        object.__setattr__(self, "fast", tuple(self.fast))
        if not 1 <= len(self.pairs) <= MOST_PAIRS:
            raise ConfigError(
                f"sweep has {len(self.pairs)} pairs of a window and a fast mean of no more bars: "
                f"name from 1 to {MOST_PAIRS}"
            )

    def refuse_others(
        self, evaluate: Evaluate | None, arithmetic: str, signal: Crossing | None
    ) -> None:
        """Raises ConfigError where other keys of the config do not go with a sweep."""
        if not evaluate:
            raise ConfigError(
                "sweep needs evaluate: say where a switch trades and what it costs, as in "
                "evaluate: {fill: next_open, cost_bp: 1}"
            )
        if arithmetic != "exact":
            raise ConfigError(
                f"sweep is computed in exact arithmetic alone, and arithmetic is {arithmetic}: "
                "set arithmetic: exact"
            )
        if signal and signal.band[0]:
            raise ConfigError(
                f"sweep has no band, and signal.band_bp is {signal.band_bp}: leave one out"
            )

    @property
    def has_fast(self) -> bool:
        """Whether other means than the close itself are compared."""
        return self.fast != (1,)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Windows and the bars of their fast mean; a fast mean of more bars is left out."""
        if isinstance(self.windows, str):
            first, last = map(int, self.windows.split(".."))
            windows = tuple(range(first, last + 1))
        else:
            windows = self.windows
        return tuple((window, fast) for fast in self.fast for window in windows if fast <= window)
