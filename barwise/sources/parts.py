"""The plan of a run as a frozen value: which files are read, in which order, whose bars they hold.

Nothing here opens a file; `plan.py` makes a plan and `read.py` reads what it says.
"""

import os
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from barwise.bars.times import interval_in_words, written
from barwise.errors import aligned, named


class Text(NamedTuple):
    """How the text of a CSV part is written.

    delimiter: between fields.
    decimal: the mark in numbers, "." or ",".
    skip: how many lines stand above the header, or above the first bar where there are names.
    names: of all columns, where no header is read; else empty.
    """

    delimiter: str = ","
    decimal: str = "."
    skip: int = 0
    names: tuple[str, ...] = ()


class Dates(NamedTuple):
    """How times of a part are read where the times themselves do not show it.

    slashes: "day-first", "month-first", or "" where dates with slashes are not times.
    offset: how many microseconds times without a zone are ahead of UTC; None where not known.
    """

    slashes: str = ""
    offset: int | None = None


class Roles(NamedTuple):
    """The columns of a part by role, as its file names them; None where it has no such column.

    close, open, high, low, volume: of numbers.
    timestamp: one column, or those of dates and of times of day; empty where no times are read.
    symbol: it names the series of each row; where that is known, a second symbol is doubtful.
    confirm: 0 where a bar is not finished.
    named: the roles that the config names, whose columns must be there.
    """

    close: str = "close"
    timestamp: tuple[str, ...] = ("timestamp",)
    symbol: str | None = "symbol"
    open: str | None = "open"
    high: str | None = "high"
    low: str | None = "low"
    volume: str | None = "volume"
    confirm: str | None = None
    named: frozenset[str] = frozenset()

    @property
    def times(self) -> str:
        """The column of times, or both, as a message names them."""
        return "''" if self.timestamp == ("",) else " ".join(self.timestamp)


class Unread(NamedTuple):
    """A column that looks like times and is not read.

    column: its name.
    cell: one of its first cells; "" where none is shown.
    line: what is wrong, in words, with the way out.
    twice: whether another column has the same name, so that it is unknown which one is meant.
    """

    column: str
    cell: str
    line: str
    twice: bool = False


class Member(NamedTuple):
    """Where a file is in a zip archive, as the archive's directory says.

    offset: of its first byte in the archive, that of its own header.
    packed_size, size: in bytes, compressed and not.
    crc: of its bytes.
    method: how it is compressed.
    flags: the archive's, such as that it is encrypted.
    """

    offset: int
    packed_size: int
    size: int
    crc: int
    method: int
    flags: int


class Part(NamedTuple):
    """A file of bars, a file inside a zip archive, or a table in memory.

    path: of the file; of a table "the table", as messages name it.
    kind: how it is read, a key of `readers.READERS`.
    size: in bytes; in an archive, as it is compressed.
    member: its name in the archive, "" outside of one.
    series: the symbol of its bars; "" for the one unnamed series, None where a column names them.
    first_time: by which files are ordered, in microseconds UTC: of its first bar, or the earliest
    that a footer names; None where no order depends on it.
    interval: of its bars by its layout, in microseconds, 0 if it varies; None where not known.
    gaps: why its layout has gaps by design, in words; "" where it has none.
    text: how its text is written, if it is CSV.
    dates: how its times are read.
    roles: its columns.
    inferred: what of these three the file itself showed, in words; "" for nothing.
    unread: a column that looks like times and is not read; None if there is none.
    rows: of bars, where the file's footer says it and was read; else None.
    shown: the path as messages name it, where `path` is another to the same file.
    stored: where the member is in its archive; None: the archive's directory is to be read.
    in_store: the object that the file is, see `files.stores.StoredFile`; None for a local file.
    table: of a table in memory, where its rows are; see `columnar.table_rows`.
    """

    path: str
    kind: str = "csv"
    size: int = 0
    member: str = ""
    series: str | None = ""
    first_time: int | None = None
    interval: int | None = None
    gaps: str = ""
    text: Text = Text()
    dates: Dates = Dates()
    roles: Roles = Roles()
    inferred: str = ""
    unread: Unread | None = None
    rows: int | None = None
    shown: str = ""
    table: Any = None
    stored: Member | None = None
    in_store: Any = None

    @property
    def name(self) -> str:
        """The part as a message names it."""
        file = named(self.shown or self.path)
        return f"{named(self.member)} in {file}" if self.member else file


class Plan(NamedTuple):
    """Which parts are read, in which order.

    parts: in the order in which they are read; those of one series follow each other.
    symbols: the column that names the symbol of each row; None if no part needs one.
    doubts: lines about the files, before any bar is read.
    by_time: the rows of each part are sorted by time.

    >>> print(Plan((Part("btc.csv", size=677430),)))
    part  series  kind  bytes   file
    1     -       csv   677430  btc.csv
    parts: 1, files: 1, bytes: 677430, series: 1
    """

    parts: tuple[Part, ...]
    symbols: str | None = None
    doubts: tuple[str, ...] = ()
    by_time: bool = False

    @property
    def size(self) -> int:
        """Bytes to be read."""
        return sum(part.size for part in self.parts)

    @property
    def inferred(self) -> dict[str, str]:
        """How files are read, as far as they showed it themselves, in words, by their names."""
        return {part.name: part.inferred for part in self.parts if part.inferred}

    @property
    def inferred_by_file(self) -> dict[str, str]:
        """The same by path; an archive may hold several parts."""
        words: dict[str, dict[str, None]] = {}
        for part in self.parts:
            words.setdefault(part.path, {})[part.inferred] = None
        return {path: "; ".join(filter(None, kinds)) for path, kinds in words.items()}

    def by_file(self, rows: Iterable[int]) -> dict[str, int]:
        """How many rows each file has, by its path, from those of each part."""
        of_files: dict[str, int] = {}
        for part, count in zip(self.parts, rows, strict=True):
            of_files[part.path] = of_files.get(part.path, 0) + count
        return of_files

    @property
    def inferred_in_words(self) -> str:
        """The same in one line: of the first such file, and how many files are read otherwise.

        "" where nothing was inferred.
        """
        first = next((part for part in self.parts if part.inferred), None)
        if first is None:
            return ""
        others = sum(part.inferred != first.inferred for part in self.parts)
        of_all = f"; {others} of {len(self.parts)} files are read otherwise, see barwise plan"
        return first.inferred + (f" in {first.name}{of_all}" if others else "")

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON has it; times in ISO 8601, intervals as in the config."""
        return {
            "status": "planned",
            "parts": [_as_dict(part) for part in self.parts],
            "files": len({part.path for part in self.parts}),
            "bytes": self.size,
            "series": None if self.symbols else len({part.series for part in self.parts}),
            "symbol_column": self.symbols,
            "order": "time" if self.by_time else "file",
            "doubts": list(self.doubts),
        }

    def __str__(self) -> str:
        """The plan as a table, a line a part; then how files are read, where they showed it."""
        lines: list[tuple[str, ...]] = [("part", "series", "kind", "bytes", "from", "file")]
        for number, part in enumerate(self.parts, 1):
            series = f"by column {self.symbols}" if part.series is None else part.series or "-"
            first = "-" if part.first_time is None else written(part.first_time)
            lines.append((str(number), named(series), part.kind, str(part.size), first, part.name))
        if all(part.first_time is None for part in self.parts):  # none was needed
            lines = [(*line[:4], line[5]) for line in lines]
        doubts = (f"doubt: {line}" for line in self.doubts)
        return "\n".join((*aligned(lines), *self._readings(), *doubts, self._total()))

    def _readings(self) -> list[str]:
        """A line for each way of reading that was inferred, with the files read that way."""
        files: dict[str, list[str]] = {}
        for name, inferred in self.inferred.items():
            files.setdefault(inferred, []).append(name)
        return [
            f"columns of {names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {inferred}"
            for inferred, names in files.items()
        ]

    def _total(self) -> str:
        known = len({part.series for part in self.parts} - {None})
        by_column = any(part.series is None for part in self.parts)
        series = " and ".join(
            [str(known)] * bool(known) + [f"those in column {self.symbols}"] * by_column
        )
        files = len({part.path for part in self.parts})
        return f"parts: {len(self.parts)}, files: {files}, bytes: {self.size}, series: {series}"


def _as_dict(part: Part) -> dict[str, Any]:
    return {
        "file": part.path,
        "member": part.member or None,
        "series": part.series,
        "kind": part.kind,
        "bytes": part.size,
        "rows": part.rows,
        "from": None if part.first_time is None else written(part.first_time),
        "interval": interval_in_words(part.interval) if part.interval else None,
        "inferred": part.inferred,
    }


DIGITS = re.compile("([0-9]+)")


def in_natural_order(name: str) -> tuple[list[list[str | tuple[int, str]]], str]:
    """The key of a name for sorting as people count: bars-2 before bars-10, folder by folder.

    >>> sorted(["b10", "b2", "b2/c", "a"], key=in_natural_order)
    ['a', 'b2', 'b2/c', 'b10']
    """
    # A split by numbers is text, number, text, ...: the same type in the same position.
    split = [DIGITS.split(folder) for folder in name.split(os.sep)]
    return [[_number(x) if i % 2 else x for i, x in enumerate(pieces)] for pieces in split], name


def _number(digits: str) -> tuple[int, str]:
    """A key that sorts as the number does, however long it is."""
    significant = digits.lstrip("0")
    return len(significant), significant
