"""What an input may be: the words that name files, or a table in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from barwise.errors import UsageError, quoted

if TYPE_CHECKING:
    from typing import Protocol, TypeGuard

    class ArrowStream(Protocol):
        """A table: of pandas, polars, Arrow, DuckDB and others, or a stream of batches."""

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

    class ArrowArray(Protocol):
        """A table of one batch."""

        def __arrow_c_array__(
            self, requested_schema: object | None = None
        ) -> tuple[object, object]: ...

    TableInput = ArrowStream | ArrowArray

Words = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def is_table(input: object) -> TypeGuard[TableInput]:
    """Whether an input is a table in memory: of Arrow, or a DataFrame of any pandas."""
    return any(
        hasattr(input, name)
        for name in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")
    )


def in_a_list(input: Words | TableInput) -> list[str | os.PathLike[str]]:
    """The words that name files. Raises UsageError for what is none."""
    if isinstance(input, str | os.PathLike):
        return [input]
    if is_table(input):
        raise UsageError(
            f"input is a {type(input).__name__}, and only files are read here: write it to a file, "
            "as Parquet"
        )
    if isinstance(input, bytes) or not isinstance(input, Iterable):
        raise UsageError(
            f"input is {quoted(input)}: must be the path of a file, or several, or a table"
        )
    words = list(input)
    for word in words:
        if not isinstance(word, str | os.PathLike):
            raise UsageError(
                f"input is {quoted(word)}: must be the path of a file, or several, or a table"
            )
    if not words:
        raise UsageError("input names no file: name at least one")
    return words
