"""The signals file: a row a bar, in the order of the input, also of several symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from barwise.bars.times import NO_TIME
from barwise.outputs.rows import TextColumn, kind_of, printable, writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars
    from barwise.outputs.rows import RowWriter


class InOrder:
    """Takes bars, which come symbol by symbol for some rows, and writes their rows in order.

    rows: the writer of the file.
    held: bars of which none is written yet.
    part: that of the bars.
    first: the place in the part of the first row that is not written.
    end: the place after the last row that is held.
    count: of the rows that are held.
    """

    def __init__(self, rows: RowWriter) -> None:
        self.rows = rows
        self.held: list[Bars] = []
        self.part, self.first, self.end = -1, 0, 0
        self.count = 0

    def write(self, bars: Bars) -> None:
        """Holds bars until all rows before their last row have come, and then writes them."""
        if bars.part != self.part:
            self.part, self.first, self.end = bars.part, 0, 0
        self.held.append(bars)
        self.count += len(bars)
        self.end = max(self.end, int(bars.places[-1]) + 1)
        if self.end == self.first + self.count:
            self.rows.write(self.columns(self.count))
            self.held, self.count, self.first = [], 0, self.end

    def close(self) -> None:
        self.rows.close()

    def columns(self, count: int) -> dict[str, NDArray[Any] | TextColumn]:
        """The columns of the rows that are held, in order."""
        codes = np.zeros(count, np.int32)
        times = np.full(count, NO_TIME)
        closes, means = np.empty(count), np.empty(count)
        has_fast = "fast_mean" in self.held[0].columns
        fast_means = np.empty(count if has_fast else 0)
        signals = np.empty(count, np.int8)
        for code, bars in enumerate(self.held):
            places = bars.places
            if isinstance(places, range):
                at: Any = slice(places.start - self.first, places.stop - self.first, places.step)
            else:
                at = places - self.first
            codes[at] = code
            closes[at], means[at] = bars.columns["close"], bars.columns["mean"]
            signals[at] = bars.columns["signal"]
            if has_fast:
                fast_means[at] = bars.columns["fast_mean"]
            if "time" in bars.columns:
                times[at] = bars.columns["time"]
        names = [printable(bars.series) for bars in self.held]
        return {
            "symbol": TextColumn(codes, names),
            "time": times,
            "close": closes,
            "rolling_mean": means,
            **({"fast_mean": fast_means} if has_fast else {}),
            "signal": signals,
        }


def signals_into(file: BinaryIO, path: str) -> InOrder:
    """Takes signals and writes them to a file, of the kind that `path` names.

    Raises OutputError where the library that writes it is not installed.
    """
    module, name = kind_of(path)
    return InOrder(getattr(writer(module), name)(file))
