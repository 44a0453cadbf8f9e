"""How a column of times is read from what the kernel scanned: as moments, whole numbers or text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.times import are_times
from barwise.kernels import kernel as k
from barwise.sources.values import times

if TYPE_CHECKING:
    from barwise.sources.parts import Dates

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


def spelling_of(cell: bytes, dates: Dates) -> Spelling:
    """How to read a column of times of which this is the first."""
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
