"""The messages of an Arrow IPC file or stream: where each is, and how many rows it holds.

Only framing: polars decodes what the messages say. Format: "Serialization and Interprocess
Communication", https://arrow.apache.org/docs/format/Columnar.html, and its Message.fbs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from barwise.errors import InputError

MAGIC = b"ARROW1\0\0"  # of a file; a stream begins with its first message
CONTINUATION = b"\xff\xff\xff\xff"
END_OF_STREAM = CONTINUATION + bytes(4)
SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3
LARGEST_BATCH = 1 << 24  # rows; what must be decoded whole must fit in memory
LARGEST_METADATA = 1 << 26  # bytes


class Message(NamedTuple):
    """A message: `start` and `end` are bytes of the file.

    rows: of a record or dictionary batch. packed: whether its body is compressed. dictionary: the
    id of the dictionary that a dictionary batch replaces, None where it adds to one.
    """

    kind: int
    start: int
    end: int
    rows: int = 0
    packed: bool = False
    dictionary: int | None = None


def messages(file: BinaryIO, name: str, size: int) -> Iterator[Message]:
    """The messages of the open file `name` of `size` bytes, in order.

    Raises InputError where they are cut off, or make no sense.
    """
    file.seek(0)
    start = len(MAGIC) if file.read(len(MAGIC)) == MAGIC else 0
    while start < size:
        file.seek(start)
        prefix = file.read(8)
        if prefix[4:] == bytes(4) or (start and prefix[:4] != CONTINUATION and len(prefix) == 8):
            return  # the end of the stream; in a file the footer follows
        try:
            length = _at("<i", prefix, 4)
            if not 0 < length <= LARGEST_METADATA:
                raise ValueError(f"a message of {length} bytes")
            message, body = _parsed(file.read(length))
            end = start + 8 + length + body
        except (struct.error, ValueError, OverflowError) as error:
            raise InputError(
                f"{name} is damaged at byte {start} ({error}): get a new copy"
            ) from None
        if end > size or body < 0:
            raise InputError(
                f"{name} is cut off: a message that starts at byte {start} ends at {end}, and the "
                f"file at {size}; get a new copy"
            )
        yield message._replace(start=start, end=end)
        start = end
    if start == 0 or start > size:
        raise InputError(f"{name} is cut off at byte {size}: get a new copy")


def refuse_large_batches(found: Message, name: str) -> None:
    """Raises InputError for a batch that decoding would have to hold in memory whole."""
    if found.rows > LARGEST_BATCH:
        raise InputError(
            f"{name} has a batch of {found.rows} rows, which would not fit in bounded memory: "
            f"write it in batches of at most {LARGEST_BATCH} rows, or as Parquet"
        )


def _parsed(metadata: bytes) -> tuple[Message, int]:
    """A message from its metadata, a FlatBuffer, and the bytes of its body."""
    root = _at("<I", metadata, 0)
    kind = _field("<B", metadata, root, 1)
    body = _field("<q", metadata, root, 3)
    header = _table(metadata, root, 2)
    if kind == RECORD_BATCH:
        return _batch(kind, metadata, header), body
    if kind == DICTIONARY_BATCH:
        batch = _batch(kind, metadata, _table(metadata, header, 1))
        is_delta = _field("<B", metadata, header, 2)
        identity = None if is_delta else _field("<q", metadata, header, 0)
        return batch._replace(dictionary=identity), body
    if kind == SCHEMA:
        return Message(kind, 0, 0), body
    raise ValueError(f"a message of kind {kind}")


def _batch(kind: int, metadata: bytes, table: int) -> Message:
    rows = _field("<q", metadata, table, 0)
    if rows < 0:
        raise ValueError(f"a batch of {rows} rows")
    return Message(kind, 0, 0, rows, bool(_slot(metadata, table, 3)))


def _slot(metadata: bytes, table: int, field: int) -> int:
    """Where in a FlatBuffer's table a field is; 0 where the table leaves it out."""
    vtable = table - _at("<i", metadata, table)
    if 4 + 2 * field >= _at("<H", metadata, vtable):
        return 0
    offset = _at("<H", metadata, vtable + 4 + 2 * field)
    return table + offset if offset else 0


def _field(kind: str, metadata: bytes, table: int, field: int) -> int:
    slot = _slot(metadata, table, field)
    return _at(kind, metadata, slot) if slot else 0


def _table(metadata: bytes, table: int, field: int) -> int:
    slot = _slot(metadata, table, field)
    if not slot:
        raise ValueError(f"a message without field {field}")
    return slot + _at("<I", metadata, slot)


def _at(kind: str, data: bytes, offset: int) -> int:
    if offset < 0:
        raise ValueError(f"an offset of {offset}")
    value: int = struct.unpack_from(kind, data, offset)[0]
    return value
