"""Batches of typed columns become tables: closes, times and symbols, or a refusal.

Which numbers are prices is decided in `arrays.py`. Where batches come from is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import types

from barwise.bars.batch import Table
from barwise.errors import InputError, PriceError, clip, one_line
from barwise.sources.columns import NUMBERS, TIME_OF_DAY
from barwise.sources.values import arrays, arrow, decimals, typed_times
from barwise.sources.values.typed_symbols import SymbolCodes, first_and_other_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes
    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part

BLOCK_ROWS = 1 << 12  # of narrow floats that are looked at as text at a time


class Piece(NamedTuple):
    """Successive rows of a part, whose symbols have no codes yet.

    first: the row with which they begin.
    rows: how many there are.
    columns: as in Table, or only some of them.
    symbols: as the part has them; None where they are not read.
    doubt: as in Table.
    """

    first: int
    rows: int
    columns: dict[str, NDArray[Any]]
    symbols: pa.DictionaryArray | None = None
    doubt: str = ""

    def cut(self, begin: int, end: int) -> Piece:
        """The rows from one to another."""
        columns = {name: column[begin:end] for name, column in self.columns.items()}
        symbols = None if self.symbols is None else self.symbols[begin:end]
        return Piece(self.first + begin, end - begin, columns, symbols, self.doubt)

    def beside(self, other: Piece) -> Piece:
        """The same rows with the columns of `other` too."""
        symbols = other.symbols if self.symbols is None else self.symbols
        columns = {**self.columns, **other.columns}
        return self._replace(columns=columns, symbols=symbols, doubt=self.doubt or other.doubt)


class Typed:
    """The batches of one part as tables. Errors name the row, from 1."""

    def __init__(self, number: int, part: Part, to_read: ColumnsToRead) -> None:
        self.number, self.part, self.to_read = number, part, to_read
        self.rows = 0
        self.codes: SymbolCodes | None = None
        if "symbol" in to_read and to_read["symbol"].required:
            name = to_read["symbol"].name
            self.codes = SymbolCodes(name, part.name, lambda row: place(part, row))

    def piece(self, batch: pa.RecordBatch, first: int) -> Piece:
        """The rows of a batch that begins with row `first`; any thread may ask for it.

        Raises InputError or PriceError for what is not a bar.
        """
        read = {
            role: batch.schema.get_field_index(name) for role, (name, _) in self.to_read.items()
        }
        by_role = {role: batch.column(at) for role, at in read.items() if at >= 0}
        doubts: list[str] = []
        columns: dict[str, NDArray[Any]] = {}
        symbols = None
        for role, column in by_role.items():
            if role in NUMBERS:
                columns[role], doubt = self.numbers(column, role, first)
                doubts += [doubt] * bool(doubt)
            elif role == "symbol":
                symbols = self.symbols(column)
            elif role == "confirm":
                columns["unfinished"] = _are_zero(column)
            elif role == "timestamp":
                hours = by_role.get(TIME_OF_DAY)
                columns["time"], columns["clock"] = (
                    typed_times.of_column(column, self.part.dates)
                    if hours is None
                    else typed_times.of_pair(column, hours, self.part.dates)
                )
        return Piece(first, len(batch), columns, symbols, "".join(doubts[:1]))

    def table(self, piece: Piece) -> Table:
        """The next rows, their symbols as codes; raises InputError for a row without a symbol."""
        symbols = None
        if self.codes and piece.symbols is not None:
            symbols = self.codes.of(piece.symbols, piece.first)
        elif piece.symbols is not None:
            symbols = first_and_other_of(piece.symbols)
        self.rows += piece.rows
        return Table(self.number, piece.first, piece.columns, symbols, piece.doubt)

    def finish(self, promised: int | None = None) -> None:
        """Raises InputError for a part without rows, or with more or fewer than it promises."""
        if not self.rows:
            raise InputError(
                f"{self.part.name} has no rows: it needs at least one bar", code="no_rows"
            )
        if promised is not None and self.rows != promised:
            raise incomplete(self.part, promised, self.rows)

    def numbers(self, column: pa.Array, role: str, first: int) -> tuple[Closes, str]:
        """Closes or other numbers, and a doubt about them, or ""."""
        kind = column.type
        if types.is_null(kind):
            return np.full(len(column), np.nan), ""
        if types.is_decimal(kind):
            closes, fault = decimals.as_closes(column)
            array = closes
        elif types.is_integer(kind) or types.is_floating(kind):
            array = arrow.numbers(column, kind.to_pandas_dtype())
            missing = arrow.are_missing(column) if column.null_count else None
            if missing is not None:
                array = np.where(missing, 0, array).astype(array.dtype)
            with np.errstate(all="ignore"):
                closes = array.astype(np.float64, copy=False)
                fault = arrays.first_fault(array, closes)
            if missing is not None:
                closes[missing] = np.nan
        else:
            raise self._refused(kind, role, "write numbers as floats, integers or decimals")
        if fault:
            raise PriceError(self._at(role, first + fault.at, fault.cell, fault.reason))
        narrow = types.is_floating(kind) and not types.is_float64(kind)
        return closes, self._doubt(column, closes, role, first) if narrow else ""

    def _doubt(self, column: pa.Array, closes: Closes, role: str, first: int) -> str:
        """A line where narrow floats become other decimal numbers as float64; else ""."""
        for start in range(0, len(column), BLOCK_ROWS):
            block = closes[start : start + BLOCK_ROWS]
            texts = column.slice(start, BLOCK_ROWS).cast(pa.float32()).cast(pa.string())
            written = arrow.numbers(texts.cast(pa.float64()), np.float64)
            changed = np.flatnonzero((written != block) & (block == block))
            if changed.size:
                at = int(changed[0])
                reason = f"as float64 that is {block[at]}; write it as float64"
                line = self._at(role, first + start + at, written[at], reason)
                return f"Float{column.type.bit_width} {line}"
        return ""

    def symbols(self, column: pa.Array) -> pa.DictionaryArray:
        """The symbols: text or whole numbers; of another type none, if they are not required."""
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if types.is_integer(kind) or arrow.is_text(kind) or types.is_null(kind):
            return arrow.encoded(column)
        if self.codes:
            raise self._refused(kind, "symbol", "write symbols as text")
        return arrow.encoded(pa.nulls(len(column)))

    def _at(self, role: str, row: int, value: object, reason: str) -> str:
        name = clip(self.to_read[role].name, 40)
        return f"{name} is {value} on {place(self.part, row)}: {reason}"

    def _refused(self, kind: pa.DataType, role: str, way_out: str) -> PriceError:
        name, arrow_name = self.to_read[role].name, one_line(str(kind))
        shown = clip(arrow_name.removeprefix("large_").removesuffix("_view"), 60)
        return PriceError(f"{name} of {self.part.name} is of type {shown}: {way_out}")


def place(part: Part, row: int) -> str:
    """Where a row stands, for a message."""
    return f"row {row + 1} of {part.name}"


def incomplete(part: Part, promised: int, rows: int) -> InputError:
    """The error for a part with another number of rows than it promises."""
    return InputError(
        f"{part.name} says that it has {promised} rows, and {rows} can be read: it is damaged or "
        "incomplete; get a new copy",
        code="input_unreadable",
    )


def _are_zero(column: pa.Array) -> NDArray[np.bool_]:
    """Which cells are "0"."""
    codes = arrow.encoded(column)
    cells = [*arrow.cells(codes.dictionary), ""]
    zero: NDArray[np.bool_] = np.array([cell.strip(" \t") == "0" for cell in cells])
    return zero[arrow.places(codes)]
