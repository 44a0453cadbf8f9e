"""The signal of two rolling means: 1 where that of the last `fast` closes is above that of more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.signals.crossing import Decided, Lines, lines_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes
    from barwise.stages.stage import Carry, Step


class Crossover(NamedTuple):
    """See `barwise.stages.stage.Signal`.

    lines: the two means; their band is 0.
    arithmetic: "float64" or "exact".
    adds: the columns: "signal", and "mean" and "fast_mean" for whoever writes them.
    """

    lines: Lines
    arithmetic: str
    adds: tuple[str, ...] = ("signal",)

    @property
    def halo(self) -> int | None:
        return lines_of(self.arithmetic).halo(self.lines.window)

    def start(self) -> Carry:
        return lines_of(self.arithmetic).start()

    def after(self, closes: Closes) -> Carry:
        return lines_of(self.arithmetic).after(closes, self.lines)

    def ready(self) -> Step:
        step = lines_of(self.arithmetic).for_run()

        def computed(bars: Bars, carry: Carry) -> tuple[Bars, Carry]:
            closes = bars.columns["close"]
            columns = of_means(self.adds, len(closes))
            signals = np.empty(len(closes), np.int8)
            out = Decided(signals.view(np.bool_), None, *map(columns.get, ("mean", "fast_mean")))
            carry = step(closes, carry, self.lines, out)
            return bars.having({"signal": signals, **columns}), carry

        return computed

    def packed(self, carry: Carry) -> Any:
        return lines_of(self.arithmetic).packed(carry)

    def unpacked(self, packed: Any) -> Carry:
        return lines_of(self.arithmetic).unpacked(packed)


def of_means(adds: tuple[str, ...], bars: int) -> dict[str, NDArray[Any]]:
    """The columns of means that are asked for, to be written."""
    return {name: np.empty(bars) for name in ("mean", "fast_mean") if name in adds}
