"""The signals file: a row a bar, in the order of the input, also of several symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from barwise.bars.times import NO_TIME
from barwise.outputs.rows import TextColumn, kind_of, printable, writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.engine.local import Signalled
    from barwise.outputs.rows import RowWriter


class InOrder:
    """Takes batches, which come symbol by symbol for some rows, and writes their rows in order.

    rows: the writer of the file.
    held: batches of which no row is written yet.
    part: that of the batches.
    first: the place in the part of the first row that is not written.
    end: the place after the last row that is held.
    count: of the rows that are held.
    """

    def __init__(self, rows: RowWriter) -> None:
        self.rows = rows
        self.held: list[Signalled] = []
        self.part, self.first, self.end = -1, 0, 0
        self.count = 0

    def take(self, signalled: Signalled) -> None:
        """Holds a batch until all rows before its last row have come, and then writes them."""
        batch = signalled.batch
        if batch.part != self.part:
            self.part, self.first, self.end = batch.part, 0, 0
        self.held.append(signalled)
        self.count += len(batch)
        self.end = max(self.end, int(batch.places[-1]) + 1)
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
        signals = np.empty(count, np.int8)
        for code, (batch, batch_signals, batch_means) in enumerate(self.held):
            places = batch.places
            if isinstance(places, range):
                at: Any = slice(places.start - self.first, places.stop - self.first, places.step)
            else:
                at = places - self.first
            codes[at] = code
            closes[at], means[at] = batch.columns["close"], batch_means
            signals[at] = batch_signals
            if "time" in batch.columns:
                times[at] = batch.columns["time"]
        names = [printable(signalled.batch.series) for signalled in self.held]
        return {
            "symbol": TextColumn(codes, names),
            "time": times,
            "close": closes,
            "rolling_mean": means,
            "signal": signals,
        }


def signals_into(file: BinaryIO, path: str) -> InOrder:
    """Takes signals and writes them to a file, of the kind that `path` names.

    Raises OutputError where the library that writes it is not installed.
    """
    module, name = kind_of(path)
    return InOrder(getattr(writer(module), name)(file))
