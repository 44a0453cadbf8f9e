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
from barwise.sources.columnar import flatbuffer

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


def metadata_at(file: BinaryIO, start: int) -> tuple[bytes, int] | None:
    """The metadata of the message at a byte of the file, and where its body starts.

    None for the mark of the end. Raises what `flatbuffer` does, or OSError.
    """
    file.seek(start)
    prefix = file.read(8)
    # Before version 0.15 of the format a message had no mark of continuation.
    head = 8 if prefix[:4] == CONTINUATION else 4
    length = flatbuffer.number("<i", prefix, head - 4)
    if length == 0:
        return None
    if not 0 < length <= LARGEST_FOOTER:
        raise ValueError(f"a message of {length} bytes")
    file.seek(start + head)
    return file.read(length), start + head + length


def of_schema(footer: bytes) -> bytes:
    """The schema of a footer as a stream begins with it; raises what `flatbuffer` does.

    It is not taken from where a file begins: polars writes it there in a way of its own.
    """
    schema = flatbuffer.child(footer, flatbuffer.root(footer), 1)
    version = flatbuffer.value("<h", footer, flatbuffer.root(footer), 0)
    vtable = struct.pack("<6H", 12, 24, 16, 18, 4, 8)  # where version, kind, header, body are
    # Offsets point forward, so that the header may lie in the footer, which is put behind it.
    table = struct.pack("<iIqhB5x", 12, 20 + schema, 0, version, SCHEMA)
    metadata = struct.pack("<I", 16) + vtable + table + footer
    metadata += bytes(-len(metadata) % 8)
    return CONTINUATION + struct.pack("<i", len(metadata)) + metadata


def _message(file: BinaryIO, name: str, size: int, start: int) -> Message | None:
    """The message that starts at a byte of the file; None for the mark of the end."""
    try:
        found = metadata_at(file, start)
        if found is None:
            return None
        metadata, body_start = found
        message, body = _parsed(metadata, body_start)
        if body < 0 or not all(body_start <= at < body_start + body for at in message.packed):
            raise ValueError(f"a body of {body} bytes")
    except (*flatbuffer.ERRORS, OSError) as error:
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
    """Where the batches of a file start, by its footer."""
    try:
        footer = footer_of(file, size)
        root = flatbuffer.root(footer)
        blocks = [at for field in (2, 3) for at in flatbuffer.items(footer, root, field, 24)]
        return [
            flatbuffer.number("<q", footer, at) for at in blocks
        ]  # then the lengths of metadata and body
    except (*flatbuffer.ERRORS, OSError) as error:
        raise InputError(
            f"{name} is damaged or cut off ({error}): get a new copy", code="input_unreadable"
        ) from None


def footer_of(file: BinaryIO, size: int) -> bytes:
    """The footer of a file (File.fbs). Raises what `flatbuffer` does, or OSError."""
    file.seek(-10, SEEK_END)
    tail = file.read(10)
    length = flatbuffer.number("<i", tail, 0)
    if tail[4:] != MAGIC[:6] or not 0 < length <= min(LARGEST_FOOTER, size):
        raise ValueError("it has no footer")
    file.seek(-10 - length, SEEK_END)
    return file.read(length)


def refuse_large_batch(file: BinaryIO, message: Message, name: str) -> None:
    """Raises InputError for a batch that is too large for memory.

    A compressed buffer begins with its unpacked size, which pyarrow trusts.
    """
    claims = [0]
    for start in message.packed:
        file.seek(start)
        claimed = file.read(8)
        claims.append(flatbuffer.number("<q", claimed, 0) if len(claimed) == 8 else 0)
    if message.rows > LARGEST_BATCH or max(claims) > LARGEST_BUFFER:
        has_many_rows = message.rows > LARGEST_BATCH
        what = f"{message.rows} rows" if has_many_rows else f"a buffer of {max(claims)} bytes"
        raise InputError(
            f"{name} has a batch of {what}, which would not fit in bounded memory: write it in "
            f"batches of at most {LARGEST_BATCH} rows, or as Parquet; or it is damaged"
        )


def _parsed(metadata: bytes, body_start: int) -> tuple[Message, int]:
    """A message from its metadata, a FlatBuffer, and the bytes of its body."""
    root = flatbuffer.root(metadata)
    kind = flatbuffer.value("<B", metadata, root, 1)
    body = flatbuffer.value("<q", metadata, root, 3)
    header = flatbuffer.child(metadata, root, 2)
    if kind == RECORD_BATCH:
        return _batch(kind, metadata, header, body_start), body
    if kind == DICTIONARY_BATCH:
        return _batch(kind, metadata, flatbuffer.child(metadata, header, 1), body_start), body
    if kind == SCHEMA:
        return Message(kind, 0, 0), body
    raise ValueError(f"a message of kind {kind}")


def _batch(kind: int, metadata: bytes, table: int, body_start: int) -> Message:
    rows = flatbuffer.value("<q", metadata, table, 0)
    if rows < 0:
        raise ValueError(f"a batch of {rows} rows")
    packed: tuple[int, ...] = ()
    if flatbuffer.slot(metadata, table, 3):  # compressed
        buffers = flatbuffer.items(metadata, table, 2, 16)  # of offset and length
        packed = tuple(
            body_start + flatbuffer.number("<q", metadata, at)
            for at in buffers
            if flatbuffer.number("<q", metadata, at + 8)
        )
    return Message(kind, 0, 0, rows, packed)
