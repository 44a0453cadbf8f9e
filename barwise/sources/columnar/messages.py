"""The messages of an Arrow IPC file or stream: where each is, and how many rows it holds.

pyarrow decodes what the messages hold, and looks at none of this. Format: "Serialization and
Interprocess Communication", https://arrow.apache.org/docs/format/Columnar.html, and Message.fbs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from os import SEEK_END
from typing import BinaryIO, NamedTuple

from barwise.errors import InputError
from barwise.files.limits import LARGEST_BATCH, LARGEST_BUFFER, LARGEST_FOOTER

MAGIC = b"ARROW1\0\0"  # of a file; a stream begins with its first message
CONTINUATION = b"\xff\xff\xff\xff"
END_OF_STREAM = CONTINUATION + bytes(4)
SCHEMA, DICTIONARY_BATCH, RECORD_BATCH = 1, 2, 3


class Message(NamedTuple):
    """A message.

    kind: SCHEMA, DICTIONARY_BATCH or RECORD_BATCH.
    start, end: its bytes in the file.
    rows: of a record or dictionary batch.
    packed: where in the file its compressed buffers start; empty if they are not compressed.
    """

    kind: int
    start: int
    end: int
    rows: int = 0
    packed: tuple[int, ...] = ()


def of_stream(file: BinaryIO, name: str, size: int) -> Iterator[Message]:
    """The messages of the open stream `name` of `size` bytes, in order.

    Raises InputError where they are cut off or damaged. The specification lets a stream lack the
    mark of its end. But every writer sets it, and only by it can one know a stream that was cut off
    between two messages.
    """
    start = 0
    while start < size:
        message = _message(file, name, size, start)
        if message is None:
            if start + len(END_OF_STREAM) < size:
                raise InputError(
                    f"{name} goes on after the end of its stream at byte {start}: write it again",
                    code="input_unreadable",
                )
            return
        yield message
        start = message.end
    raise InputError(
        f"{name} has no mark of its end: it is cut off; get a new copy", code="input_unreadable"
    )


def of_file(file: BinaryIO, name: str, size: int) -> Iterator[Message]:
    """The dictionary and record batches that the footer of the open file `name` lists.

    Raises InputError where the footer or a batch is damaged.
    """
    for start in _blocks(file, name, size):
        message = _message(file, name, size, start)
        if message is None:
            raise InputError(
                f"{name} is damaged: no batch at byte {start}; get a new copy",
                code="input_unreadable",
            )
        yield message


def _message(file: BinaryIO, name: str, size: int, start: int) -> Message | None:
    """The message that starts at a byte of the file; None for the mark of the end."""
    try:
        file.seek(start)
        prefix = file.read(8)
        # Before version 0.15 of the format a message had no mark of continuation.
        head = 8 if prefix[:4] == CONTINUATION else 4
        length = _at("<i", prefix, head - 4)
        if length == 0:
            return None
        if not 0 < length <= LARGEST_FOOTER:
            raise ValueError(f"a message of {length} bytes")
        file.seek(start + head)
        body_start = start + head + length
        message, body = _parsed(file.read(length), body_start)
        if body < 0 or not all(body_start <= at < body_start + body for at in message.packed):
            raise ValueError(f"a body of {body} bytes")
    except (struct.error, ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"{name} is damaged or cut off at byte {start} ({error}): get a new copy",
            code="input_unreadable",
        ) from None
    end = body_start + body
    if end > size:
        raise InputError(
            f"{name} is cut off: a message that starts at byte {start} ends at {end}, and the file "
            f"at {size}; get a new copy",
            code="input_unreadable",
        )
    return message._replace(start=start, end=end)


def _blocks(file: BinaryIO, name: str, size: int) -> list[int]:
    """Where the batches of a file start, by its footer (File.fbs)."""
    try:
        file.seek(-10, SEEK_END)
        tail = file.read(10)
        length = _at("<i", tail, 0)
        if tail[4:] != MAGIC[:6] or not 0 < length <= min(LARGEST_FOOTER, size):
            raise ValueError("it has no footer")
        file.seek(-10 - length, SEEK_END)
        footer = file.read(length)
        root = _at("<I", footer, 0)
        blocks = [at for field in (2, 3) for at in _structs(footer, root, field, 24)]
        return [_at("<q", footer, at) for at in blocks]  # then the lengths of metadata and body
    except (struct.error, ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"{name} is damaged or cut off ({error}): get a new copy", code="input_unreadable"
        ) from None


def refuse_large_batch(file: BinaryIO, message: Message, name: str) -> None:
    """Raises InputError for a batch that is too large for memory.

    A compressed buffer begins with its unpacked size, which pyarrow trusts.
    """
    claims = [0]
    for start in message.packed:
        file.seek(start)
        claimed = file.read(8)
        claims.append(_at("<q", claimed, 0) if len(claimed) == 8 else 0)
    if message.rows > LARGEST_BATCH or max(claims) > LARGEST_BUFFER:
        has_many_rows = message.rows > LARGEST_BATCH
        what = f"{message.rows} rows" if has_many_rows else f"a buffer of {max(claims)} bytes"
        raise InputError(
            f"{name} has a batch of {what}, which would not fit in bounded memory: write it in "
            f"batches of at most {LARGEST_BATCH} rows, or as Parquet; or it is damaged"
        )


def _parsed(metadata: bytes, body_start: int) -> tuple[Message, int]:
    """A message from its metadata, a FlatBuffer, and the bytes of its body."""
    root = _at("<I", metadata, 0)
    kind = _field("<B", metadata, root, 1)
    body = _field("<q", metadata, root, 3)
    header = _table(metadata, root, 2)
    if kind == RECORD_BATCH:
        return _batch(kind, metadata, header, body_start), body
    if kind == DICTIONARY_BATCH:
        return _batch(kind, metadata, _table(metadata, header, 1), body_start), body
    if kind == SCHEMA:
        return Message(kind, 0, 0), body
    raise ValueError(f"a message of kind {kind}")


def _batch(kind: int, metadata: bytes, table: int, body_start: int) -> Message:
    rows = _field("<q", metadata, table, 0)
    if rows < 0:
        raise ValueError(f"a batch of {rows} rows")
    packed: tuple[int, ...] = ()
    if _slot(metadata, table, 3):  # compressed
        buffers = _structs(metadata, table, 2, 16)  # of offset and length
        packed = tuple(
            body_start + _at("<q", metadata, at) for at in buffers if _at("<q", metadata, at + 8)
        )
    return Message(kind, 0, 0, rows, packed)


def _structs(metadata: bytes, table: int, field: int, size: int) -> list[int]:
    """Where the structs of `size` bytes in a vector start."""
    if not _slot(metadata, table, field):
        return []
    vector = _table(metadata, table, field)
    count = min(_at("<I", metadata, vector), len(metadata))
    return [vector + 4 + size * i for i in range(count)]


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
