"""The bytes of a CSV part: of the file itself, or what its gzip, zstd or zip holds.

Unpacked piece by piece as they are read, so that a file of any size takes little memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from barwise.errors import BarwiseError, InputError, reason, way_out
from barwise.files.opening import open_input
from barwise.sources.kinds import damaged, would_wait
from barwise.workers import refuse_little

if TYPE_CHECKING:
    from barwise.sources.parts import Part


class Unpacked(NamedTuple):
    """An open part.

    stream: gives its bytes, unpacked.
    file: what the stream reads.
    name: the part as a message names it.
    faults: what the stream raises where the file is damaged.
    """

    stream: Any
    file: BinaryIO
    name: str
    faults: tuple[type[Exception], ...]

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises InputError where the file is damaged."""
        try:
            data: bytes | None = self.stream.read(size)
        except (BarwiseError, MemoryError):  # as a signal handler may raise
            raise
        except self.faults as error:
            raise damaged(self.name, error) from None
        except OSError as error:
            raise InputError(
                f"cannot read {self.name}: {reason(error)}; {way_out(error, 'check the file')}",
                code="input_unreadable",
            ) from None
        if data is None:
            raise would_wait(self.name)
        return data

    def position(self) -> int:
        """How many bytes of the file are read."""
        return self.file.tell()


@contextmanager
def opened(part: Part) -> Iterator[Unpacked]:
    """The bytes of a part. Raises InputError where it cannot be opened."""
    with open_input(part.path, part.in_store, _end(part)) as file:
        if part.kind == "csv":
            yield Unpacked(file, file, part.name, ())
        elif part.kind == "csv.gz":
            import gzip  # 2 ms
            import zlib

            faults = (EOFError, gzip.BadGzipFile, zlib.error)
            with gzip.GzipFile(fileobj=file) as stream:
                yield Unpacked(stream, file, part.name, faults)
        elif part.kind == "csv.zst":
            yield Unpacked(_unzstd(file, part), file, part.name, (EOFError,))
        else:
            from barwise.sources.csv import archives

            with archives.unzipping(part.name):
                stream = archives.stream(file, part)
            yield Unpacked(stream, file, part.name, (Exception,))


def _end(part: Part) -> int | None:
    """About where the bytes of a part end in a file that is fetched, where it is not its end."""
    if part.in_store is None or part.stored is None:
        return None
    from barwise.sources.csv import archives

    return archives.end_of(part)


class Unzstd:
    """zstd unpacked by the standard library of Python 3.14, or by pyarrow before.

    stream: gives the bytes.
    file: what the stream reads.
    fault: what the stream raises for damage, which is an EOFError here.
    """

    def __init__(self, stream: Any, file: BinaryIO, fault: type[Exception]) -> None:
        self.stream, self.file, self.fault = stream, file, fault

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self.stream.read(size)
        except self.fault as error:
            if getattr(error, "errno", None) is not None:  # of the file itself
                raise
            raise EOFError(str(error)) from None
        if not data and self.file.tell() == 0:  # pyarrow takes an empty file for no bytes
            raise EOFError("it is empty")
        return data


def _unzstd(file: BinaryIO, part: Part) -> Unzstd:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd

            return Unzstd(zstd.ZstdFile(file), file, zstd.ZstdError)
        refuse_little("pyarrow")
        import pyarrow as pa  # 60 ms

        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
        return Unzstd(stream, file, OSError)
    except ModuleNotFoundError as error:
        raise not_installed(part, error) from None


def not_installed(part: Part, error: ModuleNotFoundError) -> InputError:
    """The error for a part whose kind needs a package that is not installed."""
    return InputError(
        f"{part.name} is of kind {part.kind}, and {error.name} that reads it is not installed: "
        "install requirements.txt",
        code="not_installed",
    )
