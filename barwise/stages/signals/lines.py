"""Where one rolling mean is above another by more than a band: arrays in, arrays out.

As `arithmetic.py` has it for a close above its mean, each arithmetic is a module, `exact_lines.py`
or `float64_lines.py`, which gives the same bits however a series is cut into batches.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals


class Lines(NamedTuple):
    """Two means and a band.

    fast, window: so many last closes have the means; `fast` is at most `window`.
    band: part and unit, as 1 and 1000 for a thousandth of the mean of the window.
    """

    fast: int
    window: int
    band: tuple[int, int] = (0, 1)


class Written(NamedTuple):
    """Arrays of the length of the closes, to be written.

    signals: 1 above the upper line, else 0 where not above the lower one or where a mean is
        undefined, else as before.
    means, fast_means: NaN where undefined; None where nobody asks.
    """

    signals: Signals
    means: Closes | None = None
    fast_means: Closes | None = None

    def cut(self, bars: slice) -> Written:
        means = (None if column is None else column[bars] for column in self[1:])
        return Written(self.signals[bars], *means)


class LinesStep(Protocol):
    """Writes what comes of the next closes of a series, and gives the carry after them.

    Raises FloatingPointError for an infinite close.
    """

    def __call__(self, closes: Closes, carry: Any, lines: Lines, out: Written, /) -> Any: ...


class LinesArithmetic(Protocol):
    def start(self) -> Any:
        """The carry before the first bar of a series."""

    def halo(self, lines: Lines, /) -> int | None:
        """How many closes before a bar decide; None: all since the first."""

    def after(self, closes: Closes, lines: Lines, /) -> Any:
        """The carry after closes, of which the last `halo` decide."""

    def packed(self, carry: Any, /) -> Any:
        """A carry as plain values, for another process."""

    def unpacked(self, packed: Any, /) -> Any:
        """The carry that was packed."""

    def for_run(self) -> LinesStep:
        """The step for one run, by whatever threads call it."""


@cache
def lines_of(arithmetic: str) -> LinesArithmetic:
    """The means of that arithmetic; imported now, since a run needs only one."""
    return cast(LinesArithmetic, import_module(f"barwise.stages.signals.{arithmetic}_lines"))
