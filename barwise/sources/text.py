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
    b"\xfd7zXZ": "an xz file",
    b"BZh": "a bzip2 file",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"<!": "HTML",
    b"<html": "HTML",
    b"<?xml": "XML",
    b'{"': "JSON",
    b"[{": "JSON",
    b"[[": "JSON",
    b"version https://git-lfs": "a Git LFS pointer",
}


def lines(opened: BinaryIO, file: str) -> Iterator[str]:
    """The lines of a file, line ends kept. A line that is no text raises InputError in its turn."""
    return chain.from_iterable(_chunks_of_lines(opened, file))


def _chunks_of_lines(opened: BinaryIO, file: str) -> Iterator[Iterable[str]]:
    """The lines of each chunk. A chunk without a fault needs no look at its lines."""
    for number, chunk in _chunks(opened, file):
        if b"\0" not in chunk:
            try:
                yield io.StringIO(chunk.decode(), newline="")
            except UnicodeDecodeError:
                yield _inspected(chunk, number, file)
        else:
            yield _inspected(chunk, number, file)


def _chunks(opened: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    """The bytes of a file about `CHUNK_SIZE` at a time, cut at line ends, without its BOM.

    Each with the number of its first line.
    """
    number, rest, mark = 1, b"", codecs.BOM_UTF8
    while data := _read(opened, file):
        chunk = (rest + data).removeprefix(mark)
        mark = b""
        end = chunk.rfind(b"\n") + 1 or chunk.rfind(b"\r", 0, -1) + 1  # after a last CR may come LF
        whole, rest = chunk[:end], chunk[end:]
        if whole:
            yield number, whole
            number += len(whole.splitlines()) if b"\r" in whole else whole.count(b"\n")
        if len(rest) > LINE_LIMIT:
            yield number, rest[: rest.find(b"\0") + 1]  # a NUL is the better reason
            raise InputError(
                f"line {number} of {file} is longer than {LINE_LIMIT} bytes and begins with "
                f"{quoted(rest[:40].decode(errors='replace'))}: end each row with a line break"
            )
    if rest:
        yield number, rest


def _read(opened: BinaryIO, file: str, size: int = CHUNK_SIZE) -> bytes:
    try:
        return opened.read(size) or b""
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}; check the file") from None


def _inspected(chunk: bytes, number: int, file: str) -> Iterator[str]:
    """The lines of a chunk that has a fault, up to the fault; `number` is the first one's."""
    for number, line in enumerate(chunk.splitlines(keepends=True), number):  # noqa: B020
        if b"\0" in line:
            raise InputError(
                f"line {number} of {file} has a NUL byte: the file is damaged; get a new copy"
            )
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {line[error.start]:#04x} on line {number} of {file} is not UTF-8: "
                "save the file as UTF-8"
            ) from None


def refuse_other_formats(opened: BinaryIO, file: str) -> None:
    head = _read(opened, file, max(map(len, OTHER_FORMATS)))
    opened.seek(0)
    if not head:
        raise InputError(f"{file} is empty: it needs a header and at least one bar")
    for magic, what in OTHER_FORMATS.items():  # the longer one first where one begins another
        if head.startswith(magic):
            raise InputError(f"{file} is {what}: give CSV in UTF-8")
