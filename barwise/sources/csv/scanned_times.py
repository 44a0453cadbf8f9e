"""How a column of times is read from what the kernel scanned: as moments, whole numbers or text."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.times import are_times
from barwise.kernels import kernel as k

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.sources.parts import Dates
    from barwise.sources.values.times import Parsed

    Wanted = tuple[int, int, Any, Any, bytes]  # see `_kernels.pyi`

ISO = re.compile(rb"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d((?:\.0+)?(?:Z|[-+]\d\d:?\d\d)?)")
UNIX = re.compile(rb"[1-9]\d{0,18}")


class Spelling(NamedTuple):
    """How the kernel reads a column of times.

    kind: MOMENT, DIGITS or TEXT.
    pattern: of a moment its separator and its suffix.
    ahead: microseconds to take away from a moment.
    clock: an index of CLOCKS; how a moment is written.
    """

    kind: int
    pattern: bytes = b""
    ahead: int = 0
    clock: int = 0


class Texts(NamedTuple):
    """A column of text.

    data: the bytes of all cells, one after the other.
    ends: where each ends.
    """

    data: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, wanted: Wanted, rows: int) -> Texts:
        _, _, values, ends, _ = wanted
        ends = ends[:rows].astype(np.int64)
        return cls(values[: ends[-1] if rows else 0], ends)

    def list(self) -> list[str]:
        data, borders = self.data.tobytes(), [0, *self.ends.tolist()]
        return [data[start:end].decode() for start, end in pairwise(borders)]

    @property
    def width(self) -> int:
        """The bytes of each cell; 0 where they differ."""
        rows = len(self.ends)
        width = int(self.ends[0]) if rows else 0
        return width if (self.ends == np.arange(1, rows + 1) * width).all() else 0

    def times(self, dates: Dates) -> Parsed:
        from barwise.sources.values import times

        width = self.width
        if width and len(self.ends) > 1 and not (self.data > 127).any():
            parsed = times.of_fixed_width(self.data.tobytes(), width, dates)
            if parsed is not None:
                return parsed
        return times.parse(self.list(), dates)

    def with_times_of_day(self, hours: Texts, dates: Dates) -> Parsed:
        """The times of dates and times of day."""
        from barwise.sources.values import times

        widths, rows = (self.width, hours.width), len(self.ends)
        if all(widths) and rows > 1 and widths[1] >= 5:  # of fewer, leading zeros may be lost
            table = np.full((rows, sum(widths) + 1), ord(" "), np.uint8)
            table[:, : widths[0]] = self.data.reshape(rows, -1)
            table[:, widths[0] + 1 :] = hours.data.reshape(rows, -1)
            if not (table > 127).any():
                parsed = times.of_fixed_width(table.tobytes(), table.shape[1], dates)
                if parsed is not None:
                    return parsed
        return times.parse(times.joined(self.list(), hours.list()), dates)


def spelling_of(cell: bytes, dates: Dates) -> Spelling:
    """How to read a column of times of which this is the first."""
    from barwise.sources.values import times

    if UNIX.fullmatch(cell):
        return Spelling(k.DIGITS)
    iso = ISO.fullmatch(cell)
    if iso is None:
        return Spelling(k.TEXT)
    [moment] = times.parse([cell[:19].decode()]).times
    parsed = times.parse([cell.decode()], dates)
    if not (are_times(moment) and are_times(parsed.times[0])):
        return Spelling(k.TEXT)
    ahead = int(moment) - int(parsed.times[0])
    return Spelling(k.MOMENT, iso[1] + iso[2], ahead, int(parsed.clocks[0]))
