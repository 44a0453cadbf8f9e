"""Bars whose close is known, as they are: for the bars after them, and laid out in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.batch import Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes, Signals

    Indices = NDArray[np.int64]

KEPT = np.dtype(
    [("at", "<i8"), ("close", "<f8"), ("open", "<f8"), ("signal", "i1")]
    + [(name, "<i8") for name in Place._fields]
)


class Rows(NamedTuple):
    """Bars of a series in their order, without those whose close is missing.

    at: of each its position in the series, missing closes counted.
    close, open, signal: as in `Bars`.
    """

    at: Indices
    close: Closes
    open: Closes
    signal: Signals

    def cut(self, begin: int, end: int | None) -> Rows:
        """Those from one index to another."""
        return Rows(
            self.at[begin:end], self.close[begin:end], self.open[begin:end], self.signal[begin:end]
        )


def known_rows(bars: Bars, known: NDArray[np.intp] | None, needs: frozenset[str]) -> Rows:
    """The bars of those indices, None for all; of opens and signals those that are needed.

    So a value is the same whatever else is read. Others are missing, and 0.
    """
    columns, first, size = bars.columns, bars.first or 0, len(bars)
    closes, opens = columns["close"], columns.get("open") if "open" in needs else None
    if opens is None:
        opens = np.broadcast_to(np.nan, size)
    signals = columns["signal"] if "signal" in needs else np.broadcast_to(np.int8(0), size)
    if known is None:
        return Rows(np.arange(first, first + size), closes, opens, signals)
    return Rows(known + first, closes[known], opens[known], signals[known])


def kept(bars: Bars, rows: Rows) -> bytes:
    """Some rows of bars, and where they stand."""
    out = np.empty(len(rows.at), KEPT)
    for name, column in rows._asdict().items():
        out[name] = column
    indices, of = rows.at - (bars.first or 0), bars.places
    places = of.start + indices * of.step if isinstance(of, range) else of[indices]
    out["part"], out["place"] = bars.part, places
    out["row"] = places if bars.order is None else np.asarray(bars.order)[places]
    return out.tobytes()


def of_kept(data: bytes) -> tuple[Rows, NDArray[Any]]:
    """The rows, and what is kept of them."""
    held = np.frombuffer(data, KEPT)
    columns = (np.ascontiguousarray(held[name]) for name in Rows._fields)
    return Rows(*columns), held


def place_of(held: NDArray[Any], row: int) -> Place:
    """Where a kept row stands."""
    return Place(*(int(held[name][row]) for name in Place._fields))


class Layout:
    """Rows in pieces of so many positions: as rows of arrays, zeros where no bar is.

    numbers: of the pieces, those that hold a bar, in their order.
    """

    def __init__(self, at: Indices, length: int) -> None:
        self.length = length
        self.pad = int(at[0]) % length
        self.slots: Indices | None = None
        first, last = int(at[0]), int(at[-1])
        if last - first == len(at) - 1:  # none is missing
            self.numbers = np.arange(first // length, last // length + 1)
            return
        pieces = at // length
        is_new = np.ones(len(at), np.bool_)
        np.not_equal(pieces[1:], pieces[:-1], out=is_new[1:])
        self.numbers = pieces[is_new]
        self.slots = (np.cumsum(is_new) - 1) * length + at % length

    def rows(self, column: NDArray[Any]) -> NDArray[Any]:
        """A column, laid out."""
        size = len(self.numbers) * self.length
        if self.slots is None and len(column) == size:
            return column.reshape(-1, self.length)
        out = np.zeros(size, column.dtype)
        if self.slots is None:
            out[self.pad : self.pad + len(column)] = column
        else:
            out[self.slots] = column
        return out.reshape(-1, self.length)

    def bars(self, bars: int) -> Indices:
        """How many of so many rows are in each piece."""
        if self.slots is not None:
            return self.counts(np.ones(bars, np.bool_))
        inside = np.full(len(self.numbers), self.length)
        inside[0] -= self.pad
        inside[-1] -= len(inside) * self.length - self.pad - bars
        return inside

    def counts(self, column: NDArray[np.bool_]) -> Indices:
        """How many are true in each piece."""
        inside: Indices = np.count_nonzero(self.rows(column), axis=1)
        return inside
