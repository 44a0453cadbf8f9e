"""A CSV part in chunks of whole rows, and the lines above its rows.

A chunk ends with a line. Whether it begins with a row, and what its rows say, is not known here.
"""

from __future__ import annotations

import csv
import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.errors import InputError
from barwise.sources import kinds
from barwise.sources.csv.rows import rows_of

if TYPE_CHECKING:
    from barwise.sources.csv.unpacked import Unpacked
    from barwise.sources.parts import Part

LONGEST_LINE = 1 << 16  # bytes; longer ones are left to the strict reader
OF_BLOCK = 1 << 20  # bytes of one that was fetched: as many as wait for a thread hold it


class UnsureError(Exception):
    """The strict reader must look at the whole part."""


class RowChunk(NamedTuple):
    """Some lines.

    size: how many bytes they have.
    load: writes these to the buffer that it is given.
    done: how many bytes of the file are read, up to their end.
    is_last: whether the part ends with them.
    """

    size: int
    load: Callable[[memoryview], None]
    done: int
    is_last: bool


def of_part(unpacked: Unpacked, part: Part, size: int) -> tuple[list[str], Iterator[RowChunk]]:
    """The names of an open part's columns, and its rows in chunks of about `size` bytes.

    Raises InputError for what is not text, and UnsureError.
    """
    above = part.text.skip + (not part.text.names)  # the lines above the rows
    cut = _of_stream if part.kind != "csv" else _of_object if part.in_store else _of_file
    head, chunks = cut(unpacked, size, above)
    kinds.refuse_other_formats(head, part.name)
    _refuse_odd_lines(head)
    return list(part.text.names) or _header(head, part), chunks


def _refuse_odd_lines(head: bytes) -> None:
    """Raises UnsureError where readers may count the first lines differently."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        raise UnsureError from None
    if "\0" in text or "\r" in text.replace("\r\n", "\n"):
        raise UnsureError


def _header(head: bytes, part: Part) -> list[str]:
    """The names in the last of the first lines."""
    line = head.removeprefix(BOM_UTF8).decode().removesuffix("\n").rpartition("\n")[2]
    line = line.removesuffix("\r")
    if not line.strip():
        raise UnsureError
    try:
        [names] = rows_of([line], part.text.delimiter)
    except csv.Error:
        raise UnsureError from None
    return names


def _of_file(unpacked: Unpacked, size: int, above: int) -> tuple[bytes, Iterator[RowChunk]]:
    """The first lines, those `above` the rows or one, and the chunks of the rows.

    The thread that needs a chunk reads it, straight to where it is scanned.
    """
    fd, name = unpacked.file.fileno(), unpacked.name
    data = os.pread(fd, LONGEST_LINE, 0)
    head = _first_lines(data, above)

    def chunks() -> Iterator[RowChunk]:
        start, end_of_file = _start(data, head, above), os.fstat(fd).st_size
        while start < end_of_file:
            end = min(start + size, end_of_file)
            if end < end_of_file:
                tail = max(start, end - LONGEST_LINE)
                last = os.pread(fd, end - tail, tail)
                if len(last) == end - tail:  # else the file is shorter now, as its loader will say
                    end = tail + last.rfind(b"\n") + 1
                if end <= tail:
                    raise UnsureError
            yield RowChunk(end - start, _loader(fd, start, name), end, end == end_of_file)
            start = end

    return head, chunks()


def _loader(fd: int, start: int, name: str) -> Callable[[memoryview], None]:
    def load(buffer: memoryview) -> None:
        at = 0
        while at < len(buffer):
            count = _read_into(fd, buffer[at:], start + at)
            if not count:
                raise InputError(
                    f"{name} became shorter while it was read: run it again", code="input_changed"
                )
            at += count

    return load


def _read_into(fd: int, buffer: memoryview, start: int) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(fd, [buffer], start)
    data = os.pread(fd, len(buffer), start)  # macOS
    buffer[: len(data)] = data
    return len(data)


def _of_object(unpacked: Unpacked, size: int, above: int) -> tuple[bytes, Iterator[RowChunk]]:
    """The same of an object in a store, whose bytes are copied only to where they are scanned."""
    file: Any = getattr(unpacked.file, "raw", None)
    if not file.seekable():  # its server gives it whole
        return _of_stream(unpacked, size, above)
    data = bytes(file.exactly(LONGEST_LINE))
    head = _first_lines(data, above)

    def chunks() -> Iterator[RowChunk]:
        file.seek(_start(data, head, above))
        rest: list[memoryview] = []  # what comes before a line end that is not here yet
        while piece := file.some(min(size, OF_BLOCK)):
            is_last = file.tell() == file.size()
            tail = bytes(piece[-LONGEST_LINE:])
            line_end = tail.rfind(b"\n") + 1
            if not (line_end or is_last) and sum(map(len, (*rest, tail))) >= LONGEST_LINE:
                raise UnsureError
            end = len(piece) if is_last else len(piece) - len(tail) + line_end
            if line_end or is_last:
                yield _of_pieces([*rest, piece[:end]], file.tell(), is_last)
                rest = []
            rest.append(piece[end:])

    return head, chunks()


def _of_pieces(pieces: list[memoryview], done: int, is_last: bool) -> RowChunk:
    def load(buffer: memoryview) -> None:
        at = 0
        for piece in pieces:
            buffer[at : at + len(piece)] = piece
            at += len(piece)

    return RowChunk(sum(map(len, pieces)), load, done, is_last)


def _of_stream(unpacked: Unpacked, size: int, above: int) -> tuple[bytes, Iterator[RowChunk]]:
    """The same of bytes that must be unpacked in order."""
    data = unpacked.read(max(size, LONGEST_LINE))
    head = _first_lines(data, above)

    def chunks() -> Iterator[RowChunk]:
        buffer, more = b"", data[_start(data, head, above) :]
        while more:
            buffer += more
            more = unpacked.read(size)
            end = buffer.rfind(b"\n") + 1 if more else len(buffer)
            if end:
                yield _of_bytes(buffer[:end], unpacked.position(), not more)
            buffer = buffer[end:]
            if len(buffer) > LONGEST_LINE:
                raise UnsureError

    return head, chunks()


def _of_bytes(data: bytes, done: int, is_last: bool) -> RowChunk:
    def load(buffer: memoryview) -> None:
        buffer[:] = data

    return RowChunk(len(data), load, done, is_last)


def _start(data: bytes, head: bytes, above: int) -> int:
    """Where the rows begin."""
    return len(head) if above else len(BOM_UTF8) * data.startswith(BOM_UTF8)


def _first_lines(data: bytes, count: int) -> bytes:
    """The first `count` lines, at least one; none where they are too long."""
    end = 0
    for _ in range(max(1, count)):
        end = data.find(b"\n", end, LONGEST_LINE) + 1
        if not end:
            return b""
    return data[:end]
