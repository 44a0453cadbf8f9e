"""The plan of a run as a frozen value: which files are read, in which order, whose bars they hold.

Nothing here opens a file; `planning.py` makes a plan and `sources/` reads what it says.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from barwise.aligned import aligned
from barwise.errors import named


class Part(NamedTuple):
    """A file of bars, or a file inside a zip archive.

    kind: how it is read, a key of `sources.READERS`. size: of the file, in bytes. member: its name
    in the archive, "" outside of one. series: whose bars they are; "" for the one unnamed series,
    None where a column tells. first_time: of its first bar, in microseconds UTC, where its place
    among other parts depends on it. By its layout (`sources/layouts.py`), if it has one: header,
    the names of its columns, where the file does not have them; times, its column of times; and
    interval, from one bar to the next in microseconds, 0 if it varies.
    """

    path: str
    kind: str = "csv"
    size: int = 0
    member: str = ""
    series: str | None = ""
    first_time: int | None = None
    header: tuple[str, ...] = ()
    times: str = ""
    interval: int | None = None

    @property
    def name(self) -> str:
        """The part as a message names it."""
        return f"{named(self.member)} in {named(self.path)}" if self.member else named(self.path)


class Plan(NamedTuple):
    """Parts in the order in which they are read: those of one series follow each other in it.

    symbols: the column that tells symbols apart, None if no part needs one. doubts: lines about
    the files, before any bar is read.

    >>> print(Plan((Part("btc.csv", size=677430),)))
    part  series  kind  bytes   file
    1     -       csv   677430  btc.csv
    parts: 1, files: 1, bytes: 677430, series: 1
    """

    parts: tuple[Part, ...]
    symbols: str | None = None
    doubts: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to be read."""
        return sum(part.size for part in self.parts)

    def __str__(self) -> str:
        """The plan as a table, a line a part."""
        lines: list[tuple[str, ...]] = [("part", "series", "kind", "bytes", "first bar", "file")]
        for number, part in enumerate(self.parts, 1):
            series = f"by column {self.symbols}" if part.series is None else part.series or "-"
            first = "-" if part.first_time is None else written(part.first_time)
            lines.append((str(number), named(series), part.kind, str(part.size), first, part.name))
        if all(part.first_time is None for part in self.parts):  # none was needed
            lines = [(*line[:4], line[5]) for line in lines]
        doubts = (f"doubt: {line}" for line in self.doubts)
        return "\n".join((*aligned(lines), *doubts, self._total()))

    def _total(self) -> str:
        known = len({part.series for part in self.parts} - {None})
        by_column = any(part.series is None for part in self.parts)
        series = " and ".join(
            [str(known)] * bool(known) + [f"those in column {self.symbols}"] * by_column
        )
        files = len({part.path for part in self.parts})
        return f"parts: {len(self.parts)}, files: {files}, bytes: {self.size}, series: {series}"


def written(time: int) -> str:
    """A time in microseconds UTC as ISO 8601.

    >>> written(1_704_067_200_000_000)
    '2024-01-01T00:00:00Z'
    """
    from datetime import datetime, timedelta  # 2 ms; for people to read

    try:
        return f"{(datetime(1970, 1, 1) + timedelta(microseconds=time)).isoformat()}Z"
    except OverflowError:  # no year that people write
        return f"{time} microseconds"


def in_natural_order(name: str) -> tuple[list[list[str | tuple[int, str]]], str]:
    """A key by which names sort as people count: bars-2 before bars-10, folder by folder.

    >>> sorted(["b10", "b2", "b2/c", "a"], key=in_natural_order)
    ['a', 'b2', 'b2/c', 'b10']
    """
    # A split by numbers is text, number, text, ...: the same type in the same position.
    split = [re.split("([0-9]+)", folder) for folder in name.split(os.sep)]
    return [[_number(x) if i % 2 else x for i, x in enumerate(pieces)] for pieces in split], name


def _number(digits: str) -> tuple[int, str]:
    """What sorts as the number does, however long it is."""
    significant = digits.lstrip("0")
    return len(significant), significant
