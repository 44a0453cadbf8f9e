"""Rolling-mean signals: arrays in, arrays out, no files and no names.

Each arithmetic is a module, as `Arithmetic` says, which gives the same bits however a series is cut
into batches. `closes` are float64, NaN where missing; `signals` are int8, 1 where the close is
above the mean of the last `window` closes and 0 elsewhere: in the warm-up, and where the window
holds a missing close.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from barwise.bars.batch import Closes, Signals


class ArrayStep(Protocol):
    """The signals of the next closes of a series, and the carry after them.

    Signals are written to `out`, and rolling means, NaN where undefined, to `means`, where given:
    arrays of the length of `closes`. Raises FloatingPointError for an infinite close.
    """

    def __call__(
        self,
        closes: Closes,
        carry: Any,
        window: int,
        out: Signals | None = None,
        means: Closes | None = None,
        /,
    ) -> tuple[Signals, Any]: ...


class Arithmetic(Protocol):
    def start(self) -> Any:
        """The carry before the first bar of a series."""

    def halo(self, window: int, /) -> int | None:
        """How many closes before a bar decide its signal; None: all since the first."""

    def after(self, closes: Closes, window: int, /) -> Any:
        """The carry after closes, of which the last `halo` decide."""

    def packed(self, carry: Any, /) -> Any:
        """A carry as plain values, for another process."""

    def unpacked(self, packed: Any, /) -> Any:
        """The carry that was packed."""

    def for_run(self) -> ArrayStep:
        """The step for one run, by whatever threads call it."""


@cache
def named(name: str) -> Arithmetic:
    """The arithmetic in the file of that name; imported now, since a run needs only one."""
    return cast(Arithmetic, import_module(f"barwise.stages.signals.{name}"))
