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
from barwise.files.limits import LONGEST_LINE
from barwise.sources.kinds import refuse_other_formats

if TYPE_CHECKING:
    from barwise.sources.csv.unpacked import Unpacked

CHUNK_SIZE = 1 << 17  # bytes


def lines(unpacked: Unpacked, chunk_size: int = CHUNK_SIZE) -> Iterator[str]:
    """The lines of a file with their ends; raises InputError at the first that is not text."""
    return chain.from_iterable(_chunks_of_lines(unpacked, chunk_size))


def _chunks_of_lines(unpacked: Unpacked, chunk_size: int) -> Iterator[Iterable[str]]:
    """The lines of each chunk. In a chunk without a fault no line is looked at."""
    for number, chunk in _chunks(unpacked, chunk_size):
        if b"\0" not in chunk:
            try:
                yield io.StringIO(chunk.decode(), newline="")
            except UnicodeDecodeError:
                yield _inspected(chunk, number, unpacked.name)
        else:
            yield _inspected(chunk, number, unpacked.name)


def _chunks(unpacked: Unpacked, chunk_size: int) -> Iterator[tuple[int, bytes]]:
    """The bytes of a file in chunks of about `chunk_size`, cut at line ends, without its BOM.

    Each chunk comes with the number of its first line.
    """
    number, pieces, mark = 1, [b""], codecs.BOM_UTF8
    data = unpacked.read(chunk_size)
    refuse_other_formats(data, unpacked.name)
    while data:
        data, mark = data.removeprefix(mark), b""
        # A last CR does not end a line for sure: LF may come after it.
        end = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1
        if end or pieces[-1].endswith(b"\r"):
            whole, pieces = b"".join((*pieces, data[:end])), [data[end:]]
            yield number, whole
            number += len(whole.splitlines()) if b"\r" in whole else whole.count(b"\n")
        else:
            pieces.append(data)
        if sum(map(len, pieces)) > LONGEST_LINE:
            buffer = b"".join(pieces)
            yield number, buffer[: buffer.find(b"\0") + 1]  # a NUL is the better reason
            raise InputError(
                f"line {number} of {unpacked.name} is longer than {LONGEST_LINE} bytes and begins "
                f"with {quoted(buffer[:40].decode(errors='replace'))}: end each row with a line "
                "break"
            )
        data = unpacked.read(chunk_size)
    if last := b"".join(pieces):
        yield number, last


def _inspected(chunk: bytes, number: int, file: str) -> Iterator[str]:
    """The lines of a chunk that has a fault, up to the fault; `number` is the first one's."""
    for number, line in enumerate(chunk.splitlines(keepends=True), number):  # noqa: B020
        if b"\0" in line:
            raise InputError(
                f"line {number} of {file} has a NUL byte: the file is damaged; get a new copy",
                code="input_unreadable",
            )
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {line[error.start]:#04x} on line {number} of {file} is not UTF-8: "
                "save the file as UTF-8"
            ) from None
