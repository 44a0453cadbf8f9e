"""The signal of a rolling mean: 1 where the close is above the mean of the last `window` closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.signals.arithmetic import named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes
    from barwise.stages.stage import Carry, Step


class RollingMean(NamedTuple):
    """See `barwise.stages.stage.Signal`.

    window: in bars.
    arithmetic: "float64" or "exact".
    adds: the columns: "signal", and "mean" for whoever writes it.
    """

    window: int
    arithmetic: str
    adds: tuple[str, ...] = ("signal",)

    @property
    def halo(self) -> int | None:
        return named(self.arithmetic).halo(self.window)

    def start(self) -> Carry:
        return named(self.arithmetic).start()

    def after(self, closes: Closes) -> Carry:
        return named(self.arithmetic).after(closes, self.window)

    def ready(self) -> Step:
        step = named(self.arithmetic).for_run()

        def computed(bars: Bars, carry: Carry) -> tuple[Bars, Carry]:
            closes = bars.columns["close"]
            means = np.empty(len(closes)) if "mean" in self.adds else None
            signals, carry = step(closes, carry, self.window, None, means)
            columns: dict[str, NDArray[Any]] = {"signal": signals}
            if means is not None:
                columns["mean"] = means
            return bars.having(columns), carry

        return computed

    def packed(self, carry: Carry) -> Any:
        return named(self.arithmetic).packed(carry)

    def unpacked(self, packed: Any) -> Carry:
        return named(self.arithmetic).unpacked(packed)
