"""Which module reads a kind of file, and what it gives beside the rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from barwise import kernels
from barwise.sources.columns import Bar
from barwise.sources.csv import fast, strict
from barwise.sources.csv.unpacked import not_installed
from barwise.workers import in_another_thread, refuse_little

if TYPE_CHECKING:
    from barwise.sources.parts import Part

# The module that reads a kind. It is imported when a part is of that kind, as pyarrow takes 90 ms.
# Each has `read(parts, tuning)`, which gives tables; `place(part, row)` and `bars(part, rows)`, for
# messages; `column_names(part)`; for typed files `sample(part, rows)`, see `find_times.Sample`; and
# `READS_AHEAD`: "in a thread" if it releases the interpreter while it reads; "in its threads" if
# `read(parts, tuning, threads, computing)` has threads of its own, in which it may give tables to
# `computing`; else "".
READERS = {
    "csv": "csv",
    "csv.gz": "csv",
    "csv.zst": "csv",
    "csv in zip": "csv",
    "parquet": "columnar.parquet",
    "arrow": "columnar.arrow",
    "arrow stream": "columnar.arrow",
    "table": "columnar.tables",
}


def reader_of(part: Part) -> ModuleType:
    """The module that reads a part.

    A library is imported in another thread: an exception from a signal handler during the import
    could be lost.
    """
    module = READERS[part.kind]
    if module == "csv":
        return strict if kernels.kernel is None else fast
    name = f"barwise.sources.{module}"
    if name in sys.modules:
        return sys.modules[name]
    refuse_little("pyarrow")
    try:
        return in_another_thread(import_module, name)
    except ModuleNotFoundError as error:
        raise not_installed(part, error) from None


def place(part: Part, row: int) -> str:
    """Where a row of a part stands, for a message: `line 17 of data.csv`."""
    text: str = reader_of(part).place(part, row)
    return text


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows as their file has them, for messages: where each stands, and some of its cells.

    `rows` are their numbers, from 0, each with the names of columns.
    """
    result: list[Bar] = reader_of(part).bars(part, rows)
    return result


def bar(part: Part, row: int, names: list[str]) -> Bar:
    """The same for one row."""
    return bars(part, [(row, names)])[0]


def column_names(part: Part) -> list[str]:
    """The names of a part's columns; for CSV that shows none, its first line, header or not."""
    names: list[str] = list(part.text.names) or reader_of(part).column_names(part)
    return names
