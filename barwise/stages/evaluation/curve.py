"""The equity of a signal and of holding, candle by candle, for whoever draws it.

An evaluation from blocks of one bar on, as many as there are candles: its paths are the curve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.evaluation import ladder, paths
from barwise.stages.evaluation.ladder import Ladder
from barwise.stages.evaluation.measure import Evaluated, Evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars


# What a value keeps of a block, a quarter of it: its number, the signal's path, holding's end.
KEPT = np.dtype([("block", "<i8"), ("net", "<i8", (paths.WIDTH,)), ("hold", "<i8")])


class Points(NamedTuple):
    """After each block that holds bars, in units of log equity, 2**-48.

    block: its number.
    net, hold: log equity of the signal and of holding, from 0.
    drop: how far that of the signal fell below the highest before, 0 or more: the most from the
        close before the block to its end; in a block of one bar, at its end.
    """

    block: NDArray[np.int64]
    net: list[int]
    hold: list[int]
    drop: list[int]


class Curve(Evaluation):
    """See `Evaluation`; `most` blocks, of one bar or more, as bytes of `KEPT`."""

    name = "curve"

    def __init__(self, fill: str, cost: float, most: int) -> None:
        super().__init__(fill, cost, most_blocks=most)
        self.length = 1

    def of(self, bars: Bars) -> Evaluated:
        return self._kept(super().of(bars))

    def merge(self, left: Evaluated, right: Evaluated) -> Evaluated:
        return self._kept(super().merge(self._filled(left), self._filled(right)))

    def points(self, value: Evaluated, length: int) -> Points:
        """The curve of a whole series, in blocks of a length."""
        series = self.of_series(self._filled(value))
        blocks, of_length = series.blocks, series.length
        while of_length < length:
            of_length, blocks = 2 * of_length, ladder.halved(blocks)
        net, hold, drop = [], [], []
        total = held = high = 0
        of_both = (blocks["paths"][:, which].tolist() for which in (ladder.NET, ladder.HOLD))
        for of_net, of_hold in zip(*of_both, strict=True):
            deepest = max(of_net[paths.DROP], high - (total + of_net[paths.LOW]))
            high = max(high, total + of_net[paths.HIGH])
            total, held = total + of_net[paths.SUM], held + of_hold[paths.SUM]
            drop.append(deepest if length > 1 else high - total)
            net.append(total)
            hold.append(held)
        return Points(blocks["block"], net, hold, drop)

    def _kept(self, value: Evaluated) -> Evaluated:
        blocks = np.frombuffer(value.ladder.blocks, self.fields)
        out = np.empty(len(blocks), KEPT)
        out["block"], out["net"] = blocks["block"], blocks["paths"][:, ladder.NET]
        out["hold"] = blocks["paths"][:, ladder.HOLD, paths.SUM]
        return value._replace(ladder=Ladder(value.ladder.length, out.tobytes()))

    def _filled(self, value: Evaluated) -> Evaluated:
        """The same with whole blocks, whose sums nobody asks for."""
        kept = np.frombuffer(value.ladder.blocks, KEPT)
        blocks = np.zeros(len(kept), self.fields)
        blocks["block"], blocks["paths"][:, ladder.NET] = kept["block"], kept["net"]
        blocks["paths"][:, ladder.HOLD, paths.SUM] = kept["hold"]
        return value._replace(ladder=Ladder(value.ladder.length, blocks.tobytes()))
