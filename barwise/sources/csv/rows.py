"""Rows of text by Python's own csv, with cells as long as `limits.py` lets them be."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from barwise.files.limits import LONGEST_CELL

if TYPE_CHECKING:
    from typing import Protocol

    class Reader(Protocol):
        """What `csv.reader` gives; its own type has no public name."""

        line_num: int

        def __iter__(self) -> Iterator[list[str]]: ...

        def __next__(self) -> list[str]: ...


def rows_of(lines: Iterable[str], delimiter: str, strict: bool = True) -> Reader:
    """The rows of lines; reading one raises csv.Error where it is broken.

    Python has one limit for the whole process, 131,072 characters. It is only ever raised, since
    another thread may be reading.
    """
    if csv.field_size_limit() < LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=delimiter, strict=strict)
