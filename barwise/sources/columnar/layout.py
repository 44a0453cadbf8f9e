"""Where the columns of a record batch of Arrow are in its file, for who reads only some of it.

The buffers of columns follow each other in the order of the schema, those within others after
them: https://arrow.apache.org/docs/format/Columnar.html#recordbatch-message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, TypeVar

import pyarrow as pa
from pyarrow import types

from barwise.errors import InputError
from barwise.files.limits import LARGEST_BATCH
from barwise.sources.columnar import flatbuffer, messages
from barwise.sources.columnar.messages import Message

Item = TypeVar("Item")


class Span(NamedTuple):
    """Some bytes of a file."""

    start: int
    size: int


class Column(NamedTuple):
    """A column of a record batch: its type, how many cells are missing, and its buffers."""

    kind: pa.DataType
    missing: int
    buffers: list[Span]


def columns_of(
    file: BinaryIO, message: Message, schema: pa.Schema, name: str, size: int
) -> list[Column]:
    """The columns of a record batch of the open file `name`; raises InputError."""
    try:
        if _is_foreign(messages.footer_of(file, size)):
            raise InputError(
                f"{name} has numbers of another order of bytes, and a batch of {message.rows} "
                f"rows: write batches of at most {LARGEST_BATCH} rows"
            )
        missing, buffers, views = _counts(file, message)
        columns = [_column(kind, missing, buffers, views) for kind in schema.types]
        if any(next(rest, None) is not None for rest in (missing, buffers)):
            raise ValueError("more buffers than its schema has")
        return columns
    except (*flatbuffer.ERRORS, OSError) as error:
        raise InputError(
            f"{name} is damaged at byte {message.start} ({error}): get a new copy",
            code="input_unreadable",
        ) from None


def is_view(kind: pa.DataType) -> bool:
    """Whether a type is of texts that lie in any order, the short ones in place."""
    return bool(types.is_string_view(kind) or types.is_binary_view(kind))


def _counts(
    file: BinaryIO, message: Message
) -> tuple[Iterator[int], Iterator[Span], Iterator[int]]:
    """Of each column how many cells are missing; all buffers; how many each column of views has."""
    metadata, body_start = messages.metadata_at(file, message.start) or (b"", 0)
    batch = flatbuffer.child(metadata, flatbuffer.root(metadata), 2)
    missing = [
        flatbuffer.number("<q", metadata, at + 8)  # behind how many cells there are
        for at in flatbuffer.items(metadata, batch, 1, 16)
    ]
    buffers = [
        Span(
            body_start + flatbuffer.number("<q", metadata, at),
            flatbuffer.number("<q", metadata, at + 8),
        )
        for at in flatbuffer.items(metadata, batch, 2, 16)
    ]
    if not all(body_start <= b.start <= b.start + b.size <= message.end for b in buffers):
        raise ValueError("a buffer outside of its batch")
    views = [
        flatbuffer.number("<q", metadata, at) for at in flatbuffer.items(metadata, batch, 4, 8)
    ]
    return iter(missing), iter(buffers), iter(views)


def _column(
    kind: pa.DataType, missing: Iterator[int], buffers: Iterator[Span], views: Iterator[int]
) -> Column:
    """The next column; those within it are passed over."""
    if isinstance(kind, pa.BaseExtensionType):
        return _column(kind.storage_type, missing, buffers, views)._replace(kind=kind)
    own_missing = _next(missing)
    has_no_validity = types.is_null(kind) or types.is_union(kind) or types.is_run_end_encoded(kind)
    count = kind.num_buffers - has_no_validity + (_next(views) if is_view(kind) else 0)
    column = Column(kind, own_missing, [_next(buffers) for _ in range(count)])
    for at in range(kind.num_fields):
        _column(kind.field(at).type, missing, buffers, views)
    return column


def _next(items: Iterator[Item]) -> Item:
    for item in items:
        return item
    raise ValueError("fewer buffers than its schema has")


def _is_foreign(footer: bytes) -> bool:
    """Whether numbers have their bytes in another order than this machine has."""
    schema = flatbuffer.child(footer, flatbuffer.root(footer), 1)
    is_big = flatbuffer.value("<h", footer, schema, 0) != 0
    return is_big != (sys.byteorder == "big")
