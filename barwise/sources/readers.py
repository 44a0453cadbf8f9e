"""Which module reads a kind of file, and what is asked of it beside its rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from barwise.sources.columns import Bar
from barwise.sources.csv.unpacked import not_installed
from barwise.workers import in_another_thread

if TYPE_CHECKING:
    from barwise.sources.parts import Part

# The module that reads a kind; imported when a part is of that kind, as polars takes 100 ms.
# Each has `read(parts, rows)`, which gives tables; `place(part, row)` and `bars(part, asked)`,
# for messages; `column_names(part)`; of typed files `sample(part, rows)`, see `find_times.Sample`;
# and `READS_AHEAD`: "in a thread" of its own, where it leaves the interpreter to others while it
# reads; "in its threads", of which `read(parts, threads=...)` takes the number; or "".
READERS = {
    "csv": "csv.strict",
    "csv.gz": "csv.strict",
    "csv.zst": "csv.strict",
    "csv in zip": "csv.strict",
    "parquet": "columnar.files",
    "arrow": "columnar.files",
    "arrow stream": "columnar.stream",
}


def reader_of(part: Part, is_much: bool = False) -> ModuleType:
    """The module that reads a part; `is_much`, if it is CSV, in a run of many megabytes of it.

    Other delimiters than the comma, and decimal commas, are the strict reader's.
    Polars is imported in another thread: a signal that raises in the middle of it could be lost.
    """
    module = READERS[part.kind]
    text = part.text
    if is_much and module == "csv.strict" and (text.delimiter, text.decimal) == (",", "."):
        module = "csv.fast"
    name = f"barwise.sources.{module}"
    if name in sys.modules or module == "csv.strict":
        return import_module(name)
    try:
        return in_another_thread(import_module, name)
    except ModuleNotFoundError as error:
        raise not_installed(part, error) from None


def place(part: Part, row: int) -> str:
    """Where a row of a part stands, for a message: `line 17 of data.csv`."""
    found: str = reader_of(part).place(part, row)
    return found


def bars(part: Part, asked: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows as their file has them, for messages: where each stands, and some of its cells."""
    found: list[Bar] = reader_of(part).bars(part, asked)
    return found


def bar(part: Part, row: int, names: list[str]) -> Bar:
    [found] = bars(part, [(row, names)])
    return found


def column_names(part: Part) -> list[str]:
    """The names of a part's columns; where nothing else tells them, of CSV what its first line
    says, header or not.
    """
    found: list[str] = list(part.text.names) or reader_of(part).column_names(part)
    return found
