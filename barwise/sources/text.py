"""The lines of a text file, UTF-8 with LF, CRLF or CR, and the refusal of what is no text.

What a line says is not looked at here.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from barwise.errors import InputError, quoted

CHUNK_SIZE = 1 << 17  # bytes
LINE_LIMIT = 1 << 20  # bytes; a file without line ends must not fill the memory

OTHER_FORMATS = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def lines(opened: BinaryIO, file: str) -> Iterator[str]:
    """The lines of a file, line ends kept. A line that is no text raises InputError in its turn."""
    return chain.from_iterable(_chunks_of_lines(opened, file))


def _chunks_of_lines(opened: BinaryIO, file: str) -> Iterator[Iterable[str]]:
    """The lines of each chunk. A chunk without a fault needs no look at its lines."""
    number = 1
    for chunk in _chunks(opened, file):
        if b"\0" not in chunk:
            try:
                yield io.StringIO(chunk.decode(), newline="")
            except UnicodeDecodeError:
                yield _inspected(chunk, number, file)
        else:
            yield _inspected(chunk, number, file)
        number += len(chunk.splitlines()) if b"\r" in chunk else chunk.count(b"\n")


def _chunks(opened: BinaryIO, file: str) -> Iterator[bytes]:
    """The bytes of a file, about `CHUNK_SIZE` at a time, cut at line ends; without its BOM."""
    rest, mark = b"", codecs.BOM_UTF8
    while data := _read(opened, file):
        chunk = (rest + data).removeprefix(mark)
        mark = b""
        end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1  # a last CR may precede a LF
        if end:
            yield chunk[:end]
        rest = chunk[end:]
        if len(rest) > LINE_LIMIT:
            raise InputError(
                f"{file} has a line longer than {LINE_LIMIT} bytes, which begins with "
                f"{quoted(rest[:40].decode(errors='replace'))}: that is no table of bars"
            )
    if rest:
        yield rest


def _read(opened: BinaryIO, file: str) -> bytes:
    try:
        return opened.read(CHUNK_SIZE)
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from None


def _inspected(chunk: bytes, number: int, file: str) -> Iterator[str]:
    """The lines of a chunk that has a fault, up to the fault; `number` is the first one's."""
    for number, line in enumerate(chunk.splitlines(keepends=True), number):  # noqa: B020
        if b"\0" in line:
            raise InputError(
                f"line {number} of {file} has a NUL byte: the file is damaged, or no text"
            )
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {line[error.start]:#04x} on line {number} of {file} is not UTF-8: "
                "save the file as UTF-8"
            ) from None


def refuse_other_formats(opened: BinaryIO, file: str) -> None:
    head = _read(opened, file)
    opened.seek(0)
    if not head:
        raise InputError(f"{file} is empty: it needs a header and at least one bar")
    for magic, what in OTHER_FORMATS.items():
        if head.startswith(magic):
            raise InputError(f"{file} is {what}: convert it to CSV in UTF-8 first")
