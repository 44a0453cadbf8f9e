"""The lines of a text file: UTF-8 with LF, CRLF or CR.

What a line says is not looked at here.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from barwise.errors import InputError, quoted
from barwise.sources.kinds import refuse_other_formats

if TYPE_CHECKING:
    from barwise.sources.csv.unpacked import Unpacked

CHUNK_SIZE = 1 << 17  # bytes
LINE_LIMIT = 1 << 20  # bytes; a file without line ends must not fill the memory


def lines(opened: Unpacked, chunk_size: int | None = None) -> Iterator[str]:
    """The lines of a file with their ends; one that is not text raises InputError in its turn."""
    return chain.from_iterable(_chunks_of_lines(opened, chunk_size or CHUNK_SIZE))


def _chunks_of_lines(opened: Unpacked, chunk_size: int) -> Iterator[Iterable[str]]:
    """The lines of each chunk. A chunk without a fault needs no look at its lines."""
    for number, chunk in _chunks(opened, chunk_size):
        if b"\0" not in chunk:
            try:
                yield io.StringIO(chunk.decode(), newline="")
            except UnicodeDecodeError:
                yield _inspected(chunk, number, opened.name)
        else:
            yield _inspected(chunk, number, opened.name)


def _chunks(opened: Unpacked, chunk_size: int) -> Iterator[tuple[int, bytes]]:
    """The bytes of a file about `chunk_size` at a time, cut at line ends, without its BOM.

    Each with the number of its first line.
    """
    number, rest, mark = 1, b"", codecs.BOM_UTF8
    data = opened.read(chunk_size)
    refuse_other_formats(data, opened.name)
    while data:
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
                f"line {number} of {opened.name} is longer than {LINE_LIMIT} bytes and begins with "
                f"{quoted(rest[:40].decode(errors='replace'))}: end each row with a line break"
            )
        data = opened.read(chunk_size)
    if rest:
        yield number, rest


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
