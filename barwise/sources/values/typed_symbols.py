"""Columns of symbols become codes, which are the same in all tables of a part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from barwise.bars.batch import Symbols, first_and_other
from barwise.errors import InputError, clip, quoted
from barwise.files.limits import LONGEST_SYMBOL
from barwise.sources.columns import NOT_SYMBOLS, refuse_many_symbols
from barwise.sources.values import arrow

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray


class SymbolCodes:
    """The names of one part so far, without blanks around them, by code; they only grow.

    name, file: of the column and of its file, for messages.
    place: says where a row stands, for the same.
    """

    def __init__(self, name: str, file: str, place: Callable[[int], str]) -> None:
        self.name, self.file, self.place = name, file, place
        self.names: list[str] = []
        self.codes: dict[str, int] = {}  # by name
        self.distinct: pa.Array | None = None  # of the rows before
        self.cells: list[str] = []  # the same as text
        self.by_place = np.empty(0, np.int32)  # the code of each; -1 where it has none yet

    def of(self, column: pa.DictionaryArray, first: int) -> Symbols:
        """The symbols of the next rows; raises InputError for a row without one."""
        distinct = column.dictionary
        if self.distinct is None or not distinct.equals(self.distinct):
            self._refuse_long(column, first)
            self.distinct, self.cells = distinct, [*map(_stripped, arrow.cells(distinct)), ""]
            self.by_place = np.array([self.codes.get(c, -1) for c in self.cells], np.int32)
        places = arrow.places(column)
        codes = self.by_place[places]
        if len(codes) and codes.min() < 0:
            self._add(column, places, codes < 0, first)
            codes = self.by_place[places]
        return Symbols(codes, self.names)

    def _add(
        self,
        column: pa.DictionaryArray,
        places: NDArray[np.intp],
        are_new: NDArray[np.bool_],
        first: int,
    ) -> None:
        """Gives codes to names that are new, in the order of the rows."""
        rows = np.flatnonzero(are_new)
        _, firsts = np.unique(places[rows], return_index=True)
        for row in rows[np.sort(firsts)].tolist():
            name = self.cells[places[row]]
            if not name:
                raise self._refused(column, row, first, "name each bar's symbol")
            if name not in self.codes:
                self.codes[name] = len(self.names)
                self.names.append(name)
            self.by_place[places[row]] = self.codes[name]
        refuse_many_symbols(len(self.names), self.name, self.file)

    def _refuse_long(self, column: pa.DictionaryArray, first: int) -> None:
        """Raises InputError for a name that is too long to be one, before it is copied."""
        if not arrow.is_text(column.type):
            return
        import pyarrow.compute as pc  # 30 ms, which files of one symbol do not need

        lengths = pc.binary_length(arrow.as_text(column.dictionary))
        long = arrow.numbers(lengths, np.int32) > LONGEST_SYMBOL
        long &= ~arrow.are_missing(lengths)
        if long.any():
            is_long = np.append(long, False)[arrow.places(column)]
            if is_long.any():
                raise self._refused(column, int(np.argmax(is_long)), first, NOT_SYMBOLS)

    def _refused(
        self, column: pa.DictionaryArray, row: int, first: int, way_out: str
    ) -> InputError:
        value = column[row].as_py()
        shown = quoted(value) if isinstance(value, str) else value
        where = self.place(first + row)
        return InputError(f"{clip(self.name, 40)} is {shown} on {where}: {way_out}")


def first_and_other_of(column: pa.DictionaryArray) -> Symbols:
    """See `first_and_other`; symbols may be long, and each different one is looked at once."""
    names = [*map(_stripped, arrow.cells(column.dictionary)), ""]
    return first_and_other(names, arrow.places(column))


def _stripped(name: str) -> str:
    return name.strip(" \t")
