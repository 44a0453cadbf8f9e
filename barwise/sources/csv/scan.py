"""The kernel's scan of a chunk of CSV: the columns to read, or None where it is not sure of them.

It has no messages. What a chunk holds is then decided by the strict reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.batch import of_one_clock
from barwise.files.limits import LONGEST_SYMBOL
from barwise.kernels import kernel as k
from barwise.sources.columns import NUMBERS, TIME_OF_DAY
from barwise.sources.csv.scanned_times import Spelling, spelling_of
from barwise.sources.values import prices, times
from barwise.sources.values.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from barwise.bars.thread_arrays import ThreadArrays
    from barwise.sources.csv.cells import Cells
    from barwise.sources.csv.chunks import RowChunk
    from barwise.sources.values.times import Parsed

    Wanted = tuple[int, int, Any, Any, bytes]

ODD_CELLS = 1 << 12  # of a chunk that are read one by one: signs of missing closes, long digits
# Different symbols of a chunk that there is room for, at first and at most; powers of two.
FIRST_CODES, MOST_CODES = 1 << 10, 1 << 17
NOTHING = bytearray()


class Scanned(NamedTuple):
    """The rows of a chunk.

    columns: as in Table.
    names: the cells that differ in the column of symbols, without blanks, by code.
    codes: of each row.
    """

    columns: Mapping[str, NDArray[Any]]
    names: Sequence[str] = ()
    codes: NDArray[np.int32] | None = None


class Scanner:
    """Scans the chunks of one part, in any thread."""

    def __init__(self, cells: Cells, arrays: ThreadArrays) -> None:
        self.cells, self.arrays = cells, arrays
        self.positions, self.dates = cells.positions, cells.part.dates
        self.columns = len(cells.names)
        self.spelling: Spelling | None = None  # known from the first chunk that is scanned
        self.codes = FIRST_CODES  # that there is room for
        self.is_over = False  # whether the strict reader reads what is left

    @property
    def can_scan(self) -> bool:
        roles_at_one_place = len({*self.positions.values()}) < len(self.positions)
        return self.columns <= k.MOST_COLUMNS and not roles_at_one_place

    def scan(self, chunk: RowChunk, is_kept: bool = True) -> Scanned | None:
        """The columns to read of a chunk, or None.

        With `is_kept` in arrays of their own; else in those that the thread uses again.
        """
        if self.is_over or not 0 < chunk.size < k.LARGEST_TEXT:
            return None
        text, size = self._loaded(chunk)
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
        used = dict(zip(wanted, used, strict=True))
        return self._scanned(text, rows, wanted, spelling, used, is_kept)

    @property
    def _odd(self) -> NDArray[np.uint32]:
        return self.arrays.of("odd", np.uint32, 4 * ODD_CELLS)

    def _loaded(self, chunk: RowChunk) -> tuple[memoryview, int]:
        """The text of a chunk with room behind it, and its size; it ends with a line end."""
        size = chunk.size
        text = self.arrays.of("text", np.uint8, size + 1 + k.PAD).data
        chunk.load(text[:size])
        if chunk.is_last:
            ending = bytes(text[max(0, size - 3) : size])
            if ending.endswith((b"\n\n", b"\n\r\n")):
                size = len(bytes(text[:size]).rstrip(b"\r\n"))
            if size < chunk.size or not ending.endswith(b"\n"):
                text[size] = ord("\n")
                size += 1
        return text, size

    def _spelled(self, text: memoryview) -> Spelling:
        """How the first row of a chunk writes its time."""
        if "timestamp" not in self.positions or TIME_OF_DAY in self.positions:
            return Spelling(k.TEXT)
        line = bytes(text[: k.LONGEST_ROW]).partition(b"\n")[0].rstrip(b"\r")
        row = line.split(self.cells.part.text.delimiter.encode())
        if len(row) != self.columns:
            return Spelling(k.TEXT)
        cell = row[self.positions["timestamp"]].removeprefix(b'"').removesuffix(b'"')
        return spelling_of(cell, self.dates)

    def _wanted(self, size: int, spelling: Spelling, codes: int) -> dict[str, Wanted]:
        """By role, what the kernel is asked for."""
        rows = size // self.columns + 1  # a cell has a byte at least: that behind it
        wanted: dict[str, Wanted] = {}
        for role, position in self.positions.items():
            array = self.arrays.of
            if role in NUMBERS:
                wanted[role] = position, k.NUMBER, array(role, float, rows), NOTHING, b""
            elif role in ("symbol", "confirm"):
                room = array(f"{role} room", np.uint8, 24 * codes)
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
        is_kept: bool,
    ) -> Scanned | None:
        """What the kernel wrote."""
        columns: dict[str, NDArray[Any]] = {
            role: values[:rows].copy() if is_kept else values[:rows]
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
                if any(b - a > LONGEST_SYMBOL for a, b in spans):
                    return None
                names, codes = distinct, values[:rows].copy()
            else:
                columns["unfinished"] = np.array([c == "0" for c in distinct])[values[:rows]]
        if codes is not None and "" in names and self.cells.to_read["symbol"].required:
            return None
        if "timestamp" in wanted:
            columns["time"], columns["clock"] = self._times(rows, wanted, spelling, used, is_kept)
        return Scanned(columns, names, codes)

    def _times(
        self,
        rows: int,
        wanted: Mapping[str, Wanted],
        spelling: Spelling,
        used: Mapping[str, int],
        is_kept: bool,
    ) -> Parsed:
        _, _, values, _, _ = wanted["timestamp"]
        if spelling.kind == k.MOMENT:
            moments = values[:rows]
            if is_kept or spelling.ahead:
                moments = moments - spelling.ahead
            return times.Parsed(moments, of_one_clock(spelling.clock, rows))
        if spelling.kind == k.DIGITS:
            return times.of_numbers(values[:rows], self.dates)
        cells = _texts(wanted["timestamp"], rows)
        if TIME_OF_DAY in wanted:
            return cells.with_times_of_day(_texts(wanted[TIME_OF_DAY], rows), self.dates)
        return cells.times(self.dates)


def _texts(wanted: Wanted, rows: int) -> Texts:
    _, _, values, ends, _ = wanted
    ends = ends[:rows].astype(np.int64)
    return Texts(values[: ends[-1]].tobytes(), ends)


def _is_utf_8(text: memoryview) -> bool:
    try:
        bytes(text).decode()
    except UnicodeDecodeError:
        return False
    return True
