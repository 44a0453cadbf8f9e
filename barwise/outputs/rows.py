"""Where rows of bars go: a module for each kind of file, which writes typed columns to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from barwise.errors import OutputError, named, of_limit
from barwise.workers import in_another_thread, refuse_little

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {  # by the ending of a file's name, the module here that writes it, and its class
    ".parquet": ("parquet", "ParquetRows"),
    ".csv": ("csv_text", "CsvRows"),
}


class TextColumn:
    """A column of text, each value one of a few: `values[codes[i]]` is that of row i."""

    def __init__(self, codes: NDArray[Any], values: list[str]) -> None:
        self.codes, self.values = codes, values

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice) -> TextColumn:
        return TextColumn(self.codes[rows], self.values)


class RowWriter(Protocol):
    """Writes rows to a file. Columns of rows are of equal length: text, int64 times in
    microseconds UTC, float64, int8; `NO_TIME` and NaN are written as empty.
    """

    def write(self, columns: Mapping[str, NDArray[Any] | TextColumn]) -> None:
        """Appends rows; those of the first call say the names and types of the columns."""

    def close(self) -> None:
        """Writes the rows that are held, and the end of the file."""


def printable(symbol: str) -> str:
    """A symbol as UTF-8 can hold it: the name of a folder may have bytes that are not UTF-8."""
    return symbol.encode(errors="backslashreplace").decode()


def kind_of(path: str, role: str = "signals file") -> tuple[str, str]:
    """The kind of file that `path` names, a value of `KINDS`. Raises OutputError for another."""
    kind = KINDS.get(os.path.splitext(path)[1].lower())
    if kind is None:
        raise OutputError(f"the {role} {named(path)} must be called .parquet or .csv")
    return kind


def writer(name: str) -> ModuleType:
    """A module of this folder; its library is imported in another thread, since a signal that
    raises in the middle of that could be lost. Raises OutputError where it cannot be imported.
    """
    refuse_little("pyarrow")
    try:
        return in_another_thread(import_module, f"barwise.outputs.{name}")
    except ImportError as error:
        if limit := of_limit(error):  # it is there, and could not be loaded
            raise limit from None
        kind = "CSV" if name == "csv_text" else "Parquet"
        raise OutputError(
            f"{kind} is written by pyarrow, which cannot be imported ({error}): install "
            "requirements.txt",
            code="not_installed",
        ) from None


def sliced(
    columns: Mapping[str, NDArray[Any] | TextColumn], rows: int
) -> Iterator[dict[str, NDArray[Any] | TextColumn]]:
    """Columns in pieces of at most `rows` rows, so that what is made of a piece is small."""
    size = len(next(iter(columns.values())))
    for first in range(0, size, rows):
        yield {name: column[first : first + rows] for name, column in columns.items()}
