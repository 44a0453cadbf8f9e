"""The kernel's scan of a chunk of CSV: the columns to read, or None where it is not sure of them.

It has no messages. What a chunk holds is then decided by the strict reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.times import are_times
from barwise.kernels import kernel as k
from barwise.sources.columns import NUMBERS, TIME_OF_DAY
from barwise.sources.values import prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from barwise.sources.csv.cells import Cells
    from barwise.sources.csv.chunks import RowChunk
    from barwise.sources.parts import Dates
    from barwise.sources.values.times import Parsed

    Wanted = tuple[int, int, Any, Any, bytes]

ODD_CELLS = 1 << 12  # of a chunk that are read one by one: signs of missing closes, long digits
FIRST_CODES = (
    1 << 10
)  # different symbols of a chunk that there is room for at first; a power of two
MOST_CODES = 1 << 17
NOTHING = bytearray()
ISO = re.compile(rb"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d((?:\.0+)?(?:Z|[-+]\d\d:?\d\d)?)")
UNIX = re.compile(rb"[1-9]\d{0,18}")


class Scanned(NamedTuple):
    """The rows of a chunk.

    rows: how many.
    columns: as in Bars, without times.
    times: of the column of times, or None.
    names: the cells that differ in the column of symbols, without blanks, by code.
    codes: of each row.
    """

    rows: int
    columns: Mapping[str, NDArray[Any]]
    times: Parsed | None
    names: Sequence[str] = ()
    codes: NDArray[np.int32] | None = None


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


class Memory(local):
    """Each thread's memory for a chunk, kept for many: fresh memory costs more than the scan."""

    def __init__(self) -> None:  # once in each thread
        self.arrays: dict[str, NDArray[Any]] = {}
        self.text = memoryview(b"")

    def array(self, name: str, kind: type, size: int) -> NDArray[Any]:
        array = self.arrays.get(name)
        if array is None or len(array) < size:
            array = self.arrays[name] = np.empty(size, kind)
        return array

    def loaded(self, chunk: RowChunk) -> tuple[memoryview, int]:
        """The text of a chunk with room behind it, and its size; it ends with a line end."""
        if len(self.text) < chunk.size + 1 + k.PAD:
            self.text = np.empty(chunk.size + 1 + k.PAD, np.uint8).data
        size = chunk.size
        chunk.load(self.text[:size])
        if chunk.is_last:
            ending = bytes(self.text[max(0, size - 3) : size])
            if ending.endswith((b"\n\n", b"\n\r\n")):
                size = len(bytes(self.text[:size]).rstrip(b"\r\n"))
            if size < chunk.size or not ending.endswith(b"\n"):
                self.text[size] = ord("\n")
                size += 1
        return self.text, size


class Scanner:
    """Scans the chunks of one part, in any thread."""

    def __init__(self, cells: Cells, memory: Memory) -> None:
        self.cells, self.memory = cells, memory
        self.positions, self.dates = cells.positions, cells.part.dates
        self.columns = len(cells.names)
        self.spelling: Spelling | None = (
            None  # of times; known from the first chunk that is scanned
        )
        self.codes = FIRST_CODES  # that there is room for
        self.is_over = False  # whether the strict reader reads what is left

    @property
    def can_scan(self) -> bool:
        roles_at_one_place = len({*self.positions.values()}) < len(self.positions)
        return self.columns <= k.MOST_COLUMNS and not roles_at_one_place

    def scan(self, chunk: RowChunk) -> Scanned | None:
        """The columns to read of a chunk, or None."""
        if self.is_over or not 0 < chunk.size < k.LARGEST_TEXT:
            return None
        text, size = self.memory.loaded(chunk)
        spelling, codes = self.spelling or self._spelled(text[:size]), self.codes
        while True:
            wanted = self._wanted(size, spelling, codes)
            rows, reason, which, odd, not_ascii, used = k.scan(
                text,
                size,
                self.columns,
                self.cells.part.text.delimiter.encode(),
                self.cells.part.text.decimal.encode(),
                tuple(wanted.values()),
                self._odd,
            )
            if rows >= 0:
                break
            role = [*wanted][which] if which >= 0 else ""
            if reason == k.ODD_CELL and spelling.kind != k.TEXT:
                spelling = Spelling(k.TEXT)
            elif reason == k.NO_ROOM and role in ("symbol", "confirm") and codes < MOST_CODES:
                codes *= 16
            else:
                return None
        if not_ascii and not _is_utf_8(text[:size]):
            return None
        self.spelling, self.codes = spelling, codes
        if not self._read_odd(text, odd, wanted):
            return None
        return self._scanned(text, rows, wanted, spelling, dict(zip(wanted, used, strict=True)))

    @property
    def _odd(self) -> NDArray[np.uint32]:
        return self.memory.array("odd", np.uint32, 4 * ODD_CELLS)

    def _spelled(self, text: memoryview) -> Spelling:
        """How the first row of a chunk writes its time."""
        if "timestamp" not in self.positions or TIME_OF_DAY in self.positions:
            return Spelling(k.TEXT)
        line = bytes(text[: k.LONGEST_ROW]).partition(b"\n")[0].rstrip(b"\r")
        row = line.split(self.cells.part.text.delimiter.encode())
        if len(row) != self.columns:
            return Spelling(k.TEXT)
        cell = row[self.positions["timestamp"]].removeprefix(b'"').removesuffix(b'"')
        return _spelling_of(cell, self.dates)

    def _wanted(self, size: int, spelling: Spelling, codes: int) -> dict[str, Wanted]:
        """By role, what the kernel is asked for."""
        rows = size // self.columns + 1  # a cell has a byte at least: that behind it
        wanted: dict[str, Wanted] = {}
        for role, position in self.positions.items():
            array = self.memory.array
            if role in NUMBERS:
                wanted[role] = position, k.NUMBER, array(role, float, rows), NOTHING, b""
            elif role in ("symbol", "confirm"):
                room = array(f"{role} {codes}", np.uint8, 24 * codes)[: 24 * codes]
                wanted[role] = position, k.CODES, array(role, np.int32, rows), room, b""
            elif spelling.kind == k.TEXT:
                ends = array(f"{role} ends", np.uint32, rows)
                wanted[role] = position, k.TEXT, array(role, np.uint8, size), ends, b""
            else:
                times = array("times", np.int64, rows)
                wanted[role] = position, spelling.kind, times, NOTHING, spelling.pattern
        return wanted

    def _read_odd(self, text: memoryview, count: int, wanted: Mapping[str, Wanted]) -> bool:
        """Reads the cells that are not plain numbers; False where one is no price."""
        columns = [values for _, _, values, _, _ in wanted.values()]
        for row, which, start, end in self._odd[: 4 * count].reshape(-1, 4).tolist():
            cell = bytes(text[start:end]).decode()
            numbers, fault = prices.parse([cell], self.cells.part.text.decimal)
            if fault:
                return False
            columns[which][row] = numbers[0]
        return True

    def _scanned(
        self,
        text: memoryview,
        rows: int,
        wanted: Mapping[str, Wanted],
        spelling: Spelling,
        used: Mapping[str, int],
    ) -> Scanned | None:
        """What the kernel wrote, in arrays of their own."""
        columns: dict[str, NDArray[Any]] = {
            role: values[:rows].copy()
            for role, (_, kind, values, _, _) in wanted.items()
            if kind == k.NUMBER
        }
        names: Sequence[str] = ()
        codes = None
        for role in ("symbol", "confirm"):
            if role not in wanted:
                continue
            _, _, values, room, _ = wanted[role]
            spans = room[: 8 * used[role]].view(np.uint32).reshape(-1, 2).tolist()
            distinct = [bytes(text[a:b]).decode().strip(" \t") for a, b in spans]
            if role == "symbol":
                names, codes = distinct, values[:rows].copy()
            else:
                columns["unfinished"] = np.array([c == "0" for c in distinct])[values[:rows]]
        if codes is not None and "" in names and self.cells.to_read["symbol"].required:
            return None
        times = self._times(rows, wanted, spelling, used) if "timestamp" in wanted else None
        return Scanned(rows, columns, times, names, codes)

    def _times(
        self,
        rows: int,
        wanted: Mapping[str, Wanted],
        spelling: Spelling,
        used: Mapping[str, int],
    ) -> Parsed:
        from barwise.sources.values import times

        _, _, values, _, _ = wanted["timestamp"]
        if spelling.kind == k.MOMENT:
            moments = values[:rows] - spelling.ahead
            return times.Parsed(moments, times.of_one_clock(spelling.clock, rows))
        if spelling.kind == k.DIGITS:
            return times.of_numbers(values[:rows], self.dates)
        cells = Texts.of(wanted["timestamp"], rows)
        if TIME_OF_DAY in wanted:
            return cells.with_times_of_day(Texts.of(wanted[TIME_OF_DAY], rows), self.dates)
        return cells.times(self.dates)


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


def _spelling_of(cell: bytes, dates: Dates) -> Spelling:
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


def _is_utf_8(text: memoryview) -> bool:
    try:
        bytes(text).decode()
    except UnicodeDecodeError:
        return False
    return True
