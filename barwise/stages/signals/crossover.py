"""The signal of two rolling means, and of a band around that of the window.

It is 1 where the mean of the last `fast` closes is above the other. With a band it is 1 above the
band, 0 below it, and within as it was: it then depends on all closes of its series, so its carry
has the last signal, and parts of a series are computed one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.signals.lines import Lines, Written, lines_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes
    from barwise.stages.stage import Carry, Step


class Crossover(NamedTuple):
    """See `barwise.stages.stage.Signal`.

    lines: the two means and the band.
    arithmetic: "float64" or "exact".
    adds: the columns: "signal", and "mean" and "fast_mean" for whoever writes them.
    """

    lines: Lines
    arithmetic: str
    adds: tuple[str, ...] = ("signal",)

    @property
    def halo(self) -> int | None:
        return lines_of(self.arithmetic).halo(self.lines)

    def start(self) -> Carry:
        return lines_of(self.arithmetic).start()

    def after(self, closes: Closes) -> Carry:
        return lines_of(self.arithmetic).after(closes, self.lines)

    def ready(self) -> Step:
        step = lines_of(self.arithmetic).for_run()

        def computed(bars: Bars, carry: Carry) -> tuple[Bars, Carry]:
            closes = bars.columns["close"]
            signals = np.empty(len(closes), np.int8)
            names = [name for name in ("mean", "fast_mean") if name in self.adds]
            means: dict[str, NDArray[Any]] = {name: np.empty(len(closes)) for name in names}
            out = Written(signals, means.get("mean"), means.get("fast_mean"))
            carry = step(closes, carry, self.lines, out)
            return bars.having({"signal": signals, **means}), carry

        return computed

    def packed(self, carry: Carry) -> Any:
        return lines_of(self.arithmetic).packed(carry)

    def unpacked(self, packed: Any) -> Carry:
        return lines_of(self.arithmetic).unpacked(packed)
