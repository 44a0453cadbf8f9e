"""The signals file: a row a bar, in the order of the input, however its symbols were told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from barwise.bars.times import NO_TIME
from barwise.outputs.rows import Text, kind_of, printable, writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.engine.local import Signalled
    from barwise.outputs.rows import RowWriter


class InOrder:
    """Takes batches as they come: those of some rows, one after the other, by symbol."""

    def __init__(self, rows: RowWriter) -> None:
        self.rows = rows
        self.held: list[Signalled] = []
        # Places in a part: of the first row that is not written, and after the last that is held.
        self.part, self.first, self.end = -1, 0, 0
        self.count = 0  # of rows that are held

    def take(self, signalled: Signalled) -> None:
        """Holds a batch until all rows before its last are there, and then writes them."""
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

    def columns(self, count: int) -> dict[str, NDArray[Any] | Text]:
        """The columns of the rows that are held, in order."""
        codes = np.zeros(count, np.int32)
        times = np.full(count, NO_TIME)
        closes, means = np.empty(count), np.empty(count)
        signals = np.empty(count, np.int8)
        for code, (batch, its_signals, its_means) in enumerate(self.held):
            places = batch.places
            if isinstance(places, range):
                at: Any = slice(places.start - self.first, places.stop - self.first, places.step)
            else:
                at = places - self.first
            codes[at] = code
            closes[at], means[at] = batch.columns["close"], its_means
            signals[at] = its_signals
            if "time" in batch.columns:
                times[at] = batch.columns["time"]
        names = [printable(each.batch.series) for each in self.held]
        return {
            "symbol": Text(codes, names),
            "time": times,
            "close": closes,
            "rolling_mean": means,
            "signal": signals,
        }


def signals_into(file: BinaryIO, path: str) -> InOrder:
    """What takes signals and writes them into a file, of the kind that `path` says.

    Raises OutputError where the library that writes it is not installed.
    """
    module, name = kind_of(path)
    return InOrder(getattr(writer(module), name)(file))
