"""Columns of text that lie in memory cell after cell, as times."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.sources.values import times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.sources.parts import Dates
    from barwise.sources.values.times import Parsed


class Texts(NamedTuple):
    """A column of text.

    data: the bytes of all cells, one after the other.
    ends: where each ends.
    """

    data: bytes
    ends: NDArray[np.int64]

    def list(self) -> list[str]:
        borders = [0, *self.ends.tolist()]
        return [self.data[start:end].decode() for start, end in pairwise(borders)]

    @property
    def width(self) -> int:
        """The bytes of each cell; 0 where they differ, or are not ASCII."""
        rows = len(self.ends)
        width = int(self.ends[0]) if rows else 0
        is_one = (self.ends == np.arange(1, rows + 1) * width).all()
        return width if is_one and self.data.isascii() else 0

    def times(self, dates: Dates) -> Parsed:
        """The times that the cells hold."""
        width = self.width
        parsed = times.of_fixed_width(self.data, width, dates) if width else None
        return times.parse(self.list(), dates) if parsed is None else parsed

    def with_times_of_day(self, hours: Texts, dates: Dates) -> Parsed:
        """The times of dates and times of day."""
        widths, rows = (self.width, hours.width), len(self.ends)
        if all(widths) and widths[1] >= 5:  # of fewer, leading zeros may be lost
            table = np.full((rows, sum(widths) + 1), ord(" "), np.uint8)
            table[:, : widths[0]] = np.frombuffer(self.data, np.uint8).reshape(rows, -1)
            table[:, widths[0] + 1 :] = np.frombuffer(hours.data, np.uint8).reshape(rows, -1)
            parsed = times.of_fixed_width(table.tobytes(), table.shape[1], dates)
            if parsed is not None:
                return parsed
        return times.parse(times.joined(self.list(), hours.list()), dates)
