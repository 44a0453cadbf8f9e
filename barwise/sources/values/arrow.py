"""Columns of Arrow as NumPy arrays, without a copy where their type allows it, and as text.

What the values mean is not known here. Scalars of Arrow, and its `to_numpy`, are avoided: where
pandas is installed they import it, which takes 0.3 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import types

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbers(column: pa.Array, dtype: Any) -> NDArray[Any]:
    """The numbers in a column of fixed width; any number where a cell is missing.

    They are copied where they are not aligned, as in a table that others made.
    """
    if not len(column):
        return np.empty(0, dtype)
    first = column.offset * np.dtype(dtype).itemsize
    array = np.frombuffer(column.buffers()[1], dtype, len(column), first)
    return np.require(array, requirements="A")


def are_missing(column: pa.Array) -> NDArray[np.bool_]:
    """Which cells are missing."""
    validity = column.buffers()[0]
    if validity is None:
        return np.full(len(column), types.is_null(column.type))
    byte, bit = divmod(column.offset, 8)
    data = np.frombuffer(validity, np.uint8)[byte : byte + (bit + len(column) + 7) // 8]
    present = np.unpackbits(data, bitorder="little")[bit : bit + len(column)]
    missing: NDArray[np.bool_] = present == 0
    return missing


def is_number(kind: pa.DataType) -> bool:
    """Whether a type is one of numbers."""
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is one of text, also of text by numbers."""
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def as_text(column: pa.Array) -> pa.Array:
    """The cells of a column as text; floats as Python writes them, with a point."""
    if types.is_dictionary(column.type):  # Arrow decodes none of string_view, as polars has it
        texts = as_text(column.dictionary)
        column = pa.DictionaryArray.from_arrays(column.indices, texts).dictionary_decode()
    if types.is_floating(column.type):
        return pa.array(cells(column), pa.string())
    return column if types.is_string(column.type) else column.cast(pa.string())


def cells(column: pa.Array) -> list[str]:
    """The same as a list, "" where a cell is missing."""
    if types.is_floating(column.type):
        floats = numbers(column, column.type.to_pandas_dtype()).astype(str)
        texts: list[str] = np.where(are_missing(column), "", floats).tolist()
        return texts
    if types.is_time(column.type):  # 09:30:00, where Arrow writes 09:30:00.000000
        return ["" if value is None else str(value) for value in column.to_pylist()]
    return [text or "" for text in as_text(column).to_pylist()]


def encoded(column: pa.Array) -> pa.DictionaryArray:
    """A column with each different cell once, as text, and for each row which it is."""
    kind = column.type
    if types.is_dictionary(kind):
        return column
    # Arrow does not encode a string_view; and has no distinct nulls.
    if types.is_string_view(kind) or types.is_null(kind):
        column = column.cast(pa.string())
    return column.dictionary_encode()


def places(column: pa.DictionaryArray) -> NDArray[np.intp]:
    """For each row the place of its cell in the column's dictionary; -1 where it is missing."""
    indices = column.indices
    codes = numbers(indices, indices.type.to_pandas_dtype()).astype(np.intp)
    if indices.null_count:
        codes[are_missing(indices)] = -1
    return codes


def as_array(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """A column as NumPy has it, masked where numbers are missing; of other types its objects."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if types.is_integer(kind) or types.is_floating(kind):
        array = numbers(column, kind.to_pandas_dtype())
        return np.ma.MaskedArray(array, are_missing(column)) if column.null_count else array
    return np.array(column.to_pylist(), object)
